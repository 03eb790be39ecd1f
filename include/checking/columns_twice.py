"""Columns that a head names twice: which one is taken, and whether the other says something else."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow.compute as pc

from include.checking.kinds.column import normalise_column
from include.checking.kinds.reading import Context
from include.checking.match_columns import ReadTable
from include.checking.reasons import refused
from include.checking.sent import Sent, in_sheet
from include.checking.table import HeadCell, letters, plain
from include.checking.units import read_unit
from include.contracts import Column, Contract
from include.reading.cells import column_of
from include.reading.formats import Sheet, is_blank

LOOSE_KINDS = {"text", "phone"}


def check_columns_twice(read: ReadTable, sheet: Sheet, contract: Contract, period: str, sent: Sent) -> None:
    """Two columns under one head that differ refuse the file; two heads for one column that differ are a guess.

    Raises Refused (repeated_column).
    """
    table = read.table
    chosen = {head.index: head for head in table.heads}
    for head in table.heads:
        column = contract.by_head.get(head.label)
        if column is None or (index := read.column_index[column.name]) == head.index:
            continue
        row = _first_difference(read, column, chosen[index], head, period, sent.received_at.date())
        if row is None:
            continue
        if head.label == chosen[index].label and (column.required or column.kind not in LOOSE_KINDS):
            raise refused(
                "repeated_column", file=sent.file_name, sheet=in_sheet(sheet), head=table.header_rows[0], column=head.label,
                places=f"{letters(index)}、{letters(head.index)}", row=row,
            )  # fmt: skip
        table.guess(
            table.header_rows[0], "column_chosen", chosen=chosen[index].label, place=letters(index), other=head.label,
            other_place=letters(head.index), column=column.label,
        )  # fmt: skip


def _first_difference(
    read: ReadTable, column: Column, chosen: HeadCell, other: HeadCell, period: str, received: date
) -> int | None:
    """Number of the first row in which the other column is filled and says something else."""
    rows = read.table.rows
    cells = column_of(rows, other.index)
    distinct, codes = cells.distinct()
    filled = np.array([not is_blank(cell) for cell in distinct])[codes]
    if not filled.any():
        return None
    units = [read_unit(column, head.unit, read.table.stated_units, ()).unit if column.unit else None for head in (chosen, other)]
    first, second = (
        normalise_column(column_of(rows, head.index), Context(column, unit, period, received))
        for head, unit in zip((chosen, other), units, strict=True)
    )
    same = pc.equal(first.values, second.values).fill_null(False).to_numpy(zero_copy_only=False)
    for position in np.flatnonzero(filled & ~same).tolist():
        if plain(rows[position][chosen.index]) != plain(rows[position][other.index]):
            return read.table.row_numbers[position]
    return None
