"""What a sweep found and said, or would say."""

from __future__ import annotations

from rich.console import Console

from include.cli.clocks import print_gap, print_overdue
from include.cli.status import clock_text
from include.clocks.cycle import newest_window
from include.clocks.reminders import Sweep
from include.site import Site
from include.storage import ledger
from include.storage.warehouse import connect


def print_sweep(console: Console, site: Site, result: Sweep, *, is_dry: bool) -> None:
    """Who is behind, then each letter with where it lies; of a dry run the letters as they would be."""
    console.print(f"{clock_text(site)} {'试巡查,不写、不送' if is_dry else '巡查'}")
    with connect(site) as connection:
        ledger.create_tables(connection)
        window = newest_window(connection, result.now)
    print_overdue(console, result.duties, window)
    print_gap(console, site, result.now.date(), is_whole=False)
    for letter in result.sent:
        head = f"{'将发 ' if is_dry else ''}{letter.kind} {letter.number} 致{letter.recipient_name}({len(letter.reminders)} 项)"
        console.print(head if is_dry else f"{head}:{letter.pdf}", markup=False)
    if not result.sent:
        console.print("今天没有新的催办")
    if is_dry and result.failed:
        console.print(f"上次没有送出、将再送:{'、'.join(result.failed)}", markup=False)
