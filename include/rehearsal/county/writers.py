"""Files in the forms departments send them: xlsx, xls, ods, csv in several encodings, and two nobody can read.

The same plan always gives the same bytes: properties, zip entries and salts carry fixed values.
"""

from __future__ import annotations

import csv
import html
import io
import random
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import xlsxwriter

from include.rehearsal.county.tables import Column, Feed, Parcel, Sheet
from include.rehearsal.county.writing import Pen

FIXED_TIME = datetime(2024, 1, 1)
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
PASSWORD = "jingde2024"


@dataclass
class Grid:
    """A sheet as cells; merges are (first row, first column, last row, last column), all 0-based."""

    name: str
    cells: list[list[Any]] = field(default_factory=list)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    is_hidden: bool = False


def lay_out(sheet: Sheet, feed: Feed | None, rng: random.Random) -> Grid:
    """Put the sheet's titles, heads, rows, totals and notes on a grid and tell each row its number in the file (from 1)."""
    grid = Grid(sheet.name, is_hidden=sheet.is_hidden)
    columns = _columns(sheet, feed)
    width = max(1, len(columns))
    for line in sheet.titles:
        grid.merges.append((len(grid.cells), 0, len(grid.cells), width - 1))
        grid.cells.append([line])
    if sheet.unit_line:
        grid.cells.append([None] * (width - 1) + [sheet.unit_line])
    heads = [_head(sheet, column) for column in columns]
    _add_heads(grid, sheet, columns, heads)
    pen = Pen(sheet, rng)
    for index, row in enumerate(sheet.rows):
        if sheet.repeat_head_every and index and index % sheet.repeat_head_every == 0:
            grid.cells.append(list(heads))
        if sheet.blank_every and index and index % sheet.blank_every == 0:
            grid.cells.append([None] * width)
        grid.cells.append(
            [_extra(column.label, index) if column.kind == "extra" else pen.cell(row, column) for column in columns]
        )
        row.row_number = len(grid.cells)
    if sheet.note:
        grid.cells.append([sheet.note] + [None] * (width - 1))
    if sheet.has_total:
        grid.cells.append(_total(sheet, columns))
    grid.cells.extend([line] for line in sheet.foot)
    return grid


def _columns(sheet: Sheet, feed: Feed | None) -> list[Column]:
    if feed is None or not sheet.has_heads:
        return []
    columns = [column for column in feed.columns if column.key not in sheet.left_out]
    if sheet.order:
        rank = {key: place for place, key in enumerate(sheet.order)}
        columns.sort(key=lambda column: rank.get(column.key, len(rank)))
    extra = [Column("", label, "extra") for label in sheet.extra]
    return (
        [column for column in extra if column.label == "序号"] + columns + [column for column in extra if column.label != "序号"]
    )


def _head(sheet: Sheet, column: Column) -> str:
    """The head as printed: renamed, in the sheet's unit, or without a unit when one line above the table names it."""
    label = sheet.labels.get(column.key, column.label) if column.key else column.label
    if column.kind == "amount" and column.key in sheet.units:
        label = label.replace("(元)", "").replace("（元）", "")
        return label if sheet.unit_line else f"{label}({sheet.units[column.key]})"
    return label


def _add_heads(grid: Grid, sheet: Sheet, columns: list[Column], heads: list[str]) -> None:
    if not columns:
        return
    if not sheet.groups:
        grid.cells.append(list(heads))
        return
    top: list[Any] = []
    below: list[Any] = []
    first = len(grid.cells)
    for index, (column, head) in enumerate(zip(columns, heads, strict=True)):
        group = sheet.groups.get(column.key)
        if group is None:
            top.append(head)
            below.append(None)
            grid.merges.append((first, index, first + 1, index))
            continue
        is_first = index == 0 or sheet.groups.get(columns[index - 1].key) != group
        top.append(group if is_first else None)
        below.append(head)
        if is_first:
            last = index
            while last + 1 < len(columns) and sheet.groups.get(columns[last + 1].key) == group:
                last += 1
            if last > index:
                grid.merges.append((first, index, first, last))
    grid.cells.extend([top, below])


def _extra(label: str, index: int) -> Any:
    return index + 1 if label == "序号" else None


def _total(sheet: Sheet, columns: list[Column]) -> list[Any]:
    """合计 and the sums of the amounts that are figures."""
    line: list[Any] = ["合计"] + [None] * (len(columns) - 1)
    for index, column in enumerate(columns):
        if index and column.kind == "amount":
            figures = [row.values.get(column.key) for row in sheet.rows if column.key not in row.shown]
            unit = sheet.units.get(column.key, column.unit)
            line[index] = sum((f for f in figures if f is not None), Decimal(0)) / (10_000 if unit == "万元" else 1)
    return line


TEXT_STAYS_TEXT = {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}


def write(parcel: Parcel, grids: list[Grid], path: Path) -> None:
    """Write the parcel's grids in its form."""
    WRITERS[parcel.form](parcel, grids, path)


def write_xlsx(grids: list[Grid], target: Path | io.BytesIO, *, is_large: bool = False) -> None:
    """A workbook by xlsxwriter; text stays text even when it begins with =, +, - or @."""
    options = {**TEXT_STAYS_TEXT, "constant_memory": is_large, "in_memory": not is_large}
    book = xlsxwriter.Workbook(str(target) if isinstance(target, Path) else target, options)
    book.set_properties({"created": FIXED_TIME, "author": "演练数据"})
    day = book.add_format({"num_format": "yyyy/m/d"})
    centred = book.add_format({"align": "center", "valign": "vcenter"})
    for grid in grids:
        sheet = book.add_worksheet(grid.name)
        if grid.is_hidden:
            sheet.hide()
        for merge in grid.merges:
            if merge[:2] != merge[2:]:
                sheet.merge_range(*merge, "", centred)
        for number, line in enumerate(grid.cells):
            for index, cell in enumerate(line):
                if cell is None:
                    continue
                if isinstance(cell, str):
                    sheet.write_string(number, index, cell)
                elif isinstance(cell, date):
                    sheet.write_datetime(number, index, datetime(cell.year, cell.month, cell.day), day)
                else:
                    sheet.write_number(number, index, float(cell))
    book.close()


