"""Books: zip (xlsx, ods) and OLE (xls, et). Runs in the reading child only.

What is unpacked, how far the cells reach and how many they are is counted before anything is laid out: only counting makes a book
too large. What passes and still needs too much ends the child, which says nothing of the book.
"""

from __future__ import annotations

import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO

import pyarrow as pa

from include.plain import is_plain
from include.reading.cell_marks import MAX_PART_LIST, MAX_ROWS, UNCALCULATED, CellMarks, occurs, sheet_parts, xlsx_marks
from include.reading.cells import ColumnRows
from include.reading.extents import Extent, XlsxExtents
from include.reading.ods_marks import ods_marks
from include.reading.part_names import in_usual_places
from include.reading.read_cells import MAX_CELLS, MAX_SHEETS, read_sheets
from include.reading.refusal import MAX_COLUMNS, SAVE_AS, Refused, damaged, password, too_large, too_wide
from include.reading.workbook import Sheet, Workbook
from include.reading.xls_marks import is_locked_xls, xls_marks
from include.reading.xlsx_fast import SheetReader, Unusual, day_styles, shared_texts

MAX_UNPACKED_BYTES = 1024 * 2**20
MAX_PACKING = 200  # a sheet packs 5 to 60 times; a bomb a thousand times
WORKSHEETS, SHARED_TEXTS, STYLES = "xl/worksheets", "xl/sharedStrings.xml", "xl/styles.xml"
PROMISED_TEXTS, HEAD = re.compile(rb"""\b(?:uniqueC|c)ount=["'](\d{1,20})["']"""), 4096
MAX_SHARED_TEXTS = 200 * 2**20
READING_THREADS = 2
LARGE_BOOK = 30 * 2**20  # bytes unpacked; a smaller one is read as quickly the careful way
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_zip(content: BinaryIO, file_name: str, with_hidden: bool = False) -> Workbook:
    """An xlsx or ods. Raises Refused: damaged, not_a_table, password, too_large, too_wide."""
    try:
        with zipfile.ZipFile(content) as archive:
            entries = archive.infolist()
            names = {entry.filename.lower(): entry for entry in entries}
            unpacked = sum(entry.file_size for entry in entries)
            _check_unpacked(entries, unpacked, file_name)
            if any(entry.flag_bits & 1 for entry in entries):
                raise password(file_name)
            if usual := in_usual_places(archive):
                return read_zip(usual, file_name, with_hidden)
            kind = _kind_of_zip(archive, names, file_name)
            if kind == "ods" and _is_encrypted_ods(archive, names):
                raise password(file_name)
            if kind == "xlsx" and unpacked >= LARGE_BOOK and not is_plain() and (book := read_large_xlsx(archive, with_hidden)):
                return book
            _check_promises(archive, names, file_name)
            if kind == "xlsx" and len(sheet_parts(archive)) > MAX_SHEETS:
                raise too_large(file_name)
            marks, extents = _looked_through(archive, kind)
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, OSError, ValueError, KeyError) as error:
        raise damaged(file_name) from error
    return _read_book(content, file_name, kind, marks, extents, with_hidden)


def _looked_through(archive: zipfile.ZipFile, kind: str) -> tuple[CellMarks, Mapping[str, Extent]]:
    if kind == "ods":
        marks = ods_marks(archive)
        return marks, marks.extents
    extents = XlsxExtents()
    return xlsx_marks(archive, extents.feed), extents.sheets


def _kind_of_zip(archive: zipfile.ZipFile, names: dict[str, zipfile.ZipInfo], file_name: str) -> str:
    if "xl/workbook.xml" in names or "xl/workbook.bin" in names:
        return "xlsx"
    mimetype = archive.read(names["mimetype"])[:200] if "mimetype" in names and names["mimetype"].file_size < 1000 else b""
    if b"opendocument.spreadsheet" in mimetype:
        return "ods"
    if "content.xml" in names and not mimetype:
        return "ods"
    if any(name.startswith("word/") for name in names) or b"opendocument.text" in mimetype:
        raise Refused(
            "not_a_table",
            f"文件“{file_name}”是文字文档（Word），不是表格文件",
            remedy="请把表格复制到 Excel 或 WPS 表格，另存为 *.xlsx 后重新报送",
        )
    if any(name.startswith("ppt/") for name in names):
        raise Refused(
            "not_a_table",
            f"文件“{file_name}”是演示文稿，不是表格文件",
            remedy="请把表格复制到 Excel 或 WPS 表格，另存为 *.xlsx 后重新报送",
        )
    if "ofd.xml" in names:
        raise Refused(
            "not_a_table", f"文件“{file_name}”是版式文件（OFD），不是表格文件", remedy="请用原来的表格另存为 *.xlsx 后重新报送"
        )
    raise Refused(
        "not_a_table", f"文件“{file_name}”是压缩包或其他文件，里面不是一张工作簿", remedy="请解压后，把其中的表格文件逐个报送"
    )


def _check_unpacked(entries: list[zipfile.ZipInfo], unpacked: int, file_name: str) -> None:
    packed = sum(entry.compress_size for entry in entries) or 1
    if unpacked > MAX_UNPACKED_BYTES or (unpacked > 50 * 2**20 and unpacked / packed > MAX_PACKING):
        raise too_large(file_name)


