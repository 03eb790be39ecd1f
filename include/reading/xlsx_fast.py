"""The cells of a large xlsx by column, straight from its XML: several times as quickly as cell by cell.

Rows without their digits have few shapes: half a million leave a dozen variants of
``<row r="" spans=":"><c r="A" t="s"><v></v></c>``, and each says which columns its values belong to and of what type they are.
The values themselves lie between ``<v>`` and ``</v>`` and become numbers and texts without ever being Python objects.

What is not of this plain kind raises Unusual; such a book is read the careful way (``read_cells.py``). Both give the same cells.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict, deque
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from include.reading.cell_marks import MAX_PART_LIST, MAX_ROWS
from include.reading.cells import Cell, CellColumn, ColumnRows
from include.reading.extents import column_index
from include.reading.refusal import MAX_COLUMNS
from include.reading.workbook import Merged

SHARED, TEXT, NUMBER, DAY, TRUTH, ERROR = KINDS = range(6)
TYPES = {b"s": SHARED, b"str": TEXT, b"n": NUMBER, b"": NUMBER, b"b": TRUTH, b"e": ERROR}

VALUE_CHARACTERS = b"0123456789.+-"
ROW_NUMBER = re.compile(rb'<row\b(?>[^<>]{0,400}?\br=")(\d{1,7})"[^<>]{0,400}+(?<!/)>')
ROW_END, DATA_END, NO_DATA = b"</row>", b"</sheetData>", b"<sheetData/>"
CELL_START = re.compile(rb"<c(?=[\s>/])")
PLACE, TYPE = re.compile(rb'\br="([A-Z]{1,3})"'), re.compile(rb'\bt="(\w*)"')
STYLE = re.compile(rb"\bs\s*=")
DAY_STYLE, UNSURE_STYLE = b' s="day"', b' s="unsure"'
MERGED = re.compile(rb'<mergeCell ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
MAX_SHAPES = 4000
MAX_DAY_STYLES = 200
MAX_ROW = 64 * 2**10
MAX_REST = 8 * 2**20
AT_ONCE = 4 * 2**20
MAX_WAITING = 4

PLAIN_FORMATS = frozenset({*range(14), *range(37, 45), 48, 49})
DAY_FORMATS = frozenset({14, 15, 16, 17, 22})
LONGEST_FORMAT = 255
FORMAT_LITERALS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]|;@$', re.IGNORECASE)
FORMAT_OF_DAYS = re.compile(r"(?=.*[yd])[ymdhs年月日时分秒:/\-., ]+", re.IGNORECASE)
DAY_LETTERS = re.compile("[ymdhs]", re.IGNORECASE)
DAY_ZERO, DAY_MILLISECONDS = datetime(1899, 12, 30), 86_400_000
FIRST_SURE_DAY, END_OF_DAYS = 367, 2_958_466  # 1901-01-01: earlier ones are times, durations and Excel's own 29 February 1900

ENCODING = re.compile(rb'<\?xml[^<>]{0,200}\bencoding=["\'](?!utf-?8["\'])', re.IGNORECASE)
PHONETIC = re.compile(rb"<phoneticPr\b[^<>]*/>")
SOUND_START, SOUND_END = re.compile(rb"<rPh(?=[\s>])"), b"</rPh>"
ITEM = re.compile(rb"<si>(.*?)</si>|<si/>", re.DOTALL)
ITEM_TEXT, TEXT_START = re.compile(rb"<t(?:\s[^<>]*+)?+>([^<]*+)</t>"), re.compile(rb"<t[\s>](?!/)")
PLAIN_ITEM = b"<si><t>"


class Unusual(Exception):
    """The sheet is not of the kind that can be read this way."""


def shared_texts(xml: bytes) -> pa.LargeStringArray:
    """The texts that cells refer to by number; an empty one is null. Raises Unusual."""
    if ENCODING.match(xml) or any(word in xml for word in (b"_x", b"\r", b"<!")):
        raise Unusual
    xml = xml.replace(b' xml:space="preserve"', b"")
    if b"<phoneticPr" in xml or b"<rPh" in xml:
        xml = _without_sounds(PHONETIC.sub(b"", xml))
    start, end = xml.find(b"<si>"), xml.rfind(b"</si>") + len(b"</si>")
    if start < 0 or not xml[end:].strip().startswith(b"</sst>"):
        raise Unusual
    count = xml.count(b"<si>") + xml.count(b"<si/>")
    if xml.count(PLAIN_ITEM) == count and xml.count(b"<", start, end) == 4 * count:
        return _texts(_between_tags(xml, "t", count).take(pa.array(np.arange(0, 2 * count, 2))))
    items = list(ITEM.finditer(xml, start, end))
    if len(items) != count or len(ITEM_TEXT.findall(xml)) != len(TEXT_START.findall(xml)):
        raise Unusual
    return _texts(pa.array([b"".join(ITEM_TEXT.findall(item[1] or b"")) for item in items], pa.large_binary()))


def _without_sounds(xml: bytes) -> bytes:
    first, *others = SOUND_START.split(xml)
    after = [part.partition(SOUND_END) for part in others]
    if not all(end for _, end, _ in after):
        raise Unusual
    return b"".join([first, *(rest for _, _, rest in after)])


def _texts(found: pa.LargeBinaryArray) -> pa.LargeStringArray:
    """Texts as a reader sees them, null for an empty one. Raises Unusual, ArrowInvalid."""
    has_codes = pc.match_substring(found, b"&")
    if pc.any(has_codes).as_py():
        places = np.flatnonzero(has_codes.to_numpy(zero_copy_only=False))
        plain = [_unescaped(item) for item in found.take(pa.array(places)).to_pylist()]
        found = pc.replace_with_mask(found, has_codes, pa.array(plain, pa.large_binary()))
    return pc.if_else(pc.equal(pc.binary_length(found), 0), pa.scalar(None, found.type), found).cast(pa.large_string())


def _unescaped(item: bytes) -> bytes:
    try:
        return (ElementTree.fromstring(b"<t>" + item + b"</t>").text or "").encode()
    except ElementTree.ParseError as error:
        raise Unusual from error


def day_styles(xml: bytes) -> dict[bytes, bool]:
    """Numbers of the cell styles that show days (True), and of those that may (False). Raises Unusual."""
    if len(xml) > MAX_PART_LIST:
        raise Unusual
    try:
        styles = ElementTree.fromstring(xml)
    except ElementTree.ParseError as error:
        raise Unusual from error
    own = {item.get("numFmtId", ""): item.get("formatCode", "") for item in styles.iter() if item.tag.endswith("}numFmt")}
    formats = next((list(part) for part in styles if part.tag.endswith("}cellXfs")), [])
    shown = [_shows_days(item.get("numFmtId", "0"), own) for item in formats]
    found = {str(number).encode(): bool(shows) for number, shows in enumerate(shown) if shows is not False}
    if len(found) > MAX_DAY_STYLES:
        raise Unusual
    return found


def _shows_days(number: str, own: dict[str, str]) -> bool | None:
    if number not in own:
        return None if not number.isdecimal() or int(number) not in PLAIN_FORMATS | DAY_FORMATS else int(number) in DAY_FORMATS
    if len(own[number]) > LONGEST_FORMAT:
        return None
    bare = FORMAT_LITERALS.sub("", own[number])
    if FORMAT_OF_DAYS.fullmatch(bare):
        return True
    return None if DAY_LETTERS.search(bare.replace("[Red]", "")) else False


@dataclass(frozen=True)
class _Shape:
    """Columns (from 0) and types of the values of such a row, in their order."""

    columns: npt.NDArray[np.int64]
    kinds: npt.NDArray[np.uint8]


@dataclass
class _Part:
    """Some rows: their numbers (from 1), the last that holds a value, the columns (from 0) that do, and all values.

    ``values``: by type and column the rows (from 0) and values of its cells.
    """

    row_numbers: npt.NDArray[np.int64]
    last_filled: int
    used: set[int]
    values: dict[tuple[int, int], tuple[npt.NDArray[np.int64], pa.Array]] = field(default_factory=dict)


class SheetReader:
    """Is fed a sheet's XML block by block and reads it on the threads of a pool. ``feed`` and ``rows`` raise Unusual."""

    def __init__(self, pool: Executor, styles: dict[bytes, bool], max_cells: int) -> None:
        self.pool, self.styles, self.max_cells = pool, styles, max_cells
        self.waiting: list[bytes] = []
        self.size, self.rest = 0, b""
        self.shapes: dict[bytes, _Shape] = {}
        self.parts: list[Future[_Part]] = []
        self.running: deque[Future[_Part]] = deque()

    def feed(self, block: bytes) -> None:
        """Take the next part of the sheet."""
        self.waiting.append(block)
        self.size += len(block)
        if self.size >= AT_ONCE:
            self._start()

    def _start(self) -> None:
        data = b"".join([self.rest, *self.waiting])
        self.waiting, self.size = [], 0
        cut = data.rfind(ROW_END) + len(ROW_END)
        if cut < len(ROW_END):
            if len(data) > MAX_REST:
                raise Unusual
            self.rest = data
            return
        self.rest = data[cut:]
        self.parts.append(self.pool.submit(self._read, data[:cut]))
        self.running.append(self.parts[-1])
        if len(self.running) > MAX_WAITING:
            self.running.popleft().result()

    def _read(self, rows: bytes) -> _Part:
        numbers = np.array(list(map(int, ROW_NUMBER.findall(rows))), np.int64)
        styled = rows
        for style, is_day in self.styles.items():
            styled = styled.replace(b' s="%s"' % style, DAY_STYLE if is_day else UNSURE_STYLE)
        pieces = styled.translate(None, VALUE_CHARACTERS).split(ROW_END)[:-1]
        if len(numbers) != len(pieces):
            raise Unusual
        local: dict[bytes, int] = {}
        shape_of_row = np.array([local.setdefault(piece, len(local)) for piece in pieces], np.int64)
        for piece in local:
            if piece not in self.shapes:
                self.shapes[piece] = _shape_of(piece)
        if len(self.shapes) > MAX_SHAPES:
            raise Unusual
        shapes = [self.shapes[piece] for piece in local]
        counts = np.array([len(shape.columns) for shape in shapes], np.int64)
        used = {int(column) for shape in shapes for column in shape.columns}
        part = _Part(numbers, int(numbers[counts[shape_of_row] > 0].max(initial=0)), used)
        # for each value the row it stands in, and its place among the values of that row's shape
        values_of_row = counts[shape_of_row]
        row_of_value = np.repeat(np.arange(len(pieces)), values_of_row)
        first_of_row = np.cumsum(values_of_row) - values_of_row
        first_of_shape = np.cumsum(counts) - counts
        place = np.arange(len(row_of_value)) + np.repeat(first_of_shape[shape_of_row] - first_of_row, values_of_row)
        codes = np.concatenate([shape.columns * len(KINDS) + shape.kinds for shape in shapes])
        code_of_value = codes[place]
        values = _between_tags(rows, "v", len(row_of_value))
        for code in np.unique(codes).tolist():
            column, kind = divmod(code, len(KINDS))
            mine = np.flatnonzero(code_of_value == code)
            if kind != ERROR and len(mine):
                part.values[kind, column] = numbers[row_of_value[mine]] - 1, _values(kind, values.take(pa.array(2 * mine)))
        return part

    def rows(self, shared: pa.LargeStringArray) -> tuple[ColumnRows, list[Merged]]:
        """The whole sheet's rows, and the cells merged downwards."""
        self._start()
        parts = [part.result() for part in self.parts]
        numbers = np.concatenate([part.row_numbers for part in parts]) if parts else np.zeros(0, np.int64)
        if (np.diff(numbers, prepend=0) <= 0).any() or (DATA_END if len(numbers) else NO_DATA) not in self.rest:
            raise Unusual
        if ROW_NUMBER.search(self.rest):
            raise Unusual
        length = max((part.last_filled for part in parts), default=0)
        width = 1 + max((column for part in parts for column in part.used), default=-1)
        if length > MAX_ROWS or width > MAX_COLUMNS or length * width > self.max_cells:
            raise Unusual
        merged = [
            (int(top) - 1, column_index(left), int(bottom) - 1, column_index(right))
            for left, top, right, bottom in MERGED.findall(self.rest)
            if int(bottom) > int(top)
        ]
        return ColumnRows([_column(index, length, parts, shared) for index in range(width)], length), merged


