"""Figures with a unit: what amounts and areas have in common."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

import numpy as np
import pyarrow as pa

from include.checking.kinds.chinese_number import NUMBER
from include.checking.kinds.reading import DASHES, EMPTY, QUOTES, Context, Reading, narrow_text, unreadable, without_value
from include.reading.cells import CellColumn

LARGEST = Decimal(10) ** 13
HUNDREDTH = Decimal("0.01")
FIGURE = r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|[+-]?\.\d+"
Parser = Callable[[str], tuple[Decimal, Decimal | None] | None]
"""The figure of a text and the factor of the unit written with it; None for what is no figure."""

_CURRENCY = re.compile(r"^(?:人民币|RMB|CNY|¥|￥)+|(?:人民币|RMB|CNY)$|整$|/(?:人|户|年)+$", re.IGNORECASE)
_APPROXIMATE = re.compile(
    r"大约|约|大概|将近|接近|近|不足|不到|超过|超|至少|最多|最高|估计|预计|估算|可能|几|数[十百千万]|左右|上下|余|多|以上|以下|以内|不等|许|来"
    r"|[≈~<>≥≤≧≦＜＞]|\+$|(?<=[\d元万千])[-—至到](?=[\d.])"
)


@dataclass(frozen=True)
class Approximate:
    """A figure is there but not exactly; ``proposal`` is what it may be, in the canonical unit."""

    proposal: str | None


def read_figure(cell: object, parse: Parser, factor: Decimal, *, has_lines: bool = False) -> Reading | Approximate:
    """A decimal figure in the canonical unit, two decimals, half up. ``factor`` is that of the head's unit.

    Where rules compare it with lines (``has_lines``), which are whole, rounding never makes a whole figure of one that is not:
    29 999.996 is below 30 000 and 30 000.004 above it.
    """
    given: Decimal
    if cell is None:
        return EMPTY
    if isinstance(cell, (int, float, Decimal)) and not isinstance(cell, bool):
        if isinstance(cell, float) and not math.isfinite(cell):
            return EMPTY if math.isnan(cell) else unreadable("not_an_amount", "infinite")
        given = Decimal(repr(cell)) if isinstance(cell, float) else Decimal(cell)
    elif isinstance(cell, str):
        text = DASHES.sub("-", narrow_text(cell)).strip(QUOTES)
        if (blank := without_value(text)) is not None:
            return blank
        negative = re.fullmatch(r"\((.+)\)", text)
        text = _CURRENCY.sub("", f"-{negative[1]}" if negative else text)
        parsed = parse(text)
        if parsed is None:
            return Approximate(_proposal(text, parse, factor)) if _is_approximate(text) else unreadable("not_an_amount", "text")
        given, own = parsed
        factor = own if own is not None else factor
    else:
        return unreadable("not_an_amount", "other")
    exact = given * factor
    if abs(exact) >= LARGEST:
        return unreadable("too_large", "cell")
    value = exact.quantize(HUNDREDTH, rounding=ROUND_HALF_UP)
    is_cut = abs(value - exact) > Decimal("0.00001")
    if has_lines and is_cut and value == value.to_integral_value():
        value = exact.quantize(HUNDREDTH, rounding=ROUND_FLOOR if exact < value else ROUND_CEILING)
    return Reading(value + 0, "小数取两位" if is_cut else None)


def plain_figures(column: CellColumn, context: Context) -> pa.Array:
    """Figures in 元 or 亩 with at most two decimals, in hundredths: they leave nothing to decide. Null elsewhere."""
    if column.numbers is None or context.unit not in (None, "元", "亩"):
        return pa.nulls(len(column), pa.int64())
    plain = column.numbers
    with np.errstate(invalid="ignore", over="ignore"):
        hundredths = np.rint(plain * 100)
        is_plain = (np.abs(plain * 100 - hundredths) < 1e-6) & (plain >= 0) & (plain < 1e9)
    return pa.array(np.where(is_plain, hundredths, 0).astype(np.int64), mask=~is_plain)


def decimal(figure: str) -> Decimal:
    """A written figure without its thousands separators."""
    return Decimal(figure.replace(",", ""))


def _is_approximate(text: str) -> bool:
    """Whether a figure is there but not exactly: 约3万, 3万左右, 3-4万. A falling range (2024-03) is something else."""
    if not _APPROXIMATE.search(text) or not re.search(rf"\d|{NUMBER.pattern}|几万|几千", text):
        return False
    ends = re.fullmatch(r"(\d+(?:\.\d+)?)[-~至到—](\d+(?:\.\d+)?)(?:万元|千元|万|千|元)?", text)
    return ends is None or float(ends[1]) < float(ends[2])


def _proposal(text: str, parse: Parser, factor: Decimal) -> str | None:
    """What an approximate figure would be, as a suggestion to the person who decides."""
    range_ends = re.fullmatch(r"(\d+(?:\.\d+)?)(万|千)?元?[-~至到—](\d+(?:\.\d+)?)(万元|千元|万|千|元)?", text)
    if range_ends:
        unit = range_ends[4] or ""
        parsed_ends = [parse(range_ends[1] + (range_ends[2] or unit)), parse(range_ends[3] + unit)]
    else:
        parsed_ends = [parse(_APPROXIMATE.sub("", text))]
    figures = [end[0] * (end[1] if end[1] is not None else factor) for end in parsed_ends if end is not None]
    if len(figures) != len(parsed_ends) or any(abs(figure) >= LARGEST for figure in figures):
        return None
    return "至".join(f"{figure.quantize(Decimal('0.01'), rounding=ROUND_HALF_UP)}" for figure in figures)
