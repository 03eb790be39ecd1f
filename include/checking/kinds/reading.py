"""What a cell of any kind is read with and read as, and the words by which a cell says nothing.

Nothing is guessed: what two readers could read differently is a problem. Reasons are Chinese, say what to do, and never repeat
the cell.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, NamedTuple

from include.checking.reasons import said
from include.reading.cell_marks import UNCALCULATED

if TYPE_CHECKING:
    from include.contracts import Column

UNREADABLE, WAITING, FINDING = "unreadable", "waiting", "finding"


class Problem(NamedTuple):
    """What is wrong with a cell: `level` unreadable (no value), waiting (a person decides) or finding (value kept)."""

    level: str
    code: str
    reason: str
    proposal: str | None = None


class Reading(NamedTuple):
    """What a cell means. `repair` is Chinese and says what was assumed."""

    value: Any = None
    repair: str | None = None
    problem: Problem | None = None


@dataclass(frozen=True)
class Context:
    """What a cell is read with: its column, the unit of its head (元, 万元, 亩 …), the delivery's period and day of receipt."""

    column: Column
    unit: str | None
    period: str
    received: date

    @property
    def year(self) -> int:
        """The year a date without one belongs to."""
        return int(self.period[:4]) if re.match(r"(?:19|20)\d\d(?:\D|$)", self.period) else self.received.year


EMPTY = Reading()
MISSING = frozenset({"", "-", "--", "---", "—", "——", "–", "/", "//", "\\", "nan", "none", "null", "n/a", "空", "(空)", "(空白)"})
NOTHING = MISSING | {"无", "暂无", "不详", "未知", "没有", "未填"}
FORMULA_ERRORS = frozenset({
    "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#GETTING_DATA", "#SPILL!", "#CALC!", "#FIELD!",
    UNCALCULATED,
})  # fmt: skip
LARGEST_EXACT = 1e15
"""A spreadsheet keeps fifteen digits of a figure."""
QUOTES = "'’‘`"
"""What is put before a figure to make it a text."""

BLANKS = re.compile(r"[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
WHITE = re.compile(r"\s+")
DASHES = re.compile(r"[‐‑‒–—―−－﹣]")
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufff9-\ufffb]"
)


def unreadable(code: str, variant: str = "", /, **details: Any) -> Reading:
    """A cell that gives no value."""
    return Reading(None, None, Problem(UNREADABLE, *said(code, variant, **details)))


def finding(code: str, variant: str = "", /, **details: Any) -> Problem:
    """What is said beside a value that is kept."""
    return Problem(FINDING, *said(code, variant, **details))


def qualified(answer: str) -> Problem:
    """An answer that is taken back in the same breath (否，但…): a person decides whether it holds."""
    return Problem(WAITING, *said("answer_qualified"), f"按“{answer}”")


def without_value(text: str, blanks: frozenset[str] = NOTHING) -> Reading | None:
    """The reading of a text that is a formula's error or one of the ``blanks``; None for any other."""
    if text.upper() in FORMULA_ERRORS:
        return unreadable("formula_error")
    return EMPTY if text.lower() in blanks else None


def cell_text(cell: object) -> str:
    """A cell as the text a person would see: whole floats without a point, dates as ISO, control characters gone."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        text = cell
    elif isinstance(cell, bool):
        text = "是" if cell else "否"
    elif isinstance(cell, float):
        if math.isnan(cell):
            return ""
        text = str(int(cell)) if cell.is_integer() and abs(cell) < LARGEST_EXACT else repr(cell)
    elif isinstance(cell, datetime):
        text = cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    else:
        text = str(cell)
    text = _CONTROL.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return BLANKS.sub(" ", text).strip()


def narrow_text(cell: object) -> str:
    """Half-width text without any white space, for kinds whose meaning has none."""
    narrow = WHITE.sub("", unicodedata.normalize("NFKC", cell_text(cell)))
    return narrow if narrow.isascii() else unicodedata.normalize("NFKC", narrow)
