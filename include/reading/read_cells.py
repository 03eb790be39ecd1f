"""Books that calamine reads: xlsx, xls, ods. Runs in the reading child only (``read_child.py``).

A sheet may claim sixteen thousand columns by a million rows for two filled cells, and calamine lays every sheet out in full.
Such a book is told by counting before (``extents.py``); what still needs too much memory ends the child and nothing else.
"""

from __future__ import annotations

from typing import Any, BinaryIO

from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from include.reading.cell_marks import MAX_ROWS
from include.reading.gather_rows import GatheredRows
from include.reading.refusal import MAX_COLUMNS, damaged, password, too_large, too_wide
from include.reading.workbook import Merged, Sheet

MAX_CELLS = 20_000_000
MAX_SHEETS = 1000
MAX_MERGED = 2_000_000  # rows covered by merged cells


def read_sheets(content: BinaryIO, file_name: str, with_hidden: bool) -> list[Sheet]:
    """All sheets, the visible ones (or all) with cells. Raises Refused: damaged, password, too_large, too_wide; MemoryError."""
    try:
        content.seek(0)
        book = CalamineWorkbook.from_filelike(content)
        listed = [meta for meta in book.sheets_metadata if meta.typ == SheetTypeEnum.WorkSheet]
        if len(listed) > MAX_SHEETS:
            raise too_large(file_name)
        sheets, cells = [], 0
        for meta in listed:
            sheet = Sheet(meta.name, meta.visible == SheetVisibleEnum.Visible, [])
            sheets.append(sheet)
            if sheet.is_visible or with_hidden:
                found = book.get_sheet_by_name(meta.name)
                cells += _count(found, file_name)
                if cells > MAX_CELLS:
                    raise too_large(file_name)
                sheet.rows, sheet.merged = _rows(found), _merged_downwards(found)
        return sheets
    except PasswordError as error:
        raise password(file_name) from error
    except (MemoryError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # calamine's panics are no Exception
        if type(error).__module__.startswith(("python_calamine", "pyo3_runtime")) or isinstance(error, OSError | ValueError):
            if "allocation" in str(error):
                raise MemoryError from error
            raise damaged(file_name) from error
        raise


def _count(sheet: Any, file_name: str) -> int:
    """How many cells the sheet has, counted from A1. Raises Refused."""
    last_row, last_column = sheet.end or (0, 0)
    if last_column >= MAX_COLUMNS:
        raise too_wide(file_name)
    if last_row >= MAX_ROWS:
        raise too_large(file_name)
    return int((last_row + 1) * (last_column + 1))


def _rows(sheet: Any) -> Any:
    gathered = GatheredRows(MAX_CELLS, sheet.start[1] if sheet.start else 0)
    gathered.add_all(sheet.iter_rows() if sheet.start else ())
    return gathered.rows()


def _merged_downwards(sheet: Any) -> list[Merged]:
    """First row, first column, last row, last column of the cells merged over several rows; none where they are absurdly many."""
    merged = [(top, left, bottom, right) for (top, left), (bottom, right) in sheet.merged_cell_ranges or () if bottom > top]
    return merged if sum(bottom - top for top, _, bottom, _ in merged) <= MAX_MERGED else []
