"""Citizens' identity numbers, repaired where that is safe."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from include.checking.kinds.reading import UNREADABLE, Context, Problem, Reading, finding, unreadable
from include.checking.reasons import said
from include.identity.numbers import REPAIRS, birth_date, clean_numbers, repair_number
from include.reading.cells import CellColumn

ADULT_AGE = 18
FEWEST_TAILS, SHARE_OF_TAILS = 2, 10
"""From how many numbers that end in 000, and from which part of a column (a tenth), the column shows that it is damaged."""


def read_number(cell: object, context: Context) -> Reading:
    """An identity number. One that is present but invalid is an error even in a column that may be empty.

    A child's of fifteen digits was cut short: no child has one. One in text that ends in 000 and is valid is kept, with a
    finding; ``damaged_tails`` looks at its column.
    """
    number, repairs, error = repair_number(cell, context.received)
    repaired = repairs.split("+") if repairs else []
    if number and "fifteen_digits" in repaired and context.column.name.startswith("child_"):
        error = "cut_short" if context.received.year - birth_date(number).year >= ADULT_AGE else error
    if error:
        return unreadable(error, "id_number" if error == "float_number" else "")
    repair = "；".join(REPAIRS[code] for code in repaired) or None
    if number and number.endswith("000") and not {"student_prefix", "certificate", "fifteen_digits"} & set(repaired):
        return Reading(number, repair, finding("tail_of_zeros"))
    return Reading(number, repair)


def damaged_tails(problems: dict[int, Problem], filled: int) -> dict[int, Problem]:
    """What becomes of numbers that end in 000 where the column shows that a spreadsheet stored them as figures.

    One honest person in a thousand has such a number: two of them and a tenth of the ``filled`` cells are no chance.
    """
    tails = [at for at, problem in problems.items() if problem.code in ("tail_of_zeros", "tail_lost")]
    if len(tails) < FEWEST_TAILS or len(tails) * SHARE_OF_TAILS < filled:
        return {}
    return dict.fromkeys(tails, Problem(UNREADABLE, *said("tail_lost")))


def valid_numbers(column: CellColumn, context: Context) -> pa.Array:
    """Identity numbers that are valid as they stand; null elsewhere."""
    nothing = pa.scalar(None, pa.large_string())
    if column.texts is None:
        return pa.nulls(len(column), nothing.type)
    return pc.if_else(pa.array(clean_numbers(column.texts, context.received)), column.texts, nothing)
