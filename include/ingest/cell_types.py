"""The type of each cell of an xlsx sheet, found without reading its values: rows without their digits have few shapes.

Half a million rows leave a dozen variants of ``<row r="" spans=":"><c r="A" t="s"><v></v></c>``. A number that Excel damaged
and a text that looks like it differ in nothing but this type, so a large file may be read as texts only where this works.
The reader gives numbers as texts with at most nine decimal places; longer ones are taken from the XML too.
"""

from __future__ import annotations

import math
import re
from array import array
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from include.ingest.cell_marks import MAX_COLUMNS, MAX_ROWS, Merged, column_index
from include.ingest.cells import Cell, CellColumn, ColumnRows

BLANK, TEXT, NUMBER, TRUTH, ERROR = range(5)
TYPES = {b"s": TEXT, b"str": TEXT, b"n": NUMBER, b"": NUMBER, b"b": TRUTH, b"e": ERROR}
TRUTHS = {"true": True, "false": False}
FIRST_SURE_YEAR = 1901  # earlier "days" are times, durations and Excel's own 29 February 1900

VALUE_CHARACTERS = b"0123456789.+-"
ROW_NUMBER = re.compile(rb'<row\b[^>]*?\br="(\d{1,7})"[^>]*(?<!/)>')
ROW_END, DATA_END, NO_DATA = b"</row>", b"</sheetData>", b"<sheetData/>"
CELL = re.compile(rb"<c\b([^>]*?)(?:/>|>(.*?)</c>)", re.DOTALL)
CELL_START = re.compile(rb"<c[\s>/]")
PLACE, TYPE = re.compile(rb'\br="([A-Z]{1,3})"'), re.compile(rb'\bt="(\w*)"')
LONG_NUMBERS = (re.compile(rb"\.\d{10}"), re.compile(rb"E-\d"))
NUMBER_CELL = re.compile(rb'<c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>]*>(?:<f\b[^>]*/>|<f\b[^>]*>[^<]*</f>)?<v>([^<]*)</v>')
MERGED = re.compile(rb'<mergeCell ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
MAX_SHAPES = 4000
MAX_REST = 8 * 2**20


class Unusual(Exception):
    """The sheet is not of the kind that can be read this way."""


@dataclass(frozen=True)
class SheetTypes:
    """``table[shape_of_row[i], j]`` is the type of the cell in row ``row_numbers[i]`` (from 1), column ``first_column + j``.

    ``long_numbers``: by column (from 0) and place of the row (from 0) those that do not end after nine decimal places.
    """

    row_numbers: npt.NDArray[np.int64]
    shape_of_row: npt.NDArray[np.uint16]
    table: npt.NDArray[np.uint8]
    first_column: int
    merged: list[Merged]
    long_numbers: dict[int, dict[int, float]]

    def column(self, index: int, length: int) -> npt.NDArray[np.uint8]:
        """The types of the cells of a column, counted from the first one, down to row ``length``."""
        types = np.zeros(max(length, self.row_numbers.max(initial=0)), np.uint8)
        types[self.row_numbers - 1] = self.table[self.shape_of_row, index]
        return types[:length]


class SheetScanner:
    """Is fed a sheet's XML block by block, then says what types its cells have. Both raise Unusual."""

    def __init__(self) -> None:
        self.rest = b""
        self.shapes: dict[bytes, int] = {}
        self.shape_of_row, self.row_numbers = array("H"), array("q")
        self.long_numbers: dict[int, dict[int, float]] = {}

    def feed(self, block: bytes) -> None:
        """Take the next part of the sheet."""
        data = self.rest + block
        cut = data.rfind(ROW_END) + len(ROW_END)
        if cut < len(ROW_END):
            if len(data) > MAX_REST:
                raise Unusual
            self.rest = data
            return
        rows, self.rest = data[:cut], data[cut:]
        self.row_numbers.extend(map(int, ROW_NUMBER.findall(rows)))
        pieces = rows.translate(None, VALUE_CHARACTERS).split(ROW_END)[:-1]
        shapes = self.shapes
        shape_of_row = [shapes.setdefault(piece, len(shapes)) for piece in pieces]
        if len(shapes) > MAX_SHAPES:
            raise Unusual
        self.shape_of_row.extend(shape_of_row)
        if len(self.row_numbers) != len(self.shape_of_row):
            raise Unusual
        for pattern in LONG_NUMBERS:
            for found in pattern.finditer(rows):
                if cell := NUMBER_CELL.match(rows, rows.rfind(b"<c", 0, found.start())):
                    self.long_numbers.setdefault(column_index(cell[1]), {})[int(cell[2]) - 1] = float(cell[3])

    def types(self) -> SheetTypes:
        """What was found in the whole sheet."""
        numbers = np.array(self.row_numbers, np.int64)
        if (np.diff(numbers, prepend=0) <= 0).any() or (DATA_END if len(numbers) else NO_DATA) not in self.rest:
            raise Unusual
        shapes = [_cells_of(shape) for shape in self.shapes]
        used = {column for shape in shapes for column, kind in shape.items() if kind != BLANK}
        first, width = min(used, default=0), max(used, default=-1) + 1 - min(used, default=0)
        table = np.zeros((len(shapes), width), np.uint8)
        for line, shape in zip(table, shapes, strict=True):
            for column, kind in shape.items():
                if kind != BLANK:
                    line[column - first] = kind
        merged = [
            (int(top) - 1, column_index(left), int(bottom) - 1, column_index(right))
            for left, top, right, bottom in MERGED.findall(self.rest)
            if int(bottom) > int(top)
        ]
        return SheetTypes(numbers, np.array(self.shape_of_row, np.uint16), table, first, merged, self.long_numbers)


def _cells_of(shape: bytes) -> dict[int, int]:
    """Column (from 0) and type of each cell of a row without its digits. Raises Unusual."""
    row = shape[shape.rfind(b"<row") :]
    cells = {}
    found = CELL.findall(row)
    if len(found) != len(CELL_START.findall(row)):
        raise Unusual
    for attributes, content in found:
        place, kind = PLACE.search(attributes), TYPE.search(attributes)
        name = kind[1] if kind else b""
        if not place or name not in TYPES:
            raise Unusual
        cells[column_index(place[1])] = TYPES[name] if b"<v>" in content else BLANK
    return cells


def typed_rows(batch: pa.RecordBatch, types: SheetTypes) -> ColumnRows:
    """A sheet's rows from its cells as texts and from their types. Raises Unusual where the two do not agree."""
    length, width = batch.num_rows, batch.num_columns
    has_cells: npt.NDArray[np.bool_] = np.any(types.table, axis=1)
    last_filled = types.row_numbers[has_cells[types.shape_of_row]].max(initial=0)
    if types.table.shape[1] != width or last_filled != length or length > MAX_ROWS or types.first_column + width > MAX_COLUMNS:
        raise Unusual
    columns = [CellColumn(length) for _ in range(types.first_column)]
    for at, texts in enumerate(batch.columns):
        column = _typed(texts.cast(pa.large_string()), types.column(at, length))
        for place, number in types.long_numbers.get(len(columns), {}).items():
            if column.numbers is not None and not math.isnan(column.numbers[place]):
                column.numbers[place] = number
        columns.append(column)
    return ColumnRows(columns, length)


def _typed(texts: pa.LargeStringArray, kinds: npt.NDArray[np.uint8]) -> CellColumn:
    nothing = pa.scalar(None, pa.large_string())
    if np.any(texts.is_valid().to_numpy(zero_copy_only=False) & np.isin(kinds, (BLANK, ERROR))):
        raise Unusual
    column = CellColumn(len(texts))
    if (kinds == TEXT).any():
        mine = pc.if_else(pa.array(kinds == TEXT), texts, nothing)
        column.texts = pc.if_else(pc.equal(mine, ""), nothing, mine)
    if (kinds == NUMBER).any():
        figures = pc.if_else(pa.array(kinds == NUMBER), texts, nothing)
        try:
            numbers = pc.cast(figures, pa.float64())
        except pa.ArrowInvalid:
            numbers, column.others = _figures_and_days(figures)
        column.numbers = numbers.fill_null(math.nan).to_numpy(zero_copy_only=False).copy()
    for at in np.flatnonzero(kinds == TRUTH).tolist():
        if (text := texts[at].as_py()) not in TRUTHS:
            raise Unusual
        column.others[at] = TRUTHS[text]
    return column


def _figures_and_days(figures: pa.LargeStringArray) -> tuple[pa.DoubleArray, dict[int, Cell]]:
    """Numbers, and by position the days among them: a cell that holds a number and shows a day comes as a day."""
    coded = figures.dictionary_encode()
    known = [_figure_or_day(text) for text in coded.dictionary.to_pylist()]
    numbers = pa.array([figure if isinstance(figure, float) else None for figure in known], pa.float64()).take(coded.indices)
    is_day = pa.array([not isinstance(figure, float) for figure in known]).take(coded.indices).fill_null(False)
    places = np.flatnonzero(is_day.to_numpy(zero_copy_only=False))
    which = coded.indices.take(pa.array(places)).to_pylist()
    return numbers, {at: known[code] for at, code in zip(places.tolist(), which, strict=True)}


def _figure_or_day(text: str) -> Cell:
    try:
        return float(text)
    except ValueError:
        pass
    try:
        day = datetime.fromisoformat(text)
    except ValueError as error:
        raise Unusual from error
    if day.year < FIRST_SURE_YEAR:
        raise Unusual
    return day if day.time() != datetime.min.time() else day.date()
