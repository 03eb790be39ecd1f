"""Sheets as departments lay them out: rows of fictional people under the heads of a feed, and files with odd insides."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import odf.draw
import odf.opendocument
import odf.table
import odf.text
import xlsxwriter
import xlwt

from tests.cases.makers import Make, csv, html, number, ods, xls, xlsx

SELF_PAY = {
    "姓名": "", "身份证号": "", "乡镇": "旌阳镇", "行政村": "华丰村", "人员类别": "参保居民", "统计年度": "2024",
    "统计截止月份": "2024-02", "医疗总费用(元)": "60000", "基本医保报销(元)": "10000", "大病保险报销(元)": "4000",
    "医疗救助(元)": "1000", "个人自付费用(元)": "45000",
}  # fmt: skip
LOW_INCOME = {
    "姓名": "", "身份证号": "", "乡镇": "旌阳镇", "行政村": "华丰村", "低收入类型": "低保对象", "城乡类别": "农村",
    "认定日期": "2024-02-01",
}  # fmt: skip
UNEMPLOYED = {
    "姓名": "", "身份证号": "", "乡镇": "旌阳镇", "行政村": "华丰村", "人员类别": "脱贫人口", "劳动能力": "有",
    "就业意愿": "有", "当年就业状态": "未就业",
}  # fmt: skip
INCOME = {
    "年度": "2023", "户主姓名": "", "户主身份证号": "", "乡镇": "旌阳镇", "行政村": "华丰村", "家庭人口": "3",
    "本年人均纯收入(元)": "7500", "上年人均纯收入(元)": "9000", "前年人均纯收入(元)": "9500", "风险情形": "收入偏低",
}  # fmt: skip
RENOVATION = {
    "改造年度": "2024", "户主姓名": "", "户主身份证号": "", "乡镇": "旌阳镇", "行政村": "华丰村", "房屋鉴定等级": "D级",
    "改造方式": "修缮加固",
}  # fmt: skip
HAZARD = {
    "户主姓名": "", "户主身份证号": "", "乡镇": "旌阳镇", "行政村": "华丰村", "隐患类型": "墙体开裂", "房屋鉴定等级": "C级",
    "发现日期": "2024-03-01",
}  # fmt: skip
HIT = {
    "灾害编号": "Z1", "户主姓名": "", "户主身份证号": "", "乡镇": "旌阳镇", "行政村": "华丰村", "受灾情况": "房屋倒塌",
    "已获救助(元)": "3000", "救助后是否仍有困难": "是", "核定日期": "2024-03-05",
}  # fmt: skip
AREA = {
    "灾害编号": "Z1", "灾害名称": "暴雨", "灾害种类": "洪涝", "响应级别": "Ⅳ级", "启动时间": "2024-03-09", "乡镇": "旌阳镇",
    "行政村": "", "受灾人口": "100", "直接经济损失(万元)": "12.5",
}  # fmt: skip
EPIDEMIC = {
    "事件编号": "E1", "事件名称": "流感", "事件类型": "传染病", "发生日期": "2024-03-05", "报告日期": "2024-03-06",
    "乡镇": "旌阳镇", "行政村": "", "波及户数": "30",
}  # fmt: skip
INCIDENT = {
    "案事件编号": "A1", "类别": "交通事故", "发生日期": "2024-03-05", "姓名": "", "身份证号": "", "乡镇": "旌阳镇",
    "行政村": "华丰村", "后果": "财产重大损失", "财产损失(元)": "50000",
}  # fmt: skip
MEASURE = {
    "预警编号": "W000000000001", "监测对象类别": "边缘易致贫户", "纳入日期": "2024-03-09", "帮扶措施": "产业帮扶",
    "责任人": "赵一", "制定日期": "2024-03-09",
}  # fmt: skip
NAMES = ("姓名", "户主姓名", "学生姓名")
NUMBERS = ("身份证号", "户主身份证号", "学生身份证号")

Row = list[Any]
Grid = list[Row]


def person(base: dict[str, Any], name: str, sequence: int, cells: dict[str, Any] | None = None) -> dict[str, Any]:
    """One row of a feed for a fictional person; ``cells``: what it says otherwise, '' for an empty cell."""
    born = "20120102" if "学生姓名" in base else "19700102"
    own = {label: name for label in NAMES if label in base} | {
        label: number(sequence, born) for label in NUMBERS if label in base
    }
    if "残疾人证号" in base:
        own["残疾人证号"] = own["身份证号"] + "41"
    return base | own | (cells or {})


def heads(base: dict[str, Any], renamed: dict[str, str]) -> Row:
    """The heads of a feed, some of them written otherwise."""
    assert renamed.keys() <= base.keys()
    return [renamed.get(label, label) for label in base]


def lines(*rows: dict[str, Any]) -> Grid:
    """The cells of rows."""
    return [list(row.values()) for row in rows]


def grid(*rows: dict[str, Any]) -> Grid:
    """Head and rows."""
    return [list(rows[0]), *lines(*rows)]


def listed(base: dict[str, Any], *names: str, first: int = 103) -> Grid:
    """Head and an ordinary row for each name."""
    return grid(*(person(base, name, first + 2 * at) for at, name in enumerate(names)))


def swapped(table: Grid, one: str, other: str) -> Grid:
    """The same table with two columns, head and cells, in each other's place."""
    a, b = table[0].index(one), table[0].index(other)
    order = [b if at == a else a if at == b else at for at in range(len(table[0]))]
    return [[row[at] for at in order] for row in table]


