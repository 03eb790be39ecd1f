"""A large xlsx is read by column straight from its XML: cell for cell what the careful way reads, or not at all."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import datetime, time
from pathlib import Path

import pytest
import xlsxwriter

from include.reading import read_book
from include.reading.file_kind import read_file
from include.reading.formats import Workbook, open_workbook
from include.reading.xlsx_fast import day_styles
from tests.reading.test_formats import edit_zip


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
    sheet.write_string(402, 4, 'A&B <"甲">')
    sheet.write_formula(403, 3, "=A1&B1", None, "甲&乙")
    sheet.write_formula(403, 4, "=A1", None, "")
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
        return read_book.read_large_xlsx(archive)


def test_quick_and_careful_reading_agree_on_every_cell(tmp_path: Path) -> None:
    path = made(tmp_path / "a.xlsx", usual)
    quick, careful = read_quickly(path), open_workbook(path, path.name)
    assert quick is not None
    assert cells(quick) == cells(careful)
    numbers = {type(row[3]) for row in careful.sheets[0].rows[5:305]}
    assert {str, float} <= numbers  # the damaged numbers are still told from those written as text


PHONETIC = '<phoneticPr fontId="1" type="noConversion"/>'
WITH_SOUNDS = f"<si><t>序号</t><rPh sb='0' eb='1'><t>xùhào</t></rPh>{PHONETIC}</si>"
RICH = '<si><r><t>身份</t></r><r><rPr><b/></rPr><t xml:space="preserve">证 号</t></r></si>'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("</t></si>", f"</t>{PHONETIC}</si>"),  # as a Chinese Excel writes every text
        ("<si><t>序号</t></si>", WITH_SOUNDS),
        ("<si><t>身份证号</t></si>", RICH),
        ("<si><t>金额</t></si>", "<si><t></t></si>"),
        ("<si><t>金额</t></si>", "<si><t/></si>"),
        ("</si><si>", "</si>\n  <si>"),
    ],
)
def test_texts_in_other_spellings_are_read_alike(tmp_path: Path, before: str, after: str) -> None:
    path = made(tmp_path / "a.xlsx", usual)
    edit_zip(path, "xl/sharedStrings.xml", lambda xml: xml.replace(before.encode(), after.encode()))
    quick = read_quickly(path)
    assert quick is not None
    assert cells(quick) == cells(open_workbook(path, path.name))


@pytest.mark.parametrize(
    ("code", "shows"),
    [
        ('yyyy"年"m"月"d"日"', True), ("[$-804]yyyy/m/d;@", True), (r"yyyy\-mm\-dd\ hh:mm", True),
        ("0.00_ ;[Red]-0.00", False), ("G/通用格式", False), (r"#,##0.00\ [$元-804]", False), ('0"d"', False),
        ("h:mm", None), ("[h]:mm", None), ("0;yyyy", None),
    ],
)  # fmt: skip
def test_which_styles_show_numbers_as_days(code: str, shows: bool | None) -> None:
    spelt = code.replace('"', "&quot;")
    styles = f"""<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
        <numFmts><numFmt numFmtId="176" formatCode="{spelt}"/></numFmts>
        <cellStyleXfs><xf numFmtId="22"/></cellStyleXfs>
        <cellXfs><xf numFmtId="0"/><xf numFmtId="176"/><xf numFmtId="14"/></cellXfs></styleSheet>"""
    own = {} if shows is False else {b"1": bool(shows)}
    assert day_styles(styles.encode()) == {**own, b"2": True}


@pytest.mark.parametrize("fill", [texts_in_rows, times_of_day])
def test_what_is_not_sure_is_read_carefully(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fill: Callable[[xlsxwriter.Workbook], None]
) -> None:
    path = made(tmp_path / "a.xlsx", fill)
    assert read_quickly(path) is None
    careful = cells(open_workbook(path, path.name))
    monkeypatch.setattr(read_book, "LARGE_BOOK", 0)
    with path.open("rb") as content:
        assert cells(read_file(content, path.name)) == careful


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'<c r="D6"', b"<c"),  # a cell without its place
        (b'<row r="7"', b"<row"),  # a row without its number
        (b'<row r="7"', b'<row r="3"'),  # rows out of order
        (b"</sheetData>", b""),  # cut off
        (b"</v>", b" </v>"),  # a number with a blank
        (b' s="', b'\ns="'),  # a style where it is not looked for
        (b"<v>0</v>", b"<v>99999</v>"),  # a text that is not there
        (b"<v>0</v>", b"<v><![CDATA[0]]></v>"),
    ],
)
def test_an_unusual_sheet_is_not_read_quickly(tmp_path: Path, before: bytes, after: bytes) -> None:
    path = made(tmp_path / "a.xlsx", usual)
    edit_zip(path, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(before, after, 1))
    assert read_quickly(path) is None


@pytest.mark.parametrize("text", [b"<si><t>_x5E8F_</t></si>", b"<si><t>&nbsp;</t></si>", b"<si><t>a<x>1</x></t></si>", b"<si>"])
def test_unusual_texts_are_not_read_quickly(tmp_path: Path, text: bytes) -> None:
    path = made(tmp_path / "a.xlsx", usual)
    edit_zip(path, "xl/sharedStrings.xml", lambda xml: xml.replace("<si><t>序号</t></si>".encode(), text, 1))
    assert read_quickly(path) is None


def test_days_from_1904_on_are_not_read_quickly(tmp_path: Path) -> None:
    path = made(tmp_path / "a.xlsx", usual)
    edit_zip(path, "xl/workbook.xml", lambda xml: xml.replace(b"<workbookPr", b'<workbookPr date1904="1"'))
    assert read_quickly(path) is None
