"""The tables of a web page, as business systems hand them out under the name of a workbook. Runs in the reading child only.

Each table is a sheet. What is written between two tables stands above the second, as a spreadsheet shows it: titles and units are
there. Cells over several rows or columns are merged cells. A table that only holds other tables is layout, its texts are lines; a
table inside a list's cell is that cell's text.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import BinaryIO

from include.reading.cell_marks import MAX_ROWS
from include.reading.encodings import HANDLER, encoding_of
from include.reading.gather_rows import GatheredRows
from include.reading.read_cells import MAX_CELLS, MAX_MERGED, MAX_SHEETS
from include.reading.refusal import SAVE_AS, Refused, too_large
from include.reading.workbook import Merged, Sheet

BLOCK = 1 << 16
WIDEST_CELL = 1000  # as browsers do
LIST_WIDTH, LIST_ROWS = 3, 2
Line = list[str | None]
LONGEST_TEXT = 2**20
CHARSET = re.compile(rb"""charset\s{0,9}=\s{0,9}["']?([\w-]{1,20})""", re.IGNORECASE)
UNSHOWN = {"script", "style", "head", "title", "xml", "select", "textarea"}
ENDS_LINE = {"p", "div", "br", "h1", "h2", "h3", "h4", "h5", "h6", "li", "center", "caption", "hr", "tr", "table"}


def read_html(content: BinaryIO, file_name: str) -> list[Sheet]:
    """The page's tables with text in them. Raises Refused: not_a_table, too_large, too_wide; TooManyCells."""
    content.seek(0)
    declared = CHARSET.search(content.read(4096))
    encoding = encoding_of(content, file_name, declared[1].decode("ascii", "replace") if declared else "")
    page = _Page(file_name)
    content.seek(0)
    text = io.TextIOWrapper(content, encoding, HANDLER)
    try:
        while block := text.read(BLOCK):
            page.feed(block)
        page.close()
    finally:
        text.detach()
    tables = [table for table in page.tables if table.has_text]
    if not tables:
        raise Refused("not_a_table", f"文件“{file_name}”的内容是网页（HTML），里面没有表格", remedy=SAVE_AS)
    if len(tables) > MAX_SHEETS:
        raise too_large(file_name)
    tables[-1].below = page.take_lines()
    return [table.sheet("" if len(tables) == 1 else f"表{number}") for number, table in enumerate(tables, 1)]


@dataclass
class _Table:
    """A table that is being read; ``spans``: column -> (rows it still covers) of cells that reach down."""

    above: list[Line]
    rows: list[Line] = field(default_factory=list)
    merged: list[Merged] = field(default_factory=list)
    spans: dict[int, int] = field(default_factory=dict)
    cell: list[str] | None = None
    covers: tuple[int, int] = (1, 1)
    holds_table: bool = False
    has_text: bool = False
    below: list[Line] = field(default_factory=list)

    def begin_row(self) -> None:
        self.end_cell()
        self.spans = {column: rows - 1 for column, rows in self.spans.items() if rows > 1}
        self.rows.append([])

    def begin_cell(self, attributes: dict[str, str | None]) -> None:
        self.end_cell()
        if not self.rows:
            self.begin_row()
        self.cell = []
        self.covers = (_number(attributes.get("rowspan")), min(_number(attributes.get("colspan")), WIDEST_CELL))

    def end_cell(self) -> None:
        if self.cell is None:
            return
        text, (down, across), row = _shown("".join(self.cell)), self.covers, self.rows[-1]
        self.cell = None
        while self.spans.get(len(row)):
            row.append(None)
        left = len(row)
        row += [text or None, *([None] * (across - 1))]
        self.has_text = self.has_text or bool(text)
        if down > 1:
            self.spans |= dict.fromkeys(range(left, left + across), down)
            self.merged.append((len(self.rows) - 1, left, len(self.rows) + down - 2, left + across - 1))

    def is_list(self) -> bool:
        """Whether it has rows already, so that it is no layout."""
        return sum(sum(map(bool, row)) >= LIST_WIDTH for row in self.rows) >= LIST_ROWS

    def sheet(self, name: str) -> Sheet:
        """The finished table. Raises TooManyCells."""
        gathered = GatheredRows(MAX_CELLS)
        gathered.add_all([*self.above, *self.rows, *self.below])
        shift, last = len(self.above), len(self.above) + len(self.rows) - 1
        merged = [(top + shift, left, min(bottom + shift, last), right) for top, left, bottom, right in self.merged]
        is_sound = sum(bottom - top for top, _, bottom, _ in merged) <= MAX_MERGED
        return Sheet(name, True, gathered.rows(), [span for span in merged if span[2] > span[0]] if is_sound else [])


