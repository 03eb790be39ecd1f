"""Text as a table: csv with whatever delimiter, in UTF-8, UTF-16 or GB18030. Runs in the reading child only."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from include.reading.cell_marks import MAX_ROWS
from include.reading.cells import ColumnRows
from include.reading.gather_rows import GatheredRows
from include.reading.read_cells import MAX_CELLS
from include.reading.refusal import MAX_COLUMNS, SAVE_AS, Refused, too_large, too_wide

MAX_LINE = 2**20
SAMPLE_LINES, SAMPLE_CHARACTERS = 400, 2**20
SHEET_SUFFIXES = (".xls", ".xlsx", ".xlsm", ".xlsb", ".et", ".ett", ".ods", ".xlt", ".xltx")
DELIMITERS = ",;\t|"
SEPARATOR_LINE = re.compile(r"sep=(.)\s*")  # Excel's own remark for itself
csv.field_size_limit(MAX_LINE)


def read_text(content: BinaryIO, file_name: str, head: bytes) -> ColumnRows:
    """All lines, blank ones too: a record is a row as Excel would show it.

    Raises Refused: empty_file, not_a_table, too_large, too_wide.
    """
    suffix = Path(file_name).suffix.lower()
    encoding = _encoding(content, file_name, head)
    if suffix in SHEET_SUFFIXES:
        raise Refused(
            "not_a_table",
            f"文件“{file_name}”扩展名是 {suffix}，内容却是文本（CSV），不是 Excel 工作簿",
            remedy=f"{SAVE_AS}，或把扩展名改为 .csv 后重新报送",
        )
    with _opened(content, encoding) as text:
        sample = _sample(_lines(text, file_name, MAX_ROWS + 1))
    if not sample:
        raise Refused("empty_file", f"文件“{file_name}”没有内容", remedy="请检查原文件后重新报送")
    delimiter, has_remark = _delimiter(sample), bool(SEPARATOR_LINE.fullmatch(sample[0]))
    with _opened(content, encoding) as text:
        try:
            records: Iterator[list[str]] = csv.reader(_lines(text, file_name), delimiter=delimiter, strict=True)
            return _gathered(records, file_name, has_remark=has_remark)
        except csv.Error:  # a stray quotation mark: take every line by itself, so that it spoils only its own row
            text.seek(0)
            records = (_one_record(line, delimiter) for line in _lines(text, file_name))
            return _gathered(records, file_name, has_remark=has_remark)


@contextmanager
def _opened(content: BinaryIO, encoding: str) -> Iterator[io.TextIOWrapper]:
    content.seek(0)
    text = io.TextIOWrapper(content, encoding, newline="")
    try:
        yield text
    finally:
        text.detach()


def _encoding(content: BinaryIO, file_name: str, head: bytes) -> str:
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
        if _can_decode(content, encoding):
            return encoding
    raise Refused("not_a_table", f"文件“{file_name}”不是表格文件，也不是能辨认的文本（UTF-8、GB18030）", remedy=SAVE_AS)


def _can_decode(content: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    content.seek(0)
    try:
        while block := content.read(1 << 20):
            if "\0" in decoder.decode(block):
                return False
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _lines(text: io.TextIOWrapper, file_name: str, limit: int = -1) -> Iterator[str]:
    """Lines with their ends; a line longer than a table's can be is refused before it fills the memory."""
    while limit and (line := text.readline(MAX_LINE)):
        if len(line) >= MAX_LINE:
            raise Refused("too_large", f"文件“{file_name}”中有一行长达百万字符，不是一张表", remedy=SAVE_AS)
        limit -= 1
        yield line


def _sample(lines: Iterator[str]) -> list[str]:
    sample: list[str] = []
    characters = 0
    for line in lines:
        if line.strip():
            sample.append(line)
            characters += len(line)
        if len(sample) == SAMPLE_LINES or characters > SAMPLE_CHARACTERS:
            break
    return sample


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


def _gathered(records: Iterator[list[str]], file_name: str, *, has_remark: bool) -> ColumnRows:
    """All records. Raises csv.Error, Refused, TooManyCells."""
    gathered = GatheredRows(MAX_CELLS)
    gathered.add_all(_counted(records, file_name, has_remark=has_remark))
    return gathered.rows()


def _counted(records: Iterator[list[str]], file_name: str, *, has_remark: bool) -> Iterator[list[str]]:
    cells = 0
    for number, record in enumerate(records):
        cells += len(record)
        if len(record) > MAX_COLUMNS:
            raise too_wide(file_name)
        if cells > MAX_CELLS or number >= MAX_ROWS:
            raise too_large(file_name)
        yield [] if has_remark and number == 0 else record


def _one_record(line: str, delimiter: str) -> list[str]:
    line = line.rstrip("\r\n")
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return next(csv.reader([line], delimiter=delimiter, quoting=csv.QUOTE_NONE), [])
