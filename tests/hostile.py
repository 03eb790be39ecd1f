"""Files made to harm whoever reads them, and files that only chance could make: bytes and the name they are sent under.

``inputs()`` makes them all, by kind; the same each time. The large ones are a few megabytes here and hundreds when unpacked.
"""

from __future__ import annotations

import io
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

import openpyxl
import xlwt

HEADS = ["姓名", "身份证号", "乡镇", "行政村", "人员类别", "参保年度"]
ROW = ["张三", "34052419800101001X", "旌阳镇", "华丰村", "脱贫人口", 2024]
SHEET, STRINGS, STYLES, BOOK = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml"
MAIN = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
OPEN, CLOSE = b'<worksheet xmlns="' + MAIN + b'"><sheetData>', b"</sheetData></worksheet>"
ODS_OPEN = (
    b'<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    b'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
    b'<office:body><office:spreadsheet><table:table table:name="a">'
)
ODS_CLOSE = b"</table:table></office:spreadsheet></office:body></office:document-content>"
CELL_OF_ODS = b'<table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell>'
MAGICS = (
    b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"%PDF-1.7", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"Rar!", b"\x1f\x8b\x08",
    b"\x09\x08\x10\x00", b"{\\rtf", b"RIFF", b"PAR1", b"SQLite format 3\0",
)  # fmt: skip

Named = tuple[str, bytes]


def inputs() -> list[tuple[str, str, bytes]]:
    """(kind, file name, content) of every hostile file."""
    return [(kind, name, content) for kind, make in KINDS.items() for name, content in make()]


# What sound files they are made of


@lru_cache
def sound_xlsx() -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    for row in [["未参保名单(2024年3月)"], HEADS, *[ROW] * 20]:
        book.active.append(row)
    book.save(content)
    return content.getvalue()


@lru_cache
def sound_xls() -> bytes:
    book, content = xlwt.Workbook(), io.BytesIO()
    sheet = book.add_sheet("名单")
    for r, row in enumerate([HEADS, *[ROW] * 20]):
        for c, cell in enumerate(row):
            sheet.write(r, c, cell)
    book.save(content)
    return content.getvalue()


