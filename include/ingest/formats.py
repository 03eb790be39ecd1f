"""What a file really is, decided by its content, and its cells as they are stored.

Excel and OpenDocument books are read by calamine in a process of its own (``read_cells.py``), text by ``csv``. Whatever is no
table is refused with what it is and what to do instead. A blank cell is ``None``; a cell of a text file is text.
"""

from __future__ import annotations

import codecs
import csv
import gc
import os
import pickle
import posixpath
import re
import struct
import subprocess
import sys
import threading
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from include.ingest.cell_marks import (
    UNCALCULATED,
    CellMarks,
    Merged,
    is_locked_xls,
    ods_marks,
    sheet_parts,
    xls_marks,
    xlsx_marks,
)
from include.ingest.cells import Cell, CellColumn, ColumnRows, Packed, Rows
from include.ingest.json_rows import read_json_rows
from include.ingest.large_sheet import SheetReader, Unusual, day_styles, shared_texts
from include.ingest.refusal import Refused

MAX_FILE_BYTES = 200 * 2**20
MAX_UNPACKED_BYTES = 1024 * 2**20
MAX_PACKING = 200  # a sheet packs 5 to 60 times; a bomb a thousand times
MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384
MAX_CELLS = 20_000_000
MAX_LINE = 2**20
READ_SECONDS = 300
WORKSHEETS, SHARED_TEXTS, STYLES = "xl/worksheets", "xl/sharedStrings.xml", "xl/styles.xml"
MAX_SHARED_TEXTS = 200 * 2**20
READING_THREADS = 2
LARGE_BOOK = 30 * 2**20  # bytes unpacked; a smaller one is read as quickly the careful way
CELL_READER = Path(__file__).with_name("read_cells.py")

UNFINISHED_SUFFIXES = (".part", ".tmp", ".crdownload", ".filepart")  # of files still being copied
SHEET_SUFFIXES = (".xls", ".xlsx", ".xlsm", ".xlsb", ".et", ".ett", ".ods", ".xlt", ".xltx")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
SAVE_AS = "请用 Excel 或 WPS 打开,另存为“Excel 工作簿(*.xlsx)”后重新报送"


@dataclass
class Sheet:
    """One sheet: ``rows[0]`` is file row 1, ``rows[r][0]`` is column A. A hidden sheet is named but not read.

    ``merged``: cells merged downwards, as first row, first column, last row, last column, all from 0.
    """

    name: str
    is_visible: bool
    rows: Rows
    merged: list[Merged] = field(default_factory=list)


@dataclass
class Workbook:
    """A file's sheets; ``kind`` is xlsx, xls, ods, csv (one sheet without a name) or json (its title is the sheet's name)."""

    kind: str
    sheets: list[Sheet]


def open_workbook(source: Path | BinaryIO, file_name: str) -> Workbook:
    """The cells of a file. ``file_name`` is the name it was sent under (an unnamed copy has none).

    Raises Refused: empty_file, too_large, too_wide, password, not_a_table, damaged.
    """
    path = source if isinstance(source, Path) else Path(f"/proc/{os.getpid()}/fd/{source.fileno()}")
    size = path.stat().st_size
    if size == 0:
        raise Refused("empty_file", f"文件“{file_name}”是空的(0 字节);请检查原文件后重新报送")
    if size > MAX_FILE_BYTES:
        raise Refused("too_large", f"文件“{file_name}”有 {size / 2**20:.0f} MB,超过 {MAX_FILE_BYTES >> 20} MB;请分成几个文件报送")
    with path.open("rb") as content:
        head = content.read(8192)
    if head.startswith(b"PK"):
        return _open_zip(path, file_name)
    if head.startswith(OLE):
        return _open_ole(path, file_name)
    if Path(file_name).suffix.lower() == ".json":
        title, rows = read_json_rows(path, file_name)
        return Workbook("json", [Sheet(title, True, rows)])
    if what := _foreign(head):
        raise Refused("not_a_table", f"文件“{file_name}”的内容是{what},不是表格文件;{SAVE_AS}")
    return _open_text(path, file_name, head)


