"""Finds the table in a sheet: its head of one to three rows, its data rows, and why every other row is not one.

Departments put titles above a table, totals, signatures and notes below it, and repeat the head on each printed page.
A row is left out only when it plainly is one of these; in doubt it stays a data row, is checked, and goes back with a reason
if it is none. Every row of the sheet is either in ``Table.rows`` or in ``Table.skipped``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from include.contracts import Column, Contract, clean_header
from include.reading.cells import Cell, Rows, column_of, pick
from include.reading.formats import Sheet, is_blank
from include.reading.refusal import Refused

HEAD_SEARCH_ROWS = 100
HEAD_DEPTHS = (1, 2, 3)
MIN_MATCHES = 2
ZERO_ROWS = 200
MEMORY = 20_000  # labels whose places are remembered

ID_KINDS = {"id_number", "certificate_number", "student_number", "event_id", "household_id", "warning_id"}
PLACE_AND_PERIOD_KINDS = {"town", "village", "towns", "villages", "month", "year", "term", "date"}
SEQUENCE_LABELS = {"序号", "序", "行号", "顺序号", "No", "NO", "no"}


@dataclass(frozen=True)
class HeadCell:
    """One head: the cell's index in a row, the cleaned label, the unit written with it (元, 万元, 亩 …)."""

    index: int
    label: str
    unit: str | None


@dataclass(frozen=True)
class Skipped:
    """A row that is no data (row number 0: the whole sheet); ``note`` never holds the row's text."""

    sheet: str
    row_number: int
    kind: str
    note: str


@dataclass
class Table:
    """A table as found; row numbers are the file's, from 1. Rows are at least as long as the head."""

    sheet: str
    heads: list[HeadCell]
    header_rows: tuple[int, ...]
    titles: tuple[str, ...]
    unit: str | None
    row_numbers: list[int] = field(default_factory=list)
    rows: Rows = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


class HeadWords:
    """All heads that the contracts know, to tell a head from anything else."""

    def __init__(self, contracts: Sequence[Contract]) -> None:
        self.contracts = tuple(contracts)
        self._places: dict[str, list[tuple[int, str]]] = {}

    def clean(self, cell: Cell) -> tuple[str, str | None]:
        """Label and unit of a cell taken for a head; ('', None) for a blank one."""
        if is_blank(cell):
            return "", None
        text = str(cell)
        return clean_header(text) if len(text) <= 100 else ("", None)

    def places(self, label: str) -> list[tuple[int, str]]:
        """The contracts (by their place) and columns of them that a label names; empty for an unknown one."""
        if label not in self._places:
            if len(self._places) > MEMORY:
                self._places.clear()
            self._places[label] = [
                (number, column.name)
                for number, contract in enumerate(self.contracts)
                if (column := contract.by_head.get(label)) is not None
            ]
        return self._places[label]

    def best(self, labels: Sequence[str]) -> tuple[int, Contract | None]:
        """How many columns of one contract the labels name at most, and that contract (the first of several)."""
        named: dict[int, set[str]] = {}
        for label in labels:
            for number, name in self.places(label):
                named.setdefault(number, set()).add(name)
        if not named:
            return 0, None
        number = max(named, key=lambda key: (len(named[key]), -key))
        return len(named[number]), self.contracts[number]


def find_table(sheet: Sheet, contracts: Sequence[Contract], words: HeadWords | None = None) -> Table | None:
    """The sheet's table, or None when no row looks like a head.

    Raises Refused (two_tables) when a second, different head follows further down.
    """
    words = words or HeadWords(contracts)
    found = _find_head(sheet, words)
    if found is None:
        return None
    top, depth, heads, contract = found
    table = Table(sheet.name, heads, tuple(range(top + 1, top + depth + 1)), (), None)
    _read_above(sheet.rows[:top], table)
    for row_number in table.header_rows:
        table.skipped.append(Skipped(sheet.name, row_number, "header", "表头"))
    first = _read_below_head(sheet.rows, top + depth, table, words)
    _Reader(table, contract, words, sheet.rows[top : top + depth], sheet.rows).read(first)
    return table


