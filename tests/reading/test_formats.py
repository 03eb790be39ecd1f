"""What a file is goes by its content: real books and texts are read whole, everything else is refused with what to do."""

from __future__ import annotations

import io
import random
import re
import resource
import time
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import msoffcrypto
import odf.opendocument
import odf.table
import odf.text
import openpyxl
import pytest
import xlsxwriter
import xlwt
from msoffcrypto.format.ooxml import OOXMLFile

from include.reading.cell_marks import UNCALCULATED
from include.reading.formats import Sheet, Workbook, open_workbook
from include.reading.read_book import OLE
from include.reading.refusal import Refused

HEADS = ["姓名", "身份证号", "乡镇", "行政村"]
ROWS = [["张䶮", "11010519491231002X", "旌阳镇", "凫阳村"], ["李四", "34052419800101001X", "三溪镇", "三溪村"]]


def as_xlsx(path: Path, rows: list[list[object]], sheet: str = "名单") -> Path:
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def as_xls(path: Path, rows: list[list[object]]) -> Path:
    book = xlwt.Workbook()
    sheet = book.add_sheet("名单")
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            sheet.write(r, c, cell, day) if isinstance(cell, date) else sheet.write(r, c, cell)
    book.save(str(path))
    return path


def as_ods(path: Path, rows: list[list[object]]) -> Path:
    book = odf.opendocument.OpenDocumentSpreadsheet()
    table = odf.table.Table(name="名单")
    for row in rows:
        line = odf.table.TableRow()
        for cell in row:
            place = odf.table.TableCell(valuetype="string")
            place.addElement(odf.text.P(text=str(cell)))
            line.addElement(place)
        table.addElement(line)
    book.spreadsheet.addElement(table)
    book.save(str(path))
    return path