class _Page(HTMLParser):
    """Collects the tables and the lines between them; ends that are left out are understood as browsers do."""

    def __init__(self, file_name: str) -> None:
        super().__init__(convert_charrefs=True)
        self.file_name = file_name
        self.tables: list[_Table] = []
        self.open: list[_Table] = []
        self.lines: list[Line] = []
        self.line: list[str] = []
        self.unshown = ""
        self.cells = 0
        self.inside_cell = 0  # tables inside a list's cell that are open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.unshown:
            if tag in ("body", "table"):  # a head that nobody closed
                self.unshown = ""
            else:
                return
        if tag in UNSHOWN:
            self.unshown = tag
        elif self.inside_cell or (tag == "table" and self.open and self.open[-1].is_list()):
            self.inside_cell += tag == "table"
            self._end_line()
        elif tag == "table":
            self._begin_table()
        elif self.open and tag == "tr":
            self._row()
        elif self.open and tag in ("td", "th"):
            self.open[-1].begin_cell(dict(attrs))
            self._count(self.open[-1].covers[1])
        elif tag in ENDS_LINE:
            self._end_line()

    def handle_endtag(self, tag: str) -> None:
        if tag == self.unshown:
            self.unshown = ""
        elif self.inside_cell:
            self.inside_cell -= tag == "table"
            self._end_line()
        elif tag == "table" and self.open:
            table = self.open.pop()
            if table.holds_table:
                self._read_as_lines(table)
            else:
                table.end_cell()
                self.tables.append(table)
        elif self.open and tag in ("td", "th", "tr"):
            self.open[-1].end_cell()
        elif tag in ENDS_LINE:
            self._end_line()

    def handle_data(self, data: str) -> None:
        if self.unshown:
            return
        data = data.replace("\n", " ").replace("\r", " ")
        if self.open and self.open[-1].cell is not None:
            self.open[-1].cell.append(data)
        else:
            self.line.append(data)

    def close(self) -> None:
        """The tables that nobody closed end with the page."""
        super().close()
        while self.open:
            self.handle_endtag("table")

    def take_lines(self) -> list[Line]:
        """The lines since the last table."""
        self._end_line()
        lines, self.lines = self.lines, []
        return lines

    def _begin_table(self) -> None:
        if self.open:
            self.open[-1].holds_table = True
            self._read_as_lines(self.open[-1])
        self.open.append(_Table(self.take_lines()))

    def _read_as_lines(self, layout: _Table) -> None:
        """What stands in the cells of a layout are lines above the next table."""
        layout.end_cell()
        self.lines += [row for row in layout.rows if any(row)]
        layout.rows, layout.spans = [], {}

    def _row(self) -> None:
        self.open[-1].begin_row()
        self._count(1)

    def _count(self, cells: int) -> None:
        self.cells += cells
        if self.cells > MAX_CELLS or len(self.open[-1].rows) > MAX_ROWS:
            raise too_large(self.file_name)

    def _end_line(self) -> None:
        if self.open and self.open[-1].cell is not None:
            self.open[-1].cell.append("\n")
            return
        if text := _shown("".join(self.line)):
            self.lines.append([text])
        self.line = []


def _number(text: str | None) -> int:
    return int(text) if text and re.fullmatch(r"[1-9]\d{0,6}", text.strip()) else 1


def _shown(text: str) -> str:
    """A text as it is shown: spaces of the source are one space, lines stay lines."""
    return "\n".join(filter(None, (" ".join(line.split()) for line in text[:LONGEST_TEXT].split("\n"))))
