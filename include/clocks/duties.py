"""What is owed, by whom, until when, and what came: one table computed from the ledger, the contracts and the calendar.

A delivery counts from the moment it was received, once it is published or is a zero report; a refused file or a repeated one
is no delivery, a file still being ingested keeps the reminder back. Duties begin with the month of the first delivery.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb
import pandas as pd

from include.clocks.owed_outcomes import concerned
from include.contracts import Contract, load_contracts
from include.reports.labels import period_text
from include.site.calendar import Calendar
from include.storage import ledger

DELIVERED = ("published", "zero_report")
OVERDUE = frozenset({"missing", "refused", "stale", "silent"})
STATES: dict[str, str] = {
    "not_due": "未到期",
    "on_time": "按期",
    "late": "迟报",
    "zero_report": "零报告",
    "waiting": "处理中",
    "missing": "逾期未报",
    "refused": "已退回，未重报",
    "stale": "只有旧数据",
    "silent": "从未报送",
}
VERIFICATION, MEASURE, DISPATCH, OUTCOME = "town__verification", "town__measure", "dispatch", "outcome"
DUTY_TITLES = {VERIFICATION: "入户核查反馈", MEASURE: "帮扶措施", DISPATCH: "月度交办", OUTCOME: "处理结果告知"}

Received = tuple[str, str, datetime]
"""Period, status and time of receipt of one delivery."""


@dataclass(frozen=True)
class Duty:
    """One thing owed. ``clock`` is one of the county's clocks; ``owner`` a department's key or a town's code.

    ``total``, ``open`` and ``late`` count warnings (town returns) or events; a department's period counts as one.
    """

    clock: str
    owner: str
    owner_name: str
    feed: str
    title: str
    period: str
    due_on: date | None
    came_at: datetime | None
    state: str
    total: int = 1
    open: int = 0
    late: int = 0

    @property
    def is_overdue(self) -> bool:
        """Past its day and still not there."""
        return self.due_on is not None and self.state in OVERDUE

    def days_late(self, today: date) -> int:
        """Days after the last day: until it came, or until today; 0 when in time or without a day."""
        if self.due_on is None or self.state in ("not_due", "on_time"):
            return 0
        until = self.came_at.date() if self.came_at and self.open == 0 else today
        return max(0, (until - self.due_on).days)

    @property
    def period_text(self) -> str:
        return period_text(self.period)


def duties(connection: duckdb.DuckDBPyConnection, calendar: Calendar, now: datetime, since: date | None = None) -> list[Duty]:
    """Every duty due since ``since`` (default: the first of the month of the first delivery), and each feed's next one."""
    ledger.create_tables(connection)
    (first,) = connection.execute("select min(received_at) from ledger.deliveries").fetchone() or (None,)
    since = since or (first or now).date().replace(day=1)
    received: dict[str, list[Received]] = {}
    for feed, *rest in connection.execute(
        """select coalesce(outcomes.feed, deliveries.feed), coalesce(outcomes.period, deliveries.period, ''),
            coalesce(outcomes.status, 'waiting'), deliveries.received_at
        from ledger.deliveries as deliveries
        left join ledger.outcomes as outcomes on outcomes.delivery_id = deliveries.delivery_id
        where coalesce(outcomes.feed, deliveries.feed) is not null and deliveries.received_at <= ?
        order by deliveries.received_at, deliveries.delivery_id""",
        [now],
    ).fetchall():
        received.setdefault(feed, []).append((rest[0], rest[1], rest[2]))
    found: list[Duty] = []
    for contract in load_contracts():
        mine = received.get(contract.feed, [])
        if contract.due_rule == "none":
            found.append(_reference(contract, mine))
        elif contract.cadence == "event":
            found += _events(connection, calendar, contract, mine, since, now)
        elif contract.department != "town":
            found += _periods(calendar, contract, mine, since, now)
    found += [*_dispatches(connection, calendar, since, now), *_returns(connection, calendar, now)]
    return [*found, *_outcomes(connection, calendar, now)]


def _periods(calendar: Calendar, contract: Contract, received: list[Received], since: date, now: datetime) -> Iterator[Duty]:
    owed = [due for year in range(since.year - 1, now.year + 2) for due in calendar.due_dates(contract, year)]
    upcoming = next((due.due_on for due in owed if due.due_on > now.date()), None)
    due_on = {due.period: due.due_on for due in owed}
    for before, due in zip([None, *owed], owed, strict=False):
        if due.due_on < since or (upcoming and due.due_on > upcoming):
            continue
        mine = [item for item in received if item[0] == due.period]
        good = [item for item in mine if item[1] in DELIVERED]
        came_at = min((at for _, _, at in good), default=None)
        if came_at:
            late = came_at.date() > due.due_on
            state = "zero_report" if all(status == "zero_report" for _, status, _ in good) else "late" if late else "on_time"
        elif waiting := [at for _, status, at in mine if status == "waiting"]:
            state, came_at = "waiting", min(waiting)
        elif now.date() <= due.due_on:
            state = "not_due"
        elif any(status == "refused" for _, status, _ in mine):
            state = "refused"
        elif _is_stale(received, due_on, due.due_on, before.due_on if before else since):
            state = "stale"
        else:
            state = "missing" if any(status in DELIVERED for _, status, _ in received) else "silent"
        yield Duty(
            "feed", contract.department, contract.department_name, contract.feed, contract.title, due.period, due.due_on,
            came_at, state, open=0 if came_at else 1, late=int(bool(came_at and came_at.date() > due.due_on)),
        )  # fmt: skip


