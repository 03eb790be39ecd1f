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

from include.rehearsal.county import registry
from include.rehearsal.county.divisions import read_divisions
from include.rehearsal.county.people import make_county
from include.rehearsal.county.planting import Rehearsal
from include.rehearsal.county.rehearse import DEPARTMENTS, write_parcel
from include.rehearsal.county.schedule import Schedule
from include.rehearsal.county.tables import DUPLICATE, REJECTED, Parcel, Row
from include.rehearsal.county.writers import Grid, write_xlsx
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
LATE_TOWN = "旌阳镇"
TOWNS_WITH_MEASURES = (LATE_TOWN, "三溪镇", "庙首镇")
VISITED_AFTER, VISITED_LATE_AFTER, PLANNED_AFTER, PLANNED_LATE_AFTER = 4, 8, 9, 12
"""Days from the dispatch to a town's return, and from that to its measures."""

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
    """One year of one county; ``until`` is the end of the walk, after the dispatch that carries the year's last feeds."""

    year: int
    seed: int = 7
    size: str = "small"

    @property
    def months(self) -> list[str]:
        """The dispatches: the year's twelve, and the January after, into which the fourth quarter, term and year go."""
        return [f"{self.year}-{month:02d}" for month in range(1, 13)] + [f"{self.year + 1}-01"]

    @property
    def begins(self) -> date:
        return date(self.year, 1, 1)

    @property
    def until(self) -> datetime:
        return datetime(self.year + 1, 1, 10, 20)

    def periods(self, feed: str) -> list[str]:
        """What a feed owes within the walk."""
        if feed in MONTHLY:
            return self.months
        if feed in QUARTERLY:
            return [f"{self.year}-Q{quarter}" for quarter in range(1, 5)]
        return [f"{self.year}-spring", f"{self.year}-autumn"] if feed == TERM else [str(self.year)]

    def next_period(self, feed: str) -> str:
        """The first period that falls due after the walk."""
        year = self.year + 1
        if feed in MONTHLY:
            return f"{year}-02"
        return f"{year}-Q1" if feed in QUARTERLY else f"{year}-spring" if feed == TERM else str(year)

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
    drops.insert(*_old_file(year, drops, below))
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


def _old_file(year: Year, drops: list[Drop], below: Path) -> tuple[int, Drop]:
    """The uninsured list of the month before once more, under another name, in the days before the 9th."""
    month = date.fromisoformat(f"{year.year}-{OLD_FILE_AGAIN}-01")
    old = [drop for drop in drops if drop.feed == UNINSURED and drop.at < datetime.combine(month, MORNING)][-1]
    path = below / "old" / f"未参保名单{month.month}月.csv"
    path.parent.mkdir(parents=True)
    shutil.copyfile(old.source, path)
    return 0, Drop(datetime.combine(month.replace(day=6), SENT_AT), path, old.folder, UNINSURED, "duplicate")


def _happened(
    site: Site, year: Year, rehearsal: Rehearsal, parcels: list[Parcel], staging: Path, lines: list[Line]
) -> Iterator[Drop]:
    """Events of the month: all of a feed on one day, reported that day or later; else 卫健委 says that there was nothing."""
    month, part = rehearsal.schedule.dispatch, f"{rehearsal.schedule.month:02d}"
    if month not in year.months[:12]:
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
            state = "silent" if at is None else "late" if at.date() > due else "on_time"
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


VERIFICATION_HEADS = (
    "预警编号", "户主姓名", "行政村", "是否属实", "是否符合监测条件", "核查情况", "未纳入理由", "核查人", "核查日期", "审核人",
)  # fmt: skip
MEASURE_HEADS = ("预警编号", "监测对象类别", "纳入日期", "帮扶措施", "责任人", "制定日期")


@dataclass(frozen=True)
class Return:
    """A town's return on one dispatch, and the measures that follow from it."""

    dispatch_id: str
    issued_on: date
    town_code: str
    town_name: str
    warning_ids: tuple[str, ...]

    @property
    def is_late(self) -> bool:
        return self.town_name == LATE_TOWN

    @property
    def visited_on(self) -> date:
        return self.issued_on + (VISITED_LATE_AFTER if self.is_late else VISITED_AFTER) * DAY

    @property
    def planned_on(self) -> date:
        return self.visited_on + (PLANNED_LATE_AFTER if self.is_late else PLANNED_AFTER) * DAY

    @property
    def qualified(self) -> tuple[str, ...]:
        """Whom the town finds to meet the criteria: in some towns the first of the list."""
        return self.warning_ids[:1] if self.town_name in TOWNS_WITH_MEASURES else ()

    def drops(self, below: Path) -> list[Drop]:
        """The files, written below a folder: what the visits found and, where somebody meets the criteria, the measures."""
        visited, planned = self.visited_on, self.planned_on
        stem = f"{self.town_name}_{self.dispatch_id}"
        answers = [
            (number, "", "", "是", *(("是", "已入户", "") if number in self.qualified else ("否", "已入户", "收入稳定")),
             "赵一", visited, "孙三")
            for number in self.warning_ids
        ]  # fmt: skip
        found = [_town_file(below / f"{stem}_入户核查.xlsx", VERIFICATION_HEADS, answers, visited, "town__verification")]
        if self.qualified:
            measures = [(number, "突发严重困难户", visited, "落实低保", "钱二", planned) for number in self.qualified]
            found.append(_town_file(below / f"{stem}_帮扶措施.xlsx", MEASURE_HEADS, measures, planned, "town__measure"))
        return found

    def lines(self, until: datetime) -> list[Line]:
        """What the clocks must say at the end of the walk: visits within five days, measures within ten of the return."""
        found = []
        for clock, feed, period, due, done, total in (
            ("verify", "town__verification", self.dispatch_id, self.issued_on + 5 * DAY, self.visited_on, len(self.warning_ids)),
            ("measure", "town__measure", str(self.visited_on), self.visited_on + 10 * DAY, self.planned_on, len(self.qualified)),
        ):
            at = datetime.combine(done, SENT_AT)
            if clock == "measure" and (not self.qualified or datetime.combine(self.visited_on, SENT_AT) > until):
                continue
            came = at if at <= until else None
            late = done > due
            state = ("late" if late else "on_time") if came else "missing" if until.date() > due else "not_due"
            chased = reminded(due, came, until)
            came_on = str(done) if came else ""
            found.append(Line(clock, self.town_code, feed, period, str(due), came_on, state, str(total), chased))
        return found


def _town_file(path: Path, heads: tuple[str, ...], rows: list[Any], day: date, feed: str) -> Drop:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_xlsx([Grid(path.stem[-4:], [list(heads), *map(list, rows)])], path)
    return Drop(datetime.combine(day, SENT_AT), path, "各镇", feed)
