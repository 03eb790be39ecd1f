"""The rehearsed year as its people live it: who sends what on which day, and what must come of it by the notice alone.

Due days and reminder days are worked out here from the notice and the scenario, not by the calendar and the clocks that are
being rehearsed. One department never sends, one is late now and then, one sends files twice; one month is issued late.
"""

from __future__ import annotations

import shutil
from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from include.rehearsal.county import registry
from include.rehearsal.county.divisions import read_divisions
from include.rehearsal.county.people import make_county
from include.rehearsal.county.planting import Rehearsal
from include.rehearsal.county.rehearse import DEPARTMENTS, write_parcel
from include.rehearsal.county.schedule import Schedule
from include.rehearsal.county.tables import DUPLICATE, REJECTED, Parcel, Row
from include.site import Site

UNINSURED = "medical_insurance__uninsured"
MONTHLY = (
    UNINSURED, "medical_insurance__self_pay_monitored", "medical_insurance__self_pay_high",
    "water__drinking_water", "human_resources__unemployed",
)  # fmt: skip
QUARTERLY = (
    "housing__renovation_plan", "housing__hazard", "civil_affairs__new_low_income", "disabled_federation__new_certificate",
)  # fmt: skip
TERM, YEAR, EPIDEMIC, REGISTRY = (
    "education__dropout", "rural_revitalization__income_risk", "health__epidemic_event", "rural_revitalization__registry",
)  # fmt: skip
AT_ONCE: dict[str, tuple[str, tuple[str, ...]]] = {
    "water__industry_loss": ("occurred_date", ("head_id_number", "industry_type")),
    "emergency__disaster_area": ("started_date", ("disaster_id",)),
    "emergency__disaster_household": ("assessed_date", ("head_id_number", "disaster_id")),
    "public_security__incident": ("occurred_date", ("id_number", "incident_id")),
    "petition__case": ("accepted_date", ("id_number", "case_id")),
}
"""Real-time feeds: the column of the day it happened, and what tells one event from another on that day."""

SILENT = ("human_resources__unemployed",)
LATE_DAYS = {
    ("water__drinking_water", "03"): 1,
    ("water__drinking_water", "05"): 2,
    ("water__drinking_water", "08"): 4,
    ("water__drinking_water", "11"): 8,
    (UNINSURED, "09"): 5,
    ("housing__hazard", "Q2"): 4,
    ("education__dropout", "spring"): 3,
}
"""By feed and the period's part of the year; all else comes two days early."""
OLD_FILE_AGAIN = "09"
"""In this month the file of the month before is all that comes in time."""
REAL_TIME_MONTHS, EVENT_DAY = ("03", "06", "09", "12"), 5
LATE_EVENT = ("petition__case", "06", 3)
EPIDEMIC_MONTHS, EPIDEMIC_DAY = {"02": 2, "05": 2, "08": 5, "11": 2}, 3
"""Months with an epidemic, and after how many days it is reported."""
ISSUED_LATE = "07"

SENT_AT, RECEIVED_AT = time(15, 30), time(15, 35)
MORNING, SCREENED_AT, SWEPT_AT, ISSUED_AT, EVENING = time(7, 30), time(8), time(8, 30), time(9), time(18, 30)
STEPS = (1, 3, 7)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Drop:
    """A file somebody puts into the inbox at a time, and what receiving it must come to."""

    at: datetime
    source: Path
    folder: str
    feed: str
    status: str = "published"

    @property
    def name(self) -> str:
        return self.source.name


@dataclass(frozen=True)
class Line:
    """What was owed and what became of it; as text, as people compare it. The first four fields tell lines apart."""

    clock: str
    owner: str
    feed: str
    period: str
    due_on: str = ""
    came_on: str = ""
    state: str = ""
    total: str = ""
    chased: str = ""
    dispatched_in: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        return (self.clock, self.owner, self.feed, self.period)


COMPARED = tuple(field.name for field in fields(Line))[4:]


