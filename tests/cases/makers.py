"""Files as departments really send them, each made in the tests: a good table of a feed and what is done to it."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import odf.opendocument
import odf.table
import odf.text
import openpyxl
import xlsxwriter
import xlwt

from include.identity.numbers import check_character
from tests.files import with_password

Row = Sequence[Any]
Make = Callable[[Path], Path]


def number(sequence: int, born: str = "19700102") -> str:
    """A fictional person's number with the right check character."""
    first = f"341825{born}{sequence:03d}"
    return first + check_character(first)


NUMBER = number(33)  # of the row a case is about
NUMBER_X = next(found for sequence in range(900) if (found := number(sequence, "19650411")).endswith("X"))

UNINSURED = {
    "姓名": "王五", "身份证号": NUMBER, "乡镇": "旌阳镇", "行政村": "华丰村", "人员类别": "脱贫人口", "参保年度": "2024年",
    "未参保原因": "外出务工",
}  # fmt: skip
LOSS = {
    "户主姓名": "王五", "户主身份证号": NUMBER, "乡镇": "旌阳镇", "行政村": "华丰村", "产业类型": "茶叶", "损失原因": "冻害",
    "受灾面积(亩)": "3.5", "经济损失(元)": "15000", "发生日期": "2024-03-01",
}  # fmt: skip
WATER = {
    "户主姓名": "王五", "户主身份证号": NUMBER, "乡镇": "旌阳镇", "行政村": "华丰村", "饮水问题类型": "水质",
    "发现日期": "2024-03-01",
}  # fmt: skip
CERTIFICATE = {
    "姓名": "王五", "身份证号": NUMBER, "残疾人证号": NUMBER + "41", "残疾类别": "肢体", "残疾等级": "一级",
    "发证日期": "2024-02-01", "乡镇": "旌阳镇", "行政村": "华丰村", "是否缺少劳动力": "是", "返贫致贫风险": "高",
}  # fmt: skip
DROPOUT = {
    "学期": "2024年春季", "学生姓名": "王小五", "学生身份证号": number(33, "20120102"), "学校": "旌阳小学", "学段": "小学",
    "年级": "五年级", "失学辍学情况": "辍学", "监护人姓名": "王五", "乡镇": "旌阳镇", "行政村": "华丰村",
}  # fmt: skip
PETITION = {
    "信访编号": "XF2024-07", "受理日期": "2024-03-01", "姓名": "王五", "身份证号": "", "乡镇": "旌阳镇", "行政村": "华丰村",
    "诉求内容": "住房漏雨", "人均纯收入(元)": "6500", "基本生活是否困难": "是",
}  # fmt: skip
REGISTRY = {
    "数据日期": "2024-03-01", "县(市、区、旗)": "旌德县", "乡(镇)": "旌阳镇", "行政村": "华丰村", "户编号": "H0009",
    "姓名": "王五", "证件号码": NUMBER, "户类型": "脱贫户",
}  # fmt: skip
RETURNED = {
    "户次": "1", "预警编号": "W0123456789AB", "行政村": "华丰村委会", "户主姓名": "王五", "预警类型": "因病", "是否属实": "是",
    "是否符合监测条件": "否", "核查情况": "已入户,费用属实,家庭收入稳定", "未纳入理由": "收入稳定", "核查人": "赵一",
    "核查人2": "钱二", "核查日期": "2024-03-09", "审核人": "孙三",
}  # fmt: skip
KEYS = {"身份证号": number, "户主身份证号": number, "学生身份证号": lambda sequence: number(sequence, "20110304"),
        "证件号码": number, "预警编号": lambda sequence: f"W00000000{sequence:04X}"}  # fmt: skip