def _is_stale(received: list[Received], due_on: dict[str, date], due: date, before: date) -> bool:
    """Whether, since the day before last, only something already sent came again: the same file, or an earlier period."""
    for index, (period, status, at) in enumerate(received):
        if at.date() <= before:
            continue
        if status == "duplicate":
            return True
        is_earlier = period in due_on and due_on[period] < due
        if status in DELIVERED and is_earlier and any(item[0] == period and item[1] in DELIVERED for item in received[:index]):
            return True
    return False


def _reference(contract: Contract, received: list[Received]) -> Duty:
    """The registry has no day of its own; that the same data date came again is still worth saying."""
    good = [item for item in received if item[1] in DELIVERED]
    state = "silent" if not good else "stale" if [item[0] for item in good[-2:]] == [good[-1][0]] * 2 else "on_time"
    period, came_at = (good[-1][0], good[-1][2]) if good else ("", None)
    owner = (contract.department, contract.department_name)
    return Duty("feed", *owner, contract.feed, contract.title, period, None, came_at, state, open=0 if good else 1)


def _events(
    connection: duckdb.DuckDBPyConnection,
    calendar: Calendar,
    contract: Contract,
    received: list[Received],
    since: date,
    now: datetime,
) -> Iterator[Duty]:
    """Events by their day, with how many were sent after their time; nobody can say what was not sent at all."""
    owner = (contract.department, contract.department_name, contract.feed, contract.title)
    keys = ", ".join(f'"{name}"' for name in contract.row_key)
    rows = connection.execute(
        f"""select day, first_received_at from (
            select min("{contract.clock_column}") as day, min(received_at) as first_received_at
            from raw.{contract.feed} group by {keys}
        ) where day >= ? and first_received_at <= ? order by all""",
        [since, now],
    ).fetchall()
    by_day: dict[date, list[datetime]] = {}
    for day, at in rows:
        by_day.setdefault(day, []).append(at)
    for day, times in by_day.items():
        due_on = calendar.due(contract, day.isoformat())
        assert due_on is not None
        late = sum(at.date() > due_on for at in times)
        state = "late" if late else "on_time"
        yield Duty("event", *owner, day.isoformat(), due_on, max(times), state, total=len(times), late=late)
    for _, status, at in received:
        if status == "zero_report":
            yield Duty("event", *owner, at.date().isoformat(), None, at, "zero_report")
    if not any(status in DELIVERED for _, status, _ in received):
        yield Duty("event", *owner, "", None, None, "silent", total=0)


def _dispatches(connection: duckdb.DuckDBPyConnection, calendar: Calendar, since: date, now: datetime) -> Iterator[Duty]:
    county = calendar.county
    issued = dict(connection.execute("select dispatch_id, issued_at from ledger.dispatches where kind = 'monthly'").fetchall())
    proposed = {row[0] for row in connection.execute("select dispatch_id from ledger.proposals").fetchall()}
    for stamp in pd.period_range(pd.Period(since, "M"), pd.Period(now, "M")):
        month = str(stamp)
        due_on, came_at = calendar.issue_by(month), issued.get(month)
        if came_at:
            state = "late" if came_at.date() > due_on else "on_time"
        else:
            state = "missing" if now.date() > due_on else "waiting" if month in proposed else "not_due"
        yield Duty(
            "issue", county.bureau, county.departments[county.bureau], DISPATCH, DUTY_TITLES[DISPATCH], month, due_on, came_at,
            state, open=0 if came_at else 1, late=int(state == "late"),
        )  # fmt: skip


def _returns(connection: duckdb.DuckDBPyConnection, calendar: Calendar, now: datetime) -> Iterator[Duty]:
    """Visits by town and dispatch, measures by town and day: a measure's clock starts with 纳入日期; until that is known, and for
    whom is 已在监测, with the receipt of the answer.

    What counts is the receipt of the first answer taken after the issue; a warning issued again is answered again.
    """
    issued = connection.execute(_VISITS, {"now": now}).df()
    yield from _grouped(VERIFICATION, "verify", issued[issued["is_asked"]], "issued_at", now, calendar)
    owed = issued[issued["owed_from"].notna()]
    owed = owed.assign(dispatch_id=owed["owed_from"].astype(str).str[:10], came_at=owed["measured_at"])
    yield from _grouped(MEASURE, "measure", owed, "owed_from", now, calendar)


