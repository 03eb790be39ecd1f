"""Which period a delivery is about: from its period column, else title, else file name, else sheet, else the day it came."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from include.checking.period import OTHER_MONTH, ImpossiblePeriod, normal_text, period_of_day, stated_day, stated_period
from include.contracts import Contract

LATEST_MONTHS = 3
"""A month feed's title that states an older month is more likely about something else than three months late."""


class Decided(NamedTuple):
    """A delivery's period. ``passed_over``: periods and months that title and names state and that were not taken; ``past``: one
    of them that is long past, and counts where it is still owed."""

    period: str
    passed_over: tuple[str, ...] = ()
    past: str | None = None


def delivery_period(
    contract: Contract, *, column: str | None, titles: Sequence[str], file_name: str, sheets: Sequence[str], received_at: datetime
) -> Decided:
    """The first of: period column, title, file name, sheet name, a whole date in the title, in the file name, the day of receipt.

    A period still to come, or a month long past, is not taken from title and names. Event feeds have no period of their own: ''.
    Raises ImpossiblePeriod for a title or file name whose period cannot be.
    """
    kind = contract.period_kind
    if kind == "event":
        return Decided("")
    if column:
        return Decided(column)
    passed_over: dict[str, None] = {}
    past: str | None = None
    by_day = period_of_day(kind, received_at.date())
    if kind != "date":
        for at, text in enumerate((*titles, file_name, *sheets)):
            passed_over |= dict.fromkeys(re.sub(r"[:(]", "", found[0]) for found in OTHER_MONTH.finditer(normal_text(text)))
            try:
                period = stated_period(text, kind, received_at)
            except ImpossiblePeriod:
                if at <= len(titles):
                    raise
                continue
            if period and is_to_come(period, kind, received_at.date()):
                passed_over[period] = None
            elif period and kind == "month" and _months(by_day) - _months(period) > LATEST_MONTHS:
                passed_over[period] = None
                past = past or period
            elif period:
                return Decided(period, tuple(passed_over))
    for text in (*titles, file_name, *sheets):
        if day := stated_day(text, received_at):
            return Decided(period_of_day(kind, min(day, received_at.date())), tuple(passed_over), past)
    return Decided(by_day, tuple(passed_over), past)


def is_to_come(period: str, kind: str, day: date) -> bool:
    """Whether a period begins after that day."""
    year = int(period[:4])
    if kind == "month":
        return _months(period) > day.year * 12 + day.month
    if kind == "quarter":
        return date(year, int(period[-1]) * 3 - 2, 1) > day
    if kind == "term":
        return date(year, 2 if period.endswith("spring") else 8, 1) > day
    return kind == "year" and year > day.year


def _months(period: str) -> int:
    return int(period[:4]) * 12 + int(period[5:7])
