"""A large xlsx is read as texts with the types from its XML: cell for cell what the careful way reads, or not at all."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import datetime, time
from pathlib import Path

import pytest
import xlsxwriter

from include.ingest import formats
from include.ingest.formats import Workbook, open_workbook
from tests.ingest.test_formats import edit_zip


def usual(book: xlsxwriter.Workbook) -> None:
    """Rows like a department's, with damaged numbers, days, gaps, errors, a merged title and further sheets."""
    sheet, day = book.add_worksheet("名单"), book.add_format({"num_format": "yyyy/m/d h:mm"})
    sheet.merge_range(1, 2, 2, 4, "标题 2024")
    sheet.write_row(4, 2, ["序号", "身份证号", "金额", "日期", "是否", "公式"])
    for number in range(1, 301):
        row = 4 + number + number // 100  # a blank row now and then
        sheet.write_number(row, 2, number)
        if number % 7:
            sheet.write_string(row, 3, f"34182519800101{number:04}")
        else:
            sheet.write_number(row, 3, 341825198001010000.0 + number)
        sheet.write(row, 4, f"{number},000.50" if number % 50 == 0 else number / 7 if number % 3 else -number * 1e-9)
        if number % 4:
            sheet.write_datetime(row, 5, datetime(2024, 3, 1 + number % 28, number % 2 * 13), day)
        elif number % 8:
            sheet.write_string(row, 5, "2024年3月")
        sheet.write_boolean(row, 6, number % 2 == 0)
        sheet.write_formula(row, 7, f"=C{row + 1}", None, number)
    sheet.write_formula(400, 3, "=1/0", None, "#DIV/0!")
    sheet.write_blank(401, 4, None, day)
    sheet.write_string(402, 3, "合计 ")
    book.add_worksheet("空表")
    hidden = book.add_worksheet("隐藏")
    hidden.write(0, 0, 1)
    hidden.hide()


def texts_in_rows(book: xlsxwriter.Workbook) -> None:
    """Formulas whose results are texts: the rows' shapes are as many as the rows."""
    sheet = book.add_worksheet()
    for row in range(5000):
        sheet.write_formula(row, 0, '="x"', None, "".join(chr(97 + int(digit)) for digit in str(row)))


def times_of_day(book: xlsxwriter.Workbook) -> None:
    """What Excel shows as a time is a number that two readers take for two things."""
    book.add_worksheet().write_datetime(0, 0, time(8, 30), book.add_format({"num_format": "h:mm"}))


def made(path: Path, fill: Callable[[xlsxwriter.Workbook], None]) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        fill(book)
    return path


def cells(workbook: Workbook) -> list[tuple[str, bool, list[list[tuple[type, object]]], list[tuple[int, int, int, int]]]]:
    return [
        (sheet.name, sheet.is_visible, [[(type(cell), cell) for cell in row] for row in sheet.rows], sorted(sheet.merged))
        for sheet in workbook.sheets
    ]


def read_quickly(path: Path) -> Workbook | None:
    with zipfile.ZipFile(path) as archive:
        return formats._read_large_xlsx(path, archive, sum(entry.file_size for entry in archive.infolist()))


def test_quick_and_careful_reading_agree_on_every_cell(tmp_path: Path) -> None:
    path = made(tmp_path / "a.xlsx", usual)
    quick, careful = read_quickly(path), open_workbook(path, path.name)
    assert quick is not None
    assert cells(quick) == cells(careful)
    numbers = {type(row[3]) for row in careful.sheets[0].rows[5:305]}
    assert {str, float} <= numbers  # the damaged numbers are still told from those written as text


@pytest.mark.parametrize("fill", [texts_in_rows, times_of_day])
def test_what_is_not_sure_is_read_carefully(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fill: Callable[[xlsxwriter.Workbook], None]
) -> None:
    path = made(tmp_path / "a.xlsx", fill)
    assert read_quickly(path) is None
    careful = cells(open_workbook(path, path.name))
    monkeypatch.setattr(formats, "LARGE_BOOK", 0)
    assert cells(open_workbook(path, path.name)) == careful


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'<c r="D6"', b"<c"),  # a cell without its place
        (b'<row r="7"', b"<row"),  # a row without its number
        (b'<row r="7"', b'<row r="3"'),  # rows out of order
        (b"</sheetData>", b""),  # cut off
    ],
)
def test_an_unusual_sheet_is_not_read_quickly(tmp_path: Path, before: bytes, after: bytes) -> None:
    path = made(tmp_path / "a.xlsx", usual)
    edit_zip(path, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(before, after, 1))
    assert read_quickly(path) is None
