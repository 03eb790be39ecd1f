"""What is asked of the ledger everywhere."""

from __future__ import annotations

from dataclasses import fields
from typing import NamedTuple

import duckdb

from include.storage.ledger.records import Delivery


def pending(connection: duckdb.DuckDBPyConnection, feed: str | None = None) -> list[Delivery]:
    """Deliveries received but not yet decided, in the order they were recorded, whatever the clock said."""
    names = ", ".join(f"deliveries.{field.name}" for field in fields(Delivery))
    found = connection.execute(
        f"""select {names} from ledger.deliveries as deliveries
        left join ledger.outcomes as outcomes on outcomes.delivery_id = deliveries.delivery_id
        where outcomes.delivery_id is null and (? is null or deliveries.feed = ?)
        order by deliveries.entry_no""",
        [feed, feed],
    ).fetchall()
    return [Delivery(*row) for row in found]


def count_outcomes(connection: duckdb.DuckDBPyConnection) -> int:
    """How many deliveries were decided so far."""
    (count,) = connection.execute("select count(*) from ledger.outcomes").fetchone() or (0,)
    return int(count)


class Volume(NamedTuple):
    """How many rows a delivery brought for a period."""

    period: str
    row_count: int


def volumes(connection: duckdb.DuckDBPyConnection, feed: str) -> list[Volume]:
    """What each delivery of a feed that was published for a period brought, in the order they were decided."""
    found = connection.execute(
        """select period, row_count from ledger.outcomes
        where feed = ? and status = 'published' and period is not null order by entry_no""",
        [feed],
    ).fetchall()
    return [Volume(*row) for row in found]