def _shape_of(piece: bytes) -> _Shape:
    """What a row without its digits says of its cells. Raises Unusual."""
    row = piece[piece.rfind(b"<row") :]
    if len(row) > MAX_ROW or b"<!" in row:
        raise Unusual
    columns, kinds = [], []
    for cell in CELL_START.split(row)[1:]:
        attributes, _, rest = cell.partition(b">")
        content, end, _ = rest.partition(b"</c>")
        if b"<" in attributes or not (end or attributes.endswith(b"/")):
            raise Unusual
        if attributes.endswith(b"/"):
            content = b""
        place, kind = PLACE.search(attributes), TYPE.search(attributes)
        name = kind[1] if kind else b""
        if not place or name not in TYPES or len(STYLE.findall(attributes)) != attributes.count(b' s="'):
            raise Unusual
        if b"<v>" in content:
            columns.append(column_index(place[1]))
            kinds.append(TYPES[name])
            if kinds[-1] == NUMBER and UNSURE_STYLE in attributes:
                raise Unusual
            if kinds[-1] == NUMBER and DAY_STYLE in attributes:
                kinds[-1] = DAY
    if len(set(columns)) != len(columns):
        raise Unusual
    return _Shape(np.array(columns, np.int64), np.array(kinds, np.uint8))