def keep_workbook(workbook: Workbook, path: Path) -> None:
    """Keep what was read, for ``kept_workbook`` and only for this machine: a large book takes seconds to read."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(".part")
    with fresh.open("wb") as content:
        pickle.dump(workbook, content, 5)
    fresh.replace(path)


def kept_workbook(path: Path) -> Workbook | None:
    """What ``keep_workbook`` kept; None where nothing is left of it or another version of the program wrote it."""
    try:
        with path.open("rb") as content:
            workbook = pickle.load(content)
    except (OSError, EOFError, pickle.UnpicklingError, AttributeError, ImportError, TypeError, ValueError, LookupError):
        return None
    return workbook if isinstance(workbook, Workbook) else None


def is_blank(cell: Cell) -> bool:
    """True for nothing, and for spaces of any kind."""
    return cell is None or (isinstance(cell, str) and not cell.strip(" \t\r\n\u00a0\u3000\u200b\u200c\u200d\ufeff"))


# What it is

FOREIGN = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "图片"),
    (b"\xff\xd8\xff", "图片"),
    (b"GIF8", "图片"),
    (b"BM", "图片"),
    (b"II*\0", "图片"),
    (b"MM\0*", "图片"),
    (b"Rar!", "压缩包(rar)"),
    (b"7z\xbc\xaf", "压缩包(7z)"),
    (b"\x1f\x8b", "压缩包(gz)"),
    (b"{\\rtf", "文字文档(RTF)"),
    (b"MIME-Version:", "网页(MHTML)"),
    (b"\x09\x08", "很旧的 Excel 格式(Excel 5.0 之前)"),
    (b"\x09\x04", "很旧的 Excel 格式(Excel 4.0)"),
    (b"\x09\x02", "很旧的 Excel 格式(Excel 3.0)"),
    (b"\x09\x00\x04\x00", "很旧的 Excel 格式(Excel 2.0)"),
    (b"SQLite format 3", "数据库文件"),
    (b"PAR1", "数据文件(Parquet)"),
)
HTML = re.compile(rb"<(!doctype\s+html|html|head|body|table|meta|style|div|tr)\b", re.IGNORECASE)


def _foreign(head: bytes) -> str | None:
    for magic, what in FOREIGN:
        if head.startswith(magic) and (magic != b"BM" or b"\0" in head[:32]):
            return what
    if head[:4] == b"RIFF" or head[4:8] == b"ftyp":
        return "图片或视频"
    text = _narrow(head).lstrip()
    if text.startswith(b"<"):
        if b"urn:schemas-microsoft-com:office:spreadsheet" in text:
            return "XML 表格(Excel 2003)"
        return "网页(HTML)" if HTML.search(text) else "XML 文件"
    return None


def _narrow(head: bytes) -> bytes:
    """The beginning of a text as single bytes, whatever Unicode form it has."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return head[2:].replace(b"\0", b"")
    return head.removeprefix(codecs.BOM_UTF8)


# Zip: xlsx, ods


def _open_zip(path: Path, file_name: str) -> Workbook:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            names = {entry.filename.lower(): entry for entry in entries}
            unpacked = sum(entry.file_size for entry in entries)
            _check_unpacked(entries, unpacked, file_name)
            if any(entry.flag_bits & 1 for entry in entries):
                raise _password(file_name)
            kind = _kind_of_zip(archive, names, file_name)
            if kind == "ods" and _is_encrypted_ods(archive, names):
                raise _password(file_name)
            if kind == "xlsx" and unpacked >= LARGE_BOOK and (book := _read_large_xlsx(archive)):
                return book
            marks = xlsx_marks if kind == "xlsx" else ods_marks
            return _read_book(path, file_name, kind, unpacked, lambda: marks(archive))
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, OSError, ValueError, KeyError) as error:
        raise _damaged(file_name) from error


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
            f"文件“{file_name}”是文字文档(Word),不是表格文件;请把表格复制到 Excel 或 WPS 表格,另存为 *.xlsx 后重新报送",
        )
    if any(name.startswith("ppt/") for name in names):
        raise Refused(
            "not_a_table", f"文件“{file_name}”是演示文稿,不是表格文件;请把表格复制到 Excel 或 WPS 表格,另存为 *.xlsx 后重新报送"
        )
    if "ofd.xml" in names:
        raise Refused("not_a_table", f"文件“{file_name}”是版式文件(OFD),不是表格文件;请用原来的表格另存为 *.xlsx 后重新报送")
    raise Refused("not_a_table", f"文件“{file_name}”是压缩包或其他文件,里面不是一张工作簿;请解压后,把其中的表格文件逐个报送")


