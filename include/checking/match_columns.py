"""Which head of a table is which column of its contract, and in which unit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from include.checking.reasons import said
from include.checking.table import SEQUENCE_LABELS, Guess, HeadCell, Table
from include.checking.units import BELOW, TITLE, UnitRead, read_unit
from include.contracts import Column, Contract, clean_header
from include.reading.cells import column_of, pick
from include.reading.formats import is_blank

PLACES = ("town_name", "village_name")
ADDRESS_HEADS = frozenset({
    "住址", "地址", "家庭住址", "家庭地址", "家庭详细住址", "家庭详细地址", "详细住址", "详细地址", "居住地址", "居住地",
    "现住址", "现住地址", "现居住地址", "常住地址", "户籍地址", "户籍所在地", "户籍地", "户口所在地", "户籍住址", "住所",
})  # fmt: skip
"""One column that says town and village together, read where a table has no columns for them."""


@dataclass
class ReadTable:
    """A table with its contract's columns: Column.name -> cell index, and -> unit (元, 万元, 亩 …) for amounts and areas.

    ``other_units``: the unit a column's figures may be in instead, where what is stated leaves room; ``unstated``: columns
    whose unit nothing states.

    By position in ``table.rows``: ``filled`` cells took the value of the merged cell they belong to, ``merged`` ones belong to a
    merged cell and stay blank, ``shifted`` rows have more cells than the head. ``other_places``: further heads that name the
    row's town and village (户籍乡镇 beside 居住乡镇). ``dittos``: cells that only say 同上; ``unreadable``: rows of a text in
    which bytes were no character.
    """

    table: Table
    column_index: dict[str, int]
    units: dict[str, str]
    other_units: dict[str, str] = field(default_factory=dict)
    unstated: set[str] = field(default_factory=set)
    filled: set[tuple[int, str]] = field(default_factory=set)
    merged: set[tuple[int, str]] = field(default_factory=set)
    shifted: dict[int, tuple[int, int]] = field(default_factory=dict)
    other_places: dict[str, int] = field(default_factory=dict)
    guesses: list[Guess] = field(default_factory=list)
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
    address = next((head.index for head in table.heads if head.label in ADDRESS_HEADS), None)
    if address is not None and is_at_home(contract):
        column_index |= {name: address for name in PLACES if name not in column_index}
    by_index = {head.index: head for head in table.heads}
    other_places = {
        name: next(index for index in sorted(head.index for head in places[name]) if index != column_index[name])
        for name in PLACES
        if len(places.get(name, ())) > 1
    }
    read = {
        column.name: read_unit(
            column, _own_unit(column, by_index[column_index[column.name]]), table.stated_units, contract.columns
        )
        for column in contract.columns
        if column.unit and column.name in column_index
    }
    return ReadTable(
        table,
        column_index,
        {name: unit.unit for name, unit in read.items()},
        other_units={name: unit.other for name, unit in read.items() if unit.other},
        unstated={name for name, unit in read.items() if unit.origin == "default"},
        other_places=other_places,
        guesses=list(_guessed(table, contract, read)),
    )


def doubt_unstated(tables: list[ReadTable]) -> None:
    """What one table of a file states of a column's unit may hold for another that states nothing: then it leaves room there."""
    stated: dict[str, str] = {}
    for read in tables:
        stated |= {name: unit for name, unit in read.units.items() if name not in read.unstated}
    for read in tables:
        doubtful = {name: stated[name] for name in read.unstated & stated.keys() if stated[name] != read.units[name]}
        read.other_units |= doubtful
        read.unstated -= doubtful.keys()


def is_at_home(contract: Contract) -> bool:
    """Whether each row of the feed is in one village, so that an address says where."""
    return all(contract.has_column(name) for name in PLACES) and contract.column("town_name").kind == "town"


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


def _own_unit(column: Column, head: HeadCell) -> str | None:
    """The unit written with the head; a column's own name, which pushed rows use, says it too (loss_yuan)."""
    is_name = head.label == clean_header(column.name)[0]
    return ("元" if column.unit == "yuan" else "亩") if is_name and not head.unit else head.unit


def _guessed(table: Table, contract: Contract, units: dict[str, UnitRead]) -> Iterator[Guess]:
    """A unit that is stated nowhere, or only below the table."""
    for name, read in units.items():
        if read.origin in ("default", TITLE) or read.other or read.origin == BELOW:
            variant = "other" if read.other else "below" if read.origin == BELOW else "default"
            label = contract.column(name).label
            words = said("unit_assumed", variant, column=label, unit=read.unit, other=read.other)
            yield Guess(table.sheet, table.header_rows[-1], *words)