def _between_tags(xml: bytes, tag: str, count: int) -> pa.LargeBinaryArray:
    """What stands between ``<v>`` and ``</v>``, at the even places. Raises Unusual when there are not ``count`` of them."""
    characters = np.frombuffer(xml, np.uint8)
    letters = np.flatnonzero(characters == ord(tag))
    letters = letters[characters[letters + 1] == ord(">")]
    before = characters[letters - 1]
    starts = letters[before == ord("<")] + 2
    ends = letters[(before == ord("/")) & (characters[letters - 2] == ord("<"))] - 2
    if len(starts) != count or len(ends) != count or (starts > ends).any() or (starts[1:] < ends[:-1]).any():
        raise Unusual
    offsets = np.empty(2 * count, np.int64)
    offsets[::2], offsets[1::2] = starts, ends
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(xml)]
    return pa.Array.from_buffers(pa.large_binary(), max(2 * count - 1, 0), buffers)


def _values(kind: int, found: pa.LargeBinaryArray) -> pa.Array:
    """Texts' numbers as int32, numbers and days as float64, texts as they are, truth values. Raises Unusual, ArrowInvalid."""
    if kind == TEXT:
        if any(pc.any(pc.match_substring(found, word)).as_py() for word in (b"_x", b"\r")):
            raise Unusual
        return _texts(found)
    written = found.cast(pa.large_string())
    if kind == SHARED:
        return written.cast(pa.int32())
    if kind in (NUMBER, DAY):
        numbers = pc.if_else(pc.equal(written, ""), pa.scalar(None, written.type), written).cast(pa.float64())
        if not pc.all(pc.is_finite(numbers), min_count=0).as_py():
            raise Unusual
        return numbers
    if not pc.all(pc.is_in(written, pa.array(["0", "1"], written.type))).as_py():
        raise Unusual
    return pc.equal(written, "1")


