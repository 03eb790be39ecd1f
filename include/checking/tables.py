"""Finds the tables in a sheet: each one's head of one to three rows, its data rows, and why every other row is not one.

Departments put titles above a table, totals, signatures and notes below it, and repeat the head on each printed page.
A row is left out only when it plainly is one of these; in doubt it stays a data row, is checked, and goes back with a reason
if it is none. Every row of the sheet is either in ``Table.rows`` or in ``Table.skipped``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from include.checking.find_head import HeadWords, find_head
from include.checking.list_rows import looks_listed
from include.checking.not_data import UNIT_CELL, is_column_numbers
from include.checking.reasons import refused
from include.checking.sort_rows import sort_rows
from include.checking.split_beside import split_beside
from include.checking.table import HeadCell, Table, has_identity_number, plain
from include.checking.units import ABOVE, BELOW, TITLE, is_unit_line, stated_units
from include.contracts import Contract
from include.reading.cells import Cell, Rows
from include.reading.formats import Sheet, is_blank

NOTES = frozenset({"note", "signature", "title", "unit_line"})
"""What below a table may say in which unit it is."""
LIKE_A_HEAD = 3


def find_tables(sheet: Sheet, contracts: Sequence[Contract], words: HeadWords | None = None) -> list[tuple[Sheet, Table]]:
    """The sheet's tables, each with the sheet as it belongs to it alone; none when no row looks like a head.

    Tables beside each other and below each other are told apart; each but a sheet's first has a name that says where it stands.
    Raises Refused (two_tables) when nobody can tell which column belongs to which table.
    """
    words = words or HeadWords(contracts)
    parts = split_beside(sheet, words)
    found = [_tables_below(part, words) for part in parts]
    for tables in found[1:]:
        for _, table in tables[:1]:
            table.guess(table.header_rows[0], "block", "beside", columns=table.columns)
    _share_units([table for tables in found for _, table in tables])
    return [table for tables in found for table in tables]


def _share_units(tables: list[Table]) -> None:
    """What one table of a sheet says of units holds for those of the sheet that say nothing themselves."""
    stated = list(dict.fromkeys(one for table in tables for one in table.stated_units))
    for table in tables:
        table.stated_units = table.stated_units or stated


def _tables_below(sheet: Sheet, words: HeadWords) -> list[tuple[Sheet, Table]]:
    """The tables that stand below one another."""
    found: list[tuple[Sheet, Table]] = []
    start: int | None = 0
    above: Table | None = None  # a head that nothing stands under but another one
    while start is not None:
        name = sheet.name if not found else f"{sheet.name}（第 {start + 1} 行起）" if sheet.name else f"第 {start + 1} 行起"
        one = _find_table(sheet, name, words, start)
        if one is None:
            if start:
                raise refused("two_tables", "unread", sheet=sheet.name, row=start + 1)
            return []
        table, start = one
        if above is not None:
            table.skipped[:0] = [replace(line, sheet=name) for line in above.skipped]
            table.titles, table.stated_units = above.titles + table.titles, table.stated_units or above.stated_units
        above = table
        if start is None or table.rows or any(line.kind == "zero_report" for line in table.skipped):
            if found:
                table.guess(table.header_rows[0], "block", "below", rows=table.header_rows[0])
            found.append((replace(sheet, name=name), table))
            above = None
    return found


def _find_table(sheet: Sheet, name: str, words: HeadWords, start: int) -> tuple[Table, int | None] | None:
    """The table from the row with index ``start`` on, and where the next one begins."""
    found = find_head(sheet, words, start)
    if found is None:
        return None
    top, depth, heads, contract = found
    table = Table(name, heads, tuple(range(top + 1, top + depth + 1)), ())
    _read_above(sheet.rows[start:top], start, table, words)
    for row_number in table.header_rows:
        table.skip(row_number, "header", "表头")
    first = _read_below_head(sheet.rows, top + depth, table)
    following = sort_rows(table, contract, words, sheet.rows, first)
    _read_notes(sheet.rows, table)
    return table, following


def _read_notes(rows: Rows, table: Table) -> None:
    """Units that the notes below the table state, and the sheet's name."""
    for skipped in table.skipped:
        if skipped.row_number > table.header_rows[-1] and skipped.kind in NOTES:
            cells = [plain(cell) for cell in rows[skipped.row_number - 1] if not is_blank(cell)]
            table.stated_units += stated_units(";".join(cells), BELOW)
    table.stated_units += stated_units(plain(table.sheet), TITLE)


def _read_above(rows: Rows, start: int, table: Table, words: HeadWords) -> None:
    """Titles and the unit (单位:万元) above the head; a row that lists somebody is data though it stands there."""
    titles = []
    for row_number, row in enumerate(rows, start + 1):
        filled = [cell for cell in row if not is_blank(cell)]
        if not filled:
            table.skip(row_number, "blank", "空行")
        elif (len(filled) >= 3 and has_identity_number(row)) or looks_listed(row, words.choices):
            table.row_numbers.append(row_number)
        else:
            text = " ".join(_title_text(cell) for cell in filled)
            stated = ";".join(plain(cell) for cell in filled)
            table.stated_units += stated_units(stated, ABOVE)
            titles.append(text)
            table.skip(row_number, *(("unit_line", "单位行") if is_unit_line(stated) else ("title", "表格上方的标题")))
            if sum(bool(words.places(words.clean(cell)[0])) for cell in filled) >= LIKE_A_HEAD:
                table.guess(row_number, "head_row", head=table.header_rows[0], row=row_number)
    table.titles = tuple(titles)


def _title_text(cell: Cell) -> str:
    if isinstance(cell, (datetime, date)):
        return f"{cell.year}年{cell.month}月{cell.day}日"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _read_below_head(rows: Rows, first: int, table: Table) -> int:
    """Takes a row of units and a row of column numbers under the head; the index of the first row after them."""
    while first < len(rows):
        texts = {column: plain(cell) for column, cell in enumerate(rows[first]) if not is_blank(cell)}
        if texts and all(UNIT_CELL.fullmatch(text) for text in texts.values()):
            table.heads = [
                head if head.unit or head.index not in texts else HeadCell(head.index, head.label, _unit_of(texts[head.index]))
                for head in table.heads
            ]
            table.skip(first + 1, "unit_line", "计量单位行")
        elif is_column_numbers(list(texts.values())):
            table.skip(first + 1, "header", "栏次行")
        else:
            break
        first += 1
    return first


def _unit_of(text: str) -> str:
    found = UNIT_CELL.fullmatch(text)
    return found[1] if found else text
