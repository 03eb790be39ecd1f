"""What calamine gives as blank though it is not: error cells (``#N/A``), formulas without a result, merged cells of an ods.

A row must not look empty that holds an error, and its department is told about the formula, not that the cell is missing.
On the way it is counted how far the cells of an xls and an ods reach (``extents.py`` does so for an xlsx). Every pattern and
every loop is linear in what it is given, whatever that is: the files are strangers'.
"""

from __future__ import annotations

import posixpath
import re
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.etree import ElementTree
from xml.parsers import expat

import olefile

from include.reading.extents import Extent, column_index
from include.reading.refusal import MAX_COLUMNS
from include.reading.workbook import Merged

UNCALCULATED = "#未计算"
MAX_MARKS = 1_000_000
MAX_ROWS = 1_048_576
MAX_PART_LIST = 8 * 2**20
MAX_TOKEN = 1 << 20
MAX_REPEATED_MARKS = 1000
BLOCK = 1 << 20
NO_MEMORY = 1  # XML_ERROR_NO_MEMORY


@dataclass
class CellMarks:
    """By sheet name: (row from 1, column from 0, text) of cells to put in, cells merged downwards (ods), extents (xls, ods)."""

    texts: dict[str, list[tuple[int, int, str]]] = field(default_factory=dict)
    merged: dict[str, list[Merged]] = field(default_factory=dict)
    extents: dict[str, Extent] = field(default_factory=dict)

    def put(self, sheet: str, row_number: int, column: int, text: str) -> None:
        cells = self.texts.setdefault(sheet, [])
        if 0 < row_number <= MAX_ROWS and 0 <= column < MAX_COLUMNS and len(cells) < MAX_MARKS:
            cells.append((row_number, column, text))


# xlsx

ERROR_MARK, FORMULA_MARK = b't="e"', b"</f>"
ATTRIBUTES = rb"[^<>]{0,400}"
PLACE = rb'(?=(?>[^<>]{0,400}?\br=")([A-Z]{1,3})(\d{1,7})")'
ERROR_CELL = re.compile(
    rb"<(?:\w{1,20}:)?c\s(?=" + ATTRIBUTES + rb'\bt="e")' + PLACE + ATTRIBUTES + rb"+>"
    rb"(?:\s{0,20}+<(?:\w{1,20}:)?f(?:\s" + ATTRIBUTES + rb")?+/?(?:(?<=/)>|>[^<]{0,8000}+</(?:\w{1,20}:)?f>))?+\s{0,20}+"
    rb"<(?:\w{1,20}:)?v>([^<]{1,40})</"
)  # fmt: skip
UNCALCULATED_CELL = re.compile(
    rb"<c\s(?!" + ATTRIBUTES + rb'\bt="str")' + PLACE + ATTRIBUTES + rb"+>"
    rb"<f(?:\s" + ATTRIBUTES + rb")?+>[^<]{0,8000}+</f>(?:<v\s?/>|<v></v>)?+</c>"
)  # fmt: skip


def xlsx_marks(archive: zipfile.ZipFile, watch: Callable[[str, bytes], None] = lambda *_: None) -> CellMarks:
    """Error cells and formulas that were never calculated, as programs write them that do not calculate.

    ``watch`` is given each sheet's name and XML, block by block.
    """
    marks = CellMarks()
    for sheet, part, _ in sheet_parts(archive):
        with archive.open(part) as content:
            rest = b""
            while block := content.read(BLOCK):
                watch(sheet, block)
                text = rest + block
                if ERROR_MARK not in text and FORMULA_MARK not in text:
                    rest = text[-9000:]
                    continue
                end = max(text.rfind(b"</c>"), text.rfind(b"</x:c>")) + 4
                if end < 4 or len(text) > 8 * BLOCK:
                    end = len(text)
                for found in ERROR_CELL.finditer(text, 0, end) if ERROR_MARK in text else ():
                    marks.put(sheet, int(found[2]), column_index(found[1]), found[3].decode("ascii", "replace"))
                for found in UNCALCULATED_CELL.finditer(text, 0, end) if FORMULA_MARK in text else ():
                    marks.put(sheet, int(found[2]), column_index(found[1]), UNCALCULATED)
                rest = text[end:]
    return marks


def _check_memory(error: Exception) -> None:
    """Expat calls a lack of memory an error of the XML. Raises MemoryError."""
    if getattr(error, "code", 0) == NO_MEMORY:
        raise MemoryError from error


BOOK_PARTS = ("xl/_rels/workbook.xml.rels", "xl/workbook.xml")


def sheet_parts(archive: zipfile.ZipFile) -> list[tuple[str, str, bool]]:
    """(sheet name, part of the archive, is visible) in the workbook's order; empty where the book is put together unusually."""
    if any(entry.file_size > MAX_PART_LIST for entry in archive.infolist() if entry.filename in BOOK_PARTS):
        return []
    try:
        links, book = (ElementTree.fromstring(archive.read(part)) for part in BOOK_PARTS)
        targets = {link.get("Id"): link.get("Target", "") for link in links}
    except (KeyError, ElementTree.ParseError) as error:
        _check_memory(error)
        return []
    parts = []
    names = set(archive.namelist())
    for element in book.iter():
        if element.tag.endswith("}sheet"):
            link = next((value for key, value in element.attrib.items() if key.endswith("}id")), None)
            target = targets.get(link, "")
            part = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
            if part in names:
                parts.append((element.get("name", ""), part, element.get("state", "visible") == "visible"))
    return parts


