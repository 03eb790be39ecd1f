"""Files are read by their content: pages and text under any name, archives named oddly inside, damaged bytes, pictures."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

import odf.draw
import odf.opendocument
import odf.table
import odf.text
import openpyxl
import pytest
import xlsxwriter

from include.reading.file_kind import read_file
from include.reading.refusal import Refused
from include.reading.workbook import UNREADABLE, Workbook
from include.reading.xls_marks import xls_marks

HEAD = ["户主姓名", "户主身份证号", "乡镇"]
ROWS = [["张明", "341825197001021033", "旌阳镇"], ["李明", "34182519700102105X", "三溪镇"]]


def read(content: bytes, name: str) -> Workbook:
    return read_file(io.BytesIO(content), name)


def cells(book: Workbook) -> list[list[list[object]]]:
    return [[list(row) for row in sheet.rows] for sheet in book.sheets]


# Web pages


def page(body: str, charset: str = "utf-8") -> bytes:
    return f"<html><head><meta charset='{charset}'><title>导出</title></head><body>{body}</body></html>".encode(charset)


TABLE = "<table>" + "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in [HEAD, *ROWS]) + "</table>"


@pytest.mark.parametrize("name", ["导出.xls", "导出.xlsx", "导出.et", "导出.csv", "导出.html"])
@pytest.mark.parametrize("charset", ["utf-8", "gbk", "gb2312", "gb18030", "utf-16"])
def test_a_web_page_under_any_name(name: str, charset: str) -> None:
    book = read(page(TABLE, charset), name)
    assert cells(book) == [[HEAD, *ROWS]]
    assert book.notes == (() if name.endswith("html") else ("html_content",))


def test_a_charset_that_is_not_true_or_not_given() -> None:
    for content in (page(TABLE).replace(b"utf-8", b"gb2312"), TABLE.encode("gb18030"), b"\xef\xbb\xbf\r\n" + TABLE.encode()):
        assert cells(read(content, "a.xls")) == [[HEAD, *ROWS]]


def test_spans_line_breaks_and_ends_that_are_left_out() -> None:
    (sheet,) = read(
        page(
            "<h2>2024年3月名单</h2><p>单位：<b>万元</b></p>"
            "<table><thead><tr><th rowspan=2>乡镇<th colspan=2>户主</tr><tr><th>姓<br>名<th>身份证\n号</thead>"
            "<tr><td rowspan='2'>旌阳镇<td>张&nbsp;明<td style='mso-number-format:\\@'>341825"
            "<tr><td>李明<td>341826</table><p>注：完</p>"
        ),
        "a.xls",
    ).sheets
    assert [list(row)[:3] for row in sheet.rows] == [
        ["2024年3月名单"], ["单位：万元"], ["乡镇", "户主", None], [None, "姓\n名", "身份证 号"], ["旌阳镇", "张 明", "341825"],
        [None, "李明", "341826"], ["注：完"],
    ]  # fmt: skip
    assert sheet.merged == [(2, 0, 3, 0), (4, 0, 5, 0)]


def test_several_tables_and_tables_for_layout() -> None:
    book = read(
        page(f"<table><tr><td>第一季度</td></tr><tr><td>{TABLE}</td></tr></table><p>第二张</p>{TABLE}<table></table>"), "a.xls"
    )
    assert cells(book) == [[["第一季度"], HEAD, *ROWS], [["第二张"], HEAD, *ROWS]]
    assert [sheet.name for sheet in book.sheets] == ["表1", "表2"]


def test_a_table_inside_a_lists_cell_is_its_text() -> None:
    inner = TABLE.replace("三溪镇", "<table><tr><td>三溪镇</td></tr></table>")
    assert cells(read(page(inner), "a.xls")) == [[HEAD, *ROWS]]


def test_what_scripts_and_styles_say_is_no_cell() -> None:
    body = TABLE.replace("旌阳镇", "<script>x</script>旌阳镇<style>td{}</style>")
    assert cells(read(page(body), "a.xls")) == [[HEAD, *ROWS]]


@pytest.mark.parametrize("body", ["<p>登录已过期，请重新登录</p>", "<table><tr><td> </td></tr></table>", ""])
def test_a_page_without_a_table(body: str) -> None:
    with pytest.raises(Refused) as caught:
        read(page(body), "导出.xls")
    assert caught.value.reason_code == "not_a_table" and "网页" in caught.value.reason


def test_spans_beyond_any_table_fill_no_memory() -> None:
    book = read(page("<table><tr><td colspan=999999 rowspan=9999999>x</td></tr></table>"), "a.xls")
    assert len(book.sheets[0].rows) == 1 and book.sheets[0].merged == []


# Text


def text(delimiter: str = ",", rows: list[list[str]] | None = None) -> str:
    return "\r\n".join(delimiter.join(row) for row in rows or [HEAD, *ROWS])


@pytest.mark.parametrize("name", ["导出.xls", "导出.xlsx", "导出.et", "导出.ods"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_text_named_like_a_workbook(name: str, encoding: str, delimiter: str) -> None:
    book = read(text(delimiter).encode(encoding), name)
    assert (cells(book), book.kind, book.notes) == ([[HEAD, *ROWS]], "csv", ("text_content",))


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ('="341825197001021033"', "341825197001021033"),
        ('"=""0012"""', "0012"),
        ("=“0012”", "0012"),
        ("='0012'", "0012"),
        (' = "0012" ', "0012"),
        ('="a""b"', 'a"b'),
        ("'0012", "0012"),
        ("’0012", "0012"),
        ("=A1+1", "=A1+1"),
        ("''", "''"),
        ("O'Neil", "O'Neil"),
    ],
)
def test_a_cell_of_a_text_is_what_a_spreadsheet_shows(written: str, shown: str) -> None:
    assert cells(read(f"户主姓名,证号,乡镇\r\n张明,{written},旌阳镇\r\n".encode(), "a.csv"))[0][1][1] == shown


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_a_zero_byte_is_dropped(encoding: str) -> None:
    content = text().replace("张明", "张\0明").replace("旌阳镇", "旌阳镇\0\0").encode(encoding)
    assert cells(read(content, "a.csv")) == [[HEAD, *ROWS]]


