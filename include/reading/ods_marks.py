"""What calamine does not tell of an ods: error cells, merged cells, pictures, how far the cells reach."""

from __future__ import annotations

import zipfile
from xml.parsers import expat

from include.reading.cell_marks import BLOCK, MAX_MARKS, MAX_REPEATED_MARKS, MAX_TOKEN, CellMarks, check_memory
from include.reading.extents import Extent

TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
DRAW = "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0 "
DRAWN = {f"{DRAW}image", f"{DRAW}text-box"}
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
        check_memory(error)
        return CellMarks(extents=reader.marks.extents)
    return reader.marks


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
        elif tag in DRAWN:
            self.marks.drawn.add(self.sheet)
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