def _check_unpacked(entries: list[zipfile.ZipInfo], unpacked: int, file_name: str) -> None:
    packed = sum(entry.compress_size for entry in entries) or 1
    if unpacked > MAX_UNPACKED_BYTES or (unpacked > 50 * 2**20 and unpacked / packed > MAX_PACKING):
        raise _too_large(file_name)


def _is_encrypted_ods(archive: zipfile.ZipFile, names: dict[str, zipfile.ZipInfo]) -> bool:
    manifest = names.get("meta-inf/manifest.xml")
    return manifest is not None and b"encryption-data" in archive.read(manifest)


def _password(file_name: str) -> Refused:
    return Refused("password", f"文件“{file_name}”设有打开密码,系统无法读取;请在 Excel 或 WPS 中取消打开密码,保存后重新报送")


def _damaged(file_name: str) -> Refused:
    return Refused(
        "damaged",
        f"文件“{file_name}”已损坏或没有传完,无法打开;请在原电脑上确认文件完好,{SAVE_AS.removeprefix('请')}",
    )


def _too_large(file_name: str) -> Refused:
    return Refused(
        "too_large",
        f"文件“{file_name}”内容过大,或在很远的行、列有多余内容,无法读取;"
        "请只把有数据的区域复制到一张新表,另存为 *.xlsx 后重新报送,数据很多时分成几个文件",
    )


def _too_wide(file_name: str) -> Refused:
    return Refused("too_wide", f"文件“{file_name}”的列数过多(超过 {MAX_COLUMNS} 列),不是本系统能读的表;请删去多余的列后重新报送")


# OLE: xls, et, encrypted xlsx


def _open_ole(path: Path, file_name: str) -> Workbook:
    content = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise _password(file_name)
    if "WordDocument".encode("utf-16-le") in content or "PowerPoint Document".encode("utf-16-le") in content:
        raise Refused(
            "not_a_table",
            f"文件“{file_name}”是文字文档或演示文稿,不是表格文件;请把表格复制到 Excel 或 WPS 表格,另存为 *.xlsx 后重新报送",
        )
    if "Workbook".encode("utf-16-le") not in content and "Book".encode("utf-16-le") not in content:
        raise Refused("not_a_table", f"文件“{file_name}”不是 Excel 或 WPS 表格文件;{SAVE_AS}")
    if is_locked_xls(path):
        raise _password(file_name)
    return _read_book(path, file_name, "xls", 4 * len(content), lambda: xls_marks(path))


# Large xlsx


def _read_large_xlsx(archive: zipfile.ZipFile) -> Workbook | None:
    """The book read by column; None where that cannot be done surely."""
    parts = sheet_parts(archive)
    if not parts or not all(posixpath.dirname(part) == WORKSHEETS for _, part, _ in parts):
        return None
    names = set(archive.namelist())
    if SHARED_TEXTS in names and archive.getinfo(SHARED_TEXTS).file_size > MAX_SHARED_TEXTS:
        return None
    sheets = [Sheet(name, is_visible, []) for name, _, is_visible in parts]
    with ThreadPoolExecutor(READING_THREADS) as pool:
        try:
            if b"date1904" in archive.read("xl/workbook.xml"):
                return None
            shared = pool.submit(shared_texts, archive.read(SHARED_TEXTS)) if SHARED_TEXTS in names else None
            styles = day_styles(archive.read(STYLES)) if STYLES in names else {}
            readers = {sheet.name: SheetReader(pool, styles, MAX_CELLS) for sheet in sheets if sheet.is_visible}
            marks = xlsx_marks(archive, lambda sheet, block: readers[sheet].feed(block) if sheet in readers else None)
            texts = shared.result() if shared else pa.nulls(0, pa.large_string())
            for sheet in sheets:
                if sheet.is_visible:
                    sheet.rows, sheet.merged = readers.pop(sheet.name).rows(texts)
        except (Unusual, ValueError, LookupError, pa.ArrowException):
            return None
    _finish(sheets, marks)
    return Workbook("xlsx", sheets)


