"""A delivery's file as it was read: its sheets and their cells."""

from __future__ import annotations

from dataclasses import dataclass, field

from include.reading.cells import Cell, Rows

Merged = tuple[int, int, int, int]
"""Cells merged downwards: first row, first column, last row, last column, all from 0."""


@dataclass
class Sheet:
    """One sheet: ``rows[0]`` is file row 1, ``rows[r][0]`` is column A. A hidden sheet is named but not read."""

    name: str
    is_visible: bool
    rows: Rows
    merged: list[Merged] = field(default_factory=list)


@dataclass
class Workbook:
    """A file's sheets; ``kind`` is xlsx, xls, ods, csv (one sheet without a name) or json (its title is the sheet's name)."""

    kind: str
    sheets: list[Sheet]


def is_blank(cell: Cell) -> bool:
    """True for nothing, and for spaces of any kind."""
    return cell is None or (isinstance(cell, str) and not cell.strip(" \t\r\n\u00a0\u3000\u200b\u200c\u200d\ufeff"))