def beside(left: Grid, right: Grid, gap: int = 1) -> Grid:
    """Two tables beside each other, ``gap`` blank columns between them."""
    width = max(map(len, left))
    pairs = [
        (left[at] if at < len(left) else [], right[at] if at < len(right) else []) for at in range(max(len(left), len(right)))
    ]
    return [[*one, *[""] * (width - len(one) + gap), *other] for one, other in pairs]


def saved(rows: Grid, kind: str, name: str = "名单") -> Make:
    """The rows as a file of that kind: xlsx, xls, ods, csv, tsv, html (a web page named .xls)."""
    makes: dict[str, Callable[[], Make]] = {
        "xlsx": lambda: xlsx(rows, f"{name}.xlsx"),
        "xls": lambda: xls(rows, f"{name}.xls"),
        "ods": lambda: ods(rows, f"{name}.ods"),
        "csv": lambda: csv(rows, f"{name}.csv"),
        "tsv": lambda: csv(rows, f"{name}.txt", encoding="utf-8", delimiter="\t"),
        "html": lambda: html(rows, f"{name}.xls"),
    }
    return makes[kind]()


def xls_sheets(sheets: dict[str, Grid], name: str = "名单.xls") -> Make:
    """A BIFF workbook of several sheets."""

    def make(folder: Path) -> Path:
        book = xlwt.Workbook()
        for title, rows in sheets.items():
            target = book.add_sheet(title)
            for r, row in enumerate(rows):
                for c, cell in enumerate(row):
                    if cell != "":
                        target.write(r, c, cell)
        book.save(str(folder / name))
        return folder / name

    return make


# Lists that are no cells


def picture() -> bytes:
    """A white PNG of one pixel."""
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(bytes(1) + b"\xff" * 3)),
        (b"IEND", b""),
    )
    chunks = [struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def pasted(rows: Grid, at: str, *, as_text: str = "", name: str = "名单.xlsx") -> Make:
    """A workbook with a picture, or a text box saying ``as_text``, over the cell ``at``."""

    def make(folder: Path) -> Path:
        with xlsxwriter.Workbook(folder / name) as book:
            target = book.add_worksheet()
            for r, row in enumerate(rows):
                target.write_row(r, 0, row)
            if as_text:
                target.insert_textbox(at, as_text)
            else:
                target.insert_image(at, "list.png", {"image_data": io.BytesIO(picture())})
        return folder / name

    return make


def pasted_ods(rows: Grid, name: str = "名单.ods") -> Make:
    """An OpenDocument workbook with a picture in a cell of the row below the last."""

    def make(folder: Path) -> Path:
        book = odf.opendocument.OpenDocumentSpreadsheet()
        table = odf.table.Table(name="名单")
        for row in rows:
            line = odf.table.TableRow()
            for cell in row:
                place = odf.table.TableCell(valuetype="string")
                place.addElement(odf.text.P(text=cell))
                line.addElement(place)
            table.addElement(line)
        frame = odf.draw.Frame(width="12cm", height="6cm", x="0cm", y="2cm")
        frame.addElement(odf.draw.Image(href=book.addPictureFromString(picture(), "image/png")))
        place = odf.table.TableCell()
        place.addElement(frame)
        line = odf.table.TableRow()
        line.addElement(place)
        table.addElement(line)
        book.spreadsheet.addElement(table)
        book.save(str(folder / name))
        return folder / name

    return make


# The insides of an archive


def repacked(make_whole: Make, rename: Callable[[str], str], replaced: Sequence[tuple[bytes, bytes]] = ()) -> Make:
    """The same workbook with other names of its parts; ``replaced``: what stands otherwise inside them."""

    def make(folder: Path) -> Path:
        path = make_whole(folder)
        with zipfile.ZipFile(path) as old:
            parts = [(name, old.read(name)) for name in old.namelist()]
        with zipfile.ZipFile(path, "w") as new:
            for name, content in parts:
                for old_words, new_words in replaced:
                    content = content.replace(old_words, new_words)
                entry = zipfile.ZipInfo(name, (2024, 3, 8, 8, 0, 0))
                entry.filename, entry.compress_type = rename(name), zipfile.ZIP_DEFLATED
                new.writestr(entry, content)
        return path

    return make


def backslashed(make_whole: Make) -> Make:
    """Parts named with backslashes, as some Windows programs pack them."""
    return repacked(make_whole, lambda name: name.replace("/", "\\"))


def main_part_renamed(make_whole: Make) -> Make:
    """The main part is workbook2.xml instead of workbook.xml; the archive says so itself, as it should."""
    names = [(b"xl/workbook.xml", b"xl/workbook2.xml")]
    return repacked(make_whole, lambda name: name.replace("workbook.xml", "workbook2.xml"), names)
