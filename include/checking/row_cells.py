"""From the cells of recognised tables to typed values, with what is repaired, missing or cannot be read."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from include.checking.delivery_rows import SUBJECT_NUMBERS, DeliveryRows, is_null
from include.checking.kinds.column import ARROW_TYPES, NormalisedColumn, normalise_column
from include.checking.kinds.reading import UNREADABLE, WAITING, Context, Problem
from include.checking.reasons import Said, said
from include.reading.cells import column_of

if TYPE_CHECKING:
    from include.checking.match_columns import ReadTable
    from include.checking.recognise import Recognised
    from include.contracts import Column

LEFT_BLANK = "。本行已收，此格按空白处理"
OF_THE_MERGED_CELL = "单元格与上方合并，按合并区域所填的值"


def normalise(recognised: Recognised, file_name: str, received: date) -> DeliveryRows:
    """The rows of a delivery with their values."""
    rows = DeliveryRows(recognised.contract, file_name, counts_in=recognised.counts_in, guesses=list(recognised.guesses))
    parts: dict[str, list[pa.Array]] = {column.name: [] for column in recognised.contract.columns}
    for read in recognised.tables:
        start = len(rows)
        rows.sheets += [read.table.sheet] * len(read.table.rows)
        rows.row_numbers += read.table.row_numbers
        rows.cells.append(read.table.rows)
        cells = read.table.rows
        if unread := read.shifted.keys() | read.unreadable:
            cells = [[] if position in unread else row for position, row in enumerate(cells)]
        for column in recognised.contract.columns:
            context = Context(column, read.units.get(column.name), recognised.period, received)
            normal = normalise_column(column_of(cells, read.column_index.get(column.name)), context)
            if column.is_of_visit:
                _leave_dittos_blank(normal, column, read)
            parts[column.name].append(normal.values)
            _note_cells(rows, column, normal, start, read)
        _note_layout(rows, read, start)
    for column in recognised.contract.columns:
        chunks = parts.pop(column.name)
        rows.values[column.name] = pa.concat_arrays(chunks) if chunks else pa.nulls(0, ARROW_TYPES[column.sql_type])
    return rows


def find_missing(rows: DeliveryRows) -> None:
    """A blank cell in a column that must be filled; cells with a problem of their own have said so already."""
    told = {
        (issue.position, issue.column.name) for issue in rows.issues if issue.column and issue.level in ("rejected", "waiting")
    }
    for column in rows.contract.required_columns:
        for position in np.flatnonzero(is_null(rows.values[column.name])).tolist():
            if (position, column.name) in told or position in rows.unread:
                continue
            is_merged = (position, column.name) in rows.merged
            rows.reject(position, column, said("merged_cell", "required") if is_merged else said("missing"))


def _note_cells(rows: DeliveryRows, column: Column, normal: NormalisedColumn, start: int, read: ReadTable) -> None:
    for position, assumed in normal.repairs.items():
        if (position, column.name) not in read.dittos:
            rows.repair(start + position, column, assumed)
    for position, problem in normal.problems.items():
        if (position, column.name) not in read.dittos:
            _judge(rows, start + position, column, problem)


def _leave_dittos_blank(normal: NormalisedColumn, column: Column, read: ReadTable) -> None:
    """同上 where a household's figure is said once: the row of the same household above has it."""
    at = [position for position, name in read.dittos if name == column.name]
    if at:
        normal.values = pc.if_else(pa.array(np.isin(np.arange(len(normal.values)), at)), None, normal.values)


def _note_layout(rows: DeliveryRows, read: ReadTable, start: int) -> None:
    """Rows whose cells have moved or cannot be read go back unread, rows that say 同上 too; cells filled from a merged cell are
    repairs.
    """
    for position in sorted(read.unreadable):
        rows.unread.add(start + position)
        rows.reject(start + position, None, said("unreadable_text"))
    for position, name in sorted(read.dittos):
        column = rows.contract.column(name)
        if position not in read.unreadable and position not in read.shifted and not column.is_of_visit:
            rows.reject(start + position, column, said("ditto"))
    for position, (cells, heads) in read.shifted.items():
        rows.unread.add(start + position)
        rows.reject(start + position, None, said("columns_shifted", cells=cells, heads=heads))
    if (places := read.other_places) and len(places) == 2:
        columns = (column_of(read.table.rows, places[name]) for name in ("town_name", "village_name"))
        pairs = zip(*(column.cells(0, len(column)) for column in columns), strict=True)
        rows.other_places |= {start + position: pair for position, pair in enumerate(pairs)}
    for position, name in sorted(read.filled):
        rows.repair(start + position, rows.contract.column(name), OF_THE_MERGED_CELL)
    for position, name in sorted(read.merged):
        column = rows.contract.column(name)
        rows.merged.add((start + position, name))
        if not column.required and position not in read.shifted:
            rows.say(start + position, column, "finding", _left_blank(said("merged_cell", "optional")))


def _judge(rows: DeliveryRows, position: int, column: Column, problem: Problem) -> None:
    """An unreadable cell rejects the row where the column must be filled or is the subject's number; else it is a finding."""
    words = Said(problem.code, problem.reason)
    if problem.level == WAITING:
        rows.wait(position, column, words, problem.proposal)
    elif problem.level == UNREADABLE and (column.required or column.name in SUBJECT_NUMBERS):
        rows.reject(position, column, words)
    else:
        rows.say(position, column, "finding", _left_blank(words) if problem.level == UNREADABLE else words, problem.proposal)


def _left_blank(words: Said) -> Said:
    return Said(words.code, words.text + LEFT_BLANK)
