"""Rows as a reader gives them, one after another, gathered by column: a block of rows becomes arrays before the next is read."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import zip_longest

import numpy as np
import pyarrow as pa

from include.reading.cells import Cell, CellColumn, ColumnRows

CELLS_AT_ONCE = 2_000_000  # of a wide sheet; of a narrow one the rows count
ROWS_AT_ONCE = 10_000
TEXTS = pa.large_string()
PLAIN = {str, float, type(None)}


class TooManyCells(Exception):
    """The rows and the columns in use, multiplied, are more cells than may be kept."""


class _ColumnParts:
    """What came of one column so far; an empty text is a blank cell."""

    def __init__(self) -> None:
        self.texts: list[tuple[int, pa.LargeStringArray]] = []
        self.numbers: list[tuple[int, np.ndarray]] = []
        self.others: dict[int, Cell] = {}

    def add(self, start: int, cells: Sequence[Cell]) -> None:
        kinds = set(map(type, cells))
        if str in kinds:
            is_plain = kinds == {str} and "" not in cells
            texts = pa.array(cells if is_plain else [cell if type(cell) is str and cell else None for cell in cells], TEXTS)
            if texts.null_count < len(texts):
                self.texts.append((start, texts))
        if float in kinds:
            figures = cells if kinds == {float} else [cell if type(cell) is float else math.nan for cell in cells]
            self.numbers.append((start, np.array(figures, np.float64)))
        if kinds - PLAIN:
            self.others |= {at: cell for at, cell in enumerate(cells, start) if type(cell) not in PLAIN}

    def is_used(self) -> bool:
        return bool(self.texts or self.numbers or self.others)

    def column(self, length: int) -> CellColumn:
        """The whole column; the parts are gone afterwards."""
        column = CellColumn(length, others=self.others)
        if self.texts:
            column.texts = _spread(self.texts, length)
        if self.numbers:
            column.numbers = np.full(length, math.nan)
            for start, figures in self.numbers:
                column.numbers[start : start + len(figures)] = figures
        self.texts, self.numbers = [], []
        return column


def _spread(parts: list[tuple[int, pa.LargeStringArray]], length: int) -> pa.LargeStringArray:
    """The parts at their places, null between them."""
    whole, end = [], 0
    for start, texts in parts:
        whole += [pa.nulls(start - end, TEXTS), texts]
        end = start + len(texts)
    return pa.concat_arrays([*whole, pa.nulls(length - end, TEXTS)])


class GatheredRows:
    """Is given rows in blocks. A row's own length is kept where the rows differ in it."""

    def __init__(self, max_cells: int, first_column: int = 0) -> None:
        self.max_cells, self.first_column = max_cells, first_column
        self.columns = [_ColumnParts() for _ in range(first_column)]
        self.length = 0
        self.widths: list[np.ndarray] = []

    def add_all(self, rows: Iterable[Sequence[Cell]]) -> None:
        """All of these rows. Raises TooManyCells."""
        block: list[Sequence[Cell]] = []
        width = 0
        for row in rows:
            width = max(width, len(row))
            if block and (len(block) >= ROWS_AT_ONCE or (len(block) + 1) * width > CELLS_AT_ONCE):
                self._add(block)
                block, width = [], len(row)
            block.append(row)
        if block:
            self._add(block)

    def _add(self, block: list[Sequence[Cell]]) -> None:
        for index, cells in enumerate(zip_longest(*block), self.first_column):
            if index == len(self.columns):
                self.columns.append(_ColumnParts())
            self.columns[index].add(self.length, cells)
        self.widths.append(np.fromiter(map(len, block), np.int32, len(block)) + self.first_column)
        self.length += len(block)
        if self.length * sum(column.is_used() for column in self.columns) > self.max_cells:
            raise TooManyCells

    def rows(self) -> ColumnRows:
        """Everything that was given."""
        widths = np.concatenate(self.widths) if self.widths else np.zeros(0, np.int32)
        columns = [column.column(self.length) for column in self.columns]
        return ColumnRows(columns, self.length, None if (widths == len(columns)).all() else widths)
