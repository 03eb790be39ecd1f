"""A year rehearsed by its clock, and the table of what was owed, received, reminded and issued."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from include.cli.terminal import Steps, console, errors, print_seconds
from include.site import current_site

if TYPE_CHECKING:
    from include.rehearsal.year.table import Line


def rehearse(
    year: Annotated[int, typer.Option(help="演练哪一年")] = 2024,
    seed: Annotated[int, typer.Option(help="随机种子：同一种子写出同样的县")] = 7,
    size: Annotated[str, typer.Option(metavar="规模", help="small、county 或 large")] = "small",
) -> None:
    """按时钟演练一年，与应有的结果逐项核对。

    十二个月、四个季度、两个学期、一个年度和事件；FANGPIN_HOME 须指向空的目录。
    """
    from include.rehearsal.year.scenario import Year
    from include.rehearsal.year.table import write_table
    from include.rehearsal.year.walk import walk_year
    from include.site.home import make_rehearsal

    site = current_site()
    make_rehearsal(site)
    with Steps() as steps:
        outcome = walk_year(site, Year(year, seed, size), steps.report)
    _print_year(outcome.lines, year)
    print_seconds(outcome.seconds)
    path = site.reports / "年度演练" / f"{year}.csv"
    write_table(outcome.lines, site, path)
    console.print(f"全表 {len(outcome.lines)} 行：{path}；催办函：{site.reports / 'reminders'}")
    for difference in outcome.differences:
        errors.print(f"[red]不符：[/red]{escape(str(difference))}")
    if outcome.differences:
        raise typer.Exit(1)
    console.print("全年的应报、收到、催办、交办与应有的结果逐项相符")


def _print_year(lines: Iterable[Line], year: int) -> None:
    """The year's table; the towns' returns are summed up by dispatch, in full they are in the file."""
    from include.rehearsal.year.table import in_words, summed_up

    frame = in_words(summed_up(lines), current_site())
    table = Table(title=f"{year} 年：应报、收到、催办、交办")
    for name in frame.columns:
        table.add_column(name)
    for row in frame.itertuples(index=False, name=None):
        table.add_row(*row)
    console.print(table)
