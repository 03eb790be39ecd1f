"""Which head of a table is which column of its contract, and in which unit."""

from __future__ import annotations

from dataclasses import dataclass, field

from include.checking.table import SEQUENCE_LABELS, HeadCell, Table
from include.contracts import Column, Contract, clean_header
from include.reading.cells import column_of, pick
from include.reading.formats import is_blank

MONEY_UNITS = {"元", "百元", "千元", "万元", "十万元", "百万元", "千万元", "亿元"}
AREA_UNITS = {"亩", "公顷", "平方米"}


@dataclass
class ReadTable:
    """A table with its contract's columns: Column.name -> cell index, and -> unit (元, 万元, 亩 …) for amounts and areas.

    By position in ``table.rows``: ``filled`` cells took the value of the merged cell they belong to, ``merged`` ones belong to a
    merged cell and stay blank, ``shifted`` rows have more cells than the head. ``other_places``: further heads that name the
    row's town and village (户籍乡镇 beside 居住乡镇). ``dittos``: cells that only say 同上; ``unreadable``: rows of a text in
    which bytes were no character.
    """

    table: Table
    column_index: dict[str, int]
    units: dict[str, str]
    filled: set[tuple[int, str]] = field(default_factory=set)
    merged: set[tuple[int, str]] = field(default_factory=set)
    shifted: dict[int, tuple[int, int]] = field(default_factory=dict)
    other_places: dict[str, int] = field(default_factory=dict)
    dittos: set[tuple[int, str]] = field(default_factory=set)
    unreadable: set[int] = field(default_factory=set)

    def keep_rows(self, positions: list[int]) -> None:
        """Leaves the other rows out of a table that has been read."""
        place = {position: new for new, position in enumerate(positions)}
        self.table.rows = pick(self.table.rows, positions)
        self.table.row_numbers = [self.table.row_numbers[position] for position in positions]
        self.filled = {(place[position], name) for position, name in self.filled if position in place}
        self.merged = {(place[position], name) for position, name in self.merged if position in place}


def map_columns(table: Table, contract: Contract) -> ReadTable:
    """Each column takes the head with its own name, else the alias listed first; of equal heads one that is filled."""
    places: dict[str, list[HeadCell]] = {}
    for head in table.heads:
        if (column := contract.by_head.get(head.label)) is not None:
            places.setdefault(column.name, []).append(head)
    column_index = {
        column.name: _preferred(places[column.name], column, table) for column in contract.columns if column.name in places
    }
    by_index = {head.index: head.unit for head in table.heads}
    other_places = {
        name: next(index for index in sorted(head.index for head in places[name]) if index != column_index[name])
        for name in ("town_name", "village_name")
        if len(places.get(name, ())) > 1
    }
    units = {
        column.name: unit_of(column, by_index[column_index[column.name]], table.unit)
        for column in contract.columns
        if column.unit and column.name in column_index
    }
    return ReadTable(table, column_index, units, other_places=other_places)


def unknown_columns(tables: list[ReadTable]) -> list[str]:
    """Labels that name no column, in order."""
    seen: dict[str, None] = {}
    for read in tables:
        used = set(read.column_index.values())
        seen.update(
            {head.label: None for head in read.table.heads if head.index not in used and head.label not in SEQUENCE_LABELS}
        )
    return list(seen)


def _preferred(heads: list[HeadCell], column: Column, table: Table) -> int:
    if len(heads) == 1:
        return heads[0].index
    order = [clean_header(text)[0] for text in (column.label, *column.aliases)]
    return min(heads, key=lambda head: (order.index(head.label), _is_empty(table, head.index), head.index)).index


def _is_empty(table: Table, index: int) -> bool:
    cells, _ = column_of(table.rows, index).distinct()
    return all(is_blank(cell) for cell in cells)


def unit_of(column: Column, own: str | None, of_table: str | None) -> str:
    """The head's unit, else the table's (单位:万元 above it), else the one of the contract's own head."""
    usual, known = ("元", MONEY_UNITS) if column.unit == "yuan" else ("亩", AREA_UNITS)
    return next((unit for unit in (own, of_table, column.header_unit) if unit in known), usual)