_VISITS = f"""
with issued as (
    select warnings.town_code, warnings.town_name, warnings.dispatch_id, warnings.issued_at, warnings.warning_id,
        warnings.listing_kind = 'issued' as is_asked,
        lead(warnings.issued_at) over (partition by warnings.warning_id order by warnings.issued_at) as issued_next_at
    from ledger.dispatched_warnings as warnings
    where warnings.listing_kind in ('issued', 'found') and warnings.issued_at <= $now
        and (warnings.issued_in = warnings.dispatch_id or warnings.listing_kind = 'found')
        and not exists (
            select 1 from ledger.events as events
            where events.warning_id = warnings.warning_id and events.event = 'withdrawn'
                and events.happened_at >= warnings.issued_at
        )
),
happened as (
    select issued.warning_id, issued.dispatch_id, events.entry_no, events.event, events.happened_at, measures.enrolled_date,
        starts_with(events.event, 'found_') or events.event in ('already_monitored', 'area_answered') as is_answer
    from issued
    inner join ledger.events as events
        on events.warning_id = issued.warning_id and events.happened_at between issued.issued_at and $now
        and (issued.issued_next_at is null or events.happened_at < issued.issued_next_at)
    left join raw.{MEASURE} as measures on measures.row_id = events.source and events.event = 'registered'
),
told as (
    select warning_id, dispatch_id, min(happened_at) filter (where is_answer) as came_at,
        arg_max(event, entry_no) filter (where is_answer) as answer,
        min(happened_at) filter (where event in ('found_qualifying', 'already_monitored')) as qualified_at,
        arg_max(enrolled_date, entry_no)::timestamp as enrolled_on,
        min(happened_at) filter (where event = 'measures_set') as measured_at
    from happened group by all
)
select issued.* exclude (issued_next_at), told.came_at, told.measured_at,
    case told.answer
        when 'found_qualifying' then coalesce(told.enrolled_on, date_trunc('day', told.qualified_at))
        when 'already_monitored' then date_trunc('day', told.qualified_at)
    end as owed_from
from issued left join told using (warning_id, dispatch_id)
order by all
"""


def _grouped(feed: str, clock: str, warnings: pd.DataFrame, start: str, now: datetime, calendar: Calendar) -> Iterator[Duty]:
    keys = ["town_code", "town_name", "dispatch_id"]
    if warnings.empty:
        return
    started_on = warnings.groupby(keys)[start].transform("min").dt.normalize()
    last_day = calendar.verify_by if clock == "verify" else calendar.measure_by
    due_on = started_on.map({at: pd.Timestamp(last_day(at.date())) for at in started_on.unique()})
    counted = (
        warnings.assign(due_on=due_on, is_late=warnings["came_at"].dt.normalize() > due_on)
        .groupby([*keys, "due_on"], sort=True)
        .agg(total=("came_at", "size"), came=("came_at", "count"), came_at=("came_at", "max"), late=("is_late", "sum"))
    )
    for town, name, period, due, total, came, came_at, late in counted.reset_index().itertuples(index=False, name=None):
        left = total - came
        open_state = "missing" if now.date() > due.date() else "not_due"
        state = open_state if left else "late" if late else "on_time"
        yield Duty(
            clock, str(town), str(name), feed, DUTY_TITLES[feed], str(period), due.date(),
            came_at.to_pydatetime() if came else None, state, total=total, open=left, late=int(late),
        )  # fmt: skip


def _outcomes(connection: duckdb.DuckDBPyConnection, calendar: Calendar, now: datetime) -> Iterator[Duty]:
    """What departments are to be told, by the day of registration; a warning is told when everybody it concerns was."""
    county = calendar.county
    told: dict[tuple[date, date], dict[str, list[datetime | None]]] = {}
    for each in concerned(connection, calendar, now):
        told.setdefault((each.registered_on, each.due_on), {}).setdefault(each.warning_id, []).append(each.told_at)
    for (registered_on, due_on), warnings in sorted(told.items()):
        came = [max(at for at in times if at) for times in warnings.values() if all(times)]
        left, late = len(warnings) - len(came), sum(at.date() > due_on for at in came)
        open_state = "missing" if now.date() > due_on else "not_due"
        yield Duty(
            OUTCOME, county.bureau, county.departments[county.bureau], OUTCOME, DUTY_TITLES[OUTCOME], registered_on.isoformat(),
            due_on, max(came, default=None), open_state if left else "late" if late else "on_time",
            total=len(warnings), open=left, late=late,
        )  # fmt: skip


def frame(found: Iterable[Duty], chased: Mapping[tuple[str, str, str, str], str], today: date) -> pd.DataFrame:
    """The duties as a table; ``chased``: by clock, owner, feed and period, what was sent."""
    columns = [
        "clock", "department", "department_name", "feed", "title", "period", "due_on", "came_at", "state", "days_late",
        "total", "open", "late", "chased",
    ]  # fmt: skip
    rows: list[list[Any]] = [
        [
            duty.clock, duty.owner, duty.owner_name, duty.feed, duty.title, duty.period, duty.due_on, duty.came_at, duty.state,
            duty.days_late(today), duty.total, duty.open, duty.late, chased.get((duty.clock, duty.owner, duty.feed, duty.period)),
        ]
        for duty in found
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns, dtype=object)
