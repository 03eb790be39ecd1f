"""A month."""

from __future__ import annotations

import math
import re

from include.checking.kinds.day import NO_DAY, NO_YEAR, day_of_serial, read_day, read_point_month, year_for
from include.checking.kinds.reading import EMPTY, Context, Reading, narrow_text, unreadable


def read_month(cell: object, context: Context) -> Reading:
    """A month as 2024-02. Without a year it takes the period's (the year before for a month still to come)."""
    if isinstance(cell, (int, float)) and not isinstance(cell, bool) and cell == cell and math.isfinite(cell):
        if 1 <= cell <= 12 and cell == int(cell):
            return _without_year(int(cell), context)
        if cell != int(cell) and day_of_serial(cell) is None:
            return read_point_month(cell, context, lambda year, month: Reading(f"{year:04d}-{month:02d}"), "not_a_month")
    elif isinstance(cell, str) and re.fullmatch(r"0?[1-9]|1[0-2]", text := narrow_text(cell)):
        return _without_year(int(text), context)
    if cell is None:
        return EMPTY
    reading = read_day(cell, context)
    if reading.value is None:
        is_no_date = reading.problem is not None and reading.problem.code == "not_a_date"
        return unreadable("not_a_month") if is_no_date else reading
    repair = reading.repair.removesuffix(NO_DAY).removesuffix("；") if reading.repair else ""
    return Reading(f"{reading.value:%Y-%m}", repair or None)


def _without_year(month: int, context: Context) -> Reading:
    return Reading(f"{year_for(month, 1, context):04d}-{month:02d}", NO_YEAR)