def _check_promises(archive: zipfile.ZipFile, names: dict[str, zipfile.ZipInfo], file_name: str) -> None:
    """Memory is set aside for as many shared texts as a book says it has: more than it has characters are a lie."""
    texts = names.get(SHARED_TEXTS.lower())
    if texts is None:
        return
    with archive.open(texts) as content:
        promised = PROMISED_TEXTS.findall(content.read(HEAD))
    if any(int(count) > texts.file_size for count in promised):
        raise damaged(file_name)


def _is_encrypted_ods(archive: zipfile.ZipFile, names: dict[str, zipfile.ZipInfo]) -> bool:
    manifest = names.get("meta-inf/manifest.xml")
    return manifest is not None and occurs(archive, manifest.filename, b"encryption-data")


def read_ole(content: BinaryIO, file_name: str, with_hidden: bool = False) -> Workbook:
    """An xls or et, or an encrypted xlsx. Raises Refused: damaged, not_a_table, password, too_large, too_wide."""
    content.seek(0)
    names = _names_in(content.read())
    if "EncryptedPackage" in names:
        raise password(file_name)
    if names & {"WordDocument", "PowerPoint Document"}:
        raise Refused(
            "not_a_table",
            f"文件“{file_name}”是文字文档或演示文稿，不是表格文件",
            remedy="请把表格复制到 Excel 或 WPS 表格，另存为 *.xlsx 后重新报送",
        )
    if not names:
        raise Refused("not_a_table", f"文件“{file_name}”不是 Excel 或 WPS 表格文件", remedy=SAVE_AS)
    if is_locked_xls(content):
        raise password(file_name)
    marks = xls_marks(content)
    return _read_book(content, file_name, "xls", marks, marks.extents, with_hidden)


def _names_in(content: bytes) -> set[str]:
    wanted = ("EncryptedPackage", "WordDocument", "PowerPoint Document", "Workbook", "Book")
    return {name for name in wanted if name.encode("utf-16-le") in content}


def _read_book(
    content: BinaryIO, file_name: str, kind: str, marks: CellMarks, extents: Mapping[str, Extent], with_hidden: bool
) -> Workbook:
    if any(extent.columns > MAX_COLUMNS for extent in extents.values()):
        raise too_wide(file_name)
    far = any(extent.rows > MAX_ROWS for extent in extents.values())
    if far or sum(extent.cells for extent in extents.values()) > MAX_CELLS:
        raise too_large(file_name)
    sheets = read_sheets(content, file_name, with_hidden)
    _finish(sheets, marks)
    return Workbook(kind, sheets)


def _finish(sheets: list[Sheet], marks: CellMarks) -> None:
    for sheet in sheets:
        if isinstance(sheet.rows, ColumnRows):
            _put_marks(sheet.rows, marks.texts.get(sheet.name, []))
            for index, cells in marks.shown.get(sheet.name, {}).items():
                _show(sheet.rows, index, cells)
            sheet.merged += marks.merged.get(sheet.name, [])
        sheet.has_drawing = sheet.name in marks.drawn


def _show(rows: ColumnRows, index: int, cells: dict[int, str]) -> None:
    """Figures with the unit that their number format shows, in place of the bare figures."""
    if index < len(rows.columns):
        column = rows.columns[index]
        rows.columns[index] = column.replaced({row: text for row, text in cells.items() if row < len(column)})


def _put_marks(rows: ColumnRows, cells: list[tuple[int, int, str]]) -> None:
    """Errors first: a row that holds nothing but formulas without a result (a column filled down in advance) stays blank."""
    if cells and max(cell[0] for cell in cells) * max(cell[1] + 1 for cell in cells) > MAX_CELLS:
        return
    rows.put({(number - 1, column): text for number, column, text in cells if text != UNCALCULATED})
    filled = rows.is_filled() if cells else ()
    rows.put(
        {
            (number - 1, column): text
            for number, column, text in cells
            if text == UNCALCULATED and number <= len(filled) and filled[number - 1]
        }
    )


def read_large_xlsx(archive: zipfile.ZipFile, with_hidden: bool = False) -> Workbook | None:
    """The book read by column; None where that cannot be done surely."""
    parts = sheet_parts(archive)
    if not parts or not all(posixpath.dirname(part) == WORKSHEETS for _, part, _ in parts):
        return None
    names = set(archive.namelist())
    if SHARED_TEXTS in names and archive.getinfo(SHARED_TEXTS).file_size > MAX_SHARED_TEXTS:
        return None
    if STYLES in names and archive.getinfo(STYLES).file_size > MAX_PART_LIST:
        return None
    sheets = [Sheet(name, is_visible, []) for name, _, is_visible in parts]
    with ThreadPoolExecutor(READING_THREADS) as pool:
        try:
            if b"date1904" in archive.read("xl/workbook.xml"):
                return None
            shared = pool.submit(shared_texts, archive.read(SHARED_TEXTS)) if SHARED_TEXTS in names else None
            styles = day_styles(archive.read(STYLES)) if STYLES in names else {}
            readers = {sheet.name: SheetReader(pool, styles, MAX_CELLS) for sheet in sheets if sheet.is_visible or with_hidden}
            marks = xlsx_marks(archive, lambda sheet, block: readers[sheet].feed(block) if sheet in readers else None)
            texts = shared.result() if shared else pa.nulls(0, pa.large_string())
            for sheet in sheets:
                if sheet.name in readers:
                    sheet.rows, sheet.merged = readers.pop(sheet.name).rows(texts)
        except (Unusual, ValueError, LookupError, pa.ArrowException):
            return None
    _finish(sheets, marks)
    return Workbook("xlsx", sheets)