# The head


Found = tuple[int, int, list[HeadCell], Contract]


def _find_head(sheet: Sheet, words: HeadWords) -> Found | None:
    """Index of the head's first row, its depth, heads, and the contract they fit best: most columns named, then fewest rows."""
    rows = sheet.rows
    best: Found | None = None
    best_rank = (MIN_MATCHES, -len(HEAD_DEPTHS) - 1)
    first_head: int | None = None
    for top in range(min(len(rows), HEAD_SEARCH_ROWS)):
        if all(is_blank(cell) for cell in rows[top]):
            continue
        for depth in HEAD_DEPTHS:
            part = rows[top : top + depth]
            if len(part) < depth or (depth > 1 and any(_has_identity_number(row) for row in part)):
                break
            heads = _combine(part, words)
            score, contract = words.best([head.label for head in heads])
            if first_head is None and depth == 1 and score >= 3:
                first_head = top
            if (score, -depth) > best_rank and contract is not None:
                best, best_rank = (top, depth, heads, contract), (score, -depth)
    if best is None:
        return None
    if first_head is not None and any(_has_identity_number(row) for row in rows[first_head : best[0]]):
        raise _two_tables(sheet.name, first_head + 1, best[0] + 1)
    while best[0] > 0 and best[1] < HEAD_DEPTHS[-1] and _is_parent_row(rows[best[0] - 1], rows[best[0]], words):
        top, depth = best[0] - 1, best[1] + 1
        heads = _combine(rows[top : top + depth], words)
        if words.best([head.label for head in heads])[0] < best_rank[0]:
            break
        best = (top, depth, heads, best[3])
    return best


def _two_tables(sheet: str, first: int, second: int) -> Refused:
    return Refused(
        "two_tables",
        f"工作表“{sheet}”第 {first} 行已有表头,第 {second} 行又出现不同的表头;请把两张表分成两个工作表或两个文件后重新报送",
    )


def _combine(rows: Rows, words: HeadWords) -> list[HeadCell]:
    """One head per column out of one to three head rows: merged parents reach to the right over their children; of the texts that
    stand over a column the longest combination that is a known head wins (户主 over 姓名: 户主姓名), else the lowest known."""
    width = max(len(row) for row in rows)
    grid = [[words.clean(row[column]) if column < len(row) else ("", None) for column in range(width)] for row in rows]
    for level in range(len(grid) - 1):
        below = grid[level + 1 :]
        parent: tuple[str, str | None] = ("", None)
        for column in range(width):
            has_child = any(line[column][0] for line in below)
            if grid[level][column][0]:
                parent = grid[level][column] if has_child else ("", None)
            elif has_child and parent[0]:
                grid[level][column] = parent
            else:
                parent = ("", None)
    heads = []
    for column in range(width):
        parts = [line[column] for line in grid if line[column][0]]
        if not parts and not any(line[column][1] for line in grid):
            continue
        labels = [label for label, _ in parts]
        options = ["".join(labels[start:]) for start in range(len(labels))] + list(reversed(labels))
        label = next((option for option in options if words.places(option)), labels[-1] if labels else "")
        unit = next((unit for _, unit in reversed([line[column] for line in grid]) if unit), None)
        if label:
            heads.append(HeadCell(column, label, unit))
    return heads


def _is_parent_row(row: list[Cell], below: list[Cell], words: HeadWords) -> bool:
    """Whether a row that names no column is the upper part of a merged head, for its unit's sake: 费用(元) over 总费用."""
    filled = [(column, cell) for column, cell in enumerate(row) if not is_blank(cell)]
    if not filled or any(
        not isinstance(cell, str) or len(cell) > 15 or re.search(r":|20\d\d", _plain(cell)) for _, cell in filled
    ):
        return False
    if any(column >= len(below) for column, _ in filled):
        return False
    return len(filled) > 1 or (filled[0][0] > 0 and words.clean(filled[0][1])[1] is not None)


