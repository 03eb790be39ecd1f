"""The same bytes again: a duplicate where they are of the same period, an unchanged list where a new period owes one."""

from __future__ import annotations

from datetime import datetime

import duckdb

from include.checking.find_period import PERIODS_IN_SHEETS
from include.checking.reasons import said
from include.checking.table import Guess
from include.contracts import contract
from include.storage.ledger import Delivery


def same_content(
    connection: duckdb.DuckDBPyConnection, delivery: Delivery, *, is_zero_report: bool
) -> tuple[str, datetime] | None:
    """The earlier delivery with the same bytes that was not refused; for the same period where the feed has periods."""
    return connection.execute(
        """select deliveries.delivery_id, deliveries.received_at from ledger.deliveries as deliveries
        left join ledger.outcomes as outcomes on outcomes.delivery_id = deliveries.delivery_id
        where deliveries.sha256 = ? and deliveries.department = ? and deliveries.feed is not distinct from ?
            and coalesce(outcomes.status, 'waiting') in ('waiting', 'published', 'zero_report')
            and (not ? or deliveries.period = ?)
        order by deliveries.received_at, deliveries.delivery_id limit 1""",
        [delivery.sha256, delivery.department, delivery.feed, is_zero_report or _comes_each_period(delivery), delivery.period],
    ).fetchone()  # type: ignore[return-value]


def _comes_each_period(delivery: Delivery) -> bool:
    """Whether the feed is due once a period: an unchanged list is then the new period's, which it states or came in."""
    return delivery.feed is not None and contract(delivery.feed).period_kind in PERIODS_IN_SHEETS


def past_period(connection: duckdb.DuckDBPyConnection, delivery: Delivery, stated: str) -> str | None:
    """The month long past that a title states, where it is that delivery's: still owed, or the same bytes came for it.

    It is owed where the feed has been delivered for an earlier month and not for this one.
    """
    earlier, owed = connection.execute(
        """select coalesce(bool_or(deliveries.period = $stated and deliveries.sha256 = $sha256), false),
            coalesce(bool_or(deliveries.period < $stated), false) and not coalesce(bool_or(deliveries.period = $stated), false)
        from ledger.deliveries as deliveries
        left join ledger.outcomes as outcomes on outcomes.delivery_id = deliveries.delivery_id
        where deliveries.department = $department and deliveries.feed = $feed
            and coalesce(outcomes.status, 'waiting') in ('waiting', 'published', 'zero_report')""",
        {"stated": stated, "sha256": delivery.sha256, "department": delivery.department, "feed": delivery.feed},
    ).fetchone() or (False, False)
    return stated if earlier or owed else None


def same_as_before(connection: duckdb.DuckDBPyConnection, delivery: Delivery) -> list[Guess]:
    """That the very same file came for an earlier period: nothing changed since, or the wrong file was sent."""
    if contract(delivery.feed or "").is_event:
        return []
    found = connection.execute(
        """select deliveries.received_at, deliveries.delivery_id, deliveries.period from ledger.deliveries as deliveries
        left join ledger.outcomes as outcomes on outcomes.delivery_id = deliveries.delivery_id
        where deliveries.sha256 = ? and deliveries.department = ? and deliveries.feed = ? and deliveries.period < ?
            and coalesce(outcomes.status, 'waiting') in ('waiting', 'published')
        order by deliveries.received_at desc, deliveries.delivery_id desc limit 1""",
        [delivery.sha256, delivery.department, delivery.feed, delivery.period],
    ).fetchone()
    if found is None:
        return []
    at, earlier, period = found
    return [Guess("", 0, *said("same_as_before", at=f"{at:%Y-%m-%d %H:%M}", earlier=earlier, period=period))]