def due_day(feed: str, period: str) -> date:
    """The day the notice names for a period: the 9th, the quarter's last day, 31 March or December."""
    year, _, part = period.partition("-")
    if part.startswith("Q"):
        month = int(part[1]) * 3
        return date(int(year), month, monthrange(int(year), month)[1])
    if part in ("spring", "autumn"):
        return date(int(year), 3 if part == "spring" else 12, 31)
    return date(int(year), int(part), 9) if part else date(int(year), 12, 31)


def reminded(due: date, came: datetime | None, until: datetime) -> str:
    """The steps the morning sweeps must have taken until it came: one, three and seven days after the last day."""
    said = []
    for step in STEPS:
        at = datetime.combine(due + step * DAY, SWEPT_AT)
        if at <= until and (came is None or came > at):
            said.append(f"{step:+d}日（{at.date()}）")
    return "、".join(said)


@dataclass
class Year:
    """One year of one county, or its first months; the walk ends with the dispatch after the last of them."""

    year: int
    seed: int = 7
    size: str = "small"
    month_count: int = 12

    @property
    def months(self) -> list[str]:
        """The dispatches: one a month, and the one after, into which the last quarter, term and year go."""
        return [str(month) for month in pd.period_range(f"{self.year}-01", periods=self.month_count + 1, freq="M")]

    @property
    def begins(self) -> date:
        return date(self.year, 1, 1)

    @property
    def until(self) -> datetime:
        return datetime.fromisoformat(f"{self.months[-1]}-10T20:00")

    def _periods(self, feed: str) -> list[str]:
        """A feed's periods of the year and the first ones of the next."""
        years = (self.year, self.year + 1)
        if feed in MONTHLY:
            return [f"{year}-{month:02d}" for year in years for month in range(1, 13)]
        if feed in QUARTERLY:
            return [f"{year}-Q{quarter}" for year in years for quarter in range(1, 5)]
        return [f"{year}-{term}" for year in years for term in ("spring", "autumn")] if feed == TERM else [*map(str, years)]

    def periods(self, feed: str) -> list[str]:
        """What a feed owes within the walk."""
        return [period for period in self._periods(feed) if due_day(feed, period) <= self.until.date()]

    def next_period(self, feed: str) -> str:
        """The first period that falls due after the walk."""
        return self._periods(feed)[len(self.periods(feed))]

    def sent_at(self, feed: str, period: str) -> datetime | None:
        """When the department sends, None when it never does."""
        if feed in SILENT:
            return None
        late = 0 if period.startswith(str(self.year + 1)) else LATE_DAYS.get((feed, period.partition("-")[2]), 0)
        day = due_day(feed, period) + (late or -2) * DAY
        return datetime.combine(day, MORNING if late == 1 else SENT_AT)

    def issued_at(self, month: str) -> datetime:
        """When the bureau approves: on the 10th, once on the 12th."""
        first = date.fromisoformat(f"{month}-01")
        if month == f"{self.year}-{ISSUED_LATE}":
            return datetime.combine(first.replace(day=12), SENT_AT)
        return datetime.combine(first.replace(day=10), ISSUED_AT)

    def screened_at(self, month: str) -> datetime:
        return datetime.combine(date.fromisoformat(f"{month}-10"), SCREENED_AT)

    def dispatch_after(self, came: datetime) -> str:
        """The first month's dispatch whose screening finds what had come."""
        return next((month for month in self.months if self.screened_at(month) >= came), "")