UNIT_CELL = re.compile(r"\(?(?:单位:)?(亿元|万元|千元|百元|元|亩|公顷|人|户|口|个|个月|月|岁|平方米|名|件)(?:/.{1,3})?\)?")
COUNTING = [str(number) for number in range(1, 100)]
STEMS = "甲乙丙丁戊己庚辛壬癸"


def _read_below_head(rows: Rows, first: int, table: Table, words: HeadWords) -> int:
    """Takes a row of units and a row of column numbers under the head; the index of the first row after them."""
    while first < len(rows):
        texts = {column: _plain(cell) for column, cell in enumerate(rows[first]) if not is_blank(cell)}
        if texts and all(UNIT_CELL.fullmatch(text) for text in texts.values()):
            table.heads = [
                head if head.unit or head.index not in texts else HeadCell(head.index, head.label, _unit_of(texts[head.index]))
                for head in table.heads
            ]
            table.skipped.append(Skipped(table.sheet, first + 1, "unit_line", "计量单位行"))
        elif _is_column_numbers(list(texts.values())):
            table.skipped.append(Skipped(table.sheet, first + 1, "header", "栏次行"))
        else:
            break
        first += 1
    return first


def _unit_of(text: str) -> str:
    found = UNIT_CELL.fullmatch(text)
    return found[1] if found else text


def _is_column_numbers(texts: list[str]) -> bool:
    numbers = [text.strip("()栏").removesuffix(".0") for text in texts if text not in {"栏次", "序号"} and text not in STEMS]
    return len(texts) >= 4 and len(numbers) >= 2 and all(number in COUNTING for number in numbers) and (
        [int(number) for number in numbers] == list(range(int(numbers[0]), int(numbers[0]) + len(numbers)))
    )  # fmt: skip


# Above the table

UNIT_LINE = re.compile(r"(?<![报表送制主办])单位(?:为)?:?[^:]{0,6}?(亿元|万元|千元|百元|元|亩)")


def _read_above(rows: Rows, table: Table) -> None:
    titles = []
    for row_number, row in enumerate(rows, 1):
        filled = [cell for cell in row if not is_blank(cell)]
        if not filled:
            table.skipped.append(Skipped(table.sheet, row_number, "blank", "空行"))
        elif len(filled) >= 3 and _has_identity_number(row):
            table.row_numbers.append(row_number)
        else:
            text = " ".join(_title_text(cell) for cell in filled)
            unit = UNIT_LINE.search(_plain(text))
            if unit:
                table.unit = table.unit or unit[1]
            titles.append(text)
            alone = unit is not None and len(_plain(text)) <= len(unit[0]) + 6
            table.skipped.append(
                Skipped(table.sheet, row_number, *(("unit_line", "单位行") if alone else ("title", "表格上方的标题")))
            )
    table.titles = tuple(titles)


def _title_text(cell: Cell) -> str:
    if isinstance(cell, (datetime, date)):
        return f"{cell.year}年{cell.month}月{cell.day}日"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


# The rows

