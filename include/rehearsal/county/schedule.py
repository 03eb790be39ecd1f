"""What falls due for a month's dispatch: the monthly feeds, and quarter, term and year when they have just ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from include.site import SettingsError

EARLIEST_MONTH = "2024-01"


@dataclass(frozen=True)
class Schedule:
    """Periods and dates of one rehearsal month, seen from `now` (naive county time)."""

    year: int
    month: int
    now: datetime
    all_feeds: bool

    @classmethod
    def of(cls, month: str, now: datetime | None, all_feeds: bool) -> Schedule:
        """Reads YYYY-MM; raises SettingsError for anything else and for months before the notice."""
        try:
            first = datetime.strptime(month, "%Y-%m")
        except ValueError as error:
            raise SettingsError(f"月份“{month}”无法识别", remedy="请写成 2024-03") from error
        if month < EARLIEST_MONTH or len(month) != 7:
            raise SettingsError(f"演练月份须写成 2024-03 的样子,且不早于 {EARLIEST_MONTH}(通知施行前没有筛查预警)")
        return cls(first.year, first.month, now or first.replace(day=10, hour=8), all_feeds)

    @property
    def dispatch(self) -> str:
        return f"{self.year}-{self.month:02d}"

    @property
    def ordinal(self) -> int:
        """Months counted from year 0: neighbouring months differ by one."""
        return self.year * 12 + self.month - 1

    @property
    def first_day(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last_month(self) -> date:
        """The first day of the month before: figures run to its end."""
        return (self.first_day - timedelta(days=1)).replace(day=1)

    @property
    def since(self) -> date:
        """The day of the dispatch before: events from here on are this month's."""
        return self.last_month.replace(day=10)

    def day_since(self, share: float) -> date:
        """A day between the last dispatch and yesterday; share runs from 0 to 1."""
        span = (self.first_day.replace(day=9) - self.since).days
        return self.since + timedelta(days=round(span * share))

    @property
    def quarter(self) -> tuple[int, int]:
        """Year and number of the quarter that ended last."""
        number = (self.month - 1) // 3
        return (self.year, number) if number else (self.year - 1, 4)

    @property
    def term(self) -> tuple[int, str]:
        """Year and name of the term reported last: autumn by the end of December, spring by the end of March."""
        return (self.year - 1, "autumn") if self.month <= 3 else (self.year, "spring")

    @property
    def ended_year(self) -> int:
        return self.year - 1

    @property
    def is_quarter_due(self) -> bool:
        return self.month in (1, 4, 7, 10)

    @property
    def is_term_due(self) -> bool:
        return self.month in (1, 4)

    @property
    def is_year_due(self) -> bool:
        return self.month == 1


def quarter_before(quarter: tuple[int, int]) -> tuple[int, int]:
    year, number = quarter
    return (year, number - 1) if number > 1 else (year - 1, 4)


def quarter_day(quarter: tuple[int, int], share: float) -> date:
    """A day inside the quarter; share runs from 0 (first day) to 1 (27th of its last month)."""
    year, number = quarter
    first = date(year, number * 3 - 2, 1)
    return first + timedelta(days=round(((date(year, number * 3, 27)) - first).days * share))


def quarter_name(quarter: tuple[int, int]) -> str:
    """2023年第四季度"""
    return f"{quarter[0]}年第{'一二三四'[quarter[1] - 1]}季度"


def quarter_key(quarter: tuple[int, int]) -> str:
    return f"{quarter[0]}-Q{quarter[1]}"