def write_files(site: Site, year: Year, below: Path) -> tuple[list[Drop], list[Line]]:
    """Write every department's files of the year below a folder; returns when each is to be dropped, and the lines to come."""
    drops: list[Drop] = []
    lines: list[Line] = []
    towns = read_divisions(site)
    for month in year.months:
        rehearsal = Rehearsal(
            make_county(towns, year.seed, year.size), Schedule.of(month, None, all_feeds=False), year.seed, year.size
        )
        staging = below / month
        parcels = [parcel for department in DEPARTMENTS for parcel in department.parcels(rehearsal)]
        drops += _periodic(site, year, rehearsal, parcels, staging)
        drops += _happened(site, year, rehearsal, parcels, staging, lines)
        drops.append(_registry(rehearsal, staging))
    drops.sort(key=lambda drop: (drop.at, drop.name))
    if f"{year.year}-{OLD_FILE_AGAIN}" in year.months:
        drops.append(_old_file(year, drops, below))
        drops.sort(key=lambda drop: (drop.at, drop.name))
    return drops, [*lines, *_periodic_lines(year), *_dispatch_lines(year), _registry_line(year)]


def _periodic(site: Site, year: Year, rehearsal: Rehearsal, parcels: Iterable[Parcel], staging: Path) -> Iterator[Drop]:
    for parcel in parcels:
        if parcel.kind == "same_file_renamed":
            at = year.sent_at(UNINSURED, rehearsal.schedule.dispatch)
            assert at is not None
            yield _drop(site, rehearsal, parcel, at + DAY, staging, UNINSURED)
        elif parcel.period and parcel.feed and parcel.period in year.periods(parcel.feed):
            at = year.sent_at(parcel.feed, parcel.period)
            if at:
                later = DAY if parcel.kind == "corrected_version" else timedelta()
                yield _drop(site, rehearsal, parcel, at + later, staging, parcel.feed)


def _drop(site: Site, rehearsal: Rehearsal, parcel: Parcel, at: datetime, staging: Path, feed: str) -> Drop:
    path = write_parcel(site, rehearsal, parcel, staging)
    return Drop(at, path, path.parent.name, feed, parcel.status)


def _old_file(year: Year, drops: list[Drop], below: Path) -> Drop:
    """The uninsured list of the month before once more, under another name, in the days before the 9th."""
    month = date.fromisoformat(f"{year.year}-{OLD_FILE_AGAIN}-01")
    old = [drop for drop in drops if drop.feed == UNINSURED and drop.at < datetime.combine(month, MORNING)][-1]
    path = below / "old" / f"未参保名单{month.month}月.csv"
    path.parent.mkdir(parents=True)
    shutil.copyfile(old.source, path)
    return Drop(datetime.combine(month.replace(day=6), SENT_AT), path, old.folder, UNINSURED, "duplicate")


def _happened(
    site: Site, year: Year, rehearsal: Rehearsal, parcels: list[Parcel], staging: Path, lines: list[Line]
) -> Iterator[Drop]:
    """Events of the month: all of a feed on one day, reported that day or later; else 卫健委 says that there was nothing."""
    month, part = rehearsal.schedule.dispatch, f"{rehearsal.schedule.month:02d}"
    if month not in year.months[:-1]:
        return
    first = rehearsal.schedule.first_day
    if part in EPIDEMIC_MONTHS:
        day = first.replace(day=EPIDEMIC_DAY)
        at = datetime.combine(day + EPIDEMIC_MONTHS[part] * DAY, SENT_AT)
        mine = [parcel for parcel in parcels if parcel.feed == EPIDEMIC and parcel.status != "zero_report"]
        total = _happen(mine, "occurred_date", ("event_id",), day)
        late = at.date() > day + 3 * DAY
        yield from (_drop(site, rehearsal, parcel, at, staging, EPIDEMIC) for parcel in mine)
        lines.append(_event_line(EPIDEMIC, day, day + 3 * DAY, at, late, total, year.dispatch_after(at)))
    else:
        nothing = next(parcel for parcel in parcels if parcel.feed == EPIDEMIC and parcel.status == "zero_report")
        at = datetime.combine(first.replace(day=6), SENT_AT)
        yield _drop(site, rehearsal, nothing, at, staging, EPIDEMIC)
        lines.append(Line("event", "health", EPIDEMIC, str(at.date()), "", str(at.date()), "zero_report", "1"))
    if part not in REAL_TIME_MONTHS:
        return
    day = first.replace(day=EVENT_DAY)
    serial = 1 + sum(1 + (other == LATE_EVENT[1]) for other in REAL_TIME_MONTHS if other < part)
    for feed, (column, key) in AT_ONCE.items():
        mine = [parcel for parcel in parcels if parcel.feed == feed and parcel.status == "published"]
        days = LATE_EVENT[2] if (feed, part) == LATE_EVENT[:2] else 0
        at = datetime.combine(day + days * DAY, SENT_AT)
        total = _happen(mine, column, key, day)
        yield from (_drop(site, rehearsal, parcel, at, staging, feed) for parcel in mine)
        lines.append(_event_line(feed, day, day, at, days > 0, total, f"instant-{year.year}-{serial + (days > 0):03d}"))