def _column(index: int, length: int, parts: list[_Part], shared: pa.LargeStringArray) -> CellColumn:
    column = CellColumn(length)
    found: dict[int, list[tuple[npt.NDArray[np.int64], pa.Array]]] = defaultdict(list)
    for kind in (SHARED, TEXT, NUMBER, DAY, TRUTH):
        found[kind] = [part.values.pop((kind, index)) for part in parts if (kind, index) in part.values]
    if found[SHARED] or found[TEXT]:
        which = np.full(length, -1, np.int64)
        for places, numbers in found[SHARED]:
            which[places] = numbers.to_numpy()
        pool, size = [shared], len(shared)
        for places, texts in found[TEXT]:
            which[places] = np.arange(size, size + len(texts))
            pool.append(texts)
            size += len(texts)
        column.texts = (pa.concat_arrays(pool) if len(pool) > 1 else shared).take(pa.array(which, mask=which < 0))
    if found[NUMBER]:
        column.numbers = np.full(length, math.nan)
        for places, numbers in found[NUMBER]:
            column.numbers[places] = numbers.to_numpy(zero_copy_only=False)
    for places, numbers in found[DAY]:
        serials = numbers.dictionary_encode()
        days = [_day(serial) for serial in serials.dictionary.to_pylist()]
        which_day = serials.indices.to_pylist()
        column.others |= {row: days[at] for row, at in zip(places.tolist(), which_day, strict=True) if at is not None}
    for places, truths in found[TRUTH]:
        column.others |= dict(zip(places.tolist(), truths.to_pylist(), strict=True))
    return column


def _day(number: float) -> Cell:
    if not FIRST_SURE_DAY <= number < END_OF_DAYS:
        raise Unusual
    day = DAY_ZERO + timedelta(milliseconds=math.floor(number * DAY_MILLISECONDS + 0.5))
    return day.date() if number.is_integer() else day
