"""What a screening is told beside the rows: the county's own tables, and up to when deliveries count."""

from __future__ import annotations

from datetime import datetime

import duckdb

from include.ledger.append import append
from include.ledger.tables import FIXED_TABLES
from include.settings import Settings


def load_county(connection: duckdb.DuckDBPyConnection, where: Settings) -> None:
    """Bring the county's divisions and its own income line into the warehouse, replacing what was there."""
    for table, file_name in (("raw.county_divisions", "divisions.csv"), ("raw.county_income_line", "income_line.csv")):
        connection.execute(f"delete from {table}")
        path = where.county_file(file_name)
        if path.exists():
            rows = where.county_rows(file_name)
            known = FIXED_TABLES[table]
            append(connection, table, [{key: row.get(key) or None for key in known} for row in rows])


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
