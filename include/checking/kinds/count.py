"""Whole numbers of persons, households, months and the like."""

from __future__ import annotations

import re
from datetime import date, time, timedelta

from include.checking.kinds.chinese_number import chinese_number
from include.checking.kinds.reading import EMPTY, QUOTES, Context, Reading, narrow_text, unreadable, without_value

_COUNT = re.compile(r"(?:共计|共|合计)?(?P<figure>\d{1,3}(?:,\d{3})+|\d+)(?:\.0*)?(?:人次|户|人|口|个|名|人口|个月|月|次|头|只)?")


def read_count(cell: object, context: Context) -> Reading:
    """A whole number, zero or more."""
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        if cell != cell:
            return EMPTY
        return Reading(int(cell)) if 0 <= cell < 1e8 and cell == int(cell) else unreadable("not_a_count")
    text = narrow_text(cell).strip(QUOTES)
    if (blank := without_value(text)) is not None:
        return blank
    if isinstance(cell, (bool, date, time, timedelta)):
        return unreadable("not_a_count")
    if (match := _COUNT.fullmatch(text)) is not None:
        value = int(match["figure"].replace(",", ""))
        return Reading(value) if value < 10**8 else unreadable("not_a_count")
    number = chinese_number(re.sub(r"[户人口个名]$", "", text))
    return Reading(number) if number is not None else unreadable("not_a_count")
