"""A time with a zone is a moment; which day it is depends on where one is, and that is the county."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta, timezone

from include.site import TIMEZONE

_MOMENT = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:T|\s*)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?\s*"
    r"(?:(?:Z|UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?|Z|UTC|GMT)",
    re.IGNORECASE,
)


def day_of_moment(text: str) -> date | None:
    """The county's day of a time with a zone (2023-12-31T16:00:00.000Z is 2024-01-01); None for any other text."""
    found = _MOMENT.fullmatch(unicodedata.normalize("NFKC", text).replace("\u2212", "-").strip())
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    offset = timedelta(hours=int(found[8] or 0), minutes=int(found[9] or 0)) * (-1 if found[7] == "-" else 1)
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=timezone(offset)).astimezone(TIMEZONE).date()
    except (ValueError, OverflowError):
        return None
