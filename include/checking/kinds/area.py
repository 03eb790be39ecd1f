"""Area in 亩."""

from __future__ import annotations

import re
from decimal import Decimal

from include.checking.kinds.figure import FIGURE, Approximate, decimal, read_figure
from include.checking.kinds.reading import Context, Reading, unreadable

_UNITS = {
    "亩": Decimal(1), "分": Decimal("0.1"), "万亩": Decimal(10_000), "公顷": Decimal(15),
    "平方米": Decimal(3) / 2000, "平米": Decimal(3) / 2000, "m2": Decimal(3) / 2000,
}  # fmt: skip
_AREA = re.compile(rf"(?P<figure>{FIGURE})(?P<unit>亩|公顷|平方米|平米|m2|万亩|分)?(?:地|田)?")


def read_area(cell: object, context: Context) -> Reading:
    """Area in 亩, two decimals."""
    reading = read_figure(cell, _land, _UNITS.get(context.unit or "亩", Decimal(1)))
    if isinstance(reading, Approximate):
        return unreadable("approximate_area")
    if reading.value is not None and reading.value < 0:
        return unreadable("negative_area")
    return reading


def _land(text: str) -> tuple[Decimal, Decimal | None] | None:
    match = _AREA.fullmatch(text)
    return (decimal(match["figure"]), _UNITS[match["unit"]] if match["unit"] else None) if match else None