# xls (BIFF8)

BIFF_ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
}  # fmt: skip
BOUNDSHEET, EOF, FORMULA, BOOLERR, FILEPASS = 0x0085, 0x000A, 0x0006, 0x0205, 0x002F
LABELSST, NUMBER, RK, MULRK, LABEL, RSTRING = 0x00FD, 0x0203, 0x027E, 0x00BD, 0x0204, 0x00D6
CELL_RECORDS = frozenset({FORMULA, BOOLERR, LABELSST, NUMBER, RK, MULRK, LABEL, RSTRING})


def xls_marks(content: BinaryIO) -> CellMarks:
    """Error cells of an xls or et: BOOLERR records, and FORMULA records whose result is an error."""
    marks = CellMarks()
    try:
        content.seek(0)
        with olefile.OleFileIO(content) as book:
            stream = book.openstream("Workbook").read() if book.exists("Workbook") else b""
        for sheet, offset in _biff_sheets(stream):
            extent = marks.extents.setdefault(sheet, Extent())
            for kind, at, size in _biff_records(stream, offset):
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


# ods

TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
CELLS = {f"{TABLE}table-cell", f"{TABLE}covered-table-cell"}
VALUE_TYPES = (
    "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 value-type",
    "urn:oasis:names:tc:opendocument:xmlns:office:1.0 value-type",
)


def ods_marks(archive: zipfile.ZipFile) -> CellMarks:
    """Error cells, cells merged downwards, and how far the cells reach; nothing of what is not written as offices write it."""
    reader = _OdsReader()
    tokens = _Tokens()
    try:
        with archive.open("content.xml") as content:
            while block := content.read(BLOCK):
                tokens.watch(block)
                reader.parser.Parse(block, False)
            reader.parser.Parse(b"", True)
    except (KeyError, ValueError, expat.ExpatError) as error:
        _check_memory(error)
        return CellMarks(extents=reader.marks.extents)
    return reader.marks


def occurs(archive: zipfile.ZipFile, part: str, word: bytes) -> bool:
    """Whether a part of the archive holds a word."""
    with archive.open(part) as content:
        rest = b""
        while block := content.read(BLOCK):
            if word in rest + block:
                return True
            rest = block[-len(word) :]
    return False


class _Tokens:
    """Keeps from expat what makes it look through the same bytes again and again: endless tags, comments, declarations."""

    def __init__(self) -> None:
        self.open, self.last = 0, b""

    def watch(self, block: bytes) -> None:
        """Raises ValueError when the XML goes on in a way that no office writes."""
        if b"<!" in self.last + block:
            raise ValueError("a comment or a declaration")
        starts, ends = block.rfind(b"<"), block.rfind(b">")
        if ends > starts:
            self.open = 0
        elif starts >= 0:
            self.open = len(block) - starts
        elif self.open:
            self.open += len(block)
        if self.open > MAX_TOKEN:
            raise ValueError("an endless tag")
        self.last = block[-1:]


class _OdsReader:
    """Counts rows and columns with their repetitions."""

    def __init__(self) -> None:
        self.marks = CellMarks()
        self.sheet, self.row, self.column = "", 0, 0
        self.rows_repeated, self.error_at, self.width = 1, -1, 0
        self.text: list[str] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == f"{TABLE}table":
            self.sheet, self.row = attributes.get(f"{TABLE}name", ""), 0
        elif tag == f"{TABLE}table-row":
            self.column, self.width, self.rows_repeated = 0, 0, int(attributes.get(f"{TABLE}number-rows-repeated", 1))
        elif tag in CELLS:
            types = [attributes[name] for name in VALUE_TYPES if name in attributes]
            if "error" in types:
                self.error_at, self.text = self.column, []
            spanned = int(attributes.get(f"{TABLE}number-rows-spanned", 1))
            merged = self.marks.merged.setdefault(self.sheet, [])
            if spanned > 1 and len(merged) < MAX_MARKS:
                right = self.column + int(attributes.get(f"{TABLE}number-columns-spanned", 1)) - 1
                merged.append((self.row, self.column, self.row + spanned - 1, right))
            self.column += int(attributes.get(f"{TABLE}number-columns-repeated", 1))
            if types:
                self.width = self.column

    def _characters(self, text: str) -> None:
        if self.error_at >= 0:
            self.text.append(text)

    def _end(self, tag: str) -> None:
        if tag == f"{TABLE}table-row":
            self.row += self.rows_repeated
            if self.width:
                self.marks.extents.setdefault(self.sheet, Extent()).reach(self.row, self.width)
        elif tag in CELLS and self.error_at >= 0:
            said = "".join(self.text).strip()
            many = MAX_REPEATED_MARKS if len(self.marks.texts.get(self.sheet, ())) < MAX_MARKS else 0
            for row_number in range(self.row + 1, self.row + 1 + min(self.rows_repeated, many)):
                self.marks.put(self.sheet, row_number, self.error_at, said if said.startswith("#") else "#N/A")
            self.error_at = -1
