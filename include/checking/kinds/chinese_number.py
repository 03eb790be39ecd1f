"""Whole numbers written in characters."""

from __future__ import annotations

import re

DIGITS = {character: value for value, characters in enumerate(
    ("零〇", "一壹", "二贰两", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
) for character in characters}  # fmt: skip
NUMBER = re.compile(r"[零〇一壹二贰两三叁四肆五伍六陆七柒八捌九玖十拾百佰千仟万]+")
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}


def chinese_number(text: str) -> int | None:
    """A whole number written in characters (三百二十, 两万五千); None for colloquial forms such as 三万二."""
    if not NUMBER.fullmatch(text) or (len(text) > 1 and not re.search("[十拾百佰千仟万]", text)):
        return None
    total = section = digit = 0
    last_unit = 10_000_000
    pending = zero = False
    for character in text:
        if character in DIGITS:
            if pending:
                return None
            digit = DIGITS[character]
            zero |= digit == 0
            pending = digit != 0
        elif character == "万":
            if total or not section + digit:
                return None
            total, section, digit, pending, zero, last_unit = (section + digit) * 10_000, 0, 0, False, False, 10_000
        else:
            unit = _UNITS[character]
            if unit >= last_unit:
                return None
            section += (digit if pending else 1) * unit
            digit, pending, zero, last_unit = 0, False, False, unit
    if pending and last_unit > 10 and (total or section) and not zero:
        return None
    return total + section + digit