@pytest.mark.parametrize(
    ("encoding", "broken"), [("utf-8", b"\xe6"), ("utf-8", b"\xff"), ("gb18030", b"\xff"), ("gb18030", b"\x80")]
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_unreadable_byte_spoils_its_cell_only(encoding: str, broken: bytes, place: int) -> None:
    rows = [
        [f"{cell}@" if at == place and number == 1 else cell for at, cell in enumerate(row)] for number, row in enumerate(ROWS)
    ]
    found = cells(read(text(rows=[HEAD, *rows]).encode(encoding).replace(b"@", broken), "a.csv"))[0]
    assert found[:2] == [HEAD, ROWS[0]] and UNREADABLE in str(found[2][place])
    assert [cell for at, cell in enumerate(found[2]) if at != place] == [cell for at, cell in enumerate(ROWS[1]) if at != place]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark(encoding: str) -> None:
    assert cells(read(text().encode(encoding), "a.txt")) == [[HEAD, *ROWS]]


# Archives


def workbook(rows: list[list[str]] | None = None) -> dict[str, bytes]:
    book, content = openpyxl.Workbook(), io.BytesIO()
    for row in rows or [HEAD, *ROWS]:
        book.active.append(row)
    book.save(content)
    with zipfile.ZipFile(content) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def written_by_xlsxwriter() -> dict[str, bytes]:
    """With shared texts, and links that do not begin at the root."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([HEAD, *ROWS]):
            sheet.write_row(number, 0, row)
    with zipfile.ZipFile(content) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def archived(parts: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            entry = zipfile.ZipInfo(name)
            entry.filename = name
            archive.writestr(entry, part)
    return content.getvalue()


def main_part_named(name: str, parts: dict[str, bytes]) -> bytes:
    parts[name] = parts.pop("xl/workbook.xml")
    folder, _, file = name.rpartition("/")
    parts[f"{folder}/_rels/{file}.rels".lstrip("/")] = parts.pop("xl/_rels/workbook.xml.rels")
    parts["_rels/.rels"] = parts["_rels/.rels"].replace(b"xl/workbook.xml", name.encode())
    if folder != "xl":
        inside = [part for part in parts if part.startswith("xl/")]
        parts |= {part.replace("xl/", f"{folder}/" if folder else "", 1): parts.pop(part) for part in inside}
        links = f"{folder}/_rels/{file}.rels".lstrip("/")
        parts[links] = parts[links].replace(b'"/xl/', f'"/{folder}/'.encode() if folder else b'"/')
    return archived(parts)


def shared_texts_named_otherwise() -> bytes:
    parts = written_by_xlsxwriter()
    parts["xl/strings1.xml"] = parts.pop("xl/sharedStrings.xml")
    links = "xl/_rels/workbook.xml.rels"
    parts[links] = parts[links].replace(b"sharedStrings.xml", b"strings1.xml")
    return archived(parts)


@pytest.mark.parametrize(
    "content",
    [
        archived({name.replace("/", "\\"): part for name, part in workbook().items()}),
        archived({f"/{name}": part for name, part in workbook().items()}),
        archived(
            {
                name.replace("workbook", "Workbook").replace("_rels/.rels", "_Rels/.rels"): part
                for name, part in workbook().items()
            }
        ),
        main_part_named("xl/workbook1.xml", workbook()),
        main_part_named("xl/book.xml", written_by_xlsxwriter()),
        main_part_named("book/main.xml", workbook()),
        main_part_named("book/main.xml", written_by_xlsxwriter()),
        main_part_named("main.xml", workbook()),
        shared_texts_named_otherwise(),
    ],
    ids=[
        "backslashes",
        "leading slash",
        "capitals",
        "another name",
        "another name too",
        "another folder",
        "its links",
        "no folder",
        "shared texts",
    ],
)
def test_a_workbook_whose_parts_have_other_names(content: bytes) -> None:
    book = read(content, "a.xlsx")
    assert (book.kind, cells(book)) == ("xlsx", [[HEAD, *ROWS]])


# Pictures and text boxes


def png() -> bytes:
    """One white point."""
    parts = ((b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(b"\0\xff\xff\xff")), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts
    )


def xlsx(tmp_path: Path, what: str) -> bytes:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet, other = book.add_worksheet("甲"), book.add_worksheet("乙")
        for place in (sheet, other):
            place.write_row(0, 0, HEAD)
        if what == "text box":
            sheet.insert_textbox("A3", "张明 旌阳镇")
        elif what == "empty shape":
            sheet.insert_textbox("A3", "")
        elif what == "picture":
            sheet.insert_image("A3", "x.png", {"image_data": io.BytesIO(png())})
        elif what == "chart":
            chart = book.add_chart({"type": "column"})
            chart.add_series({"values": "=甲!$A$1:$A$3"})
            sheet.insert_chart("A3", chart)
        elif what == "comment":
            sheet.write_comment("A1", "说明")
    return path.read_bytes()


@pytest.mark.parametrize(
    ("what", "is_drawn"),
    [("picture", True), ("text box", True), ("empty shape", False), ("chart", False), ("comment", False), ("nothing", False)],
)
def test_what_lies_over_the_cells_of_an_xlsx(tmp_path: Path, what: str, is_drawn: bool) -> None:
    book = read(xlsx(tmp_path, what), "a.xlsx")
    assert [sheet.has_drawing for sheet in book.sheets] == [is_drawn, False]


def test_a_text_box_over_an_ods(tmp_path: Path) -> None:
    book = odf.opendocument.OpenDocumentSpreadsheet()
    for name in ("甲", "乙"):
        sheet = odf.table.Table(name=name)
        row = odf.table.TableRow()
        cell = odf.table.TableCell(valuetype="string")
        cell.addElement(odf.text.P(text="乡镇"))
        row.addElement(cell)
        sheet.addElement(row)
        if name == "甲":
            shapes = odf.table.Shapes()
            frame = odf.draw.Frame()
            box = odf.draw.TextBox()
            box.addElement(odf.text.P(text="张明"))
            frame.addElement(box)
            shapes.addElement(frame)
            sheet.addElement(shapes)
        book.spreadsheet.addElement(sheet)
    book.save(str(tmp_path / "a.ods"))
    assert [sheet.has_drawing for sheet in read((tmp_path / "a.ods").read_bytes(), "a.ods").sheets] == [True, False]


def test_a_picture_over_an_xls(tmp_path: Path) -> None:
    import xlwt

    book = xlwt.Workbook()
    for name in ("甲", "乙"):
        book.add_sheet(name).write(0, 0, "乡镇")
    width = height = 2
    bmp = b"BM" + (54 + 16).to_bytes(4, "little") + b"\0" * 4 + (54).to_bytes(4, "little") + (40).to_bytes(4, "little")
    bmp += width.to_bytes(4, "little") + height.to_bytes(4, "little") + b"\1\0\x18\0" + b"\0" * 24 + b"\xff" * 16
    (tmp_path / "x.bmp").write_bytes(bmp)
    book.get_sheet(0).insert_bitmap(str(tmp_path / "x.bmp"), 2, 0)
    book.save(str(tmp_path / "a.xls"))
    content = (tmp_path / "a.xls").read_bytes()
    assert xls_marks(io.BytesIO(content)).drawn == {"甲"}
    assert [sheet.has_drawing for sheet in read(content, "a.xls").sheets] == [True, False]