def _event_line(feed: str, day: date, due: date, at: datetime, late: bool, total: int, dispatch: str) -> Line:
    return Line(
        "event", feed.split("__")[0], feed, str(day), str(due), str(at.date()), "late" if late else "on_time", str(total),
        dispatched_in=dispatch,
    )  # fmt: skip


def _happen(parcels: list[Parcel], column: str, key: tuple[str, ...], day: date) -> int:
    """Let all of it happen on that day; returns how many events that is. A row whose day is written oddly is left out."""
    events = set()
    for parcel in parcels:
        for sheet in parcel.sheets:
            sheet.rows = [row for row in sheet.rows if column not in row.shown]
            for row in sheet.rows:
                row.values[column] = day
                if "reported_date" in row.values:
                    row.values["reported_date"] = day + DAY
        if parcel.status == "published":
            events |= {_event_of(row, key) for row in parcel.rows if row.fate not in (REJECTED, DUPLICATE)}
    return len(events)


def _event_of(row: Row, key: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(row.values.get(name) for name in key)


def _registry(rehearsal: Rehearsal, staging: Path) -> Drop:
    day = rehearsal.schedule.first_day
    path = staging / "rural_revitalization" / f"脱贫户和监测对象名单_{day:%Y%m%d}.xlsx"
    path.parent.mkdir(parents=True, exist_ok=True)
    registry.write_registry(rehearsal.county, day, path)
    return Drop(datetime.combine(day.replace(day=10), MORNING), path, "rural_revitalization", REGISTRY)


def _periodic_lines(year: Year) -> Iterator[Line]:
    for feed in (*MONTHLY, *QUARTERLY, TERM, YEAR):
        owner = feed.split("__")[0]
        for period in year.periods(feed):
            due, at = due_day(feed, period), year.sent_at(feed, period)
            if at and at > year.until:
                at = None
            state = ("silent" if feed in SILENT else "missing") if at is None else "late" if at.date() > due else "on_time"
            came, dispatch = (str(at.date()), year.dispatch_after(at)) if at else ("", "")
            chased = reminded(due, at, year.until)
            yield Line("feed", owner, feed, period, str(due), came, state, "1", chased, dispatch)
        after = year.next_period(feed)
        yield Line("feed", owner, feed, after, str(due_day(feed, after)), "", "not_due", "1")


def _dispatch_lines(year: Year) -> Iterator[Line]:
    """Each month's dispatch: its last day is the 11th; the one issued late is asked for on the 10th, 11th and 12th."""
    for month in year.months:
        due, at = date.fromisoformat(f"{month}-11"), year.issued_at(month)
        is_late = at.date() > due
        asked = "、".join(f"{step:+d}日（{due + step * DAY}）" for step in (-1, 0, 1)) if is_late else ""
        state = "late" if is_late else "on_time"
        yield Line("issue", "rural_revitalization", "dispatch", month, str(due), str(at.date()), state, "1", asked, month)


def _registry_line(year: Year) -> Line:
    month = year.months[-1]
    return Line("feed", "rural_revitalization", REGISTRY, f"{month}-01", "", f"{month}-10", "on_time", "1")