# The reading process


@contextmanager
def _reader(path: Path, unpacked: int) -> Iterator[subprocess.Popen[bytes]]:
    """A process that reads a book under limits of memory and time; it is gone when the block ends."""
    memory = 512 * 2**20 + 4 * unpacked
    command = [sys.executable, "-I", str(CELL_READER), os.fspath(path), str(memory), str(MAX_CELLS)]
    reader = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=1 << 20
    )
    clock = threading.Timer(READ_SECONDS, reader.kill)
    clock.start()
    try:
        yield reader
    finally:
        clock.cancel()
        reader.kill()
        reader.wait()
        if reader.stdout:
            reader.stdout.close()


def _finish(sheets: list[Sheet], marks: CellMarks) -> None:
    for sheet in sheets:
        if isinstance(sheet.rows, ColumnRows):
            _put_marks(sheet.rows, marks.texts.get(sheet.name, []))
            sheet.merged += marks.merged.get(sheet.name, [])
            _cut_blank_end(sheet.rows)


def _read_book(path: Path, file_name: str, kind: str, unpacked: int, find_marks: Callable[[], CellMarks]) -> Workbook:
    with _reader(path, unpacked) as reader:
        marks = find_marks()
        sheets, failure = _receive_cells(reader)
    status = reader.returncode
    if failure == "died" and status == 3:
        raise RuntimeError("读取表格的程序包 python-calamine 没有安装;请运行 make setup")
    if failure == "died":
        failure = "damaged" if status > 0 else "too_large"
    if failure == "password":
        raise _password(file_name)
    if failure == "too_large":
        raise _too_large(file_name)
    if failure == "too_wide":
        raise _too_wide(file_name)
    if failure:
        raise _damaged(file_name)
    _finish(sheets, marks)
    return Workbook(kind, sheets)


def _receive_cells(reader: subprocess.Popen[bytes]) -> tuple[list[Sheet], str | None]:
    """Sheets as far as they came, and the failure: the reader's own word, ``died``, or None."""
    assert reader.stdout is not None
    sheets: list[Sheet] = []
    try:
        while True:
            item: Any = pickle.load(reader.stdout)
            if item[0] == "sheets":
                sheets = [Sheet(name, is_visible, []) for name, is_visible in item[1]]
            elif item[0] == "sheet":
                sheets[item[1]].merged = item[3]
                sheets[item[1]].rows = _receive_columns(reader, item[2])
            elif item[0] == "failed":
                return sheets, item[1]
            else:
                return sheets, None
    except (EOFError, pickle.UnpicklingError, ValueError, IndexError, TypeError):
        return sheets, "died"


def _receive_columns(reader: subprocess.Popen[bytes], first_column: int) -> ColumnRows:
    assert reader.stdout is not None
    parts: list[list[Packed]] = []
    while (block := pickle.load(reader.stdout)) is not None:
        parts = parts or [[] for _ in block]
        for mine, part in zip(parts, block, strict=True):
            mine.append(part)
    columns = []
    while parts:
        columns.append(CellColumn.unpack(parts.pop(0)))
    length = columns[0].length if columns else 0
    return ColumnRows([CellColumn(length) for _ in range(first_column if columns else 0)] + columns, length)


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


def _drop_blank_end(rows: list[list[Cell]]) -> None:
    while rows and all(is_blank(cell) for cell in rows[-1]):
        rows.pop()


def _cut_blank_end(rows: ColumnRows) -> None:
    for at in np.flatnonzero(rows.is_filled())[::-1].tolist():
        if not all(is_blank(cell) for cell in rows[at]):
            return rows.resize(at + 1)
    return rows.resize(0)


# Text


