"""Who is behind is reminded: what a sweep found and said, or would say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from include.cli.status import clock_text
from include.cli.terminal import console, errors
from include.site import Site, current_site

if TYPE_CHECKING:
    from include.clocks.reminders import Sweep


def sweep(is_dry: Annotated[bool, typer.Option("--dry-run", help="只看今天会催办什么，不写、不送")] = False) -> None:
    """巡查一遍并催办：先写应告知部门的处理结果，再写催报函、催办函，按县里配置的渠道送出；每级只催一次，重复运行不会重发。演练目录按演练时钟。"""
    from include.clocks import reminders
    from include.outcome.tell import tell_of_registrations

    site = current_site()
    for path in () if is_dry else tell_of_registrations(site):
        console.print(f"处理结果：{path}", markup=False, soft_wrap=True)
    result = reminders.look_ahead(site) if is_dry else reminders.sweep(site)
    print_sweep(console, site, result, is_dry=is_dry)
    if not is_dry and (problem := reminders.undelivered(result)):
        errors.print(f"[red]未送出：[/red]{escape(problem)}")
        raise typer.Exit(1)


def print_sweep(console: Console, site: Site, result: Sweep, *, is_dry: bool) -> None:
    """Who is behind, then each letter with where it lies; of a dry run the letters as they would be."""
    from include.cli.clocks import print_gap, print_overdue
    from include.clocks.cycle import newest_window
    from include.storage import ledger
    from include.storage.warehouse import connect

    console.print(f"{clock_text(site)} {'试巡查，不写、不送' if is_dry else '巡查'}")
    with connect(site) as connection:
        ledger.create_tables(connection)
        window = newest_window(connection, result.now)
    print_overdue(console, result.duties, window)
    print_gap(console, site, result.now.date(), is_whole=False)
    for old in result.old_lists:
        console.print(f"[yellow]提示[/yellow] {escape(old.sentence)}")
    for letter in result.sent:
        head = f"{'将发 ' if is_dry else ''}{letter.kind} {letter.number} 致{letter.recipient_name}（{len(letter.reminders)} 项）"
        console.print(head if is_dry else f"{head}:{letter.pdf}", markup=False)
    if not result.sent:
        console.print("今天没有新的催办")
    if is_dry and result.failed:
        console.print(f"上次没有送出、将再送：{'、'.join(result.failed)}", markup=False)
