"""How a good table is laid out in a file: sheets, lines above and below, heads, order of columns; and how it becomes cells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from benchmarks.mutations.good_files import Cell, Good

Merged = tuple[int, int, int, int]
"""First row, first column, last row, last column of merged cells, all from 0."""


@dataclass
class Part:
    """Some rows of the table under one head, or going on under the head before. ``lines``: what stands above that head."""

    rows: list[int]
    order: list[str]
    has_head: bool = True
    lines: list[list[Cell]] = field(default_factory=list)
    heads: dict[str, str] = field(default_factory=dict)
    cells: dict[tuple[int, str], Cell] = field(default_factory=dict)


@dataclass
class Page:
    """One sheet. ``example``: a row that is none, under the head. ``gaps``: blank columns before these columns. ``blanks``: blank
    lines before these rows. ``after``: lines below a row. ``beside``: the second half of the rows stands to the right of the
    first, so many blank columns between.
    """

    name: str
    parts: list[Part]
    above: list[list[Cell]] = field(default_factory=list)
    below: list[list[Cell]] = field(default_factory=list)
    down: int = 0
    right: int = 0
    gaps: set[str] = field(default_factory=set)
    blanks: set[int] = field(default_factory=set)
    after: dict[int, list[list[Cell]]] = field(default_factory=dict)
    beside: int | None = None
    has_parents: bool = False
    example: list[Cell] = field(default_factory=list)
    unit_row: dict[str, str] = field(default_factory=dict)
    merged_columns: set[str] = field(default_factory=set)
    is_hidden: bool = False
    has_picture: bool = False


@dataclass
class Layout:
    """The whole file. ``heads`` and ``units``: how each column's head is written; ``formats``: number formats of columns.
    ``extra``: columns that mean nothing (序号, 备注 …) with their cells. ``more``: further sheets, each hidden or not.
    """

    good: Good
    pages: list[Page]
    heads: dict[str, str]
    units: dict[str, str]
    cells: dict[tuple[int, str], Cell]
    formats: dict[str, str] = field(default_factory=dict)
    extra: dict[str, list[Cell]] = field(default_factory=dict)
    more: list[tuple[str, list[list[Cell]], bool]] = field(default_factory=list)
    kind: str = "xlsx"
    encoding: str = "gb18030"
    extension: str = ""
    name: str = "名单"

    def head(self, column: str) -> str:
        """The head as it is written, with its unit in brackets."""
        unit = self.units.get(column, "")
        return self.heads[column] + (f"({unit})" if unit else "")


@dataclass
class Grid:
    """The cells of one sheet as they are written."""

    name: str
    rows: list[list[Cell]] = field(default_factory=list)
    merged: list[Merged] = field(default_factory=list)
    formats: dict[tuple[int, int], str] = field(default_factory=dict)
    is_hidden: bool = False
    has_picture: bool = False


def plain_layout(good: Good) -> Layout:
    """One sheet with head and rows and nothing else."""
    order = [each.column.name for each in good.fields]
    cells = {(at, name): cell for at, row in enumerate(good.rows) for name, cell in row.cells.items()}
    return Layout(
        good,
        [Page("Sheet1", [Part(list(range(len(good.rows))), order)])],
        {each.column.name: each.label for each in good.fields},
        {each.column.name: each.unit for each in good.fields if each.unit},
        cells,
    )


def rendered(layout: Layout) -> list[Grid]:
    """The sheets as cells."""
    grids = [_page(layout, page) for page in layout.pages]
    grids += [Grid(name, [list(row) for row in rows], is_hidden=is_hidden) for name, rows, is_hidden in layout.more]
    return grids


def _page(layout: Layout, page: Page) -> Grid:
    grid = Grid(page.name, is_hidden=page.is_hidden, has_picture=page.has_picture)
    grid.rows += [[] for _ in range(page.down)]
    grid.rows += [list(line) for line in page.above]
    if page.beside is None:
        for part in page.parts:
            _part(layout, page, part, grid)
    else:
        _beside(layout, page, grid)
    grid.rows += [list(line) for line in page.below]
    return _moved(grid, page.right)


def _moved(grid: Grid, right: int) -> Grid:
    if right:
        grid.rows = [[""] * right + row if row else row for row in grid.rows]
        grid.merged = [(top, left + right, bottom, end + right) for top, left, bottom, end in grid.merged]
        grid.formats = {(row, column + right): text for (row, column), text in grid.formats.items()}
    return grid


def _beside(layout: Layout, page: Page, grid: Grid) -> None:
    part = page.parts[0]
    half = (len(part.rows) + 1) // 2
    blocks = []
    for rows in (part.rows[:half], part.rows[half:]):
        block = Grid("")
        _part(layout, page, Part(rows, part.order, cells=part.cells), block)
        blocks.append(block.rows)
    width = max(map(len, blocks[0])) + (page.beside or 0)
    for at in range(max(map(len, blocks))):
        left, right = (block[at] if at < len(block) else [] for block in blocks)
        grid.rows.append([*left, *[""] * (width - len(left)), *right] if right else list(left))


def _part(layout: Layout, page: Page, part: Part, grid: Grid) -> None:
    order = part.order
    grid.rows += [list(line) for line in part.lines]
    columns: list[str | None] = []
    for name in order:
        columns += [None, name] if name in page.gaps else [name]
    extra = [*layout.extra] if part.order == page.parts[0].order or not part.has_head else []
    if part.has_head:
        head = ["" if name is None else part.heads.get(name) or layout.head(name) for name in columns]
        if page.has_parents and part is page.parts[0]:
            _two_rows(grid, head, extra)
        else:
            grid.rows.append([*head, *extra])
        if page.unit_row:
            grid.rows.append([page.unit_row.get(name or "", "") for name in columns])
        if page.example and part is page.parts[0]:
            grid.rows.append(page.example)
    first = len(grid.rows)
    for at in part.rows:
        if at in page.blanks:
            grid.rows.append([])
        row_number = len(grid.rows)
        grid.rows.append([
            *("" if name is None else part.cells.get((at, name), layout.cells[at, name]) for name in columns),
            *(layout.extra[label][at] for label in extra),
        ])  # fmt: skip
        for column, name in enumerate(columns):
            if name in layout.formats:
                grid.formats[row_number, column] = layout.formats[name]
        grid.rows += [list(line) for line in page.after.get(at, [])]
    for name in page.merged_columns & set(order):
        _merge_equal(grid, first, columns.index(name))


def _two_rows(grid: Grid, head: list[str], extra: list[str]) -> None:
    """户主 over 姓名 and 身份证号; everything else is merged over both rows."""
    top = len(grid.rows)
    upper, lower = [*head, *extra], [""] * (len(head) + len(extra))
    at = next((at for at in range(len(head) - 1) if head[at] == "户主姓名" and head[at + 1] == "户主身份证号"), None)
    if at is not None:
        upper[at : at + 2], lower[at : at + 2] = ["户主", ""], ["姓名", "身份证号"]
        grid.merged.append((top, at, top, at + 1))
    grid.rows += [upper, lower]
    grid.merged += [(top, column, top + 1, column) for column in range(len(upper)) if upper[column] and not lower[column]]


def _merge_equal(grid: Grid, first: int, column: int) -> None:
    """Merges equal cells that stand below each other; only the first keeps its text."""
    at = first
    while at < len(grid.rows):
        end = at
        while end + 1 < len(grid.rows) and _cell(grid, end + 1, column) == _cell(grid, at, column) != "":
            end += 1
        if end > at:
            grid.merged.append((at, column, end, column))
            for covered in range(at + 1, end + 1):
                grid.rows[covered][column] = ""
        at = end + 1


def _cell(grid: Grid, row: int, column: int) -> Any:
    return grid.rows[row][column] if column < len(grid.rows[row]) else ""
