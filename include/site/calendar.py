"""When things are due: each feed's legal date by period, and the clocks of dispatch, verification and measures (通知第二、三条).

The notice does not say whether its days are working or calendar days, so each clock is a county setting (``day_count``).
A clock in working days: a count of days skips days off; a fixed date on a day off moves to the next working day.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import chinese_calendar

from include.contracts import Contract
from include.site import CLOCKS, County, SettingsError, Site

DAY = timedelta(days=1)
MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
MONTHS_A_QUARTER = 3
SHIPPED_LIST = "calendar.csv"
LOOK_AHEAD = timedelta(days=60)  # the State Council announces a year's holidays in November
PERIODS = {
    "monthly": r"(\d{4})-(\d{2})",
    "quarter_end": r"(\d{4})-Q([1-4])",
    "term": r"(\d{4})-(spring|autumn)",
    "year_end": r"(\d{4})",
}
YES, NO = {"1", "true", "yes", "是", "班", "工作日"}, {"0", "false", "no", "否", "休", "休息日", "节假日"}


@dataclass(frozen=True)
class Due:
    """One thing expected of a department: a period of a feed and its last day."""

    feed: str
    period: str
    due_on: date


def is_month(text: str) -> bool:
    """Whether the text is a month as dispatches are named: 2024-03."""
    return MONTH.fullmatch(text) is not None


def month_end(year: int, month: int) -> date:
    """Last day of a month."""
    return date(year, month, monthrange(year, month)[1])


def dispatch_clock(month: str, screening_day: int) -> date:
    """The day a month's dispatch is screened. Raises ValueError when ``month`` is not ``YYYY-MM``."""
    year, _, number = month.partition("-")
    return date(int(year), int(number), screening_day)


def is_known(year: int) -> bool:
    """Whether the holiday table that comes with the product has that year."""
    try:
        chinese_calendar.is_workday(date(year, 7, 1))
    except NotImplementedError:
        return False
    return True


@dataclass(frozen=True)
class Calendar:
    """A county's days and clocks; ``own_days``: its own list, day → is it a working day, which wins over the holiday table."""

    county: County
    own_days: Mapping[date, bool] = field(default_factory=dict)

    @classmethod
    def of(cls, site: Site) -> Calendar:
        """The calendar of a home. Raises SettingsError for a line of ``calendar.csv`` that cannot be read."""
        return cls(site.county, _own_days(site))

    def is_workday(self, day: date) -> bool:
        """By the county's list, else the State Council's arrangement; in a year neither knows, Monday to Friday."""
        if day in self.own_days:
            return self.own_days[day]
        return chinese_calendar.is_workday(day) if is_known(day.year) else day.weekday() < 5

    def is_covered(self, year: int) -> bool:
        """Whether the days off of a year are known: by the table, or by a county list that has at least 元旦 and 国庆."""
        return is_known(year) or {date(year, 1, 1), date(year, 10, 1)} <= self.own_days.keys()

    def gaps(self, today: date) -> list[int]:
        """Years that clocks started about now run in and whose days off are not known."""
        return [year for year in sorted({today.year, (today + LOOK_AHEAD).year}) if not self.is_covered(year)]

    def add_days(self, start: date, days: int, clock: str) -> date:
        """``days`` after ``start`` (the first day is the one after it), as that clock counts."""
        if not self.county.counts_working_days(clock):
            return start + timedelta(days=days)
        day = start
        for _ in range(days):
            day = self._workday_from(day + DAY)
        return day

    def fixed(self, day: date, clock: str) -> date:
        """A date named in the notice, as that clock takes it."""
        return self._workday_from(day) if self.county.counts_working_days(clock) else day

    def _workday_from(self, day: date) -> date:
        while not self.is_workday(day):
            day += DAY
        return day

    def due(self, contract: Contract, period: str) -> date | None:
        """Last day for a feed's period; None for a feed without a day of its own (the registry).

        For an event feed the period is the event's day, for a town return the day its clock starts (issue, decision), as
        ``2024-03-11``. Raises ValueError for a period that is not of the feed's kind.
        """
        kind, _, detail = contract.due_rule.partition(":")
        if kind == "none":
            return None
        try:
            if kind == "at_once":
                return date.fromisoformat(period)
            if kind == "event":
                return self.add_days(date.fromisoformat(period), int(detail.strip("+d")), "event")
            if kind == "setting":
                return self.add_days(date.fromisoformat(period), getattr(self.county, detail), detail.removesuffix("_days"))
            return self.fixed(_fixed_day(kind, detail, period), "feed")
        except ValueError as error:
            raise ValueError(f"{contract.title}的期次“{period}”不对；时限规则为 {contract.due_rule}") from error

    def due_dates(self, contract: Contract, year: int) -> list[Due]:
        """What a feed owes for the periods of a year, oldest first; feeds due on an event owe nothing beforehand."""
        periods = {
            "monthly": [f"{year}-{month:02d}" for month in range(1, 13)],
            "quarter_end": [f"{year}-Q{quarter}" for quarter in range(1, 5)],
            "term": [f"{year}-spring", f"{year}-autumn"],
            "year_end": [str(year)],
        }.get(contract.due_rule.partition(":")[0], [])
        return [Due(contract.feed, period, due_on) for period in periods if (due_on := self.due(contract, period))]

    def issue_by(self, month: str) -> date:
        """Last day to issue a month's dispatch, ``month`` as 2024-03 (第三条第二款)."""
        return self.fixed(dispatch_clock(month, self.county.issue_day), "issue")

    def verify_by(self, issued_on: date) -> date:
        """Last day of the village visits (第三条第三款)."""
        return self.add_days(issued_on, self.county.verify_days, "verify")

    def measure_by(self, decided_on: date) -> date:
        """Last day to set the measures of those who qualify (第三条第四款)."""
        return self.add_days(decided_on, self.county.measure_days, "measure")


