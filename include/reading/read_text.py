"""Text as a table: csv with whatever delimiter, in UTF-8, UTF-16 or GB18030. Runs in the reading child only.

A zero byte is dropped; a byte that is no character becomes ``UNREADABLE``, and whoever checks the rows sends that one back. What
a spreadsheet would not show (``="0012"``, a leading apostrophe) is taken off.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from include.reading.cell_marks import MAX_ROWS
from include.reading.cells import ColumnRows
from include.reading.encodings import HANDLER, encoding_of
from include.reading.gather_rows import GatheredRows
from include.reading.read_cells import MAX_CELLS
from include.reading.refusal import MAX_COLUMNS, SAVE_AS, Refused, too_large, too_wide

MAX_LINE = 2**20
SAMPLE_LINES, SAMPLE_CHARACTERS = 400, 2**20
DELIMITERS = ",;\t|"
SEPARATOR_LINE = re.compile(r"sep=(.)\s*")  # Excel's own remark for itself
FORMULA_TEXT = re.compile(r"""\s*=\s*(?:["“”](.*)["“”]|'(.*)')\s*""", re.DOTALL)
csv.field_size_limit(MAX_LINE)


@dataclass
class TextRows:
    """The lines of a text, and whether cells were written as formulas so that they stay text (``="0012"``)."""

    rows: ColumnRows
    has_formula_texts: bool = False


def read_text(content: BinaryIO, file_name: str) -> TextRows:
    """All lines, blank ones too: a record is a row as Excel would show it.

    Raises Refused: empty_file, not_a_table, too_large, too_wide.
    """
    encoding = encoding_of(content, file_name)
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
    text = io.TextIOWrapper(content, encoding, HANDLER, newline="")
    try:
        yield text
    finally:
        text.detach()


def _lines(text: io.TextIOWrapper, file_name: str, limit: int = -1) -> Iterator[str]:
    """Lines with their ends; a line longer than a table's can be is refused before it fills the memory."""
    while limit and (line := text.readline(MAX_LINE)):
        if len(line) >= MAX_LINE:
            raise Refused("too_large", f"文件“{file_name}”中有一行长达百万字符，不是一张表", remedy=SAVE_AS)
        limit -= 1
        yield line.replace("\0", "")


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


def _gathered(records: Iterator[list[str]], file_name: str, *, has_remark: bool) -> TextRows:
    """All records. Raises csv.Error, Refused, TooManyCells."""
    gathered, found = GatheredRows(MAX_CELLS), TextRows(ColumnRows([], 0))
    gathered.add_all(_counted(records, file_name, found, has_remark=has_remark))
    found.rows = gathered.rows()
    return found


def _counted(records: Iterator[list[str]], file_name: str, found: TextRows, *, has_remark: bool) -> Iterator[list[str]]:
    cells = 0
    for number, record in enumerate(records):
        cells += len(record)
        if len(record) > MAX_COLUMNS:
            raise too_wide(file_name)
        if cells > MAX_CELLS or number >= MAX_ROWS:
            raise too_large(file_name)
        for at, cell in enumerate(record):
            if cell[:1] in MARKS and (shown := as_shown(cell)) != cell:
                found.has_formula_texts = found.has_formula_texts or not cell.startswith(("'", "‘", "’"))
                record[at] = shown
        yield [] if has_remark and number == 0 else record


MARKS = frozenset("= '‘’\t")


def as_shown(cell: str) -> str:
    """A cell as a spreadsheet shows it: ``="0012"`` is 0012, an apostrophe before a text only says that it is one."""
    if written := FORMULA_TEXT.fullmatch(cell):
        return (written[1] if written[1] is not None else written[2]).replace('""', '"')
    return cell[1:] if cell[0] in "'‘’" and len(cell) > 1 and cell[1] not in "'‘’" else cell


def _one_record(line: str, delimiter: str) -> list[str]:
    line = line.rstrip("\r\n")
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return next(csv.reader([line], delimiter=delimiter, quoting=csv.QUOTE_NONE), [])
