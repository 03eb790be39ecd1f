"""How far the filled cells of a sheet reach, counted before anybody lays the sheet out in full."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

FILLED_CELL = re.compile(
    rb'<(?:\w{1,20}:)?c\s(?>[^<>]{0,400}?\br=")([A-Z]{1,8})(\d{1,40})"[^<>]{0,400}+(?<!/)>(?!</|<v/>|<v></v>)'
)
ROW = re.compile(rb"<(?:\w{1,20}:)?row[\s>]")
LONGEST_CELL = 1000


@dataclass
class Extent:
    """The last filled row and column, from 1."""

    rows: int = 0
    columns: int = 0

    @property
    def cells(self) -> int:
        return self.rows * self.columns

    def reach(self, rows: int, columns: int) -> None:
        """Reach at least so far."""
        self.rows, self.columns = max(self.rows, rows), max(self.columns, columns)


@dataclass
class XlsxExtents:
    """Is fed the sheets' XML block by block; ``sheets`` then says how far each reaches."""

    sheets: dict[str, Extent] = field(default_factory=dict)
    counted_rows: dict[str, int] = field(default_factory=dict)
    rest: bytes = b""
    sheet: str | None = None

    def feed(self, sheet: str, block: bytes) -> None:
        """Take the next block; what straddles two is seen with the second."""
        if sheet != self.sheet:
            self.sheet, self.rest = sheet, b""
        extent = self.sheets.setdefault(sheet, Extent())
        text = self.rest + block
        self.rest = text[-LONGEST_CELL:]
        places = FILLED_CELL.findall(text)
        if places:
            letters, numbers = zip(*places, strict=True)
            extent.reach(max(map(int, numbers)), 1 + max(map(column_index, set(letters))))
        self.counted_rows[sheet] = self.counted_rows.get(sheet, 0) + len(ROW.findall(block))
        extent.reach(self.counted_rows[sheet] if places or extent.columns else 0, 0)


def column_index(letters: bytes) -> int:
    """A column's place from 0; A is 0, AA is 26."""
    index = 0
    for letter in letters:
        index = index * 26 + letter - 64
    return index - 1