def gap_warning(site: Site, today: date) -> str | None:
    """What to tell people when the days off of this or the coming year are not known; None when they are."""
    calendar = Calendar.of(site)
    gaps = calendar.gaps(today)
    if not gaps:
        return None
    clocks = [name for name in CLOCKS if site.county.counts_working_days(name)]
    effect = "有时限按工作日计算，暂把周一至周五当作工作日" if clocks else "各时限现按自然日计算，不受影响"
    return (
        f"节假日表没有 {'、'.join(map(str, gaps))} 年（{effect}）；请升级 chinese-calendar,"
        f"或把国务院办公厅公布的放假和调休日期写入 {site.home / 'county' / SHIPPED_LIST}"
        "(列:date,is_workday,note,至少含元旦、国庆)"
    )


def _own_days(site: Site) -> dict[date, bool]:
    path = site.county_file(SHIPPED_LIST)
    found: dict[date, bool] = {}
    for number, row in enumerate(site.county_rows(SHIPPED_LIST), start=2):
        line = f"{path}：第 {number} 行"
        try:
            day = date.fromisoformat((row.get("date") or "").strip().replace("/", "-"))
        except ValueError:
            raise SettingsError(f"{line} date 列“{row.get('date')}”不是日期", remedy="请写成 2024-05-01") from None
        word = (row.get("is_workday") or "").strip().lower()
        if word not in YES | NO:
            raise SettingsError(f"{line} is_workday 列“{word}”无法识别；上班写 1，休息写 0")
        if found.setdefault(day, word in YES) != (word in YES):
            raise SettingsError(f"{line} date 列 {day} 已在前面写过，上班与休息相反", remedy="请只留一行")
    return found


def _fixed_day(kind: str, detail: str, period: str) -> date:
    """The date the notice names for a month, quarter, term or year. Raises ValueError for a period of another kind."""
    match = re.fullmatch(PERIODS[kind], period)
    if match is None:
        raise ValueError(period)
    year, part = int(match[1]), match[2] if match.lastindex == 2 else ""
    if kind == "monthly":
        return date(year, int(part), int(detail))
    if kind == "quarter_end":
        return month_end(year, int(part) * MONTHS_A_QUARTER)
    if kind == "term":
        spring, autumn = detail.split(",")
        return date.fromisoformat(f"{year}-{spring if part == 'spring' else autumn}")
    return date(year, 12, 31)
