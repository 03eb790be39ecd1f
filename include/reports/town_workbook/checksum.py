"""The check code of a row of the verification sheet: with it a changed grey cell is seen when the sheet comes back."""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Sequence
from hashlib import sha256

CHECKED_HEADS = ("预警编号", "户主姓名", "行政村", "预警事实")
"""The grey columns of a row whose texts its code is over; a blank cell counts as an empty text."""

_BYTES = 5
"""Eight characters of base32: a typing slip passes once in 10¹², and the column stays narrow."""


def row_checksum(facts: Sequence[str]) -> str:
    """Eight characters A-Z, 2-7 over the texts of ``CHECKED_HEADS`` as the sheet shows them.

    What a spreadsheet or a person changes without changing a fact does not count: the order of the columns, full or half width,
    blanks and line breaks. It is no seal: whoever means to can work it out again.
    """
    plain = sorted("".join(_seen(mark) for mark in unicodedata.normalize("NFKC", fact)) for fact in facts)
    return base64.b32encode(sha256("\x1f".join(text for text in plain if text).encode()).digest()[:_BYTES]).decode()


def _seen(mark: str) -> str:
    """A character that shows on paper; nothing for blanks, line breaks and zero-width characters."""
    return "" if mark.isspace() or unicodedata.category(mark) in ("Cc", "Cf", "Cs") else mark
