"""Every delivery that was decided gets its receipt: a page in its sender's folder, and for a push what its program asks for.

A receipt follows from what is recorded and nothing else, so writing it again writes the same. How far the pages are written is
noted after them; what a crash left out is written by whoever decides next, and all of them again where the note is gone.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import duckdb

from include.deliveries.answer import returns_of
from include.deliveries.attempts import is_of_the_machine
from include.deliveries.push import key_of, outcome_path, receipt_path
from include.deliveries.receipt_facts import facts_of
from include.deliveries.wordless import place_of
from include.reports.receipt import receipt_page
from include.site import Site
from include.site.home import rehearsal_mark
from include.storage.files import write_once
from include.storage.names import short_name

RECEIPT = "回执"
TOGETHER = 200
_UNFIT_FOR_WINDOWS = re.compile(r'[<>:"|?*\\/]')
log = logging.getLogger(__name__)


def write_receipts(connection: duckdb.DuckDBPyConnection, site: Site) -> None:
    """Write the receipts that are still owed; run wherever outcomes were written, with the warehouse open."""
    _answer_pushes(connection, site)
    note = site.home / "work" / "receipts_until"
    last = note.read_text("utf-8") if note.exists() else ""
    owed = connection.execute(
        """select delivery_id from ledger.outcomes where entry_no > coalesce(
            (select max(entry_no) from ledger.outcomes where delivery_id = ?), 0) order by entry_no""",
        [last],
    ).fetchall()  # all of them where the ledger does not know the last one: it is another ledger, put back
    for start in range(0, len(owed), TOGETHER):
        some = [delivery_id for (delivery_id,) in owed[start : start + TOGETHER]]
        for facts in facts_of(connection, site, some):
            _write_page(site, facts)
        _write(note, some[-1])


def _answer_pushes(connection: duckdb.DuckDBPyConnection, site: Site) -> None:
    """Put what came of pushes beside the receipts that still wait for it."""
    open_ones = _keys(receipt_path(site, "")) - _keys(outcome_path(site, ""))
    if not open_ones:
        return
    found = connection.execute(
        "select delivery_id from ledger.outcomes where list_contains(?, split_part(delivery_id, '-', 2))", [sorted(open_ones)]
    ).fetchall()
    for facts in facts_of(connection, site, [delivery_id for (delivery_id,) in found]):
        write_once(
            outcome_path(site, str(key_of(facts["delivery_id"]))), {name: value for name, value in facts.items() if value != []}
        )


def _keys(record: Path) -> set[str]:
    """The pushes that have such a record."""
    return {path.stem for path in record.parent.glob("P*.json")}


def receipt_name(facts: dict[str, Any]) -> str:
    """``<time>_回执_<file>_<delivery>.html``: without a number, and as every system takes it."""
    came = re.sub(r"[-:]", "", facts["received_at"][:19]).replace("T", "-")
    file = _UNFIT_FOR_WINDOWS.sub("_", short_name(facts["file_name"]))
    return f"{came}_{RECEIPT}_{file}_{facts['delivery_id']}.html"


def _write_page(site: Site, facts: dict[str, Any]) -> None:
    """One page that cannot be written keeps nobody from the next."""
    try:
        _write(returns_of(site, facts["department"]) / receipt_name(facts), receipt_page(facts, mark=rehearsal_mark(site)))
    except Exception as error:
        if is_of_the_machine(error):
            raise
        log.error("批次 %s 的回执没有写成（%s）：\n%s", facts["delivery_id"], type(error).__name__, place_of(error))


def _write(path: Path, text: str) -> None:
    """There whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_text(text, "utf-8")
    unfinished.replace(path)
