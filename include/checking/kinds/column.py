"""A whole column of one kind: whatever a clerk typed becomes a typed value, a stated repair or a stated problem.

Equal cells are read once; what is in normal form already is recognised all at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from include.checking.kinds.amount import read_amount
from include.checking.kinds.answer import read_answer
from include.checking.kinds.area import read_area
from include.checking.kinds.choice import read_choice, read_choices
from include.checking.kinds.code import read_certificate, read_code, read_warning
from include.checking.kinds.count import read_count
from include.checking.kinds.day import read_date
from include.checking.kinds.figure import plain_figures
from include.checking.kinds.flag import read_flag
from include.checking.kinds.id_number import damaged_tails, read_number, valid_numbers
from include.checking.kinds.level import read_level
from include.checking.kinds.month import read_month
from include.checking.kinds.name import read_name
from include.checking.kinds.phone import read_phone
from include.checking.kinds.reading import UNREADABLE, Context, Problem, Reading
from include.checking.kinds.term import read_term
from include.checking.kinds.text import read_place, read_text
from include.checking.kinds.year import read_year
from include.reading.cells import CellColumn

READERS: dict[str, Callable[[object, Context], Reading]] = {
    "text": read_text,
    "name": read_name,
    "id_number": read_number,
    "town": read_place,
    "village": read_place,
    "towns": read_place,
    "villages": read_place,
    "event_id": read_code,
    "household_id": read_code,
    "warning_id": read_warning,
    "student_number": read_code,
    "certificate_number": read_certificate,
    "phone": read_phone,
    "amount": read_amount,
    "area": read_area,
    "count": read_count,
    "date": read_date,
    "year": read_year,
    "month": read_month,
    "term": read_term,
    "flag": read_flag,
    "answer": read_answer,
    "level": read_level,
    "choice": read_choice,
    "choices": read_choices,
}
AT_ONCE: dict[str, Callable[[CellColumn, Context], pa.Array]] = {
    "id_number": valid_numbers, "amount": plain_figures, "area": plain_figures,
}  # fmt: skip
"""Kinds of which most cells are in normal form: their values, null where a cell has to be read by itself."""
IN_HUNDREDTHS = frozenset({"amount", "area"})
ARROW_TYPES: dict[str, pa.DataType] = {
    "VARCHAR": pa.large_string(), "INTEGER": pa.int32(), "BOOLEAN": pa.bool_(), "DATE": pa.date32(), "DECIMAL(18,2)": pa.int64(),
}  # fmt: skip


@dataclass
class NormalisedColumn:
    """Values in order (ARROW_TYPES), amounts and areas in hundredths; repairs and problems by position."""

    values: pa.Array
    repairs: dict[int, str] = field(default_factory=dict)
    problems: dict[int, Problem] = field(default_factory=dict)


def normalise_column(cells: Sequence[object] | CellColumn, context: Context) -> NormalisedColumn:
    """A whole column; never raises on what a cell holds. Amounts and areas come as whole hundredths (分, 0.01 亩)."""
    column, kind = CellColumn.of(cells), context.column.kind
    known = AT_ONCE[kind](column, context) if kind in AT_ONCE else None
    is_open = None if known is None else known.is_null().to_numpy(zero_copy_only=False)
    different, codes = column.distinct(is_open)
    readings = [READERS[kind](cell, context) for cell in different]
    values = [reading.value for reading in readings]
    if kind in IN_HUNDREDTHS:
        values = [None if value is None else int(value.scaleb(2)) for value in values]
    taken = pa.array(values, ARROW_TYPES[context.column.sql_type]).take(pa.array(codes))
    result = NormalisedColumn(taken if known is None else pc.coalesce(known, taken))
    marked = np.array([reading.repair is not None or reading.problem is not None for reading in readings])
    for position in np.flatnonzero(marked[codes]).tolist():
        reading = readings[codes[position]]
        if reading.repair:
            result.repairs[position] = reading.repair
        if reading.problem:
            result.problems[position] = reading.problem
    blanks = result.values.null_count - sum(problem.level == UNREADABLE for problem in result.problems.values())
    if kind == "id_number" and (damaged := damaged_tails(result.problems, len(column) - blanks)):
        result.problems |= damaged
        result.values = pc.if_else(pa.array(np.isin(np.arange(len(column)), list(damaged))), None, result.values)
    return result
