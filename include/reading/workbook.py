"""A delivery's file as it was read: its sheets and their cells."""

from __future__ import annotations

from dataclasses import dataclass, field

from include.reading.cells import Cell, Rows

UNREADABLE = "\ufdd0"
"""Stands in a text where bytes were no character; it is none itself, so no file holds it for anything else."""
Merged = tuple[int, int, int, int]
"""Cells merged downwards: first row, first column, last row, last column, all from 0."""


@dataclass
class Sheet:
    """One sheet: ``rows[0]`` is file row 1, ``rows[r][0]`` is column A. A hidden sheet is named but not read.

    ``has_drawing``: a picture, a text box with text or an embedded document lies over the cells; a list may stand in it.
    """

    name: str
    is_visible: bool
    rows: Rows
    merged: list[Merged] = field(default_factory=list)
    has_drawing: bool = False


@dataclass
class Workbook:
    """A file's sheets; ``kind`` is xlsx, xls, ods, html, csv (one sheet without a name) or json (its title is the sheet's name).

    ``notes`` are codes of reasons.yaml for what was not as the file's name says (``text_content``, ``html_content``) or not as a
    spreadsheet writes it (``formula_text``).
    """

    kind: str
    sheets: list[Sheet]
    notes: tuple[str, ...] = ()


def is_blank(cell: Cell) -> bool:
    """True for nothing, and for spaces of any kind."""
    return cell is None or (isinstance(cell, str) and not cell.strip(" \t\r\n\u00a0\u3000\u200b\u200c\u200d\ufeff"))