def zipped(parts: dict[str, bytes | Iterable[bytes]]) -> bytes:
    """An archive; a part in pieces is never held whole."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            with archive.open(name, "w", force_zip64=True) as out:
                for piece in [part] if isinstance(part, bytes) else part:
                    out.write(piece)
    return content.getvalue()


def xlsx_with(changed: dict[str, bytes | Iterable[bytes]]) -> bytes:
    """A sound xlsx with some parts replaced or added."""
    with zipfile.ZipFile(io.BytesIO(sound_xlsx())) as sound:
        return zipped({name: sound.read(name) for name in sound.namelist()} | changed)


def ods_with(content: bytes | Iterable[bytes]) -> bytes:
    """An ods of such a content."""
    return zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": content})


def many(piece: bytes, count: int, before: bytes = b"", after: bytes = b"") -> Iterator[bytes]:
    """So many of a piece, a megabyte or so at a time."""
    yield before
    at_once = max(1, 2**20 // len(piece))
    for start in range(0, count, at_once):
        yield piece * min(at_once, count - start)
    yield after


# Kinds


def unclosed_tags() -> Iterator[Named]:
    for number, piece in enumerate((
        b'<c t="e" ', b"<c ", b'<c r="A1" t="e">', b'<c r="A1"><f>', b"<row ", b'<row r="1" ', b"<v>", b'r="A1" ',
        b"<", b">", b"&",
    )):  # fmt: skip
        yield f"标记{number}.xlsx", xlsx_with({SHEET: many(piece, 2_000_000, OPEN)})


def unclosed_in_a_large_book() -> Iterator[Named]:
    """Enough of it that the book is read the quick way."""
    filler = many(b'<row r="1"><c r="A1"><v>1</v></c></row>', 600_000, OPEN)
    for name, piece in (("格", b"<c "), ("行", b'<row r="1" '), ("格里", b'<c r="A1"><v>')):
        yield f"大{name}.xlsx", xlsx_with({SHEET: [*filler, *many(piece, 2_000_000)]})
    for name, piece in (("注音", b"<rPh>"), ("文字", b"<t "), ("条目", b"<si>"), ("反", b"</rPh>")):
        strings = many(piece, 4_000_000, b'<sst xmlns="' + MAIN + b'"><si><t>x</t></si>', b"</sst>")
        yield f"大{name}.xlsx", xlsx_with({STRINGS: strings, SHEET: many(b" ", 20 * 2**20, OPEN, CLOSE)})


def endless_tokens() -> Iterator[Named]:
    for name, before, piece in (
        ("属性", b"<table:table-row x='", b" "), ("注释", b"<!-- ", b">"), ("原文", b"<![CDATA[", b"]"), ("指令", b"<?x ", b"?"),
        ("正文", b"<table:table-row><table:table-cell office:value-type='string'><text:p>", b"x"), ("很多属性", b"<x ", b"a='' "),
    ):  # fmt: skip
        yield f"{name}.ods", ods_with(mixed(before, piece))


def mixed(before: bytes, piece: bytes, megabytes: int = 100) -> Iterator[bytes]:
    """So much of a piece with a little noise between, so that it is no bomb by its packing."""
    chance = random.Random(piece)
    yield ODS_OPEN + before
    for _ in range(megabytes):
        yield piece * (2**20 // len(piece)) + chance.randbytes(8000).hex().encode()


def repeated() -> Iterator[Named]:
    cell = (
        b'<table:table-cell table:number-columns-repeated="%s" office:value-type="string"><text:p>x</text:p></table:table-cell>'
    )
    row = b'<table:table-row table:number-rows-repeated="%s">%s</table:table-row>'
    for name, rows, columns in (
        ("行", b"1048576", b"100"), ("列", b"1", b"2000000000"), ("行列", b"2000000000", b"2000000000"), ("负", b"-5", b"-5"),
        ("长", b"9" * 5000, b"1"), ("格", b"100000", b"10000"),
    ):  # fmt: skip
        yield f"重复{name}.ods", ods_with(ODS_OPEN + row % (rows, cell % columns) + ODS_CLOSE)
    error = b'<table:table-cell office:value-type="error" table:number-rows-spanned="999999999"/>'
    yield "错误.ods", ods_with(many(row % (b"1000", error), 100_000, ODS_OPEN, ODS_CLOSE))


def far_cells() -> Iterator[Named]:
    for place in ("XFD1048576", "A4294967295", "ZZZZ9", "XFD100000", "AAA1048576", "A0", "A99999999999999999999"):
        row = place.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        content = f'<row r="1"><c r="A1"><v>1</v></c></row><row r="{row}"><c r="{place}"><v>1</v></c></row>'.encode()
        yield f"{place}.xlsx", xlsx_with({SHEET: OPEN + content + CLOSE})
    yield "格子.xlsx", xlsx_with({SHEET: many(b"<c><v>1</v></c>", 3_000_000, OPEN + b"<row>", b"</row>" + CLOSE)})


def bombs() -> Iterator[Named]:
    yield "空格.xlsx", xlsx_with({SHEET: many(b" ", 400 * 2**20, OPEN, CLOSE)})
    yield "一格.xlsx", xlsx_with({SHEET: many(b"x", 100 * 2**20, OPEN + b'<row r="1"><c r="A1" t="inlineStr"><is><t>')})
    inner = zipped({"内.xlsx": sound_xlsx()})
    for _ in range(20):
        inner = zipped({"内.zip": inner})
    yield "套.zip", inner
    yield "套.xlsx", zipped({BOOK: inner, "xl/_rels/workbook.xml.rels": inner})
    yield "多.xlsx", xlsx_with({f"x/{number}": b"" for number in range(60_000)})
    sheets = b'<sheet name="x" sheetId="1" r:id="rId1"/>' * 50_000
    yield (
        "表多.xlsx",
        xlsx_with({BOOK: b'<workbook xmlns="%s" xmlns:r="%s"><sheets>%s</sheets></workbook>' % (MAIN, LINKS, sheets)}),
    )


def shared_texts() -> Iterator[Named]:
    head = b'<sst xmlns="' + MAIN + b'" count="%d" uniqueCount="%d">'
    yield "许诺.xlsx", xlsx_with({STRINGS: head % (2**32 - 1, 2**32 - 1) + b"<si><t>x</t></si></sst>"})
    yield "千万.xlsx", xlsx_with({STRINGS: many(b"<si><t/></si>", 3_500_000, head % (1, 1), b"</sst>")})
    text = b"<si><t>" + b"x" * 30_000 + b"</t></si></sst>"
    cells = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (row, row) for row in range(1, 100_001))
    yield "放大.xlsx", xlsx_with({STRINGS: head % (1, 1) + text, SHEET: OPEN + cells + CLOSE})
    yield "没有.xlsx", xlsx_with({SHEET: OPEN + b'<row r="1"><c r="A1" t="s"><v>4000000000</v></c></row>' + CLOSE})


def entities() -> Iterator[Named]:
    levels = b"".join(b'<!ENTITY e%d "%s">' % (level, b"&e%d;" % (level - 1) * 10) for level in range(1, 12))
    for name, part in (("表", SHEET), ("文字", STRINGS), ("样式", STYLES), ("簿", BOOK)):
        yield f"实体{name}.xlsx", xlsx_with({part: b'<!DOCTYPE w [<!ENTITY e0 "x">' + levels + b"]><w>&e11;</w>"})
    yield "实体.ods", ods_with(b'<!DOCTYPE w [<!ENTITY e0 "x">' + levels + b"]>" + ODS_OPEN + b"&e11;" + ODS_CLOSE)
    outside = b'<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + OPEN
    yield "外部.xlsx", xlsx_with({SHEET: outside + b'<row r="1"><c r="A1" t="inlineStr"><is><t>&x;</t></is></c></row>' + CLOSE})


def names() -> Iterator[Named]:
    with zipfile.ZipFile(io.BytesIO(sound_xlsx())) as sound:
        book = sound.read(BOOK)
    for number, name in enumerate((b"x" * 1_000_000, b"", b"../../../etc/passwd", b"a/b:c*?", b"&#10;&#9;", b"\xff\xfe")):
        yield f"表名{number}.xlsx", xlsx_with({BOOK: book.replace(b'name="Sheet"', b'name="%s"' % name)})


def archives() -> Iterator[Named]:
    sound = sound_xlsx()
    wrong = bytearray(sound)
    with zipfile.ZipFile(io.BytesIO(sound)) as archive:
        start = archive.getinfo(SHEET).header_offset
    wrong[start + 60] ^= 0xFF
    yield "校验.xlsx", bytes(wrong)
    locked = bytearray(sound)
    for at in range(len(locked) - 4):
        if locked[at : at + 4] == b"PK\x01\x02":
            locked[at + 8] |= 1
    yield "加密.xlsx", bytes(locked)
    for share in (1, 3, 5, 7, 9):
        yield f"截断{share}.xlsx", sound[: len(sound) * share // 10]
    packed = zlib.compress(b"x" * 1000)
    lying = bytearray(zipped({BOOK: b"<workbook/>", "a": packed}))
    lying[lying.rfind(b"PK\x01\x02") + 24 : lying.rfind(b"PK\x01\x02") + 28] = struct.pack("<I", 2**31)
    yield "谎称.xlsx", bytes(lying)


def xls_cut() -> Iterator[Named]:
    sound = sound_xls()
    for share in range(1, 12):
        yield f"截断{share}.xls", sound[: len(sound) * share // 12]


def xls_spoilt() -> Iterator[Named]:
    chance = random.Random(20240310)
    for number in range(8):
        content = bytearray(sound_xls())
        for _ in range(40):
            at = chance.randrange(512 if number < 4 else 0, len(content) - 4)
            content[at : at + 4] = chance.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", chance.randbytes(4)))
        yield f"乱{number}.xls", bytes(content)
    content = bytearray(sound_xls())
    content[512 : 512 + 4 * 40] = b"".join(struct.pack("<I", sector % 5) for sector in range(40))  # chains that never end
    yield "环.xls", bytes(content)


def texts() -> Iterator[Named]:
    yield "长格.csv", ("姓名,说明\n张三," + "x" * 200_000 + "\n李四,y\n").encode()
    yield "长引号.csv", ('姓名,说明\n张三,"' + "x\n" * 2_000_000 + '"\n').encode()
    yield "一行.csv", b"x" * 30_000_000
    yield "引号.csv", b'"' * 3_000_000
    yield "逗号.csv", b"," * 1_000_000
    yield "空行.csv", b"\n" * 2_000_000
    yield "多格.csv", (b"x," * 16_000 + b"\n") * 1500
    yield "一行宽.csv", b"a,b\n" * 200_000 + b"x," * 16_000 + b"\n"
    yield "零.csv", "姓名,村\n张\0三,a\n".encode()
    yield "只有标记.csv", b"\xef\xbb\xbf"
    yield "只有标记16.csv", b"\xff\xfe"
    yield "乱16.csv", b"\xff\xfe" + random.Random(1).randbytes(100_001)
    yield "半个代理.csv", b"\xff\xfe" + "姓名\n".encode("utf-16-le") + b"\x00\xd8" * 100
    yield "回车.csv", b"a,b\r" * 100_000
    yield "空.csv", b""


def pushed() -> Iterator[Named]:
    yield "大.json", b'[{"a":"' + b"x" * (86 * 2**20) + b'"}]'
    yield "对象.json", b"[" + b"{}," * 10_000_000 + b"{}]"
    yield "数组.json", b"[" + b"[]," * 10_000_000 + b"[]]"
    yield "深.json", b"[" * 1_000_000
    yield "深对象.json", b'{"a":' * 100_000
    yield "宽.json", json.dumps([{f"k{number}": 1 for number in range(300_000)}]).encode()
    yield "不同.json", json.dumps([{f"k{number}": 1} for number in range(100_000)]).encode()
    yield "大数.json", b'[{"a":' + b"9" * 3_000_000 + b"}]"
    yield "小数.json", b'[{"a":1e999}]'
    yield "指数.json", b'[{"a":' + b"9" * 4000 + b"e-4000}]"
    yield "代理.json", b'[{"a":"\\ud800"}]'
    yield "零.json", b'[{"a":"\\u0000"}]'
    yield "非数.json", b'[{"a":NaN}]'
    yield "重复.json", b'[{"a":1,"a":2}]'
    yield "数字.json", b"[" + b"1," * 8_000_000 + b"1]"
    yield "空.json", b""


def noise() -> Iterator[Named]:
    for number, magic in enumerate(MAGICS):
        for suffix in ("xlsx", "xls"):
            yield f"乱{number}.{suffix}", magic + random.Random(number).randbytes(50_000)


def pretenders() -> Iterator[Named]:
    page = "<html><head><meta charset='gbk'></head><body><table><tr><td>姓名</td></tr></table></body></html>"
    yield "网页.xls", page.encode("gb18030")
    yield "网页16.xls", page.encode("utf-16")
    yield "网页长.xls", b"<" * 5_000_000
    yield "文本.xlsx", "姓名,村\n张三,a\n".encode()
    yield "程序.xlsx", b"\x7fELF" + bytes(5000)


def formats_of_numbers() -> Iterator[Named]:
    styles = b'<styleSheet xmlns="' + MAIN + b'"><numFmts><numFmt numFmtId="176" formatCode="%s"/></numFmts>%s</styleSheet>'
    filler = many(b'<row r="1"><c r="A1"><v>1</v></c></row>', 1_000_000, OPEN, CLOSE)
    xfs = b'<cellXfs><xf numFmtId="176"/></cellXfs>'
    yield "格式长.xlsx", xlsx_with({STYLES: styles % (b"[" * 1_000_000, xfs), SHEET: [*filler]})
    xfs = b"<cellXfs>" + b'<xf numFmtId="14"/>' * 100_000 + b"</cellXfs>"
    yield "样式多.xlsx", xlsx_with({STYLES: styles % (b"0", xfs), SHEET: [*filler]})


KINDS: dict[str, Callable[[], Iterator[Named]]] = {
    "unclosed tags": unclosed_tags,
    "unclosed tags in a large book": unclosed_in_a_large_book,
    "endless tokens": endless_tokens,
    "repeated cells": repeated,
    "far cells": far_cells,
    "bombs": bombs,
    "shared texts": shared_texts,
    "entities": entities,
    "sheet names": names,
    "archives": archives,
    "xls cut off": xls_cut,
    "xls spoilt": xls_spoilt,
    "texts": texts,
    "json": pushed,
    "noise": noise,
    "pretenders": pretenders,
    "formats of numbers": formats_of_numbers,
}