def _open_text(path: Path, file_name: str, head: bytes) -> Workbook:
    suffix = Path(file_name).suffix.lower()
    encoding = _encoding(path, file_name, head)
    if suffix in SHEET_SUFFIXES:
        raise Refused(
            "not_a_table",
            f"文件“{file_name}”扩展名是 {suffix},内容却是文本(CSV),不是 Excel 工作簿;{SAVE_AS},或把扩展名改为 .csv 后重新报送",
        )
    with path.open(encoding=encoding, newline="") as content:
        sample = list(islice((line for line in _lines(content, file_name, MAX_ROWS + 1) if line.strip()), 400))
    delimiter = _delimiter(sample)
    if not sample:
        raise Refused("empty_file", f"文件“{file_name}”没有内容;请检查原文件后重新报送")
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        with path.open(encoding=encoding, newline="") as content:
            try:
                rows = _records(csv.reader(_lines(content, file_name), delimiter=delimiter, strict=True), file_name)
            except csv.Error:  # a stray quotation mark: take every line by itself, so that it spoils only its own row
                content.seek(0)
                rows = _records((_one_record(line, delimiter) for line in _lines(content, file_name)), file_name)
    finally:
        if was_collecting:
            gc.enable()
    if SEPARATOR_LINE.fullmatch(sample[0]) and rows[0]:
        rows[0] = []
    _drop_blank_end(rows)
    return Workbook("csv", [Sheet("", True, rows)])


def _encoding(path: Path, file_name: str, head: bytes) -> str:
    """utf-8 with or without mark, utf-16 with mark, else gb18030 (``gbk`` cannot read 䶮), each strictly over the whole file."""
    if head.startswith(codecs.BOM_UTF8):
        candidates = ["utf-8-sig"]
    elif head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    elif b"\0" in head:
        candidates = []
    else:
        candidates = ["utf-8", "gb18030"]
    for encoding in candidates:
        if _can_decode(path, encoding):
            return encoding
    raise Refused("not_a_table", f"文件“{file_name}”不是表格文件,也不是能辨认的文本(UTF-8、GB18030);{SAVE_AS}")


def _can_decode(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        with path.open("rb") as content:
            while block := content.read(1 << 20):
                if "\0" in decoder.decode(block):
                    return False
            decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _lines(content: Any, file_name: str, limit: int = -1) -> Iterator[str]:
    """Lines with their ends; a line longer than a table's can be is refused before it fills the memory."""
    while limit and (line := content.readline(MAX_LINE)):
        if len(line) >= MAX_LINE:
            raise Refused("too_large", f"文件“{file_name}”中有一行长达百万字符,不是一张表;{SAVE_AS}")
        limit -= 1
        yield line


DELIMITERS = ",;\t|"
SEPARATOR_LINE = re.compile(r"sep=(.)\s*")  # Excel's own remark for itself


def _delimiter(lines: list[str]) -> str:
    """The character that comes equally often outside quotes in the most lines (amounts like ``1,5`` and prose do not)."""
    best, best_score = ",", (0, 0)
    if lines and (named := SEPARATOR_LINE.fullmatch(lines[0])):
        return named[1]
    bare = [re.sub(r'"[^"]*"', "", line) for line in lines]
    for delimiter in DELIMITERS:
        counts = Counter(count for line in bare if (count := line.count(delimiter)))
        if counts:
            count, lines_with_it = max(counts.items(), key=lambda item: (item[1] * min(item[0], 3), item[0]))
            if (score := (lines_with_it * min(count, 3), count)) > best_score:
                best, best_score = delimiter, score
    return best


def _records(records: Iterable[list[str]], file_name: str) -> list[list[Cell]]:
    """All records, blank ones too (a record is a row as Excel would show it). Raises csv.Error, Refused."""
    known: dict[Cell, Cell] = {"": None}
    same = known.get
    rows: list[list[Cell]] = []
    cells = 0
    for record in records:
        cells += len(record)
        if len(record) > MAX_COLUMNS:
            raise _too_wide(file_name)
        if cells > MAX_CELLS or len(rows) >= MAX_ROWS:
            raise _too_large(file_name)
        if len(rows) < 8000 and len(known) < 20_000:
            known.update({text: text for text in record if 0 < len(text) < 20})
        rows.append([same(cell, cell) for cell in record])
    return rows


def _one_record(line: str, delimiter: str) -> list[str]:
    line = line.rstrip("\r\n")
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return next(csv.reader([line], delimiter=delimiter, quoting=csv.QUOTE_NONE), [])
