"""A school term."""

from __future__ import annotations

import re
from datetime import datetime, time

from include.checking.kinds.day import SHORT_YEAR
from include.checking.kinds.reading import DASHES, Context, Reading, narrow_text, unreadable, without_value
from include.checking.period import ImpossiblePeriod, stated_period

_SEASON = re.compile(r"(?P<year>\d\d)?年?度?(?P<season>[春秋])季?(?:学期)?")


def read_term(cell: object, context: Context) -> Reading:
    """A school term as 2024-spring or 2024-autumn. 2023-2024学年第二学期 is 2024-spring."""
    text = DASHES.sub("-", narrow_text(cell))
    if (blank := without_value(text)) is not None:
        return blank
    if isinstance(cell, str):
        try:
            term = stated_period(re.sub("[()]", "", text), "term", datetime.combine(context.received, time()))
        except ImpossiblePeriod:
            term = None
        if term is not None:
            return Reading(term)
        if (match := _SEASON.fullmatch(text)) is not None:
            season = "spring" if match["season"] == "春" else "autumn"
            if match["year"] is None:
                return Reading(f"{context.year}-{season}", "学期没有写年份，按所属期的年份")
            return Reading(f"20{match['year']}-{season}", SHORT_YEAR)
    return unreadable("not_a_term")