def table(base: dict[str, Any], *changes: dict[str, Any], good: int = 2) -> list[list[Any]]:
    """Head, ``good`` ordinary rows, and one row for each change of the base row."""
    heads = list(dict.fromkeys([*base, *(label for change in changes for label in change)]))
    rows = []
    for sequence in range(1, good + 1):
        own = {label: key(2 * sequence + 101) for label, key in KEYS.items() if base.get(label)}
        if "残疾人证号" in base:
            own["残疾人证号"] = f"{own['身份证号']}41"
        named = {label: "张李周吴"[sequence - 1] + "明" for label in base if label in ("姓名", "户主姓名", "学生姓名")}
        rows.append(base | own | named)
    return [heads, *([row.get(label, "") for label in heads] for row in [*rows, *(base | change for change in changes)])]


def without(rows: list[list[Any]], label: str) -> list[list[Any]]:
    """The table without one column."""
    at = rows[0].index(label)
    return [row[:at] + row[at + 1 :] for row in rows]


# As files


def xlsx(
    rows: Sequence[Row],
    name: str = "名单.xlsx",
    *,
    hidden_rows: Sequence[int] = (),
    more: dict[str, Sequence[Row]] | None = None,
    hidden: Sequence[str] = (),
    merged: Sequence[str] = (),
    sheet: str = "Sheet1",
) -> Make:
    """A workbook as Excel writes it. ``more``: further sheets; ``merged``: ranges whose first cell holds the value."""

    def make(folder: Path) -> Path:
        book = openpyxl.Workbook()
        for title, content in {sheet: rows, **(more or {})}.items():
            target = book.active if title == sheet else book.create_sheet(title)
            target.title = title
            for row in content:
                target.append([None if cell == "" else cell for cell in row])
            if title in hidden:
                target.sheet_state = "hidden"
        for row_number in hidden_rows:
            book[sheet].row_dimensions[row_number].hidden = True
        for cells in merged:
            book[sheet].merge_cells(cells)
        book.save(folder / name)
        return folder / name

    return make


def wps_xlsx(rows: Sequence[Row], name: str = "WPS导出.xlsx") -> Make:
    """A workbook that says of itself that it has one cell."""

    def make(folder: Path) -> Path:
        path = xlsx(rows, name)(folder)
        with zipfile.ZipFile(path) as old:
            parts = {part: old.read(part) for part in old.namelist()}
        part = "xl/worksheets/sheet1.xml"
        parts[part] = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', parts[part])
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
            for part, content in parts.items():
                new.writestr(part, content)
        return path

    return make


def error_xlsx(rows: Sequence[Row], name: str = "公式.xlsx") -> Make:
    """Cells whose text begins with = are formulas that came out as #N/A."""

    def make(folder: Path) -> Path:
        with xlsxwriter.Workbook(folder / name) as book:
            target = book.add_worksheet("名单")
            for r, row in enumerate(rows):
                for c, cell in enumerate(row):
                    if str(cell).startswith("="):
                        target.write_formula(r, c, cell, None, "#N/A")
                    else:
                        target.write(r, c, cell)
        return folder / name

    return make


def xls(rows: Sequence[Row], name: str = "名单.xls", *, merged: Sequence[tuple[int, int, int, int]] = ()) -> Make:
    """A BIFF workbook (xls, et). Cells that say #N/A are errors; ``merged``: first and last row, first and last
    column, from 0."""

    def make(folder: Path) -> Path:
        book = xlwt.Workbook()
        target = book.add_sheet("名单")
        day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
        covered = {(r, c) for top, bottom, left, right in merged for r in range(top, bottom + 1) for c in range(left, right + 1)}
        for top, bottom, left, right in merged:
            target.write_merge(top, bottom, left, right, rows[top][left])
        for r, row in enumerate(rows):
            for c, cell in enumerate(row):
                if (r, c) in covered or cell == "":
                    continue
                if cell == "#N/A":
                    target.row(r).set_cell_error(c, 0x2A)
                elif isinstance(cell, date):
                    target.write(r, c, cell, day)
                else:
                    target.write(r, c, cell)
        book.save(str(folder / name))
        return folder / name

    return make


CALCEXT = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'


