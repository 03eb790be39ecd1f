"""Which department is to be told what came of which registered household, and by when (第三条(四)).

Told are the departments whose rows a warning rests on, and those that its measures name. Everything here comes from what was
recorded, so it holds before any screening too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from include.site import County
from include.site.calendar import Calendar

TOWN = "town"
REGISTERED, CLOSED = "registered", "closed"
"""As what a department is told of a warning: registered, or registered with its measures, which closes it."""


@dataclass(frozen=True)
class Concerned:
    """A registered warning and a department that is to be told of it; ``registered_on``: the day from which days count.

    ``measures_at``: when its measures were first recorded. ``told_at``: when the department was first told since the
    registration, ``closed_at``: since the measures.
    """

    warning_id: str
    department: str
    registered_on: date
    due_on: date
    measures_at: datetime | None
    told_at: datetime | None
    closed_at: datetime | None

    @property
    def state(self) -> str:
        """As what it would be told now."""
        return CLOSED if self.measures_at else REGISTERED

    def is_due(self, today: date) -> bool:
        """Whether it is to be told now: its measures are known, or its last day has come without them."""
        return self.closed_at is None if self.measures_at else self.told_at is None and today >= self.due_on


def concerned(connection: duckdb.DuckDBPyConnection, calendar: Calendar, now: datetime) -> list[Concerned]:
    """Every registered warning with each department that is to be told of it, as things stood then.

    Days count from 纳入日期; as long as it is not known, and for whom is 已在监测, from the receipt of the answer.
    """
    registered = connection.execute(_REGISTERED, {"now": now}).fetchall()
    if not registered:
        return []
    senders = _by_warning(connection, _SENDERS, [row[0] for row in registered])
    told = {
        (warning, department, state): times
        for warning, department, state, times in connection.execute(_TOLD, {"now": now}).fetchall()
    }
    found = []
    for warning_id, registered_at, registered_on, measures_at, measures in registered:
        due_on = calendar.measure_by(registered_on)
        mine = {*senders.get(warning_id, ()), *named_in(measures or "", calendar.county)} & calendar.county.departments.keys()
        for department in sorted(mine or {calendar.county.bureau}):
            closed = [at for at in told.get((warning_id, department, CLOSED), ()) if at >= (measures_at or now)]
            early = [at for at in told.get((warning_id, department, REGISTERED), ()) if at >= registered_at]
            times = (measures_at, min(early + closed, default=None), min(closed, default=None))
            found.append(Concerned(warning_id, department, registered_on, due_on, *times))
    return found


def named_in(measures: str, county: County) -> set[str]:
    """The departments that a text about measures names, by their name or without 县 before it."""
    others: Mapping[str, str] = {key: name for key, name in county.departments.items() if key != TOWN}
    return {key for key, name in others.items() if (short := name.removeprefix("县")) and short in measures}


def _by_warning(connection: duckdb.DuckDBPyConnection, query: str, warnings: list[str]) -> dict[str, list[str]]:
    return dict(connection.execute(query, [warnings]).fetchall())


_REGISTERED = f"""
with happened as (
    select
        *,
        max(entry_no) filter (where event = 'issued') over (partition by county_code, warning_id) as issued_no
    from ledger.events where happened_at <= $now
),

-- What came after it was issued last.
since_issue as (
    select
        warning_id,
        min(happened_at) filter (where event in ('registered', 'already_monitored', 'measures_set')) as registered_at,
        arg_max(source, entry_no) filter (where event in ('registered', 'measures_set')) as source,
        min(happened_at) filter (where event = 'measures_set') as measures_at,
        arg_max(source, entry_no) filter (where event = 'measures_set') as measures_source,
        arg_max(event, entry_no) filter (where event not in ('outcome_told', 'found_qualifying')) as last_event,
        arg_max(event, entry_no) filter (where event in ('found_qualifying', 'already_monitored')) as answer
    from happened
    where issued_no is null or entry_no > issued_no
    group by warning_id
)

select
    happened.warning_id,
    happened.registered_at,
    coalesce(
        if(happened.answer = 'already_monitored', null, returned.enrolled_date), cast(happened.registered_at as date)
    ) as registered_on,
    happened.measures_at,
    set_by.measures
from since_issue as happened
left join raw.{TOWN}__measure as returned on happened.source = returned.row_id
left join raw.{TOWN}__measure as set_by on happened.measures_source = set_by.row_id
where happened.last_event in ('registered', 'already_monitored', 'measures_set')
order by happened.warning_id
"""
_SENDERS = """
select listed.warning_id, list(distinct deliveries.department)
from ledger.dispatched_signals as listed
inner join ledger.deliveries as deliveries
    on listed.county_code = deliveries.county_code and split_part(listed.row_id, '/', 1) = deliveries.delivery_id
where list_contains(?, listed.warning_id)
group by listed.warning_id
"""
_TOLD = """
select told.warning_id, told.department, told.state, list(reports.written_at)
from ledger.told_outcomes as told
inner join ledger.outcome_reports as reports
    on told.county_code = reports.county_code and told.report_number = reports.report_number
where reports.written_at <= $now
group by all
"""
