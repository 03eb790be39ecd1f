"""Numbers that name something: of an event, a household, a pupil, a warning, a disability certificate. They stay text."""

from __future__ import annotations

import re
from datetime import date, time, timedelta

from include.checking.kinds.reading import (
    DASHES,
    EMPTY,
    LARGEST_EXACT,
    Context,
    Reading,
    finding,
    narrow_text,
    unreadable,
    without_value,
)

BRACKETS = str.maketrans("〔〕【】[]{}〈〉《》「」", "()" * 7)
"""Numbers of cases and documents are the same whatever brackets stand around the year."""
_SCIENTIFIC = re.compile(r"\d\.\d+[Ee]\+?\d+|\d[Ee]\+\d+")
_WARNING = re.compile(r"W[0-9A-F]{12}")
_SIMILAR_X = str.maketrans({"Х": "X", "х": "X", "Χ": "X", "χ": "X", "×": "X", "✕": "X", "╳": "X"})
_CERTIFICATE = re.compile(r"\d{17}[\dX][1-7][1-4](?:[A-Z]\d)?")


def read_code(cell: object, context: Context) -> Reading:
    """Event, household and warning numbers as text. A number of 16 digits or more stored as a figure is lost."""
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        if cell != cell:
            return EMPTY
        if abs(cell) >= LARGEST_EXACT:
            return unreadable("float_number", "code")
        if cell < 0 or cell != int(cell):
            return unreadable("not_a_code")
    if isinstance(cell, (bool, date, time, timedelta)):
        return unreadable("not_a_code")
    text = DASHES.sub("-", narrow_text(cell)).lstrip("'`‘’").translate(BRACKETS)
    if (blank := without_value(text)) is not None:
        return blank
    if _SCIENTIFIC.fullmatch(text):
        return unreadable("float_number", "code")
    return Reading(text)


def read_warning(cell: object, context: Context) -> Reading:
    """A warning's number as it was issued, W and twelve characters; one that was typed over is unreadable."""
    reading = read_code(cell, context)
    if reading.value is None:
        return reading
    text = str(reading.value).upper()
    return Reading(text) if _WARNING.fullmatch(text) else unreadable("warning_number")


def read_certificate(cell: object, context: Context) -> Reading:
    """Disability certificate number: 20 characters, 22 with a re-issue suffix. Another shape is a finding."""
    reading = read_code(cell, context)
    if reading.value is None:
        return reading
    text = re.sub(r"[^0-9A-Z]", "", str(reading.value).translate(_SIMILAR_X).upper())
    if _CERTIFICATE.fullmatch(text):
        return Reading(text)
    return Reading(reading.value, None, finding("certificate_format"))
