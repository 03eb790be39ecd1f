"""A table as it is found in a sheet, and the plain words of its cells."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from include.checking.reasons import said
from include.checking.units import Stated
from include.reading.cells import Cell, Rows

SEQUENCE_LABELS = {"序号", "序", "行号", "顺序号", "No", "NO", "no"}
IDENTITY = re.compile(r"[GgL]?\d{17}[\dXx×ХхＸｘ](?:\d{2}(?:B\d)?)?|\d{15}")


@dataclass(frozen=True)
class HeadCell:
    """One head: the cell's index in a row, the cleaned label, the unit written with it (元, 万元, 亩 …)."""

    index: int
    label: str
    unit: str | None


@dataclass(frozen=True)
class Skipped:
    """A row that is no data (row number 0: the whole sheet); ``note`` never holds the row's text."""

    sheet: str
    row_number: int
    kind: str
    note: str


@dataclass(frozen=True)
class Guess:
    """Something about a layout that had to be assumed (row number 0: the whole sheet); ``code`` is a reason's of level guess.

    ``text`` says what was assumed of which sheet, row and column, and never holds what a person's cell says.
    """

    sheet: str
    row_number: int
    code: str
    text: str


@dataclass
class Table:
    """A table as found; row numbers are the file's, from 1. Rows are at least as long as the head."""

    sheet: str
    heads: list[HeadCell]
    header_rows: tuple[int, ...]
    titles: tuple[str, ...]
    row_numbers: list[int] = field(default_factory=list)
    rows: Rows = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    guesses: list[Guess] = field(default_factory=list)
    stated_units: list[Stated] = field(default_factory=list)

    def skip(self, row_number: int, kind: str, note: str) -> None:
        self.skipped.append(Skipped(self.sheet, row_number, kind, note))

    def guess(self, row_number: int, code: str, variant: str = "", /, **details: object) -> None:
        """Notes what was assumed; the words are those of reasons.yaml."""
        self.guesses.append(Guess(self.sheet, row_number, *said(code, variant, **details)))

    @property
    def columns(self) -> str:
        """From which column to which the head reaches, by letter."""
        first, last = self.heads[0].index, self.heads[-1].index
        return f"{letters(first)} 至 {letters(last)} 列" if last > first else f"{letters(first)} 列"

    def skip_later(self, row_number: int, kind: str, note: str) -> None:
        """Lists a row that was taken for data before; the list stays in the order of the file."""
        self.skip(row_number, kind, note)
        self.skipped.sort(key=lambda skipped: skipped.row_number)


def letters(index: int) -> str:
    """A column's letters as a spreadsheet names it: 0 is A, 26 is AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def plain(cell: Cell) -> str:
    """A cell's text for comparison: half width, without any spaces."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return re.sub(r"[\s\u200b-\u200d\ufeff]+", "", unicodedata.normalize("NFKC", str(cell)))


def has_identity_number(row: list[Cell]) -> bool:
    """Whether a cell holds a whole identity number, or one that was stored as a number."""
    for cell in row:
        if isinstance(cell, str):
            if len(cell) >= 15 and IDENTITY.fullmatch(
                re.sub(r"[\s'’`\u200b-\u200d\ufeff]", "", unicodedata.normalize("NFKC", cell))
            ):
                return True
        elif isinstance(cell, float | int) and not isinstance(cell, bool) and 1e14 <= cell < 1e18:
            return True
    return False


def holds_people(rows: Rows) -> bool:
    """Whether any row holds an identity number, so that leaving the sheet out would lose somebody."""
    return any(has_identity_number(row) for row in rows)
