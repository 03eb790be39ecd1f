"""The cells of a sheet kept by column, as texts and numbers: half a million rows are a dozen arrays, not six million objects.

A blank cell is ``None``. Only what is neither text nor a plain number (truth values, days, whole numbers) stays an object.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Cell = str | float | int | bool | date | datetime | time | timedelta | None

ROWS_AT_ONCE = 2000


@dataclass
class CellColumn:
    """One column. Each cell stands in at most one place: ``texts`` (else null), ``numbers`` (else NaN) or ``others``."""

    length: int
    texts: pa.LargeStringArray | None = None
    numbers: npt.NDArray[np.float64] | None = None
    others: dict[int, Cell] = field(default_factory=dict)

    @classmethod
    def of(cls, cells: Sequence[object] | CellColumn) -> CellColumn:
        """Cells as they are, unlike those of a book also empty texts."""
        if isinstance(cells, CellColumn):
            return cells
        texts = pa.array([cell if type(cell) is str else None for cell in cells], pa.large_string())
        numbers = np.array([cell if type(cell) is float else math.nan for cell in cells], np.float64)
        others = {
            at: cell for at, cell in enumerate(cells) if cell is not None and (type(cell) not in (str, float) or cell != cell)
        }
        return cls(len(cells), texts, numbers, others)  # type: ignore[arg-type]

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, at: int) -> Cell:
        if at in self.others:
            return self.others[at]
        if self.numbers is not None and (number := self.numbers[at]) == number:
            return float(number)
        return self.texts[at].as_py() if self.texts is not None else None

    def cells(self, start: int, stop: int) -> list[Cell]:
        """The cells from ``start`` to before ``stop``."""
        cells: list[Cell] = [None] * (stop - start) if self.texts is None else self.texts[start:stop].to_pylist()
        if self.numbers is not None:
            part = self.numbers[start:stop]
            for at in np.flatnonzero(part == part).tolist():
                cells[at] = float(part[at])
        if self.others:
            for at in self.others.keys() & range(start, stop):
                cells[at - start] = self.others[at]
        return cells

    def is_filled(self) -> npt.NDArray[np.bool_]:
        """Which cells are not None."""
        filled = np.zeros(self.length, bool)
        if self.texts is not None:
            filled |= self.is_text()
        if self.numbers is not None:
            filled |= self.numbers == self.numbers
        filled[list(self.others)] = True
        return filled

    def is_text(self) -> npt.NDArray[np.bool_]:
        """Which cells are texts."""
        if self.texts is None:
            return np.zeros(self.length, bool)
        return self.texts.is_valid().to_numpy(zero_copy_only=False)

    def take(self, positions: npt.NDArray[np.int64]) -> CellColumn:
        """The cells at these positions, which ascend."""
        others: dict[int, Cell] = {}
        known = np.array(sorted(self.others), np.int64)
        for place, at in zip(np.searchsorted(positions, known).tolist(), known.tolist(), strict=True):
            if place < len(positions) and positions[place] == at:
                others[place] = self.others[at]
        texts = None if self.texts is None else self.texts.take(pa.array(positions))
        return CellColumn(len(positions), texts, None if self.numbers is None else self.numbers[positions], others)

    def replaced(self, cells: Mapping[int, Cell]) -> CellColumn:
        """The column with other cells at some positions."""
        places = np.zeros(self.length, bool)
        places[list(cells)] = True
        texts = None if self.texts is None else pc.if_else(pa.array(places), pa.scalar(None, pa.large_string()), self.texts)
        numbers = None if self.numbers is None else np.where(places, math.nan, self.numbers)
        others: dict[int, Cell] = {at: cell for at, cell in {**self.others, **cells}.items() if cell is not None}
        return CellColumn(self.length, texts, numbers, others)

    def resized(self, length: int) -> CellColumn:
        """The column cut, or made longer with blank cells."""
        more, less = max(length - self.length, 0), min(length, self.length)
        texts, numbers = self.texts, self.numbers
        if texts is not None:
            texts = pa.concat_arrays([texts[:less], pa.nulls(more, texts.type)]) if more else texts[:less]
        if numbers is not None:
            numbers = np.concatenate([numbers, np.full(more, math.nan)]) if more else numbers[:less]
        return CellColumn(length, texts, numbers, {at: cell for at, cell in self.others.items() if at < length})

    def distinct(self, where: npt.NDArray[np.bool_] | None = None) -> tuple[list[Cell], npt.NDArray[np.int64]]:
        """Each different cell once, and for each position which of them it is; the first is None and stands for blank cells.

        Cells outside ``where`` are taken for blank. Equal cells of different types are different cells.
        """
        cells: list[Cell] = [None]
        codes = np.zeros(self.length, np.int64)
        if self.texts is not None:
            mine = self.texts if where is None else pc.if_else(pa.array(where), self.texts, pa.scalar(None, self.texts.type))
            coded = mine.dictionary_encode()
            codes += coded.indices.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False) + 1
            cells += coded.dictionary.to_pylist()
        if self.numbers is not None:
            mine_too = self.numbers == self.numbers
            if where is not None:
                mine_too &= where
            if mine_too.any():
                figures, which = np.unique(self.numbers[mine_too], return_inverse=True)
                codes[mine_too] = which + len(cells)
                cells += figures.tolist()
        known: dict[tuple[type, object], int] = {}
        for at, cell in self.others.items():
            if where is None or where[at]:
                key = (type(cell), cell)
                if key not in known:
                    known[key] = len(cells)
                    cells.append(cell)
                codes[at] = known[key]
        return cells, codes


class ColumnRows(Sequence[list[Cell]]):
    """The rows of a sheet that is kept by column. With ``widths`` each row has its own number of cells (a text's lines)."""

    def __init__(self, columns: list[CellColumn], length: int, widths: npt.NDArray[np.int32] | None = None) -> None:
        self.columns, self.length, self.widths = columns, length, widths

    def __len__(self) -> int:
        return self.length

    @overload
    def __getitem__(self, at: int) -> list[Cell]: ...
    @overload
    def __getitem__(self, at: slice) -> list[list[Cell]]: ...
    def __getitem__(self, at: int | slice) -> list[Cell] | list[list[Cell]]:
        if isinstance(at, slice):
            start, stop, step = at.indices(self.length)
            return self._part(start, stop) if step == 1 else [self[index] for index in range(start, stop, step)]
        at = at + self.length if at < 0 else at
        if not 0 <= at < self.length:
            raise IndexError(at)
        columns = self.columns if self.widths is None else self.columns[: self.widths[at]]
        return [column[at] for column in columns]

    def _part(self, start: int, stop: int) -> list[list[Cell]]:
        if stop <= start:
            return []
        width = len(self.columns) if self.widths is None else int(self.widths[start:stop].max())
        parts = [column.cells(start, stop) for column in self.columns[:width]]
        rows = [list(row) for row in zip(*parts, strict=True)] if parts else [[] for _ in range(start, stop)]
        if self.widths is None:
            return rows
        return [row[:own] for row, own in zip(rows, self.widths[start:stop].tolist(), strict=True)]

    def __iter__(self) -> Iterator[list[Cell]]:
        for start in range(0, self.length, ROWS_AT_ONCE):
            yield from self._part(start, min(start + ROWS_AT_ONCE, self.length))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def column(self, index: int) -> CellColumn:
        """The column, blank where the sheet is not that wide."""
        return self.columns[index] if index < len(self.columns) else CellColumn(self.length)

    def is_filled(self) -> npt.NDArray[np.bool_]:
        """Which rows hold anything."""
        filled = np.zeros(self.length, bool)
        for column in self.columns:
            filled |= column.is_filled()
        return filled

    def resize(self, length: int) -> None:
        """Cut the sheet, or make it longer with blank rows."""
        if length != self.length:
            self.columns, self.length = [column.resized(length) for column in self.columns], length
            if self.widths is not None:
                self.widths = np.append(self.widths, np.zeros(max(length - len(self.widths), 0), np.int32))[:length]

    def put(self, cells: Mapping[tuple[int, int], Cell]) -> None:
        """Put cells into blank places, by row and column from 0; the sheet grows where one is outside."""
        if not cells:
            return
        self.resize(max(self.length, 1 + max(row for row, _ in cells)))
        for _ in range(len(self.columns), 1 + max(column for _, column in cells)):
            self.columns.append(CellColumn(self.length))
        by_column: dict[int, dict[int, Cell]] = {}
        for (row, index), cell in cells.items():
            by_column.setdefault(index, {})[row] = cell
        if self.widths is not None:
            for row, index in cells:
                self.widths[row] = max(self.widths[row], index + 1)
        for index, mine in by_column.items():
            filled = self.columns[index].is_filled()
            self.columns[index].others |= {row: cell for row, cell in mine.items() if not filled[row]}


class PickedRows(Sequence[list[Cell]]):
    """Some rows of a sheet kept by column, each at least ``width`` cells long; single cells can be replaced."""

    def __init__(self, rows: ColumnRows, positions: Sequence[int] | npt.NDArray[np.int64], width: int) -> None:
        self.rows, self.width = rows, width
        self.positions = np.array(positions, np.int64)
        self.replaced: dict[int, dict[int, Cell]] = {}

    def __len__(self) -> int:
        return len(self.positions)

    @overload
    def __getitem__(self, at: int) -> list[Cell]: ...
    @overload
    def __getitem__(self, at: slice) -> list[list[Cell]]: ...
    def __getitem__(self, at: int | slice) -> list[Cell] | list[list[Cell]]:
        if isinstance(at, slice):
            return [self[index] for index in range(*at.indices(len(self)))]
        row = self.rows[int(self.positions[at])]
        row += [None] * (self.width - len(row))
        for index, cells in self.replaced.items():
            row[index] = cells.get(at % len(self), row[index])
        return row

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def column(self, index: int) -> CellColumn:
        """One column of the rows."""
        column = self.rows.column(index).take(self.positions)
        return column.replaced(self.replaced[index]) if index in self.replaced else column

    def take(self, places: Sequence[int]) -> PickedRows:
        """Only these of the rows."""
        taken = PickedRows(self.rows, self.positions[np.array(places, np.int64)], self.width)
        new = {place: at for at, place in enumerate(places)}
        taken.replaced = {
            index: {new[at]: cell for at, cell in cells.items() if at in new} for index, cells in self.replaced.items()
        }
        return taken


Rows = Sequence[list[Cell]]


def column_of(rows: Rows, index: int | None) -> CellColumn:
    """One column of a sheet's or a table's rows; blank where there is none, or where a row is too short."""
    if index is None:
        return CellColumn(len(rows))
    if isinstance(rows, ColumnRows | PickedRows):
        return rows.column(index)
    return CellColumn.of([row[index] if len(row) > index else None for row in rows])


def pick(rows: Rows, positions: Sequence[int], width: int = 0) -> Rows:
    """The rows at these positions, which ascend, made at least ``width`` cells long."""
    if isinstance(rows, PickedRows):
        return rows.take(positions)
    if isinstance(rows, ColumnRows):
        return PickedRows(rows, positions, width)
    return [row + [None] * (width - len(row)) if len(row) < width else row for row in (rows[at] for at in positions)]


def put(rows: Rows, at: int, index: int, cell: Cell) -> None:
    """Put another cell into a row of a table; the sheet it came from keeps its own."""
    if isinstance(rows, PickedRows):
        rows.replaced.setdefault(index, {})[at] = cell
    elif isinstance(rows, list):
        rows[at] = [cell if place == index else old for place, old in enumerate(rows[at])]
