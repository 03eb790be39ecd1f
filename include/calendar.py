"""When things are due: each feed's legal date by period, and the clocks of dispatch and verification (通知第二、三条)."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from include.contracts import Contract

QUARTER_MONTHS = 3


@dataclass(frozen=True)
class Due:
    """One thing expected of a department: a period of a feed and its last day."""

    feed: str
    period: str
    due_on: date


def month_end(year: int, month: int) -> date:
    """Last day of a month."""
    return date(year, month, monthrange(year, month)[1])


def due_dates(contract: Contract, year: int) -> list[Due]:
    """What a feed owes in a calendar year, oldest first; feeds due on an event owe nothing beforehand."""
    kind, _, detail = contract.due_rule.partition(":")
    feed = contract.feed
    if kind == "monthly":
        return [Due(feed, f"{year}-{month:02d}", date(year, month, int(detail))) for month in range(1, 13)]
    if kind == "quarter_end":
        return [Due(feed, f"{year}-Q{quarter}", month_end(year, quarter * QUARTER_MONTHS)) for quarter in range(1, 5)]
    if kind == "term":
        days = [date.fromisoformat(f"{year}-{day}") for day in detail.split(",")]
        return [Due(feed, f"{year}-{term}", day) for term, day in zip(("spring", "autumn"), days, strict=True)]
    if kind == "year_end":
        return [Due(feed, str(year), date(year, 12, 31))]
    return []


def last_due(contract: Contract, today: date) -> Due | None:
    """The newest obligation of a feed whose day has come; None for feeds without a fixed day."""
    owed = [due for year in (today.year - 1, today.year) for due in due_dates(contract, year) if due.due_on <= today]
    return owed[-1] if owed else None


def dispatch_clock(month: str, screening_day: int) -> date:
    """The day a month's dispatch is screened. Raises ValueError when ``month`` is not ``YYYY-MM``."""
    year, _, number = month.partition("-")
    return date(int(year), int(number), screening_day)


def verify_by(issued_on: date, days: int) -> date:
    """Last day of the village visits, in calendar days after the issue (第三条第三款)."""
    return issued_on + timedelta(days=days)