_SIGNED = (
    "填表|制表|填报|审核|审批|审定|复核|校对|校核|经办|报送|上报|统计|汇总|核查|打印|导出|单位|部门|科室|分管|主要|主管|联系|盖章|签字|签章|公章|"
    "负责|村级|镇级|乡镇|县级"
)
_SIGNS = "人员|人|负责人|领导|单位名称|单位|部门|名称|日期|时间|电话|方式|签字|签名|签章|盖章|公章|意见"
SIGNATURE = re.compile(
    rf"\(?(?:(?:(?:{_SIGNED})(?:{_SIGNS})*|日期|电话|数据来源)(?:\(.{{0,8}}?\))*:.*"
    rf"|(?:填表|制表|填报|审核|复核|经办|报送|汇总)(?:人员|人|单位|日期|时间|负责人)+(?:\(.{{0,8}}?\))*|(?:单位)?负责人(?:签字|签名)?(?:\(.{{0,8}}?\))?"
    rf"|分管领导|主要领导|(?:单位|部门)?\(?(?:盖章|公章|签章)\)?)",
)
TOTAL = re.compile(
    r"(?:(?:本页|本表|全县|全镇|全乡|全村|本月|本期|本季度?|本年|总|以上)?(?:合计|总计|小计|共计|累计|总数)"
    r"|[一-龥]{1,10}(?:小计|合计))(?:数|:|\(.{0,10}\)|\d+|[人户个件条名起次])*"
)
COUNT_TEXT = re.compile(r"共?\d{1,7}(?:\.0+)?[人户个件条名起次]?")
NOTE = re.compile(
    r"\(?[※*]*(?:备注|附注|注意事项|注意|注释|注解|注|(?:填表|填报|填写|数据|特别|情况|指标)?说明|附)(?:\(?\d{1,2}\)?)?[:、.,\d].*|(?:填表|填报|填写)说明"
)
NOTE_GOES_ON = re.compile(
    r"(?:\(?\d{1,2}\)|\d{1,2}[.、,:)]|[一二三四五六七八九十]{1,2}[、.]|\(?[一二三四五六七八九十]{1,2}\)|[①-⑳]).*"
)
PAGE = re.compile(r"(?:第?\d{1,4}页.{0,10}|第\d{1,4}页|共\d{1,4}页.{0,10}|[-—]+\d{1,4}[-—]+|[Pp]age\d{1,4}.{0,8})")
LONE_NUMBER = re.compile(r"\d{1,4}(?:\.0)?")
DAY_LINE = re.compile(r"20\d\d[年./-]\d{1,2}[月./-]\d{1,2}(?:日|00:00:00)?$")
SENDER_LINE = re.compile(r"[一-龥]{2,20}(?:局|人民政府|办公室|联合会|委员会|残联|卫健委)(?:\(.{0,8}\))?")

_NONE = "无|没有|暂无|未发生|未发现|未出现|未收到|未接到|未新增|零"
_NEW = "新增|此类|该类|相关|符合|上述|需|变化|数据|情况|人员|对象|事件|案件|发生|报送|名单|以上|饮水|未|因|失学|辍学|信访|灾"
ZERO_WORD = re.compile(
    r"\(?(?:无|/|\\|-+|—+|0|〇|零|空|无数据|无情况|无新增|暂无|没有|nan|none|无人员|无变化)\)?[.。!]?", re.IGNORECASE
)
ZERO_SENTENCE = re.compile(
    rf".{{0,30}}零报告.{{0,20}}|(?:截至|截止)?.{{0,16}}(?:[本当该上]|\d|[一二三四])(?:个?月份?|季度?|期|年度?|学期|次|周).{{0,24}}(?:{_NONE}).{{0,30}}"
    rf"|.{{0,16}}(?:{_NONE})(?:{_NEW}).{{0,30}}"
)


NUMBER_BEGINS = r"(?s)^['‘’＇]?\p{Nd}{14}.{1,8}$"


