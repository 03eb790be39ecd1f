"""Finds a table's head of one to three rows: the rows that name most columns of one contract."""

from __future__ import annotations

import re
from collections.abc import Sequence

from include.checking.list_rows import looks_listed
from include.checking.table import HeadCell, has_identity_number, plain
from include.contracts import Contract, clean_header
from include.reading.cells import Cell, Rows
from include.reading.formats import Sheet, is_blank

HEAD_SEARCH_ROWS = 100
HEAD_DEPTHS = (1, 2, 3)
MIN_MATCHES = 2
MEMORY = 20_000  # labels whose places are remembered

Found = tuple[int, int, list[HeadCell], Contract]


class HeadWords:
    """All heads that the contracts know, to tell a head from anything else."""

    def __init__(self, contracts: Sequence[Contract]) -> None:
        self.contracts = tuple(contracts)
        self._places: dict[str, list[tuple[int, str]]] = {}
        self.choices = {
            writing
            for contract in self.contracts
            for column in contract.columns
            for writing in column.writings
            if len(writing) > 1
        }

    def clean(self, cell: Cell) -> tuple[str, str | None]:
        """Label and unit of a cell taken for a head; ('', None) for a blank one."""
        if is_blank(cell):
            return "", None
        text = str(cell)
        return clean_header(text) if len(text) <= 100 else ("", None)

    def places(self, label: str) -> list[tuple[int, str]]:
        """The contracts (by their place) and columns of them that a label names; empty for an unknown one."""
        if label not in self._places:
            if len(self._places) > MEMORY:
                self._places.clear()
            self._places[label] = [
                (number, column.name)
                for number, contract in enumerate(self.contracts)
                if (column := contract.by_head.get(label)) is not None
            ]
        return self._places[label]

    def best(self, labels: Sequence[str]) -> tuple[int, Contract | None]:
        """How many columns of one contract the labels name at most, and that contract (the first of several)."""
        named: dict[int, set[str]] = {}
        for label in labels:
            for number, name in self.places(label):
                named.setdefault(number, set()).add(name)
        if not named:
            return 0, None
        number = max(named, key=lambda key: (len(named[key]), -key))
        return len(named[number]), self.contracts[number]


def find_head(sheet: Sheet, words: HeadWords, start: int = 0) -> Found | None:
    """Index of the head's first row, its depth, heads, and the contract they fit best: most columns named, then fewest rows.

    ``start``: index of the first row to look at. A head over rows of a list goes before a better one below them.
    """
    rows = sheet.rows
    best, score, first_head = _best(rows, words, start, min(len(rows), start + HEAD_SEARCH_ROWS))
    if best is not None and first_head is not None and first_head < best[0]:
        between = range(first_head + 1, best[0])
        listed = next((at for at in between if has_identity_number(rows[at]) or looks_listed(rows[at], words.choices)), None)
        if listed is not None:
            best, score, _ = _best(rows, words, start, listed)
    return None if best is None else _with_parents(rows, best, score, words, start)


def _best(rows: Rows, words: HeadWords, start: int, stop: int) -> tuple[Found | None, int, int | None]:
    """The best head between two rows, how many columns it names, and the first row that names three or more."""
    best: Found | None = None
    best_rank = (MIN_MATCHES, -len(HEAD_DEPTHS) - 1)
    first_head: int | None = None
    for top in range(start, stop):
        if all(is_blank(cell) for cell in rows[top]):
            continue
        for depth in HEAD_DEPTHS:
            part = rows[top : top + depth]
            if len(part) < depth or (depth > 1 and any(has_identity_number(row) for row in part)):
                break
            heads = _combine(part, words)
            score, contract = words.best([head.label for head in heads])
            if first_head is None and depth == 1 and score >= 3:
                first_head = top
            if (score, -depth) > best_rank and contract is not None:
                best, best_rank = (top, depth, heads, contract), (score, -depth)
    return best, best_rank[0], first_head


def _with_parents(rows: Rows, best: Found, score: int, words: HeadWords, start: int) -> Found:
    """The head with the rows above it that are its upper part."""
    while best[0] > start and best[1] < HEAD_DEPTHS[-1] and _is_parent_row(rows[best[0] - 1], rows[best[0]], words):
        top, depth = best[0] - 1, best[1] + 1
        heads = _combine(rows[top : top + depth], words)
        if words.best([head.label for head in heads])[0] < score:
            break
        best = (top, depth, heads, best[3])
    return best


def _combine(rows: Rows, words: HeadWords) -> list[HeadCell]:
    """One head per column out of one to three head rows: merged parents reach to the right over their children; of the texts that
    stand over a column the longest combination that is a known head wins (户主 over 姓名: 户主姓名), else the lowest known."""
    width = max(len(row) for row in rows)
    grid = [[words.clean(row[column]) if column < len(row) else ("", None) for column in range(width)] for row in rows]
    _spread_parents(grid, width)
    heads = []
    for column in range(width):
        parts = [line[column] for line in grid if line[column][0]]
        if not parts and not any(line[column][1] for line in grid):
            continue
        labels = [label for label, _ in parts]
        options = ["".join(labels[start:]) for start in range(len(labels))] + list(reversed(labels))
        label = next((option for option in options if words.places(option)), labels[-1] if labels else "")
        unit = next((unit for _, unit in reversed([line[column] for line in grid]) if unit), None)
        if label:
            heads.append(HeadCell(column, label, unit))
    return heads


def _spread_parents(grid: list[list[tuple[str, str | None]]], width: int) -> None:
    for level in range(len(grid) - 1):
        below = grid[level + 1 :]
        parent: tuple[str, str | None] = ("", None)
        for column in range(width):
            has_child = any(line[column][0] for line in below)
            if grid[level][column][0]:
                parent = grid[level][column] if has_child else ("", None)
            elif has_child and parent[0]:
                grid[level][column] = parent
            else:
                parent = ("", None)


def _is_parent_row(row: list[Cell], below: list[Cell], words: HeadWords) -> bool:
    """Whether a row that names no column is the upper part of a merged head, for its unit's sake: 费用(元) over 总费用."""
    filled = [(column, cell) for column, cell in enumerate(row) if not is_blank(cell)]
    if not filled or any(
        not isinstance(cell, str) or len(cell) > 15 or re.search(r":|20\d\d", plain(cell)) for _, cell in filled
    ):
        return False
    if any(column >= len(below) for column, _ in filled):
        return False
    return len(filled) > 1 or (filled[0][0] > 0 and words.clean(filled[0][1])[1] is not None)
