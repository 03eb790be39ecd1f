"""A calendar year."""

from __future__ import annotations

import math
import re
from datetime import date, datetime

from include.checking.kinds.day import SHORT_YEAR, YEAR_WORDS, in_digits
from include.checking.kinds.reading import EMPTY, QUOTES, Context, Reading, narrow_text, unreadable, without_value

_YEAR = re.compile(r"(?P<year>(?:19|20)\d\d)(?:年度?|年份)?(?:\.0*)?")


def read_year(cell: object, context: Context) -> Reading:
    """A calendar year as a number."""
    if isinstance(cell, (date, datetime)):
        return Reading(cell.year) if 1900 <= cell.year < 2100 else unreadable("not_a_year")
    if isinstance(cell, float) and math.isnan(cell):
        return EMPTY
    if isinstance(cell, bool):
        return unreadable("not_a_year")
    text = narrow_text(cell).strip(QUOTES)
    if (blank := without_value(text)) is not None:
        return blank
    text = in_digits(text)
    if (match := _YEAR.fullmatch(text)) is not None:
        return Reading(int(match["year"]))
    if re.fullmatch(r"\d{2}年度?", text):
        return Reading(2000 + int(text[:2]), SHORT_YEAR)
    if YEAR_WORDS.fullmatch(text):
        return Reading(context.year, "没有写年份，按所属期的年份")
    return unreadable("not_a_year")
