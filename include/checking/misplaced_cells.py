"""Cells that do not stand where they belong: merged over several rows, moved to the right by a comma in a text file, or 同上."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections import Counter
from itertools import pairwise

import numpy as np
import pyarrow.compute as pc

from include.checking.match_columns import ReadTable
from include.contracts import Contract
from include.reading.cells import Cell, PickedRows, column_of, put
from include.reading.formats import Sheet, is_blank
from include.reading.workbook import UNREADABLE

MAX_MERGED = 2_000_000
SHARED_KINDS = {"town", "village", "towns", "villages", "year", "month", "term"}
KEY_KINDS = {"warning_id", "household_id"}
LOOSE_KINDS = {"text", "phone"}
DITTO = re.compile(
    r"[(]?(?:同上|上同|同前|同上行|同上一行|同上一户|同上户|ditto)[)]?[。.]?|[〃々″\"“”＂‘’']{1,2}|['′]{2}|,,|-[〃\"]-",
    re.IGNORECASE,
)


def fill_merged(read: ReadTable, sheet: Sheet, contract: Contract) -> None:
    """A town, village or period merged over several rows holds for each of them; of other cells nobody knows whose they are.

    In a town's return all but the numbers of warnings and households hold for each: one visit answers several warnings.
    """
    if sum(bottom - top for top, _, bottom, _ in sheet.merged) > MAX_MERGED:
        return
    table = read.table
    columns = {index: contract.column(name) for name, index in read.column_index.items()}
    for top, left, bottom, right in sheet.merged:
        covered = [index for index in columns if left <= index <= right]
        first, last = bisect_right(table.row_numbers, top + 1), bisect_right(table.row_numbers, bottom + 1)
        for position in range(first, last) if covered and top + 1 not in table.header_rows else ():
            for index in covered:
                column, value = columns[index], sheet.rows[top][left] if left < len(sheet.rows[top]) else None
                if not is_blank(table.rows[position][index]):
                    continue
                is_shared = column.kind in SHARED_KINDS or (contract.department == "town" and column.kind not in KEY_KINDS)
                if is_shared and left == index and not is_blank(value):
                    put(table.rows, position, index, value)
                    read.filled.add((position, column.name))
                else:
                    read.merged.add((position, column.name))


def find_shifted(read: ReadTable, sheet: Sheet) -> None:
    """Rows of a text file with more cells than the head: an amount such as 1,234.50 without quotation marks became two.

    A mark at the end of every row is no cell; a row longer than that has moved to the right, and nobody knows from where on.
    """
    lengths = [len(sheet.rows[number - 1]) for number in read.table.row_numbers]
    head = max(len(sheet.rows[number - 1]) for number in read.table.header_rows)
    longer = Counter(length for length in lengths if length > head)
    usual, count = max(longer.items(), key=lambda item: (item[1], -item[0]), default=(head, 0))
    for position, (number, length) in enumerate(zip(read.table.row_numbers, lengths, strict=True)):
        cells = sheet.rows[number - 1]
        is_marked_end = length == usual and count * 2 > len(lengths) and all(is_blank(cell) for cell in cells[head:])
        if length > head and not (is_marked_end and not _has_split_amount(cells)):
            read.shifted[position] = (length, head)


def _has_split_amount(cells: list[Cell]) -> bool:
    return any(
        re.fullmatch(r"\s*[-¥￥]?[1-9]\d{0,2}", str(left)) and re.fullmatch(r"\d{3}(?:\.\d+)?\s*", str(right))
        for left, right in pairwise(cells)
    )


def find_dittos(read: ReadTable, contract: Contract) -> None:
    """Cells that only say that they are as the cell above, in every column but notes and telephone numbers nobody must give."""
    for name, index in read.column_index.items():
        column = contract.column(name)
        if column.kind in LOOSE_KINDS and not column.required and not column.is_of_visit:
            continue
        cells, codes = column_of(read.table.rows, index).distinct()
        dittos = [at for at, cell in enumerate(cells) if isinstance(cell, str) and len(cell) <= 10 and _is_ditto(cell)]
        if dittos:
            read.dittos |= {(position, name) for position in np.flatnonzero(np.isin(codes, dittos)).tolist()}


def _is_ditto(text: str) -> bool:
    text = re.sub(r"\s+", "", text)
    return bool(DITTO.fullmatch(text) or DITTO.fullmatch(re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))))


def find_unreadable(read: ReadTable) -> None:
    """Rows of a text in which bytes were no character."""
    rows = read.table.rows
    for index in range(len(rows.rows.columns) if isinstance(rows, PickedRows) else max(map(len, rows), default=0)):
        if (texts := column_of(rows, index).texts) is not None:
            found = pc.match_substring(texts, UNREADABLE).fill_null(False).to_numpy(zero_copy_only=False)
            read.unreadable.update(np.flatnonzero(found).tolist())
