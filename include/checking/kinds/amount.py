"""Money in 元."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from include.checking.kinds.chinese_number import NUMBER, chinese_number
from include.checking.kinds.figure import FIGURE, Approximate, decimal, read_figure
from include.checking.kinds.reading import WAITING, Context, Problem, Reading, unreadable
from include.checking.reasons import said

_UNITS = {
    "元": 1, "块": 1, "百元": 100, "千": 1000, "千元": 1000, "万": 10_000, "万元": 10_000, "十万元": 100_000,
    "百万元": 1_000_000, "千万元": 10_000_000, "亿": 100_000_000, "亿元": 100_000_000,
}  # fmt: skip
_AMOUNT = re.compile(rf"(?P<figure>{FIGURE})(?P<unit>亿元|千万元|百万元|十万元|万元|千元|百元|元|块|亿|万|千)?")
_MIXED = re.compile(r"(?P<wan>\d+)万(?:(?P<qian>\d)千|(?P<rest>\d{4}(?:\.\d+)?))元?")
_CHINESE = re.compile(rf"(?P<figure>{NUMBER.pattern})(?P<unit>万元|元|圆|块)")


def read_amount(cell: object, context: Context) -> Reading:
    """Money in 元, two decimals, half up. The unit in the cell wins over the head's; an approximate figure waits for a person."""
    reading = read_figure(cell, _money, Decimal(_UNITS.get(context.unit or "元", 1)), has_lines=True)
    if isinstance(reading, Approximate):
        return Reading(None, None, Problem(WAITING, *said("approximate_amount"), reading.proposal))
    if reading.value is not None and reading.value < 0 and "income" not in context.column.name:
        return unreadable("negative_amount")
    return reading


def _money(text: str) -> tuple[Decimal, Decimal | None] | None:
    if (mixed := _MIXED.fullmatch(text)) is not None:
        figure = int(mixed["wan"]) * 10_000 + int(mixed["qian"] or 0) * 1000 + Decimal(mixed["rest"] or 0)
        return figure, Decimal(1)
    if (match := _AMOUNT.fullmatch(text)) is not None:
        return decimal(match["figure"]), Decimal(_UNITS[match["unit"]]) if match["unit"] else None
    if (match := _CHINESE.fullmatch(text)) is not None and (number := chinese_number(match["figure"])) is not None:
        return Decimal(number), Decimal(10_000 if match["unit"] == "万元" else 1)
    if re.fullmatch(r"\d(?:\.\d+)?[Ee][+-]?\d{1,2}", text):
        try:
            return Decimal(text), None
        except InvalidOperation:
            return None
    return None
