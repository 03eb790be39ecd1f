"""What a month's dispatch covers: what came between two cut-offs and what fell due by then, told alike wherever it is told.

``status``, the bureau's 数据报送情况, what ``month`` prints and ``export clocks`` all speak of the duties of ``duties.py``; here
is only which of them belong to a month.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import pandas as pd

from include.clocks.duties import Duty, duties
from include.clocks.escalation import load_rules
from include.site import Site
from include.site.calendar import Calendar
from include.storage import ledger


@dataclass(frozen=True)
class Window:
    """After the cut-off of the monthly dispatch before (None: from the beginning), up to and with this one's."""

    since: datetime | None
    until: datetime

    def holds(self, at: datetime) -> bool:
        """Whether what came then counts for this dispatch."""
        return at <= self.until and (self.since is None or at > self.since)

    def falls_due(self, duty: Duty) -> bool:
        """Whether a department's period had its last day in the month that ends with the cut-off."""
        month_before = (pd.Timestamp(self.until) - pd.DateOffset(months=1)).date()
        return duty.clock == "feed" and duty.due_on is not None and month_before < duty.due_on <= self.until.date()

    def came_late(self, duty: Duty) -> bool:
        """Whether a department brought something after its last day, and within this window."""
        is_departments = duty.clock in ("feed", "event")
        return is_departments and duty.late > 0 and duty.came_at is not None and self.holds(duty.came_at)


def window_of(connection: duckdb.DuckDBPyConnection, dispatch_id: str, now: datetime) -> Window:
    """The window of a monthly dispatch; of one that is not issued yet up to now."""
    (until,) = connection.execute("select cutoff_at from ledger.dispatches where dispatch_id = ?", [dispatch_id]).fetchone() or (
        None,
    )
    return _window(connection, dispatch_id, until or now)


def newest_window(connection: duckdb.DuckDBPyConnection, now: datetime) -> Window:
    """From the beginning of the last issued month's window until now: what somebody who looks today still cares about."""
    newest = connection.execute(
        "select dispatch_id, cutoff_at from ledger.dispatches where kind = 'monthly' and cutoff_at <= ? order by cutoff_at desc",
        [now],
    ).fetchone()
    return Window(_window(connection, *newest).since if newest else None, now)


def _window(connection: duckdb.DuckDBPyConnection, dispatch_id: str, until: datetime) -> Window:
    (since,) = connection.execute(
        """select max(cutoff_at) from ledger.dispatches
        where kind = 'monthly' and dispatch_id <> ? and cutoff_at < ?""",
        [dispatch_id, until],
    ).fetchone() or (None,)
    return Window(since, until)


def duties_at(connection: duckdb.DuckDBPyConnection, site: Site, at: datetime) -> list[Duty]:
    """Every duty as it stood then, by the county's calendar and from the day its clocks count."""
    return duties(connection, Calendar.of(site), at, load_rules(site).since)


def unmet(found: Iterable[Duty], window: Window) -> list[Duty]:
    """What departments owed in the window and have not brought by its end."""
    return [duty for duty in found if window.falls_due(duty) and duty.is_overdue]


def late(found: Iterable[Duty], window: Window) -> list[Duty]:
    """What departments brought in the window, but after its last day."""
    return [duty for duty in found if window.came_late(duty)]


def feed_accounts(connection: duckdb.DuckDBPyConnection, window: Window) -> pd.DataFrame:
    """Per feed: deliveries of the window, rows in, accepted, rejected, duplicate, and verdicts — from the ledger alone."""
    ledger.create_tables(connection)
    given: dict[str, Any] = {"since": window.since, "until": window.until}
    return connection.execute(
        """select coalesce(outcomes.feed, '未识别') as feed, count(*) as deliveries, sum(row_count)::bigint as row_count,
            sum(accepted_count)::bigint as accepted_count, sum(rejected_count)::bigint as rejected_count,
            sum(duplicate_count)::bigint as duplicate_count,
            count(*) filter (status = 'published') as published, count(*) filter (status = 'refused') as refused,
            count(*) filter (status = 'duplicate') as duplicated, count(*) filter (status = 'zero_report') as zero_reports
        from ledger.outcomes as outcomes
        inner join ledger.deliveries as deliveries on deliveries.delivery_id = outcomes.delivery_id
        where ($since is null or deliveries.received_at > $since) and deliveries.received_at <= $until
        group by all order by feed""",
        given,
    ).df()
