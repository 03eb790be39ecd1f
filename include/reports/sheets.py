"""How every workbook we write looks and behaves: text stays text, the print is A4, and the same data gives the same bytes."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

A4 = 9
LONGEST_TEXT = 32_000
BODY_FONT = "宋体"
HEAD_FONT = "黑体"
GREY = "#EDEDED"
HEAD_GREEN = "#DDEBE4"
FAULT_YELLOW = "#FFF2A8"
ALERT_RED = "#C00000"
TEXT_STAYS_TEXT = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
"""How every workbook is opened: what somebody else wrote in a cell becomes no formula, no link and no number."""

Kind = Literal["text", "centre", "code", "amount", "count", "date", "mark"]
WRAPPED = ("text", "centre", "mark")
Style = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Field:
    """One column of a sheet: its head, its width in characters and how its values are written."""

    label: str
    width: float
    kind: Kind = "text"


def is_blank(value: object) -> bool:
    """True for None, NaN, NaT, pandas' NA and empty text."""
    if value is None or value is pd.NaT or value is pd.NA:
        return True
    if isinstance(value, float):
        return math.isnan(value)
    return isinstance(value, str) and not value.strip()


def text_of(value: object) -> str:
    """A value as text, without a trailing .0 and without what no cell can hold; '' when blank."""
    value = value.item() if isinstance(value, np.generic) else value
    if is_blank(value):
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d" if value.time() == datetime.min.time() else "%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (float, Decimal)):
        number = float(value)
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    text = str(value)
    if not text.isprintable():
        text = "".join(mark for mark in text if mark in "\n\t" or unicodedata.category(mark) not in ("Cc", "Cs"))
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…（过长，已截断）"


def display_width(text: str) -> float:
    """Width in half-width characters: a Chinese character counts two."""
    return sum(2.0 if unicodedata.east_asian_width(mark) in "WFA" else 1.15 for mark in text)


@lru_cache(maxsize=65536)
def lines_needed(text: str, width: float, size: float = 10) -> int:
    """Lines a wrapped text of that font size (points) takes in a column of that width; one width unit is 5.25 points."""
    room = max(width * 5.25 - 1, size)
    return (
        sum(max(1, math.ceil(display_width(line) * size / 2 / (room - room % size * 0.6))) for line in text.split("\n"))
        if text
        else 1
    )


class Book:
    """A workbook being written; cells go in through :meth:`put`, which never lets text become a formula or a number."""

    def __init__(self, workbook: xlsxwriter.Workbook, mark: str) -> None:
        self.workbook = workbook
        self.mark = mark
        self._formats: dict[Style, Format] = {}

    def style(self, **properties: Any) -> Format:
        """A cell format; the same properties give the same object."""
        settled = {"font_name": BODY_FONT, "font_size": 10, "valign": "vcenter", **properties}
        key = tuple(sorted(settled.items()))
        if key not in self._formats:
            self._formats[key] = self.workbook.add_format(settled)
        return self._formats[key]

    def cell_style(self, kind: Kind, **more: Any) -> Format:
        """The format of a table cell of that kind."""
        by_kind: dict[str, dict[str, Any]] = {
            "text": {"text_wrap": True, "num_format": "@"},
            "centre": {"text_wrap": True, "num_format": "@", "align": "center"},
            "code": {"shrink": True, "num_format": "@", "align": "center"},
            "mark": {"text_wrap": True, "num_format": "@", "align": "center", "bold": True, "font_color": ALERT_RED},
            "amount": {"num_format": "#,##0.00", "align": "right"},
            "count": {"num_format": "0", "align": "center"},
            "date": {"num_format": "yyyy-mm-dd", "align": "center"},
        }
        return self.style(border=1, border_color="#808080", **{**by_kind[kind], **more})

    def head_style(self, **more: Any) -> Format:
        """The format of a table's head."""
        look = {"bg_color": HEAD_GREEN, "bold": True, "align": "center", "text_wrap": True, "num_format": "@", **more}
        return self.style(border=1, border_color="#808080", font_name=HEAD_FONT, **look)

    def put(self, sheet: Worksheet, row: int, column: int, value: object, style: Format, kind: Kind = "text") -> None:
        """Write one value: amounts, counts and dates as such, everything else as text, blanks as blanks."""
        value = value.item() if isinstance(value, np.generic) else value
        if is_blank(value):
            sheet.write_blank(row, column, None, style)
        elif kind in ("amount", "count") and isinstance(value, (int, float, Decimal)):
            sheet.write_number(row, column, float(value), style)
        elif kind == "date" and isinstance(value, date):
            moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
            sheet.write_datetime(row, column, moment.replace(tzinfo=None), style)
        else:
            sheet.write_string(row, column, text_of(value), style)


