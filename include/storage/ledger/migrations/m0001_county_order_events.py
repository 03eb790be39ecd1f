"""County and order of recording in every entry; what stood in words, names and folders becomes columns and rows.

Before this, a mark 已即时交办 said how a month lists a warning, an approver called 县设置:立即交办 that nobody had approved, a
folder that a dispatch's reports were written, and DuckDB's row number was the order. Nothing said what happened to a warning.
"""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from include.storage.ledger.append import MY_COUNTY, append, append_selected

NAME = "county_order_events"
SCHEMA = Path(__file__).with_suffix(".sql")
"""The tables as this version has them."""
_LISTING_KIND = "if(contains(coalesce(marks, ''), '已即时交办'), 'issued_at_once', status)"
_OTHER_MARKS = "nullif(array_to_string(list_filter(string_split(marks, '、'), lambda mark: mark <> '已即时交办'), '、'), '')"
_NOBODY = "if(approved_by = '县设置:立即交办', null, {})"
CHANGED: dict[str, dict[str, str]] = {
    "dispatched_warnings": {"listing_kind": _LISTING_KIND, "marks": _OTHER_MARKS},
    "proposed_warnings": {"listing_kind": _LISTING_KIND, "marks": _OTHER_MARKS},
    "dispatches": {
        "rule_of_issue": "if(approved_by = '县设置:立即交办' or approved_by is null, 'at_once', 'approved')",
        "approved_by": _NOBODY.format("approved_by"),
        "approved_at": _NOBODY.format("approved_at"),
    },
}
"""What becomes of the columns that meant something by their words."""


def apply(connection: duckdb.DuckDBPyConnection, known: dict[str, set[str]]) -> None:
    """Copy each table, entry by entry in the order of recording, and say as events what the dispatches did."""
    for statement in SCHEMA.read_text("utf-8").split(";"):
        if found := re.search(r"create table ledger\.(\w+)", statement):
            _replace(connection, found[1], statement, known.get(f"ledger.{found[1]}"))
    append_selected(
        connection,
        "ledger.events",
        """select listed.warning_id, 'issued' as event, listed.issued_at as happened_at, dispatches.approved_by as done_by,
            listed.dispatch_id as source
        from ledger.dispatched_warnings as listed
        inner join ledger.dispatches as dispatches on dispatches.dispatch_id = listed.dispatch_id
        where listed.listing_kind = 'issued' order by listed.entry_no""",
    )
    dispatches = connection.execute("select dispatch_id, issued_at from ledger.dispatches order by entry_no").fetchall()
    (reports,) = connection.execute("select getvariable('reports_folder')").fetchone() or ("",)
    written = [
        {"dispatch_id": dispatch_id, "written_at": issued_at}
        for dispatch_id, issued_at in dispatches
        if (Path(reports) / dispatch_id).exists()
    ]
    append(connection, "ledger.written_reports", written)


def _replace(connection: duckdb.DuckDBPyConnection, table: str, creation: str, old: set[str] | None) -> None:
    if old is None:
        connection.execute(creation)
        return
    connection.execute(f"alter table ledger.{table} rename to {table}_before")
    connection.execute(creation)
    new = {name for (name, *_) in connection.execute(f"describe ledger.{table}").fetchall()}
    values = {name: f'"{name}"' for name in sorted(new & old)} | CHANGED.get(table, {})
    if "proposal_no" in new and "rule_of_issue" not in new:
        values["proposal_no"] = "coalesce(proposal_no, 0)" if "proposal_no" in old else "0"
    values["county_code"], values["entry_no"] = MY_COUNTY, "row_number() over (order by rowid)"
    selected = ", ".join(f'{value} as "{name}"' for name, value in values.items())
    connection.execute(f"insert into ledger.{table} by name select {selected} from ledger.{table}_before order by rowid")
    connection.execute(f"drop table ledger.{table}_before")