def edit_zip(path: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """The archive with one part changed."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in parts.items():
            new.writestr(name, change(content) if name == part else content)
    return path


def with_row(path: Path, row: bytes) -> Path:
    """A book whose sheet ends with the given row of XML."""
    as_xlsx(path, [HEADS, *ROWS])
    return edit_zip(path, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"</sheetData>", row + b"</sheetData>"))


def as_text(encoding: str, delimiter: str) -> bytes:
    return "\r\n".join(delimiter.join(row) for row in [HEADS, *ROWS]).encode(encoding)


def refused(path: Path, name: str | None = None) -> Refused:
    with pytest.raises(Refused) as caught:
        open_workbook(path, name or path.name)
    assert (name or path.name) in caught.value.reason, "the reason names the file"
    assert "请" in caught.value.reason, "and says what to do"
    return caught.value


@pytest.mark.parametrize(("make", "kind"), [(as_xlsx, "xlsx"), (as_xls, "xls"), (as_ods, "ods")])
@pytest.mark.parametrize("name", ["名单.xlsx", "名单.et", "名单.csv", "名单"])
def test_books_are_read_whatever_their_extension(tmp_path: Path, make, kind: str, name: str) -> None:
    book = open_workbook(make(tmp_path / "delivery", [HEADS, *ROWS]), name)
    assert book.kind == kind
    assert [sheet.name for sheet in book.sheets] == ["名单"]
    assert book.sheets[0].rows == [HEADS, *ROWS]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", ["名单.csv", "名单.txt"])
def test_text_in_any_encoding_and_delimiter(tmp_path: Path, encoding: str, delimiter: str, name: str) -> None:
    path = tmp_path / "delivery"
    path.write_bytes(as_text(encoding, delimiter))
    assert open_workbook(path, name) == Workbook("csv", [Sheet("", True, [HEADS, *ROWS])])


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('某表\n\n姓名,金额\n张三,"1,234.50"\n李四,2\n', [["某表"], [], ["姓名", "金额"], ["张三", "1,234.50"], ["李四", "2"]]),
        ("姓名;金额\n张三;1,5\n李四;2,75\n王五;3,1\n", [["姓名", "金额"], ["张三", "1,5"], ["李四", "2,75"], ["王五", "3,1"]]),
        ("sep=;\n姓名;村\n张三;a\n", [[], ["姓名", "村"], ["张三", "a"]]),
        ('姓名,说明\n张三,"两行\n说明"\n李四,x\n', [["姓名", "说明"], ["张三", "两行\n说明"], ["李四", "x"]]),
        (
            '姓名,说明,村\n"张三,身高"一米,a\n李四,x,b\n',
            [["姓名", "说明", "村"], ['"张三', '身高"一米', "a"], ["李四", "x", "b"]],
        ),
        ('姓名,说明\n"张三,x\n李四,y\n', [["姓名", "说明"], ['"张三', "x"], ["李四", "y"]]),
        ("姓名,村\n张三,\n,\n,,\n", [["姓名", "村"], ["张三", None]]),
        ("姓名,身份证号\n张三,'11010519491231002X\n李四,341825198001010015\n", None),
    ],
    ids=[
        "title-and-blank",
        "semicolon-decimals",
        "sep-line",
        "line-in-quotes",
        "stray-quote",
        "open-quote",
        "blank-end",
        "text-stays",
    ],
)
def test_csv_rows_keep_their_place_and_stay_text(tmp_path: Path, text: str, rows: list | None) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text, "utf-8", newline="")
    read = open_workbook(path, path.name).sheets[0].rows
    if rows is not None:
        assert read == rows
    else:
        assert all(isinstance(cell, str) for row in read for cell in row)


def test_cells_keep_type_and_place(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("名单")
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(2, 1, ["姓名", "身份证号", "日期"])
    sheet.write_row(3, 1, ["张三", 341825198001010015])
    sheet.write_datetime(3, 3, datetime(2024, 3, 1), day)
    sheet.write_boolean(4, 1, True)
    sheet.set_row(4, None, None, {"hidden": True})
    sheet.write_formula(4, 2, "=1+1", None, "")
    sheet.write_formula(5, 2, "=NA()", None, "#N/A")
    sheet.write_formula(6, 3, "=1/0", None, "#DIV/0!")
    book.close()
    rows = open_workbook(path, path.name).sheets[0].rows
    assert rows[:2] == [[None] * 4] * 2, "row 3 of the file is rows[2]"
    assert rows[2] == [None, "姓名", "身份证号", "日期"]
    assert isinstance(rows[3][2], float) and rows[3][2] >= 1e15, "a number stored as a number is seen as one"
    assert rows[3][3] == date(2024, 3, 1)
    assert rows[4] == [None, True, UNCALCULATED, None], "hidden rows are read; a formula without a value is not blank"
    assert rows[5] == [None, None, "#N/A", None]
    assert rows[6][3] == "#DIV/0!", "a row that holds only an error is still there"


def test_wps_book_that_claims_one_cell_is_read_whole(tmp_path: Path) -> None:
    path = as_xlsx(tmp_path / "x.xlsx", [HEADS, *ROWS])
    edit_zip(path, "xl/worksheets/sheet1.xml", lambda xml: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', xml))
    assert open_workbook(path, path.name).sheets[0].rows == [HEADS, *ROWS]


def test_hidden_sheets_are_named_and_not_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(HEADS)
    for name, state in (("藏", "hidden"), ("深藏", "veryHidden")):
        sheet = book.create_sheet(name)
        sheet.append(["内容"])
        sheet.sheet_state = state
    book.save(tmp_path / "x.xlsx")
    sheets = open_workbook(tmp_path / "x.xlsx", "x.xlsx").sheets
    assert [(sheet.name, sheet.is_visible, len(sheet.rows)) for sheet in sheets] == [
        ("Sheet", True, 1),
        ("藏", False, 0),
        ("深藏", False, 0),
    ]


def zip_of(parts: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


HTML = "<html><head><meta charset='gbk'></head><body><table><tr><td>姓名</td></tr></table></body></html>"


@pytest.mark.parametrize(
    ("name", "content", "code", "word"),
    [
        ("a.xlsx", b"", "empty_file", "0 字节"),
        ("a.csv", b"\xef\xbb\xbf \r\n\r\n", "empty_file", "没有内容"),
        ("a.xls", b"\xef\xbb\xbf\n <!DOCTYPE html><table>", "not_a_table", "网页"),
        ("a.xls", b"<html><frameset><frame src='sheet001.htm'></frameset></html>", "not_a_table", "里面没有表格"),
        (
            "a.xls",
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
            "not_a_table",
            "XML 表格",
        ),
        ("a.xlsx", b"%PDF-1.7\n%\xe2\xe3", "not_a_table", "PDF"),
        ("a.xlsx", b"\x89PNG\r\n\x1a\n\0\0", "not_a_table", "图片"),
        ("a.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF", "not_a_table", "图片"),
        ("a.csv", b"Rar!\x1a\x07\x01\0", "not_a_table", "压缩包"),
        ("a.zip", zip_of({"名单.xlsx": b"x"}), "not_a_table", "解压"),
        ("a.docx", zip_of({"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}), "not_a_table", "Word"),
        ("a.xlsx", zip_of({"xl/workbook.xml": b"<workbook"}), "damaged", "损坏"),
        ("a.xlsx", b"PK\x03\x04 half a download", "damaged", "损坏"),
        ("a.xls", OLE + b"\0" * 4000, "not_a_table", "不是 Excel"),
        ("a.xls", OLE + "Workbook".encode("utf-16-le") + b"\xff" * 4000, "damaged", "损坏"),
        ("a.csv", bytes(range(256)) * 8, "not_a_table", "不是表格"),
        ("a.csv", b"\x93\xff\xff\xfe" * 100, "not_a_table", "不是表格"),
    ],
)
def test_what_is_no_table_is_refused_with_a_remedy(tmp_path: Path, name: str, content: bytes, code: str, word: str) -> None:
    path = tmp_path / "delivery"
    path.write_bytes(content)
    answer = refused(path, name)
    assert (answer.reason_code, word in answer.reason) == (code, True), answer.reason


def test_password_xlsx_is_refused(tmp_path: Path) -> None:
    plain = as_xlsx(tmp_path / "plain.xlsx", [HEADS])
    path = tmp_path / "x.xlsx"
    with plain.open("rb") as source, path.open("wb") as target:
        OOXMLFile(source).encrypt("1234", target)
    answer = refused(path)
    assert answer.reason_code == "password" and "取消打开密码" in answer.reason


def test_password_xls_is_refused(tmp_path: Path) -> None:
    """A BIFF book whose globals begin with FilePass, as Excel and WPS write it."""
    path = as_xls(tmp_path / "x.xls", [HEADS])
    content = bytearray(path.read_bytes())
    begin = content.index(b"\x09\x08\x10\x00\x00\x06\x05\x00")  # BOF of the globals
    following = begin + 20
    size = int.from_bytes(content[following + 2 : following + 4], "little")
    content[following : following + 2] = b"\x2f\x00"  # FilePass in the place of the next record
    content[following + 4 : following + 4 + min(size, 2)] = b"\x01\x00"[: min(size, 2)]
    path.write_bytes(content)
    assert refused(path).reason_code == "password"
    assert msoffcrypto.OfficeFile(path.open("rb")).is_encrypted()


def test_half_a_file_is_refused(tmp_path: Path) -> None:
    path = as_xlsx(tmp_path / "x.xlsx", [HEADS, *ROWS])
    path.write_bytes(path.read_bytes()[:-200])
    assert refused(path).reason_code == "damaged"


FAR_CELL = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
SPACES = b'<row r="9"><c r="A9" t="inlineStr"><is><t>' + b" " * 60_000_000 + b"</t></is></c></row>"


@pytest.mark.parametrize(
    "row",
    [
        FAR_CELL,
        b'<row r="4294967295"><c r="A4294967295"><v>1</v></c></row>',
        b'<row r="9"><c r="ZZZZ9"><v>1</v></c></row>',
        SPACES,
    ],
    ids=["far-cell", "row-beyond", "column-beyond", "sixty-million-spaces"],
)
def test_bombs_end_as_a_refusal(tmp_path: Path, row: bytes) -> None:
    path = with_row(tmp_path / "x.xlsx", row)
    started = time.monotonic()
    assert refused(path).reason_code in {"too_large", "too_wide", "damaged"}
    assert time.monotonic() - started < 20


@pytest.mark.bounded
def test_far_cell_takes_no_memory(tmp_path: Path) -> None:
    path = with_row(tmp_path / "x.xlsx", FAR_CELL)
    answer = refused(path)
    assert answer.reason_code == "too_large" and "很远的行" in answer.reason
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 1024 * 1024, "kilobytes: under 1 GB"


@pytest.mark.parametrize(
    ("text", "code"),
    [("姓名" + "," * 1_000_000, "too_wide"), (" " * 3_000_000, "too_large"), ("姓名" + "\n" * 1_100_000, "too_large")],
    ids=["a-million-columns", "one-endless-line", "endless-blank-lines"],
)
def test_absurd_text_is_refused(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text, "utf-8")
    assert refused(path).reason_code == code


def test_too_big_a_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    with path.open("wb") as content:
        content.truncate(201 * 2**20)
    assert refused(path).reason_code == "too_large"


@pytest.mark.parametrize("make", [as_xlsx, as_xls, as_ods])
def test_damaged_bytes_never_crash_the_reader(tmp_path: Path, make) -> None:
    """Whatever bytes are changed, lost or added, the book is read or refused."""
    sound = make(tmp_path / "sound", [HEADS, *ROWS * 10]).read_bytes()
    chance = random.Random(20240310)
    for _ in range(15):
        content = bytearray(sound)
        for _ in range(chance.randint(1, 12)):
            place = chance.randrange(len(content))
            content[place : place + chance.choice((0, 1, 1, 30))] = chance.randbytes(chance.choice((0, 1, 1, 15)))
        path = tmp_path / "damaged"
        path.write_bytes(content)
        try:
            open_workbook(path, "名单.xlsx")
        except Refused as answer:
            assert "请" in answer.reason
