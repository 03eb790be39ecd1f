"""A small process of its own that reads one workbook with calamine and writes its cells to standard output.

A sheet may claim sixteen thousand columns by a million rows for two filled cells, and calamine lays every sheet out in full.
Read here, under a limit of memory, such a book ends this process and not the one that serves the county.

Run as ``python -I read_cells.py PATH MEMORY_BYTES MAX_CELLS HIDDEN`` (1: hidden sheets too); imports nothing of the project.
Output is a stream of pickles:
``("sheets", [(name, is_visible)])``, then for each sheet that is read ``("sheet", index, first_column, merged)``, blocks of rows
(their columns, each as ``cells.Packed``) and ``None``; at the end ``("end",)``, or ``("failed", code)`` with code password,
damaged, too_large or too_wide. Exit code 3: calamine is not installed.
"""

from __future__ import annotations

import gc
import pickle
import sys
from array import array
from collections.abc import Sequence
from typing import Any, BinaryIO

ROWS_AT_ONCE = 10_000
CELLS_AT_ONCE = 200_000
KINDS = {str: 0, float: 1}
OTHER = 2
MAX_COLUMNS = 16_384
MAX_ROWS = 1_048_576
MAX_MERGED = 2_000_000  # rows covered by merged cells


class _Failed(Exception):
    pass


def _limit_memory(limit: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _send(out: BinaryIO, item: Any) -> None:
    pickle.dump(item, out, 5)


def _pack(cells: tuple[Any, ...]) -> tuple[int, bytes, bytes, str | list[str], list[Any]]:
    """Texts as one text with NUL between them, numbers as they lie in memory: millions of objects fewer to send."""
    types = set(map(type, cells))
    texts: Sequence[str]
    numbers: Sequence[float]
    if len(types) == 1 and types <= KINDS.keys():
        kinds, texts, numbers = b"", cells if str in types else (), cells if float in types else ()
        others = []
    else:
        kinds = bytes([KINDS.get(kind, OTHER) for kind in map(type, cells)])
        texts = [cell for cell in cells if type(cell) is str]
        numbers = [cell for cell in cells if type(cell) is float]
        others = [cell for cell in cells if type(cell) not in KINDS]
    joined: str | list[str] = "\0".join(texts)
    if joined.count("\0") != max(len(texts) - 1, 0):
        joined = list(texts)
    return len(cells), kinds, array("d", numbers).tobytes(), joined, others


def _read(path: str, memory: int, max_cells: int, with_hidden: bool, out: BinaryIO) -> None:
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    _limit_memory(memory)
    book = CalamineWorkbook.from_path(path)
    sheets = [meta for meta in book.sheets_metadata if meta.typ == SheetTypeEnum.WorkSheet]
    _send(out, ("sheets", [(meta.name, meta.visible == SheetVisibleEnum.Visible) for meta in sheets]))
    cells = 0
    for index, meta in enumerate(sheets):
        if meta.visible != SheetVisibleEnum.Visible and not with_hidden:
            continue
        sheet = book.get_sheet_by_name(meta.name)
        last_row, last_column = sheet.end or (0, 0)
        cells += (last_row + 1) * (last_column + 1)  # a far column is laid out from column A on
        if last_column >= MAX_COLUMNS:
            raise _Failed("too_wide")
        if last_row >= MAX_ROWS or cells > max_cells:
            raise _Failed("too_large")
        _send(out, ("sheet", index, sheet.start[1] if sheet.start else 0, _merged_downwards(sheet)))
        rows: list[list[Any]] = []
        at_once = max(1, min(ROWS_AT_ONCE, CELLS_AT_ONCE // (last_column + 1)))
        for row in sheet.iter_rows() if sheet.start else ():
            rows.append(row)
            if len(rows) == at_once:
                _send(out, [_pack(column) for column in zip(*rows, strict=True)])
                rows = []
        if rows:
            _send(out, [_pack(column) for column in zip(*rows, strict=True)])
        _send(out, None)
    _send(out, ("end",))


def _merged_downwards(sheet: Any) -> list[tuple[int, int, int, int]]:
    """First row, first column, last row, last column of the cells merged over several rows; none where they are absurdly many."""
    merged = [(top, left, bottom, right) for (top, left), (bottom, right) in sheet.merged_cell_ranges or () if bottom > top]
    return merged if sum(bottom - top for top, _, bottom, _ in merged) <= MAX_MERGED else []


def main(path: str, memory: str, max_cells: str, hidden: str) -> int:
    """Exit code 0 also for a book that is refused; another one means this process died."""
    out = sys.stdout.buffer
    gc.disable()
    try:
        _read(path, int(memory), int(max_cells), hidden == "1", out)
    except ImportError:
        return 3
    except _Failed as failed:
        _send(out, ("failed", str(failed)))
    except MemoryError:
        _send(out, ("failed", "too_large"))
    except BaseException as error:  # calamine's panics are no Exception
        name = type(error).__name__
        too_large = "capacity overflow" in str(error) or "allocation" in str(error)
        _send(out, ("failed", "password" if name == "PasswordError" else "too_large" if too_large else "damaged"))
    out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
