"""What a file really is, decided by its content, and its cells as they are stored. Runs in the reading child only.

Excel and OpenDocument books are read by calamine (``read_cells.py``), a large xlsx straight from its XML (``xlsx_fast.py``),
web pages and text by ``read_html.py`` and ``read_text.py``, whatever their names say. What is no table is refused with what it
is and what to do instead. A blank cell is ``None``; a cell of a text file is text.
"""

from __future__ import annotations

import codecs
import os
import re
from pathlib import Path
from typing import BinaryIO

from include.reading.cells import ColumnRows
from include.reading.gather_rows import GatheredRows, TooManyCells
from include.reading.json_rows import read_json_rows
from include.reading.read_book import OLE, read_ole, read_zip
from include.reading.read_cells import MAX_CELLS
from include.reading.read_html import read_html
from include.reading.read_text import read_text
from include.reading.refusal import SAVE_AS, Refused, too_large
from include.reading.workbook import Sheet, Workbook, is_blank

MAX_FILE_BYTES = 200 * 2**20
ROWS_AT_ONCE = 2000


def read_file(content: BinaryIO, file_name: str, with_hidden: bool = False) -> Workbook:
    """The cells of a file that is open, of hidden sheets only when asked. ``file_name`` is the name it was sent under.

    Raises Refused: empty_file, too_large, too_wide, password, not_a_table, damaged; MemoryError.
    """
    size = content.seek(0, os.SEEK_END)
    if size == 0:
        raise Refused("empty_file", f"文件“{file_name}”是空的（0 字节）", remedy="请检查原文件后重新报送")
    if size > MAX_FILE_BYTES:
        raise Refused(
            "too_large", f"文件“{file_name}”有 {size / 2**20:.0f} MB，超过 {MAX_FILE_BYTES >> 20} MB", remedy="请分成几个文件报送"
        )
    content.seek(0)
    head = content.read(8192)
    try:
        workbook = _read(content, file_name, head, with_hidden)
    except TooManyCells as error:
        raise too_large(file_name) from error
    for sheet in workbook.sheets:
        if isinstance(sheet.rows, ColumnRows):
            _cut_blank_end(sheet.rows)
    return workbook


def _read(content: BinaryIO, file_name: str, head: bytes, with_hidden: bool) -> Workbook:
    if head.startswith(b"PK"):
        return read_zip(content, file_name, with_hidden)
    if head.startswith(OLE):
        return read_ole(content, file_name, with_hidden)
    suffix = Path(file_name).suffix.lower()
    if suffix == ".json":
        title, rows = read_json_rows(content, file_name)
        gathered = GatheredRows(MAX_CELLS)
        gathered.add_all(rows)
        return Workbook("json", [Sheet(title, True, gathered.rows())])
    if what := _foreign(head):
        raise Refused("not_a_table", f"文件“{file_name}”的内容是{what}，不是表格文件", remedy=SAVE_AS)
    if _is_page(head):
        return Workbook("html", read_html(content, file_name), notes=() if suffix in (".html", ".htm") else ("html_content",))
    text = read_text(content, file_name)
    notes = ("text_content",) if suffix in SHEET_SUFFIXES else ()
    return Workbook("csv", [Sheet("", True, text.rows)], notes=(*notes, "formula_text") if text.has_formula_texts else notes)


def _cut_blank_end(rows: ColumnRows) -> None:
    filled = rows.is_filled()
    for stop in range(len(rows), 0, -ROWS_AT_ONCE):
        start = max(stop - ROWS_AT_ONCE, 0)
        if filled[start:stop].any():
            part = rows[start:stop]
            for place in reversed(range(len(part))):
                if not all(is_blank(cell) for cell in part[place]):
                    return rows.resize(start + place + 1)
    return rows.resize(0)


FOREIGN = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "图片"),
    (b"\xff\xd8\xff", "图片"),
    (b"GIF8", "图片"),
    (b"BM", "图片"),
    (b"II*\0", "图片"),
    (b"MM\0*", "图片"),
    (b"Rar!", "压缩包（rar）"),
    (b"7z\xbc\xaf", "压缩包（7z）"),
    (b"\x1f\x8b", "压缩包（gz）"),
    (b"{\\rtf", "文字文档（RTF）"),
    (b"MIME-Version:", "网页(MHTML)"),
    (b"\x09\x08", "很旧的 Excel 格式（Excel 5.0 之前）"),
    (b"\x09\x04", "很旧的 Excel 格式（Excel 4.0）"),
    (b"\x09\x02", "很旧的 Excel 格式（Excel 3.0）"),
    (b"\x09\x00\x04\x00", "很旧的 Excel 格式（Excel 2.0）"),
    (b"SQLite format 3", "数据库文件"),
    (b"PAR1", "数据文件（Parquet）"),
)
HTML = re.compile(rb"<(!doctype\s+html|html|head|body|table|meta|style|div|tr|thead|tbody|font|center|p)\b", re.IGNORECASE)
SHEET_SUFFIXES = (".xls", ".xlsx", ".xlsm", ".xlsb", ".et", ".ett", ".ods", ".xlt", ".xltx")


def _foreign(head: bytes) -> str | None:
    for magic, what in FOREIGN:
        if head.startswith(magic) and (magic != b"BM" or b"\0" in head[:32]):
            return what
    if head[:4] == b"RIFF" or head[4:8] == b"ftyp":
        return "图片或视频"
    text = _narrow(head).lstrip()
    if text.startswith(b"<"):
        if _is_xml_sheet(text):
            return "XML 表格(Excel 2003)"
        return None if HTML.search(text) else "XML 文件"
    return None


def _is_xml_sheet(text: bytes) -> bool:
    return b"urn:schemas-microsoft-com:office:spreadsheet" in text and not re.search(rb"<(html|table)\b", text, re.IGNORECASE)


def _is_page(head: bytes) -> bool:
    """Whether a text begins as a web page does."""
    text = _narrow(head).lstrip()
    return text.startswith(b"<") and HTML.search(text) is not None


def _narrow(head: bytes) -> bytes:
    """The beginning of a text as single bytes, whatever Unicode form it has."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return head[2:].replace(b"\0", b"")
    return head.removeprefix(codecs.BOM_UTF8)
