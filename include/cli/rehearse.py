"""A year rehearsed by its clock, and the table of what was owed, received, reminded and issued."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from include.cli.terminal import Steps, console, errors, print_seconds
from include.cli.words import dispatch_of
from include.site import current_site

if TYPE_CHECKING:
    from include.rehearsal.returns.key import Tally
    from include.rehearsal.year.table import Difference, Line


def rehearse(
    year: Annotated[int, typer.Option(help="演练哪一年")] = 2024,
    seed: Annotated[int, typer.Option(help="随机种子：同一种子写出同样的县")] = 7,
    size: Annotated[str, typer.Option(metavar="规模", help="small、county 或 large")] = "small",
    months: Annotated[int | None, typer.Option(metavar="月数", help="只走头几个月（默认全年）", min=1, max=12)] = None,
    returns: Annotated[
        str | None,
        typer.Option(
            "--returns", metavar="期", help="接着演练已交办的一期：各镇的反馈怎样回来，如 2024-03", callback=dispatch_of
        ),
    ] = None,
    days: Annotated[int, typer.Option(metavar="天数", help="与 --returns 同用：走到交办后第几天")] = 10,
    ask_once: Annotated[bool, typer.Option("--ask-once", help="同一百户连续六个月有信号：该去几次，省了几次")] = False,
) -> None:
    """按时钟演练一年，与应有的结果逐项核对。

    十二个月、四个季度、两个学期、一个年度和事件，各镇按剧情反馈；FANGPIN_HOME 须指向空的目录。
    --returns：在已交办的演练目录里接着走，收各镇的反馈，列出各镇的情况。
    """
    if returns is not None:
        _rehearse_returns(returns, seed, days)
        return
    if ask_once:
        _rehearse_ask_once(seed)
        return
    from include.rehearsal.year.scenario import Year
    from include.rehearsal.year.table import write_table
    from include.rehearsal.year.walk import walk_year
    from include.site.home import make_rehearsal

    site = current_site()
    make_rehearsal(site)
    with Steps() as steps:
        outcome = walk_year(site, Year(year, seed, size, months or 12), steps.report)
    _print_year(outcome.lines, year)
    print_seconds(outcome.seconds)
    path = site.reports / "年度演练" / f"{year}.csv"
    write_table(outcome.lines, site, path)
    console.print(f"全表 {len(outcome.lines)} 行：{path}；催办函：{site.reports / 'reminders'}")
    _print_differences(outcome.differences)
    console.print("应报、收到、催办、交办和各镇的反馈与应有的结果逐项相符")


def _rehearse_returns(dispatch_id: str, seed: int, days: int) -> None:
    """Write the towns' returns of the first days, receive them, and show by town what came back."""
    from include.rehearsal.returns import write_returns
    from include.rehearsal.year.first_returns import receive_returns, tallies
    from include.site.home import HomeError, is_rehearsal

    site = current_site()
    if not is_rehearsal(site):
        raise HomeError("各镇的反馈只能在演练用的目录里演练（fangpin init --rehearsal）")
    started = time.monotonic()
    with Steps() as steps:
        steps.report("写各镇的反馈", 0, 1)
        written = write_returns(site, dispatch_id, seed, days)
        steps.report("写各镇的反馈", 1, 1)
        differences = receive_returns(site, written, steps.report)
    _print_returns(tallies(site, written), dispatch_id, f"{written.last_at:%m-%d}")
    console.print(f"各镇的反馈 {len(written.files)} 份，{time.monotonic() - started:.0f} 秒；退回的行在 {site.returns / '各镇'}")
    _print_differences(differences)
    console.print(f"与应有的结果（{written.answers}）逐项相符")


def _rehearse_ask_once(seed: int) -> None:
    """Walk the six months in an empty home and show by month whom the plan sends out and whom it spares."""
    from include.rehearsal.year.ask_once import ASKED, MONTHS, OPEN, REOPENED, WATCHED
    from include.rehearsal.year.ask_once_walk import walk_ask_once
    from include.site.home import make_rehearsal

    site = current_site()
    make_rehearsal(site)
    with Steps() as steps:
        plan, differences = walk_ask_once(site, seed, steps.report)
    table = Table(title="同一百户，连续六个月有信号")
    for head in ("月份", "入户核查", "再次入户", "未办结、不重复", "动态监测、不入户"):
        table.add_column(head, justify="left" if head == "月份" else "right")
    for month in MONTHS:
        table.add_row(month, *(str(len(plan.households(month, outcome))) for outcome in (ASKED, REOPENED, OPEN, WATCHED)))
    console.print(table)
    visits = plan.visits()
    console.print(
        f"应入户 {visits['asked'] + visits['reopened']} 次，其中再次 {visits['reopened']} 次；省去 {visits['saved']} 次"
    )
    _print_differences(differences)
    console.print("各期交办与应有的结果逐户相符")


def _print_returns(lines: list[Tally], dispatch_id: str, day: str) -> None:
    table = Table(title=f"{dispatch_id} 期各镇的反馈（至 {day}）")
    for head in ("镇", "交办", "已答复", "其中迟报", "退回的行", "符合监测条件"):
        table.add_column(head, justify="left" if head == "镇" else "right")
    figures = [(line.issued, line.answered, line.late, line.back, line.qualifying) for line in lines]
    for line, row in zip(lines, figures, strict=True):
        table.add_row(line.town, *map(str, row))
    table.add_row("合计", *(str(sum(column)) for column in zip(*figures, strict=True)))
    console.print(table)


def _print_differences(differences: Iterable[Difference]) -> None:
    """Exit with 1 when there is one."""
    found = list(differences)
    for difference in found:
        errors.print(f"[red]不符：[/red]{escape(str(difference))}")
    if found:
        raise typer.Exit(1)


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
