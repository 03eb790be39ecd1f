"""Tables that stand beside each other in one sheet: each becomes a sheet of its own, or the file goes back.

They are told apart only where both sides name every required column of some contract; a blank column between them, or a head that
begins as the first one did, says where one ends.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

import numpy as np

from include.checking.find_head import HeadWords, find_head
from include.checking.reasons import refused
from include.checking.table import HeadCell, has_identity_number, letters, plain
from include.reading.cells import Cell, CellColumn, ColumnRows, Rows, column_of
from include.reading.formats import Sheet, is_blank

UNIT_SAID = re.compile(r"单位.{0,12}?(?:亿元|万元|千元|百元|元|亩|公顷)")
HEADS_WITHOUT_TABLE = 3
UNITS_KINDS = {"amount", "area"}


@dataclass(frozen=True)
class _Head:
    """The head of a sheet: index of its first row, of the row below it, and its cells from left to right."""

    top: int
    below: int
    cells: tuple[HeadCell, ...]


def split_beside(sheet: Sheet, words: HeadWords) -> list[Sheet]:
    """The sheet, or one sheet for each table that stands beside others, its other cells blank and its name saying the columns.

    Raises Refused (two_tables): tables stand beside each other and nobody can tell where one ends, or whose a unit is.
    """
    found = find_head(sheet, words)
    if found is None:
        return [sheet]
    top, depth, cells, _ = found
    head = _Head(top, top + depth, tuple(cells))
    cuts = _cuts(sheet, head, words) or _cuts_at_other_heads(sheet, head, words)
    if not cuts:
        return [sheet]
    _check_units(sheet, head, words)
    edges = [0, *cuts, _width(sheet.rows)]
    return [_part(sheet, left, right, head) for left, right in pairwise(edges)]


def _width(rows: Rows) -> int:
    return len(rows.columns) if isinstance(rows, ColumnRows) else max(map(len, rows), default=0)


def _cuts(sheet: Sheet, head: _Head, words: HeadWords) -> list[int]:
    """The columns at which further tables begin whose heads stand in the same row. Raises Refused (two_tables)."""
    labels = [cell.label for cell in head.cells]
    named = [name for label in labels for name in {column for _, column in words.places(label)}]
    if len(named) == len(set(named)):
        return []
    cuts: list[int] = []
    start = 0
    while possible := [
        at for at in range(start + 1, len(labels)) if _is_whole(labels[start:at], words) and _is_whole(labels[at:], words)
    ]:
        gaps = [at for at in possible if _is_gap(sheet.rows, head, head.cells[at - 1].index + 1, head.cells[at].index)]
        again = [at for at in possible if labels[at] == labels[start]]
        clear = gaps[:1] or again[:1] or (possible if len(possible) == 1 else [])
        if not clear:
            raise refused(
                "two_tables", "beside", sheet=sheet.name, row=head.below,
                columns="、".join(letters(head.cells[at].index) for at in possible[:5]),
            )  # fmt: skip
        start = clear[0]
        cuts.append(head.cells[start].index)
    return cuts


def _is_whole(labels: Sequence[str], words: HeadWords) -> bool:
    """Whether the labels name every required column of one contract."""
    named: dict[int, set[str]] = {}
    for label in labels:
        for number, name in words.places(label):
            named.setdefault(number, set()).add(name)
    return any({column.name for column in words.contracts[number].required_columns} <= names for number, names in named.items())


def _is_gap(rows: Rows, head: _Head, left: int, right: int) -> bool:
    """Whether blank columns stand between two heads."""
    return right > left and all(
        all(is_blank(cell) for cell in column_of(rows, index).distinct()[0]) for index in range(left, right)
    )


def _cuts_at_other_heads(sheet: Sheet, head: _Head, words: HeadWords) -> list[int]:
    """The column at which a table begins whose head stands in another row, to the right of the head or to its left.

    Raises Refused: two_tables when it is mixed with the head's columns, no_header when people are listed beside it under no head.
    """
    covered = {cell.index for cell in head.cells}
    outside = [index for index in range(_width(sheet.rows)) if index not in covered]
    bare = [index for index in outside if column_of(sheet.rows, index).is_filled().any()]
    known = np.zeros(len(sheet.rows), np.int64)
    places: dict[int, set[int]] = {}
    for index in bare:
        cells, codes = column_of(sheet.rows, index).distinct()
        heads = np.array([isinstance(cell, str) and bool(words.places(words.clean(cell)[0])) for cell in cells])
        found = heads[codes]
        known += found
        for row in np.flatnonzero(found).tolist():
            places.setdefault(row, set()).add(index)
    rows = [row for row in np.flatnonzero(known >= HEADS_WITHOUT_TABLE).tolist() if not head.top <= row < head.below]
    if not rows:
        _check_bare_columns(sheet, head, bare)
        return []
    columns = places[rows[0]]
    first, last = min(covered), max(covered)
    if min(columns) > last:
        return [min(columns)]
    if max(columns) < first:
        return [first]
    raise refused(
        "two_tables",
        "mixed",
        sheet=sheet.name,
        first=head.below,
        second=rows[0] + 1,
        columns="、".join(map(letters, sorted(columns)[:5])),
    )


def _check_bare_columns(sheet: Sheet, head: _Head, bare: list[int]) -> None:
    """Raises Refused (no_header) when the columns without a head list somebody whom the others do not name."""
    are_lines = isinstance(sheet.rows, ColumnRows) and sheet.rows.widths is not None  # a line of a text may only have moved
    if are_lines or len(bare) < HEADS_WITHOUT_TABLE:
        return
    for number, row in enumerate(islice(sheet.rows, head.below, None), head.below + 1):
        outside: list[Cell] = [row[index] for index in bare if index < len(row) and not is_blank(row[index])]
        if len(outside) < HEADS_WITHOUT_TABLE or not has_identity_number(outside):
            continue
        inside = {plain(row[cell.index]) for cell in head.cells if cell.index < len(row)}
        strange = [cell for cell in outside if plain(cell) not in inside]
        if len(strange) > 1 and has_identity_number(strange):
            columns = "、".join(letters(index) for index in bare if index < len(row) and not is_blank(row[index]))
            raise refused("no_header", "beside", sheet=sheet.name, row=number, columns=columns)


def _check_units(sheet: Sheet, head: _Head, words: HeadWords) -> None:
    """A unit in a line of its own may be one table's or all tables'. Raises Refused (two_tables)."""
    needs = any(
        cell.unit is None
        and any(words.contracts[number].column(name).kind in UNITS_KINDS for number, name in words.places(cell.label))
        for cell in head.cells
    )
    if not needs:
        return
    first = head.cells[0].index
    for number, row in enumerate(sheet.rows, 1):
        for index, cell in enumerate(row):
            is_of_one = number > head.top or index > first
            if is_of_one and isinstance(cell, str) and "单位" in cell and UNIT_SAID.search(plain(cell)):
                raise refused("two_tables", "unit", sheet=sheet.name, row=number, column=letters(index))


def _part(sheet: Sheet, left: int, right: int, head: _Head) -> Sheet:
    """The columns of one table; titles above all of them belong to each, those over another table do not."""
    length = len(sheet.rows)
    shared = {
        row: cells
        for row, cells in enumerate(sheet.rows[: head.top])
        if left and all(is_blank(cell) for cell in cells[left:right]) and sum(not is_blank(cell) for cell in cells) <= 2
    }
    columns = [
        CellColumn(
            length,
            others={row: cells[index] for row, cells in shared.items() if index < len(cells) and not is_blank(cells[index])},
        )
        if index < left
        else column_of(sheet.rows, index)
        for index in range(right)
    ]
    name = f"{letters(left)} 至 {letters(right - 1)} 列"
    widths = None
    if isinstance(sheet.rows, ColumnRows) and sheet.rows.widths is not None:
        widths = np.minimum(sheet.rows.widths, right).astype(np.int32)
    return Sheet(
        f"{sheet.name}（{name}）" if sheet.name else name,
        True,
        ColumnRows(columns, length, widths),
        sheet.merged,
        sheet.has_drawing,
    )
