"""The one place that writes to the ledger, and it only ever appends. Each entry says whose it is and gets the next number.

Whose: the county that the connection was opened for (``include.storage.warehouse.connect``). Tables of ``raw`` take rows here
too; those are computed, so others may replace them.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from itertools import chain, groupby
from typing import Any

import duckdb

from include.storage.ledger.records import Delivery, Outcome
from include.storage.ledger.tables import FIXED_TABLES, LEDGER_TABLES

ROWS_A_STATEMENT = 200
MY_COUNTY = "getvariable('county_code')"
NEXT_ENTRY = f"(select coalesce(max(entry_no), 0) from {{table}} where county_code = {MY_COUNTY})"


def append(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Mapping[str, Any] | Delivery | Outcome]) -> None:
    """Append rows by column name, in their order."""
    records = [dict(row) if isinstance(row, Mapping) else asdict(row) for row in rows]
    for names, alike in groupby(records, key=tuple):
        values = [list(record.values()) for record in alike]
        columns, marks = ", ".join(f'"{name}"' for name in names), ", ".join("?" for _ in names)
        for start in range(0, len(values), ROWS_A_STATEMENT):
            some = values[start : start + ROWS_A_STATEMENT]
            given = f"select * from (values {', '.join([f'({marks})'] * len(some))}) as given({columns})"
            append_selected(connection, table, given, list(chain.from_iterable(some)))


def append_selected(
    connection: duckdb.DuckDBPyConnection, table: str, query: str, given: list[Any] | Mapping[str, Any] | None = None
) -> None:
    """Append what a query selects, by column name and in its order; the ledger's own two columns are added here."""
    columns = FIXED_TABLES.get(table, {})
    own = {"county_code": MY_COUNTY} if "county_code" in columns else {}
    if table in LEDGER_TABLES:
        own["entry_no"] = f"{NEXT_ENTRY.format(table=table)} + row_number() over ()"
    added = "".join(f"{value} as {name}, " for name, value in own.items())
    kept = f"columns(lambda name: name not in {(*own, '')})"
    connection.execute(f"insert into {table} by name select {added}{kept} from ({query})", given or [])


def record_export(
    connection: duckdb.DuckDBPyConnection,
    at: datetime,
    what: str,
    rows: int,
    *,
    dispatch: str | None = None,
    delivery: str | None = None,
    is_masked: bool,
) -> None:
    """Remember that somebody took a table or a delivery's file out: who is logged in, which, and whether people were masked."""
    line = {
        "exported_at": at, "what": what, "dispatch_id": dispatch, "is_masked": is_masked, "row_count": rows,
        "exported_by": login_name(), "delivery_id": delivery,
    }  # fmt: skip
    append(connection, "ledger.exports", [line])


def login_name() -> str:
    """Whom the operating system takes the user for, which no variable of the environment can change."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