@contextmanager
def new_book(path: Path, *, mark: str, title: str, author: str, created: datetime) -> Iterator[Book]:
    """A workbook that appears at ``path`` only when complete.

    ``mark``: what stands in every page head, see ``rehearsal_mark``.
    ``created``: the date it bears; with it a rebuild is identical.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    workbook = xlsxwriter.Workbook(str(unfinished), TEXT_STAYS_TEXT)
    workbook.set_properties({"title": title, "author": author, "created": created.replace(tzinfo=None)})
    try:
        book = Book(workbook, mark)
        yield book
        for sheet in workbook.worksheets() if book.mark else ():
            sheet.set_header(f'&C&"{HEAD_FONT}"&14{book.mark}', {"margin": 0.15})
        workbook.close()
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def set_page(sheet: Worksheet, *, name: str, note: str = "", landscape: bool = True) -> None:
    """A4, one page wide, page numbers at the foot."""
    if landscape:
        sheet.set_landscape()
    else:
        sheet.set_portrait()
    sheet.set_paper(A4)
    sheet.set_margins(left=0.3, right=0.3, top=0.45, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.center_horizontally()
    left, right = (text.replace("&", "&&") for text in (name, note))
    sheet.set_footer(f"&L{left}&C第 &P 页 共 &N 页&R{right}", {"margin": 0.3})


def write_title(book: Book, sheet: Worksheet, row: int, text: str, last_column: int) -> None:
    """A title over the whole table; in a rehearsal it says so."""
    text = f"{text}（{book.mark}）" if book.mark else text
    sheet.set_row(row, 30)
    merge(book, sheet, row, 0, last_column, text, book.style(font_name=HEAD_FONT, font_size=16, align="center"))


def write_note(book: Book, sheet: Worksheet, row: int, text: str, widths: Sequence[float], **look: Any) -> None:
    """A wrapped note over the whole table, in a row high enough for it."""
    style = book.style(**{"text_wrap": True, "align": "left", "font_size": 11, **look})
    size = float(look.get("font_size", 11))
    sheet.set_row(row, lines_needed(text, sum(widths), size) * size * 1.4 + 6)
    merge(book, sheet, row, 0, len(widths) - 1, text, style)


def merge(book: Book, sheet: Worksheet, row: int, first: int, last: int, text: str, style: Format) -> None:
    """Text across several columns of one row, always as text."""
    if last > first:
        sheet.merge_range(row, first, row, last, "", style)
    book.put(sheet, row, first, text, style)


def set_widths(sheet: Worksheet, fields: Sequence[Field]) -> None:
    for column, entry in enumerate(fields):
        sheet.set_column(column, column, entry.width)


def write_head(book: Book, sheet: Worksheet, row: int, fields: Sequence[Field], *, size: float = 10) -> None:
    """The head row, high enough for its longest label."""
    lines = max(lines_needed(entry.label, entry.width, size) for entry in fields)
    sheet.set_row(row, max(24.0, lines * size * 1.45 + 6))
    for column, entry in enumerate(fields):
        book.put(sheet, row, column, entry.label, book.head_style(font_size=size))


def row_height(fields: Sequence[Field], values: Sequence[object], *, least: float = 21.0, size: float = 10) -> float:
    """Points a row of wrapped text needs, so that nothing is cut on screen or paper (Excel's limit is 409)."""
    texts = [(text_of(value), entry.width) for entry, value in zip(fields, values, strict=True) if entry.kind in WRAPPED]
    lines = max((lines_needed(text, width, size) for text, width in texts), default=1)
    return min(max(least, lines * size * 1.45 + 5), 400.0)


def write_rows(
    book: Book, sheet: Worksheet, row: int, fields: Sequence[Field], rows: Sequence[Sequence[object]], **look: Any
) -> int:
    """Write rows below each other; returns the row after the last."""
    styles = [book.cell_style(entry.kind, **look) for entry in fields]
    for values in rows:
        sheet.set_row(row, row_height(fields, values))
        for column, (entry, value) in enumerate(zip(fields, values, strict=True)):
            book.put(sheet, row, column, value, styles[column], entry.kind)
        row += 1
    return row


@dataclass
class TableSheet:
    """A whole sheet that is one table: title, note, head, rows, frozen head, print set-up, filter."""

    name: str
    title: str
    fields: Sequence[Field]
    rows: Sequence[Sequence[object]]
    note: str = ""
    foot: str = ""
    empty: str = "本期没有。"
    freeze_columns: int = 0
    widths: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self.widths = [entry.width for entry in self.fields]

    def write(self, book: Book) -> Worksheet:
        """Add the sheet to the book."""
        sheet = book.workbook.add_worksheet(self.name)
        set_page(sheet, name=self.title, note=self.foot)
        set_widths(sheet, self.fields)
        write_title(book, sheet, 0, self.title, len(self.fields) - 1)
        write_note(book, sheet, 1, self.note, self.widths)
        write_head(book, sheet, 2, self.fields)
        after = write_rows(book, sheet, 3, self.fields, self.rows)
        if self.rows:
            sheet.autofilter(2, 0, after - 1, len(self.fields) - 1)
        else:
            write_note(book, sheet, 3, self.empty, self.widths)
        sheet.freeze_panes(3, self.freeze_columns)
        sheet.repeat_rows(2)
        return sheet
