"""Writes sheets of cells as a file of some format: xlsx, xls, ods, csv, tsv, or a web page named .xls."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import odf.opendocument
import odf.table
import odf.text
import xlsxwriter
import xlwt

from benchmarks.mutations.layout import Grid
from tests.cases.sheets import picture

EXTENSIONS = {"xlsx": ".xlsx", "xls": ".xls", "ods": ".ods", "csv": ".csv", "tsv": ".txt", "html": ".xls"}
ENCODINGS = ("gb18030", "gbk", "utf-8", "utf-8-sig", "utf-16")
ONE_SHEET = frozenset({"csv", "tsv", "html"})


def write_file(grids: Sequence[Grid], path: Path, kind: str, encoding: str) -> None:
    """One file; formats of one sheet take the first."""
    if kind in ONE_SHEET:
        _text(grids[0], path, kind, encoding)
    else:
        {"xlsx": _xlsx, "xls": _xls, "ods": _ods}[kind](grids, path)


def _text(grid: Grid, path: Path, kind: str, encoding: str) -> None:
    rows = [[_shown(cell) for cell in row] for row in grid.rows]
    if kind == "html":
        path.write_bytes(_html(grid, rows).encode("gb18030"))
        return
    out = io.StringIO()
    writer = csv.writer(out, delimiter="\t" if kind == "tsv" else ",", lineterminator="\r\n")
    width = max(map(len, rows), default=0)
    writer.writerows([*row, *[""] * (width - len(row))] for row in rows)
    path.write_bytes(out.getvalue().encode(encoding))


def _shown(cell: Any) -> str:
    return f"{cell:%Y-%m-%d}" if isinstance(cell, date) else str(cell)


def _html(grid: Grid, rows: list[list[str]]) -> str:
    spans = {(top, left): (bottom - top + 1, right - left + 1) for top, left, bottom, right in grid.merged}
    covered = set(_covered(grid))
    lines = []
    for r, row in enumerate(rows):
        cells = []
        for c, cell in enumerate(row):
            if (r, c) not in covered:
                down, across = spans.get((r, c), (1, 1))
                span = f' rowspan="{down}" colspan="{across}"' if (down, across) != (1, 1) else ""
                cells.append(f"<td{span}>{cell}</td>")
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return f'<html><head><meta charset="gb18030"></head><body><table border="1">{"".join(lines)}</table></body></html>'


def _covered(grid: Grid) -> Iterator[tuple[int, int]]:
    for top, left, bottom, right in grid.merged:
        yield from ((r, c) for r in range(top, bottom + 1) for c in range(left, right + 1) if (r, c) != (top, left))


def _xlsx(grids: Sequence[Grid], path: Path) -> None:
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for grid in grids:
            sheet = book.add_worksheet(grid.name)
            made = {text: book.add_format({"num_format": text}) for text in set(grid.formats.values())}
            for r, row in enumerate(grid.rows):
                for c, cell in enumerate(row):
                    if isinstance(cell, date):
                        sheet.write_datetime(r, c, cell, day)
                    elif cell != "":
                        sheet.write(r, c, cell, made.get(grid.formats.get((r, c), "")))
            for top, left, bottom, right in grid.merged:
                cell = grid.rows[top][left]
                sheet.merge_range(top, left, bottom, right, "")
                sheet.write(top, left, cell, day if isinstance(cell, date) else None)
            if grid.has_picture:
                sheet.insert_image(len(grid.rows) + 1, 1, "list.png", {"image_data": io.BytesIO(picture())})
            if grid.is_hidden:
                sheet.hide()


def _xls(grids: Sequence[Grid], path: Path) -> None:
    book = xlwt.Workbook()
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for grid in grids:
        sheet = book.add_sheet(grid.name)
        spans = {(top, left): (bottom, right) for top, left, bottom, right in grid.merged}
        covered = set(_covered(grid))
        for r, row in enumerate(grid.rows):
            for c, cell in enumerate(row):
                style = day if isinstance(cell, date) else xlwt.easyxf(num_format_str=grid.formats.get((r, c), "General"))
                if (r, c) in spans:
                    sheet.write_merge(r, spans[r, c][0], c, spans[r, c][1], cell, style)
                elif (r, c) not in covered and cell != "":
                    sheet.write(r, c, cell, style)
        sheet.visibility = int(grid.is_hidden)
    book.save(str(path))


def _ods(grids: Sequence[Grid], path: Path) -> None:
    book = odf.opendocument.OpenDocumentSpreadsheet()
    for grid in grids:
        table = odf.table.Table(name=grid.name)
        spans = {(top, left): (bottom - top + 1, right - left + 1) for top, left, bottom, right in grid.merged}
        covered = set(_covered(grid))
        for r, row in enumerate(grid.rows):
            line = odf.table.TableRow()
            for c, cell in enumerate(row or [""]):
                if (r, c) in covered:
                    line.addElement(odf.table.CoveredTableCell())
                    continue
                place = odf.table.TableCell(**_ods_cell(cell, spans.get((r, c))))
                if cell != "":
                    place.addElement(odf.text.P(text=_shown(cell)))
                line.addElement(place)
            table.addElement(line)
        book.spreadsheet.addElement(table)
    book.save(str(path))


def _ods_cell(cell: Any, span: tuple[int, int] | None) -> dict[str, Any]:
    given: dict[str, Any] = {"numberrowsspanned": span[0], "numbercolumnsspanned": span[1]} if span else {}
    if cell == "":
        return given
    if isinstance(cell, date):
        return given | {"valuetype": "date", "datevalue": f"{cell:%Y-%m-%d}"}
    if isinstance(cell, int | float):
        return given | {"valuetype": "float", "value": cell}
    return given | {"valuetype": "string"}
