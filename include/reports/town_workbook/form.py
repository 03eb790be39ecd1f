"""A sheet to fill in that fits A4 across in type one can read: grey columns given and locked, white ones open.

The paper holds what an answer needs. What only the screen needs, the whole identity number, the telephone, the household's
incomes, stands to the right of the print; on paper the incomes are on the household's page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xlsxwriter.worksheet import Worksheet

from include.reports.notice import Notice
from include.reports.sheets import (
    GREY,
    Book,
    Field,
    Kind,
    row_height,
    set_page,
    set_widths,
    text_of,
    write_head,
    write_note,
    write_title,
)
from include.reports.town_workbook.answers import INCOMES, check_answers
from include.reports.town_workbook.checksum import CHECKED_HEADS, row_checksum

PRINTED_SIZE = 9.0
"""Points, on screen and on paper: the printed columns are as wide as the sheet of paper, so nothing is scaled down."""
HEAD_ROW = 2
FIRST_ROW = 3
CHECK_HEAD = "校验码"
MEMBER_COUNT = "家庭人口"
_LEAST_HEIGHT = 40.0


def column(label: str, points: float, kind: Kind = "text") -> Field:
    """A column so many points wide on paper: a unit of width is 5.25 points, a column's padding 3.75."""
    return Field(label, (points - 3.75) / 5.25, kind)


FINDINGS = (
    column("是否属实", 28, "centre"),
    column("是否符合监测条件", 36, "centre"),
    column("核查情况", 84),
    column("未纳入理由", 54),
    column("拟纳入类别", 42, "centre"),
    column("拟采取措施", 56),
    column("政策宣传日期", 51, "date"),
    column("核查人", 32, "centre"),
    column("核查人2", 32, "centre"),
    column("核查日期", 51, "date"),
    column("审核人", 32, "centre"),
)
CHECK = column(CHECK_HEAD, 30, "centre")
ON_SCREEN = (
    Field("身份证号", 20.5, "code"),
    Field("自然村", 12, "centre"),
    Field("联系电话", 13, "code"),
)
HOUSEHOLD = (
    Field(MEMBER_COUNT, 9, "centre"),
    *(Field(name, 11, "centre") for name in INCOMES),
    Field("三保障及饮水情况", 15, "centre"),
)


@dataclass(frozen=True)
class FormRow:
    """One row to answer.

    ``given``: the texts of the form's grey columns; ``on_screen``: those of ``ON_SCREEN``; ``is_first``: it is the first of its
    household, where the household's own columns are filled in once; ``member_count``: what the registry says, to be corrected.
    """

    given: Sequence[object]
    on_screen: Sequence[object]
    is_first: bool = True
    member_count: object = None


def write_form(
    book: Book, notice: Notice, name: str, title: str, note: str, given: Sequence[Field], rows: Sequence[FormRow], empty: str
) -> Worksheet:
    """Add a sheet to fill in; ``empty`` is what it says when there is nothing to answer."""
    printed = [*given, *FINDINGS, CHECK]
    fields = [*printed, *ON_SCREEN, *HOUSEHOLD]
    widths = [entry.width for entry in printed]
    sheet = book.workbook.add_worksheet(name)
    set_page(sheet, name=title, note=notice.number)
    sheet.set_margins(left=0.25, right=0.25, top=0.45, bottom=0.6)
    set_widths(sheet, fields)
    write_title(book, sheet, 0, title, len(printed) - 1)
    write_note(book, sheet, 1, note, widths, font_size=10)
    write_head(book, sheet, HEAD_ROW, fields, size=PRINTED_SIZE)
    for row, entry in enumerate(rows, start=FIRST_ROW):
        _write_row(book, sheet, row, given, entry)
    after = FIRST_ROW + len(rows)
    if rows:
        sheet.set_row(after, 6)
        for at in range(len(fields)):
            sheet.write_blank(after, at, None, book.style(top=2))
        check_answers(book, sheet, FIRST_ROW, after - 1, fields, notice.issued_on)
    else:
        write_note(book, sheet, after, empty, widths)
    sheet.freeze_panes(FIRST_ROW, 4)
    sheet.repeat_rows(HEAD_ROW)
    sheet.print_area(0, 0, max(after - 1, FIRST_ROW), len(printed) - 1)
    lock(sheet)
    return sheet


def lock(sheet: Worksheet) -> None:
    """Grey cells cannot be overtyped; widths, heights, order and filter stay the reader's."""
    free = ("format_cells", "format_columns", "format_rows", "sort", "autofilter", "select_locked_cells", "select_unlocked_cells")
    sheet.protect("", dict.fromkeys(free, True))


def _write_row(book: Book, sheet: Worksheet, row: int, given: Sequence[Field], entry: FormRow) -> None:
    edge = {"top": 2 if entry.is_first else 1, "top_color": "#000000" if entry.is_first else "#808080"}
    look = {"font_size": PRINTED_SIZE} | edge
    grey = {"bg_color": GREY, "locked": True, **look}
    sheet.set_row(row, row_height(given, entry.given, least=_LEAST_HEIGHT, size=PRINTED_SIZE))
    at = 0
    for field, value in zip(given, entry.given, strict=True):
        book.put(sheet, row, at, value, book.cell_style(field.kind, **grey), field.kind)
        at += 1
    for field in FINDINGS:
        book.put(sheet, row, at, None, book.cell_style(field.kind, locked=False, **look))
        at += 1
    book.put(sheet, row, at, _checksum(given, entry.given), book.cell_style("centre", **grey))
    at += 1
    for field, value in zip(ON_SCREEN, entry.on_screen, strict=True):
        book.put(sheet, row, at, value, book.cell_style(field.kind, **grey), field.kind)
        at += 1
    open_look = {"num_format": "General", "align": "center", "text_wrap": True, "locked": False, **look}
    for field in HOUSEHOLD:
        known = entry.member_count if field.label == MEMBER_COUNT and entry.is_first else None
        style = book.cell_style(field.kind, **(open_look if entry.is_first else grey))
        book.put(sheet, row, at, known, style, "count")
        at += 1


def _checksum(given: Sequence[Field], values: Sequence[object]) -> str:
    shown: Mapping[str, str] = {field.label: text_of(value) for field, value in zip(given, values, strict=True)}
    return row_checksum([shown.get(head, "") for head in CHECKED_HEADS])
