"""Telephone numbers."""

from __future__ import annotations

import math
import re
import unicodedata

from include.checking.kinds.reading import DASHES, EMPTY, Context, Reading, cell_text, unreadable, without_value


def read_phone(cell: object, context: Context) -> Reading:
    """Telephone numbers as digits, several joined by 、."""
    if isinstance(cell, float) and math.isnan(cell):
        return EMPTY
    text = DASHES.sub("-", unicodedata.normalize("NFKC", cell_text(cell)))
    if (blank := without_value(text)) is not None:
        return blank
    numbers = []
    for part in re.split(r"[、,;/|\n]+|(?<=\d{11}) ", text):
        digits = re.sub(r"[-()+ .'’]", "", part)
        digits = digits.removeprefix("0086") if len(digits) > 12 else digits
        digits = digits[2:] if re.fullmatch(r"861[3-9]\d{9}", digits) else digits
        if digits:
            numbers.append(digits)
    if not numbers or not all(re.fullmatch(r"[0-9]{7,12}", number) for number in numbers):
        return unreadable("phone_format")
    return Reading("、".join(dict.fromkeys(numbers)))
