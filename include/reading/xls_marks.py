"""What calamine does not tell of an xls or et (BIFF8): error cells, pictures, how far the cells reach, a password."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

import olefile

from include.reading.cell_marks import BLOCK, CellMarks
from include.reading.extents import Extent

BIFF_ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
}  # fmt: skip
BOUNDSHEET, EOF, FORMULA, BOOLERR, FILEPASS, OBJ = 0x0085, 0x000A, 0x0006, 0x0205, 0x002F, 0x005D
LABELSST, NUMBER, RK, MULRK, LABEL, RSTRING = 0x00FD, 0x0203, 0x027E, 0x00BD, 0x0204, 0x00D6
DRAWN = frozenset({0x06, 0x08, 0x1E})  # text box, picture or embedded document, shape with text; no chart, comment or drop-down
CELL_RECORDS = frozenset({FORMULA, BOOLERR, LABELSST, NUMBER, RK, MULRK, LABEL, RSTRING})


def xls_marks(content: BinaryIO) -> CellMarks:
    """Error cells of an xls or et (BOOLERR records, FORMULA records whose result is an error) and what lies over its sheets."""
    marks = CellMarks()
    try:
        content.seek(0)
        with olefile.OleFileIO(content) as book:
            stream = book.openstream("Workbook").read() if book.exists("Workbook") else b""
        for sheet, offset in _biff_sheets(stream):
            extent = marks.extents.setdefault(sheet, Extent())
            for kind, at, size in _biff_records(stream, offset):
                if kind == OBJ and size >= 6 and struct.unpack_from("<H", stream, at + 4)[0] in DRAWN:
                    marks.drawn.add(sheet)
                if kind not in CELL_RECORDS or size < 6:
                    continue
                row, column = struct.unpack_from("<HH", stream, at)
                extent.reach(row + 1, 1 + (column if kind != MULRK else struct.unpack_from("<H", stream, at + size - 2)[0]))
                if kind == BOOLERR and size >= 8 and stream[at + 7]:
                    code = stream[at + 6]
                elif kind == FORMULA and size >= 14 and stream[at + 6] == 2 and stream[at + 12 : at + 14] == b"\xff\xff":
                    code = stream[at + 8]
                else:
                    continue
                marks.put(sheet, row + 1, column, BIFF_ERRORS.get(code, "#N/A"))
    except MemoryError:
        raise
    except Exception:  # whatever olefile meets in a damaged file; calamine says what is wrong with it
        return CellMarks()
    return marks


def is_locked_xls(content: BinaryIO) -> bool:
    """Whether an xls or et has a password for opening: its first part then holds a FILEPASS record."""
    try:
        content.seek(0)
        with olefile.OleFileIO(content) as book:
            stream = book.openstream("Workbook").read(BLOCK) if book.exists("Workbook") else b""
    except MemoryError:
        raise
    except Exception:  # as above
        return False
    return any(kind == FILEPASS for kind, _, _ in _biff_records(stream, 0))


def _biff_sheets(stream: bytes) -> list[tuple[str, int]]:
    """Name and place of each sheet, from the records of the book's first part."""
    sheets = []
    for kind, at, size in _biff_records(stream, 0):
        if kind == BOUNDSHEET and size >= 8:
            length, is_wide = stream[at + 6], stream[at + 7] & 1
            name = stream[at + 8 : at + 8 + length * (2 if is_wide else 1)].decode(
                "utf-16-le" if is_wide else "latin-1", "replace"
            )
            sheets.append((name, struct.unpack_from("<I", stream, at)[0]))
    return sheets


def _biff_records(stream: bytes, offset: int) -> Iterator[tuple[int, int, int]]:
    """(kind, place of the content, size) of the records from one BOF to its EOF."""
    depth = 0
    while offset + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, offset)
        depth += kind == 0x0809
        if kind == EOF:
            depth -= 1
            if depth <= 0:  # charts inside a sheet have a BOF and EOF of their own
                return
        if offset + 4 + size > len(stream):
            return
        yield kind, offset + 4, size
        offset += 4 + size