class _Reader:
    """Sorts the rows below the head of one table."""

    def __init__(self, table: Table, contract: Contract, words: HeadWords, head_rows: Rows, rows: Rows) -> None:
        self.table = table
        self.words = words
        self.rows = rows
        columns: dict[int, Column] = {}
        for head in table.heads:
            if (column := contract.by_head.get(head.label)) is not None:
                columns[head.index] = column
        self.id_columns = {index for index, column in columns.items() if column.kind in ID_KINDS}
        self.name_columns = {index for index, column in columns.items() if column.kind == "name"}
        self.loose_columns = {index for index, column in columns.items() if column.kind in PLACE_AND_PERIOD_KINDS}
        self.sequence_columns = {head.index for head in table.heads if head.label in SEQUENCE_LABELS}
        self.anchor = min((index for index, column in columns.items() if column.kind == "id_number"), default=None)
        self.head_lines = [
            {column: words.clean(cell)[0] for column, cell in enumerate(row) if words.clean(cell)[0]} for row in head_rows
        ]
        self.titles = {_plain(title) for title in table.titles}
        self.before = "header"
        self.row_number = 0
        self.rules: tuple[Callable[[dict[int, str], list[Cell]], tuple[str, str] | None], ...] = (
            self._blank, self._head_again, self._title_again, self._total, self._signature, self._note, self._page,
        )  # fmt: skip

    def read(self, first: int) -> None:
        """Every row from index ``first`` on becomes data or skipped."""
        table, rows = self.table, self.rows
        is_data = self._holds_number()
        is_data[:first] = False
        following = first  # the row after the one looked at last; those between are data
        for index in np.flatnonzero(~is_data[first:]).tolist():
            index += first
            self.row_number = index + 1
            if index > following:
                self.before = "data"
            following = index + 1
            row = rows[index]
            texts = {column: _plain(cell) for column, cell in enumerate(row) if not is_blank(cell)}
            verdict = next((found for rule in self.rules if (found := rule(texts, row))), None)
            if verdict is None:
                is_data[index] = True
                self.before = "data"
            else:
                table.skipped.append(Skipped(table.sheet, index + 1, *verdict))
                if verdict[0] != "blank":
                    self.before = verdict[0]
        table.row_numbers += (np.flatnonzero(is_data) + 1).tolist()
        self._drop_page_number_at_end()
        table.rows = pick(rows, [number - 1 for number in table.row_numbers], _width(table))
        self._take_zero_report()

    def _holds_number(self) -> npt.NDArray[np.bool_]:
        """Rows with a number where one belongs (nearly all): no rule for titles, totals or notes has anything to say of them."""
        texts = column_of(self.rows, self.anchor).texts
        if texts is None:
            return np.zeros(len(self.rows), bool)
        found = pc.match_substring_regex(texts, NUMBER_BEGINS).fill_null(False)
        return np.array(found.to_numpy(zero_copy_only=False))

    # each rule: kind and note of a row that is no data, else None

    def _blank(self, texts: dict[int, str], row: list[Cell]) -> tuple[str, str] | None:
        if not texts:
            return "blank", "空行"
        if texts.keys() <= self.sequence_columns and all(LONE_NUMBER.fullmatch(text) for text in texts.values()):
            return "blank", "仅有序号"
        return None

    def _head_again(self, texts: dict[int, str], row: list[Cell]) -> tuple[str, str] | None:
        if self.before in {"header", "repeated_header"} and len(texts) > 1:
            if all(UNIT_CELL.fullmatch(text) for text in texts.values()):
                return "unit_line", "计量单位行"
            if self.before == "repeated_header" and _is_column_numbers(list(texts.values())):
                return "repeated_header", "栏次行"
        labels = {column: self.words.clean(row[column])[0] for column, text in texts.items() if len(text) <= 40}
        for line in self.head_lines:
            same = sum(label == line.get(column, "\0") for column, label in labels.items())
            if same >= min(2, len(line)) and same >= 0.8 * len(texts):
                return "repeated_header", "重复的表头"
        known = sum(bool(self.words.places(label)) for label in labels.values())
        if known >= max(3, 0.6 * len(texts)) and self._no_identity(texts, row):
            raise _two_tables(self.table.sheet, self.table.header_rows[-1], self.row_number)
        return None

    def _title_again(self, texts: dict[int, str], row: list[Cell]) -> tuple[str, str] | None:
        if len(texts) <= 3 and self.titles and "".join(texts.values()) in self.titles and self._no_identity(texts, row):
            return "title", "重复的标题"
        return None

    def _total(self, texts: dict[int, str], row: list[Cell]) -> tuple[str, str] | None:
        for place in list(texts)[:2]:
            if TOTAL.fullmatch(texts[place]):
                others = (self.id_columns | self.name_columns) - {place}
                if all(column not in texts or COUNT_TEXT.fullmatch(texts[column]) for column in others):
                    return "total", "合计行"
        return None

    def _signature(self, texts: dict[int, str], row: list[Cell]) -> tuple[str, str] | None:
        first = next(iter(texts.values()))
        if SIGNATURE.fullmatch(first) and self._no_identity(texts, row):
            return "signature", "填表人、审核人等落款"
        if len(texts) == 1 and not texts.keys() & self.loose_columns and (DAY_LINE.match(first) or SENDER_LINE.fullmatch(first)):
            return "signature", "落款"
        return None

    def _note(self, texts: dict[int, str], row: list[Cell]) -> tuple[str, str] | None:
        first = next(iter(texts.values()))
        if len(texts) <= 2 and self._no_identity(texts, row):
            if NOTE.fullmatch(first) or (first == "备注" and len(texts) == 2 and len(next(reversed(texts.values()))) > 6):
                return "note", "表格下方的说明"
            if self.before == "note" and len(texts) == 1 and NOTE_GOES_ON.fullmatch(first):
                return "note", "表格下方的说明"
        return None

    def _page(self, texts: dict[int, str], row: list[Cell]) -> tuple[str, str] | None:
        return ("note", "页码") if len(texts) <= 2 and PAGE.fullmatch("".join(texts.values())) else None

    def _no_identity(self, texts: dict[int, str], row: list[Cell]) -> bool:
        """No cell looks like the number of a person, and none of the table's number columns holds a number of its own."""
        if _has_identity_number(row):
            return False
        places = list(texts)
        for column in self.id_columns & texts.keys():
            text = texts[column]
            if column != places[0] and re.search(r"\d{6,}", text) and not re.search(":|电话", text + texts[places[0]]):
                return False
        return True

    # after all rows

    def _drop_page_number_at_end(self) -> None:
        table = self.table
        while table.row_numbers:
            filled = [_plain(cell) for cell in self.rows[table.row_numbers[-1] - 1] if not is_blank(cell)]
            if len(filled) != 1 or not LONE_NUMBER.fullmatch(filled[0]):
                return
            self._skip_later(table.row_numbers.pop(), "note", "页码")

    def _take_zero_report(self) -> None:
        table = self.table
        if not 0 < len(table.rows) <= ZERO_ROWS or not all(self._says_nothing(row, len(table.rows)) for row in table.rows):
            return
        for row_number in table.row_numbers:
            self._skip_later(row_number, "zero_report", "零报告")
        table.rows, table.row_numbers = [], []

    def _says_nothing(self, row: list[Cell], row_count: int) -> bool:
        said = False
        for column, cell in enumerate(row):
            if is_blank(cell):
                continue
            text = _plain(cell)
            if says_nothing(text):
                said = said or row_count == 1 or not re.fullmatch(r"[/\\\-—0]+", text)
            elif column in self.sequence_columns and LONE_NUMBER.fullmatch(text):
                continue
            elif column not in self.loose_columns:
                return False
        return said

    def _skip_later(self, row_number: int, kind: str, note: str) -> None:
        self.table.skipped.append(Skipped(self.table.sheet, row_number, kind, note))
        self.table.skipped.sort(key=lambda skipped: skipped.row_number)