def ods(rows: Sequence[Row], name: str = "名单.ods", *, merged: Sequence[tuple[int, int, int]] = ()) -> Make:
    """An OpenDocument workbook; cells that say #N/A are errors as LibreOffice writes them. ``merged``: first
    row, last row, column, from 0."""

    def make(folder: Path) -> Path:
        book = odf.opendocument.OpenDocumentSpreadsheet()
        target = odf.table.Table(name="名单")
        spans = {(top, column): bottom - top + 1 for top, bottom, column in merged}
        covered = {(row, column) for top, bottom, column in merged for row in range(top + 1, bottom + 1)}
        for r, row in enumerate(rows):
            line = odf.table.TableRow()
            for c, cell in enumerate(row):
                if (r, c) in covered:
                    line.addElement(odf.table.CoveredTableCell())
                    continue
                more = {"stringvalue": ""} if cell == "#N/A" else {}
                if (r, c) in spans:
                    more |= {"numberrowsspanned": spans[r, c], "numbercolumnsspanned": 1}
                place = odf.table.TableCell(valuetype="string", **more)
                place.addElement(odf.text.P(text=str(cell)))
                line.addElement(place)
            target.addElement(line)
        book.spreadsheet.addElement(target)
        book.save(str(folder / name))
        with zipfile.ZipFile(folder / name) as old:
            parts = {part: old.read(part) for part in old.namelist()}
        content = parts["content.xml"].decode()
        content = content.replace('office:string-value=""', 'office:string-value="" calcext:value-type="error"')
        parts["content.xml"] = content.replace("<office:document-content ", f"<office:document-content {CALCEXT} ", 1).encode()
        with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as new:
            for part, body in parts.items():
                new.writestr(part, body)
        return folder / name

    return make


def csv(rows: Sequence[Row], name: str = "名单.csv", *, encoding: str = "gb18030", delimiter: str = ",") -> Make:
    """A text file whose cells are written as they are, without quotation marks."""
    return raw("\r\n".join(delimiter.join(str(cell) for cell in row) for row in rows).encode(encoding), name)


def raw(content: bytes, name: str) -> Make:
    """A file of any bytes."""

    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return make


def html(rows: Sequence[Row], name: str) -> Make:
    """A web page that a department's system hands out as .xls."""
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return raw(f"<html><head><meta charset='gbk'></head><body><table>{lines}</table></body></html>".encode("gb18030"), name)


def drawn_xlsx(rows: Sequence[Row], name: str = "名单.xlsx") -> Make:
    """A workbook with a text box over its cells."""

    def make(folder: Path) -> Path:
        with xlsxwriter.Workbook(folder / name) as book:
            target = book.add_worksheet()
            for r, row in enumerate(rows):
                target.write_row(r, 0, row)
            target.insert_textbox(len(rows) + 1, 0, "王五 旌阳镇 华丰村")
        return folder / name

    return make


def spoiled(make_whole: Make) -> Make:
    """A text in which a byte that is no character stands for each @."""

    def make(folder: Path) -> Path:
        path = make_whole(folder)
        path.write_bytes(path.read_bytes().replace(b"@", b"\xff"))
        return path

    return make


def locked(rows: Sequence[Row], name: str = "加密.xlsx") -> Make:
    """A workbook with a password for opening."""
    return lambda folder: with_password(xlsx(rows, name)(folder), "1234")


def locked_xls(rows: Sequence[Row], name: str = "加密.xls") -> Make:
    """A BIFF workbook whose first part begins with FilePass, as Excel and WPS write it."""

    def make(folder: Path) -> Path:
        path = xls(rows, name)(folder)
        content = bytearray(path.read_bytes())
        following = content.index(b"\x09\x08\x10\x00\x00\x06\x05\x00") + 20
        content[following : following + 2] = b"\x2f\x00"
        content[following + 4 : following + 6] = b"\x01\x00"
        path.write_bytes(content)
        return path

    return make


def half(make_whole: Make) -> Make:
    """A file whose copying was broken off."""

    def make(folder: Path) -> Path:
        path = make_whole(folder)
        path.write_bytes(path.read_bytes()[:-300])
        return path

    return make


def zipped(name: str = "名单.zip") -> Make:
    """A zip archive instead of the workbook inside it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("名单.xlsx", b"x")
    return raw(content.getvalue(), name)
