"""What calamine gives as blank though it is not: error cells (``#N/A``), formulas without a result, pictures over a sheet.

A row must not look empty that holds an error, and its department is told about the formula, not that the cell is missing.
Here for an xlsx; ``xls_marks.py`` and ``ods_marks.py`` do the same, and count on the way how far the cells reach
(``extents.py`` does so for an xlsx). Every pattern and every loop is linear in what it is given, whatever that is: the files are
strangers'.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.etree import ElementTree

from include.reading.extents import Extent, column_index
from include.reading.number_formats import UNIT_CELL, unit_styles, with_unit
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
    """By sheet name: (row from 1, column from 0, text) of cells to put in, cells merged downwards (ods), extents (xls, ods).

    ``drawn``: sheets over which a picture, a text box or an embedded document lies. ``shown``: by column and row (from 0) the
    figures that their number format shows with a unit.
    """

    texts: dict[str, list[tuple[int, int, str]]] = field(default_factory=dict)
    merged: dict[str, list[Merged]] = field(default_factory=dict)
    extents: dict[str, Extent] = field(default_factory=dict)
    drawn: set[str] = field(default_factory=set)
    shown: dict[str, dict[int, dict[int, str]]] = field(default_factory=dict)

    def put(self, sheet: str, row_number: int, column: int, text: str) -> None:
        cells = self.texts.setdefault(sheet, [])
        if 0 < row_number <= MAX_ROWS and 0 <= column < MAX_COLUMNS and len(cells) < MAX_MARKS:
            cells.append((row_number, column, text))

    def show(self, sheet: str, row_number: int, column: int, text: str) -> None:
        cells = self.shown.setdefault(sheet, {})
        if 0 < row_number <= MAX_ROWS and 0 <= column < MAX_COLUMNS:
            cells.setdefault(column, {})[row_number - 1] = text


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
    """Error cells, formulas that were never calculated, and figures whose number format shows a unit.

    ``watch`` is given each sheet's name and XML, block by block.
    """
    marks = CellMarks()
    units = unit_styles(archive)
    for sheet, part, _ in sheet_parts(archive):
        if is_drawn(archive, part):
            marks.drawn.add(sheet)
        with archive.open(part) as content:
            rest = b""
            while block := content.read(BLOCK):
                watch(sheet, block)
                text = rest + block
                if ERROR_MARK not in text and FORMULA_MARK not in text and not units:
                    rest = text[-9000:]
                    continue
                end = max(text.rfind(b"</c>"), text.rfind(b"</x:c>")) + 4
                if end < 4 or len(text) > 8 * BLOCK:
                    end = len(text)
                for found in ERROR_CELL.finditer(text, 0, end) if ERROR_MARK in text else ():
                    marks.put(sheet, int(found[2]), column_index(found[1]), found[3].decode("ascii", "replace"))
                for found in UNCALCULATED_CELL.finditer(text, 0, end) if FORMULA_MARK in text else ():
                    marks.put(sheet, int(found[2]), column_index(found[1]), UNCALCULATED)
                for found in UNIT_CELL.finditer(text, 0, end) if units else ():
                    if (unit := units.get(found[1])) and (shown := with_unit(found[4], unit)):
                        marks.show(sheet, int(found[3]), column_index(found[2]), shown)
                rest = text[end:]
    return marks


def check_memory(error: Exception) -> None:
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
        check_memory(error)
        return []
    parts = []
    names = set(archive.namelist())
    for element in book.iter():
        if element.tag.endswith("}sheet"):
            link = next((value for key, value in element.attrib.items() if key.endswith("}id")), None)
            target = targets.get(link, "")
            part = _target("xl", target)
            if part in names:
                parts.append((element.get("name", ""), part, element.get("state", "visible") == "visible"))
    return parts


def occurs(archive: zipfile.ZipFile, part: str, word: bytes) -> bool:
    """Whether a part of the archive holds a word."""
    with archive.open(part) as content:
        rest = b""
        while block := content.read(BLOCK):
            if word in rest + block:
                return True
            rest = block[-len(word) :]
    return False


DRAWING = re.compile(rb"<(?:\w{1,20}:)?pic\b|<(?:\w{1,20}:)?t>[^<]")
EMBEDDED = ("/oleObject", "/package")


def is_drawn(archive: zipfile.ZipFile, part: str) -> bool:
    """Whether a picture, a text box with text or an embedded document lies over a sheet of an xlsx; a chart is none of them."""
    folder, name = posixpath.split(part)
    names = archive.namelist()
    link_part = f"{folder}/_rels/{name}.rels"
    links = relations(archive, link_part) if link_part in names else []
    if any(kind.endswith(EMBEDDED) for kind, _ in links):
        return True
    drawings = (_target(folder, target) for kind, target in links if kind.endswith("/drawing"))
    return any(
        archive.getinfo(drawing).file_size <= MAX_PART_LIST and DRAWING.search(archive.read(drawing)) is not None
        for drawing in drawings
        if drawing in names
    )


def relations(archive: zipfile.ZipFile, part: str) -> list[tuple[str, str]]:
    """Kind and target of each link that a part of links (``*.rels``) holds; none of what cannot be read."""
    if archive.getinfo(part).file_size > MAX_PART_LIST:
        return []
    try:
        return [(link.get("Type", ""), link.get("Target", "")) for link in ElementTree.fromstring(archive.read(part))]
    except ElementTree.ParseError as error:
        check_memory(error)
        return []


def _target(folder: str, target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"{folder}/{target}")