def _write_xlsx(parcel: Parcel, grids: list[Grid], path: Path) -> None:
    write_xlsx(grids, path)


def _write_xls(parcel: Parcel, grids: list[Grid], path: Path) -> None:
    import xlwt

    book = xlwt.Workbook(encoding="utf-8")
    day = xlwt.easyxf(num_format_str="YYYY/M/D")
    for grid in grids:
        sheet = book.add_sheet(grid.name, cell_overwrite_ok=True)
        sheet.visibility = 1 if grid.is_hidden else 0
        for first_row, first_column, last_row, last_column in grid.merges:
            sheet.merge(first_row, last_row, first_column, last_column)
        for number, line in enumerate(grid.cells):
            for index, cell in enumerate(line):
                if isinstance(cell, date):
                    sheet.write(number, index, cell, day)
                elif cell is not None:
                    sheet.write(number, index, cell if isinstance(cell, str) else float(cell))
    book.save(str(path))


ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
ODS_MANIFEST = f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">
<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS_TYPE}"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>
</manifest:manifest>"""
ODS_NAMES = "".join(f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text"))


def _write_ods(parcel: Parcel, grids: list[Grid], path: Path) -> None:
    """An OpenDocument spreadsheet, written out by hand: the libraries for it do not give the same bytes twice."""
    tables = "".join(
        f"<table:table table:name={quoteattr(grid.name)}>{''.join(_ods_row(line) for line in grid.cells)}</table:table>"
        for grid in grids
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{ODS_NAMES} office:version="1.2"><office:body>'
        f"<office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as book:
        for name, text in (("mimetype", ODS_TYPE), ("content.xml", content), ("META-INF/manifest.xml", ODS_MANIFEST)):
            entry = zipfile.ZipInfo(name, ZIP_TIME)
            entry.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            book.writestr(entry, text)


def _ods_row(line: list[Any]) -> str:
    return f"<table:table-row>{''.join(_ods_cell(cell) for cell in line)}</table:table-row>"


def _ods_cell(cell: Any) -> str:
    if cell is None:
        return "<table:table-cell/>"
    if isinstance(cell, str):
        return f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p></table:table-cell>'
    kind, attribute = ("date", "date-value") if isinstance(cell, date) else ("float", "value")
    return f'<table:table-cell office:value-type="{kind}" office:{attribute}="{cell}"><text:p>{cell}</text:p></table:table-cell>'


def _write_csv(parcel: Parcel, grids: list[Grid], path: Path) -> None:
    """Text with the parcel's delimiter and encoding; every line as wide as the table, blank lines too."""
    width = max((len(line) for line in grids[0].cells), default=1)
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=parcel.delimiter, lineterminator="\r\n")
    for line in grids[0].cells:
        writer.writerow([_csv_text(cell) for cell in line] + [""] * (width - len(line)))
    path.write_bytes(text.getvalue().encode(parcel.encoding))


def _csv_text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:.5E}" if cell >= 1e15 else f"{cell:g}"
    if isinstance(cell, Decimal):
        return f"{cell.normalize():f}" if cell != cell.to_integral() else f"{cell:.2f}"
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _write_html(parcel: Parcel, grids: list[Grid], path: Path) -> None:
    """A web page saved with the ending xls, as some systems' export buttons do."""
    lines = "".join(
        "<tr>" + "".join(f"<td>{html.escape(_csv_text(cell))}</td>" for cell in line) + "</tr>" for line in grids[0].cells
    )
    path.write_text(f"<html><head><meta charset='utf-8'></head><body><table>{lines}</table></body></html>", "utf-8")


def _write_protected(parcel: Parcel, grids: list[Grid], path: Path) -> None:
    """A workbook that opens only with a password."""
    from msoffcrypto.format.ooxml import OOXMLFile

    plain = io.BytesIO()
    write_xlsx(grids, plain)
    plain.seek(0)
    locked = io.BytesIO()
    with _fixed_salts(parcel.file_name):
        OOXMLFile(plain).encrypt(PASSWORD, locked)
    path.write_bytes(locked.getvalue())


@contextmanager
def _fixed_salts(label: str) -> Iterator[None]:
    """Salts from the file's name and a fixed time: a rehearsal must give the same bytes twice. Not for real secrets."""
    from msoffcrypto.method import ecma376_agile
    from msoffcrypto.method.container import ecma376_encrypted

    salt, stamp = ecma376_agile._random_buffer, ecma376_encrypted.datetime2filetime
    ecma376_agile._random_buffer = random.Random(label).randbytes
    ecma376_encrypted.datetime2filetime = lambda _: stamp(FIXED_TIME)
    try:
        yield
    finally:
        ecma376_agile._random_buffer, ecma376_encrypted.datetime2filetime = salt, stamp


WRITERS: dict[str, Callable[[Parcel, list[Grid], Path], None]] = {
    "xlsx": _write_xlsx,
    "xls": _write_xls,
    "ods": _write_ods,
    "csv": _write_csv,
    "html": _write_html,
    "protected": _write_protected,
}
