"""What of ``raw`` is replaced: rows of a delivery whose ingest was interrupted, the county's own tables, the cut-off."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import duckdb

from include.contracts import load_contracts
from include.site import Site
from include.site.calendar import Calendar
from include.storage.ledger.append import append
from include.storage.ledger.tables import FIXED_TABLES, RAW_TABLES

OF_A_DELIVERY = tuple(table for table, columns in RAW_TABLES.items() if "delivery_id" in columns)


def forget(connection: duckdb.DuckDBPyConnection, delivery_ids: list[str], feed: str | None = None) -> None:
    """Take out of ``raw`` whatever it holds of deliveries that are only now decided.

    A transaction writes to one file, so rows are written first and the outcome, which makes them count, afterwards. What a crash
    leaves between the two is taken out here and written again.
    """
    for table in (*OF_A_DELIVERY, *([f"raw.{feed}"] if feed else [])):
        connection.execute(f"delete from {table} where list_contains(?, delivery_id)", [delivery_ids])


def load_county(connection: duckdb.DuckDBPyConnection, site: Site) -> None:
    """Bring the county's divisions, income line, settings and due dates into the warehouse, replacing what was there."""
    for table, file_name in (("raw.county_divisions", "divisions.csv"), ("raw.county_income_line", "income_line.csv")):
        connection.execute(f"delete from {table}")
        path = site.county_file(file_name)
        if path.exists():
            rows = site.county_rows(file_name)
            known = FIXED_TABLES[table]
            append(connection, table, [{key: row.get(key) or None for key in known} for row in rows])
    connection.execute("delete from raw.county_settings")
    county = site.county
    append(connection, "raw.county_settings", [{"reopen_share": county.reopen_share, "reopen_months": county.reopen_months}])
    connection.execute("delete from raw.due_dates")
    append(connection, "raw.due_dates", _due_dates(connection, Calendar.of(site)))


def _due_dates(connection: duckdb.DuckDBPyConnection, calendar: Calendar) -> Iterator[dict[str, Any]]:
    """The last day of each feed's periods around the years in which anything was received; of a feed that has some days after
    an event, of each day as if it were the event's."""
    first, last = connection.execute("select min(received_at), max(received_at) from ledger.deliveries").fetchone() or (
        None,
        None,
    )
    if first is None or last is None:
        return
    years = range(first.year - 1, last.year + 2)
    days = [
        date(years[0], 1, 1) + timedelta(number) for number in range((date(years[-1], 12, 31) - date(years[0], 1, 1)).days + 1)
    ]
    for contract in load_contracts():
        for due in (due for year in years for due in calendar.due_dates(contract, year)):
            yield {"feed": due.feed, "period": due.period, "due_on": due.due_on}
        for day in days if contract.due_rule.startswith("event:") else ():
            yield {"feed": contract.feed, "period": day.isoformat(), "due_on": calendar.due(contract, day.isoformat())}


def set_cutoff(connection: duckdb.DuckDBPyConnection, now: datetime) -> datetime:
    """Up to when deliveries count, for every model and view, and return it: now, or the latest moment anything recorded bears.

    What is recorded already counts, whatever the clock said when it came: a clock set back, or an old month run again, shuts
    nothing out.
    """
    (latest,) = connection.execute(
        """select max(moment) from (
            select max(received_at) as moment from ledger.deliveries
            union all select max(cutoff_at) from ledger.screenings
            union all select max(cutoff_at) from ledger.dispatches
        )"""
    ).fetchone() or (None,)
    cutoff = max(now, latest or now)
    connection.execute("delete from raw.cutoff")
    append(connection, "raw.cutoff", [{"cutoff_at": cutoff}])
    return cutoff