def says_nothing(text: str) -> bool:
    """Whether a text says that there is nothing to report: 无, 本月无新增, 零报告 …"""
    text = _plain(text)
    return bool(ZERO_WORD.fullmatch(text) or (len(text) <= 80 and ZERO_SENTENCE.fullmatch(text)))


IDENTITY = re.compile(r"[GgL]?\d{17}[\dXx×ХхＸｘ](?:\d{2}(?:B\d)?)?|\d{15}")


def _has_identity_number(row: list[Cell]) -> bool:
    """Whether a cell holds a whole identity number, or one that was stored as a number."""
    for cell in row:
        if isinstance(cell, str):
            if len(cell) >= 15 and IDENTITY.fullmatch(
                re.sub(r"[\s'’`\u200b-\u200d\ufeff]", "", unicodedata.normalize("NFKC", cell))
            ):
                return True
        elif isinstance(cell, float | int) and not isinstance(cell, bool) and 1e14 <= cell < 1e18:
            return True
    return False


def holds_people(rows: Rows) -> bool:
    """Whether any row holds an identity number, so that leaving the sheet out would lose somebody."""
    return any(_has_identity_number(row) for row in rows)


def _plain(cell: Cell) -> str:
    """A cell's text for comparison: half width, without any spaces."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return re.sub(r"[\s\u200b-\u200d\ufeff]+", "", unicodedata.normalize("NFKC", str(cell)))


def _width(table: Table) -> int:
    return max((head.index for head in table.heads), default=-1) + 1
