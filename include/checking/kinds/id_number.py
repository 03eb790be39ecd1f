"""Citizens' identity numbers, repaired where that is safe."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from include.checking.kinds.reading import Context, Reading, unreadable
from include.identity.numbers import REPAIRS, clean_numbers, repair_number
from include.reading.cells import CellColumn


def read_number(cell: object, context: Context) -> Reading:
    """An identity number. One that is present but invalid is an error even in a column that may be empty."""
    number, repairs, error = repair_number(cell, context.received)
    if error:
        return unreadable(error, "id_number" if error == "float_number" else "")
    return Reading(number, "；".join(REPAIRS[code] for code in repairs.split("+")) if repairs else None)


def valid_numbers(column: CellColumn, context: Context) -> pa.Array:
    """Identity numbers that are valid as they stand; null elsewhere."""
    nothing = pa.scalar(None, pa.large_string())
    if column.texts is None:
        return pa.nulls(len(column), nothing.type)
    return pc.if_else(pa.array(clean_numbers(column.texts, context.received)), column.texts, nothing)
