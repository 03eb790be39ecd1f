"""Cells that are neither texts nor plain numbers (truth values, whole numbers, days, times) as a table of places and values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from include.reading.cells import Cell, CellColumn

SCHEMA = pa.schema(
    [("column", pa.int32()), ("row", pa.int32()), ("kind", pa.int8()), ("number", pa.int64()), ("text", pa.large_string())]
)
TEXT, TRUTH, WHOLE, HUGE, FLOAT, DAY, MOMENT, SPAN, TIME = range(9)
KINDS: dict[type, int] = {
    str: TEXT, bool: TRUTH, int: WHOLE, float: FLOAT, date: DAY, datetime: MOMENT, timedelta: SPAN, time: TIME,
}  # fmt: skip
AS_TEXT = {TEXT, HUGE, FLOAT}
UNITS = {DAY: "datetime64[D]", MOMENT: "datetime64[us]", SPAN: "timedelta64[us]"}
MIDNIGHT = datetime(1970, 1, 1)
LARGEST = 2**63


def table(columns: Sequence[Mapping[int, Cell]]) -> pa.Table | None:
    """The cells of all columns, each by its row; None where there are none."""
    parts = [part for index, cells in enumerate(columns) if cells for part in _parts(index, cells)]
    return pa.concat_tables(parts).combine_chunks() if parts else None


def _parts(index: int, cells: Mapping[int, Cell]) -> list[pa.Table]:
    by_kind: dict[int, tuple[list[int], list[Any]]] = {}
    for row, cell in cells.items():
        rows, values = by_kind.setdefault(_kind(cell), ([], []))
        rows.append(row)
        values.append(cell)
    return [_part(index, kind, rows, values) for kind, (rows, values) in by_kind.items()]


def _kind(cell: Cell) -> int:
    kind = KINDS[type(cell)]
    return HUGE if kind == WHOLE and not -LARGEST <= cell < LARGEST else kind  # type: ignore[operator]


def _part(index: int, kind: int, rows: list[int], values: list[Any]) -> pa.Table:
    count = len(rows)
    texts = pa.array(map(str, values), pa.large_string()) if kind in AS_TEXT else pa.nulls(count, pa.large_string())
    numbers = np.zeros(count, np.int64) if kind in AS_TEXT else _numbers(kind, values)
    same = (np.full(count, index, np.int32), np.array(rows, np.int32), np.full(count, kind, np.int8))
    return pa.table([*map(pa.array, same), pa.array(numbers), texts], SCHEMA)


def _numbers(kind: int, values: list[Any]) -> npt.NDArray[np.int64]:
    if kind == TIME:
        values = [datetime.combine(MIDNIGHT, value) for value in values]
    unit = UNITS.get(MOMENT if kind == TIME else kind)
    return np.array(values, unit).astype(np.int64) if unit else np.array(values, np.int64)


def put(batch: pa.RecordBatch | None, columns: Sequence[CellColumn], length: int) -> None:
    """Put the cells of such a table into their columns. Raises ValueError, OverflowError on what ``table`` never made."""
    if batch is None:
        return
    expect(batch, SCHEMA)
    column, row, kind, number = (batch.column(place).to_numpy() for place in range(4))
    if not len(batch) or (row < 0).any() or (row >= length).any() or (column < 0).any() or (column >= len(columns)).any():
        raise ValueError("no such place")
    starts = np.flatnonzero(np.diff(column, prepend=-1) | np.diff(kind, prepend=-1))
    for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(batch)], strict=True):
        texts = batch.column(4).slice(start, end - start)
        values = _values(int(kind[start]), number[start:end], texts)
        columns[int(column[start])].others |= dict(zip(row[start:end].tolist(), values, strict=True))


def expect(batch: pa.RecordBatch, schema: pa.Schema) -> None:
    """Raises ValueError when the batch is of another form, or lacks a number."""
    if batch.schema != schema or any(batch.column(field.name).null_count for field in schema if field.type != pa.large_string()):
        raise ValueError("another table was expected")


def _values(kind: int, numbers: npt.NDArray[np.int64], texts: pa.LargeStringArray) -> list[Any]:
    if kind in AS_TEXT:
        words = texts.to_pylist()
        made: Callable[[Any], Any] = {TEXT: str, HUGE: int, FLOAT: float}[kind]
        if None in words:
            raise ValueError("a text is missing")
        return [made(word) for word in words]
    if kind in (TRUTH, WHOLE):
        return [bool(number) for number in numbers.tolist()] if kind == TRUTH else numbers.tolist()
    moments = numbers.view(UNITS[MOMENT if kind == TIME else kind]).tolist()
    expected = {DAY: date, MOMENT: datetime, SPAN: timedelta, TIME: datetime}[kind]
    if not all(type(moment) is expected for moment in moments):
        raise ValueError("a day beyond the calendar")
    return [moment.time() for moment in moments] if kind == TIME else moments
