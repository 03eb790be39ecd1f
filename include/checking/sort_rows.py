"""Sorts the rows below a table's head into data and what is none: repeated heads, totals, signatures, notes, page numbers."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from include.checking.find_head import HeadWords
from include.checking.not_data import (
    COUNT_TEXT,
    DAY_LINE,
    EXAMPLE,
    EXAMPLE_NOTE,
    LONE_NUMBER,
    NOTE,
    NOTE_GOES_ON,
    PAGE,
    SENDER_LINE,
    SIGNATURE,
    TOTAL,
    UNIT_CELL,
    is_column_numbers,
)
from include.checking.table import SEQUENCE_LABELS, Table, has_identity_number, plain
from include.checking.zero_report import take_zero_report
from include.contracts import Column, Contract
from include.reading.cells import Cell, Rows, column_of, pick
from include.reading.formats import is_blank

ID_KINDS = {"id_number", "certificate_number", "student_number", "event_id", "household_id", "warning_id"}
PLACE_AND_PERIOD_KINDS = {"town", "village", "towns", "villages", "month", "year", "term", "date"}
NUMBER_BEGINS = r"(?s)^['‘’＇]?\p{Nd}{14}.{1,8}$"

TITLES_ABOVE = 4
UNIT_SAID = re.compile(r"(?<![报表送制主办])单位.{0,8}(?:元|亩|公顷)")
TITLE = re.compile(
    r"单位|名单|名册|台账|清单|明细|情况|统计|信息|汇总|日期|时间|表$|[一二三四1-4]季度|\d月|20\d\d|[镇乡村]$|.{8}"
)
Verdict = tuple[str, str] | None
"""Kind and note of a row that is no data."""


def sort_rows(table: Table, contract: Contract, words: HeadWords, rows: Rows, first: int) -> int | None:
    """Every row of the sheet from index ``first`` on becomes data of the table or is skipped, up to a second, different head.

    The index of the first row that belongs to that head, its titles among them; None where there is none.
    """
    sorter = _Sorter(table, contract, words, rows)
    table.row_numbers += sorter.data_rows(first)
    _drop_page_number_at_end(table, rows)
    width = max((head.index for head in table.heads), default=-1) + 1
    table.rows = pick(rows, [number - 1 for number in table.row_numbers], width)
    take_zero_report(table, sequence=sorter.sequence_columns, loose=sorter.loose_columns)
    return sorter.next_table


def _drop_page_number_at_end(table: Table, rows: Rows) -> None:
    while table.row_numbers:
        filled = [plain(cell) for cell in rows[table.row_numbers[-1] - 1] if not is_blank(cell)]
        if len(filled) != 1 or not LONE_NUMBER.fullmatch(filled[0]):
            return
        table.skip_later(table.row_numbers.pop(), "note", "页码")


class _Sorter:
    """Looks at each row that may be no data; ``before`` is what the row above was."""

    def __init__(self, table: Table, contract: Contract, words: HeadWords, rows: Rows) -> None:
        self.table = table
        self.words = words
        self.rows = rows
        self.contract = contract
        self.heads = {head.index: head for head in table.heads}
        self.next_table: int | None = None
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
            {column: words.clean(cell)[0] for column, cell in enumerate(rows[number - 1]) if words.clean(cell)[0]}
            for number in table.header_rows
        ]
        self.titles = {plain(title) for title in table.titles}
        self.before = "header"
        self.row_number = 0
        self.rules: tuple[Callable[[dict[int, str], list[Cell]], Verdict], ...] = (
            self._blank, self._head_again, self._title_again, self._example, self._total, self._signature, self._note, self._page,
        )  # fmt: skip

    def data_rows(self, first: int) -> list[int]:
        """Numbers of the data rows; the others are listed in the table."""
        is_data = self._holds_number() & ~self._says_example()
        is_data[:first] = False
        following = first  # the row after the one looked at last; those between are data
        for index in np.flatnonzero(~is_data[first:]).tolist():
            index += first
            self.row_number = index + 1
            if index > following:
                self.before = "data"
            following = index + 1
            row = self.rows[index]
            texts = {column: plain(cell) for column, cell in enumerate(row) if not is_blank(cell)}
            verdict = next((found for rule in self.rules if (found := rule(texts, row))), None)
            if self.next_table is not None:
                self.next_table = self._with_titles(index, first)
                is_data[self.next_table :] = False
                self.table.skipped = [line for line in self.table.skipped if line.row_number <= self.next_table]
                break
            if verdict is None:
                is_data[index] = True
                self.before = "data"
            else:
                self.table.skip(index + 1, *verdict)
                if verdict[0] != "blank":
                    self.before = verdict[0]
        return list((np.flatnonzero(is_data) + 1).tolist())

    def _holds_number(self) -> npt.NDArray[np.bool_]:
        """Rows with a number where one belongs (nearly all): no rule for titles, totals or notes has anything to say of them."""
        texts = column_of(self.rows, self.anchor).texts
        if texts is None:
            return np.zeros(len(self.rows), bool)
        found = pc.match_substring_regex(texts, NUMBER_BEGINS).fill_null(False)
        return np.array(found.to_numpy(zero_copy_only=False))

    def _says_example(self) -> npt.NDArray[np.bool_]:
        """Rows that may be marked as an example though they hold a number."""
        found = np.zeros(len(self.rows), bool)
        for index in self._marked_columns():
            texts = column_of(self.rows, index).texts
            if texts is not None:
                found |= np.array(pc.match_substring(texts, "例").fill_null(False).to_numpy(zero_copy_only=False))
        return found

    def _marked_columns(self) -> set[int]:
        """Where a row would be marked: before the head, in its first column, its names, numbers, and columns nobody asked for."""
        known = {index for index, head in self.heads.items() if self.contract.by_head.get(head.label) is not None}
        first = min(self.heads, default=0)
        return {*range(first + 1), *self.name_columns, *self.id_columns, *(self.heads.keys() - known)}

    def _with_titles(self, head: int, first: int) -> int:
        """Index of the first of the titles and unit lines that stand right above a second head."""
        begin = head
        for index in range(head - 1, max(first, head - TITLES_ABOVE) - 1, -1):
            texts = [plain(cell) for cell in self.rows[index] if not is_blank(cell)]
            if not texts:
                continue
            if len(texts) > 2 or has_identity_number(self.rows[index]) or not TITLE.search("".join(texts)):
                break
            is_of_the_end = any(pattern.fullmatch(texts[0]) for pattern in (TOTAL, SIGNATURE, NOTE))
            if is_of_the_end and not UNIT_SAID.search("".join(texts)):
                break
            begin = index
        return begin

    # the rules

    def _blank(self, texts: dict[int, str], row: list[Cell]) -> Verdict:
        if not texts:
            return "blank", "空行"
        if texts.keys() <= self.sequence_columns and all(LONE_NUMBER.fullmatch(text) for text in texts.values()):
            return "blank", "仅有序号"
        return None

    def _head_again(self, texts: dict[int, str], row: list[Cell]) -> Verdict:
        if self.before in {"header", "repeated_header"} and len(texts) > 1:
            if all(UNIT_CELL.fullmatch(text) for text in texts.values()):
                return "unit_line", "计量单位行"
            if self.before == "repeated_header" and is_column_numbers(list(texts.values())):
                return "repeated_header", "栏次行"
        labels = {column: self.words.clean(row[column])[0] for column, text in texts.items() if len(text) <= 40}
        for line in self.head_lines:
            same = sum(label == line.get(column, "\0") for column, label in labels.items())
            if same >= min(2, len(line)) and same >= 0.8 * len(texts):
                if self._differs(line, row, labels):
                    break
                return "repeated_header", "重复的表头"
        known = sum(bool(self.words.places(label)) for label in labels.values())
        if known >= max(3, 0.6 * len(texts)) and self._no_identity(texts, row):
            self.next_table = self.row_number - 1
            return "header", "表头"
        return None

    def _differs(self, line: dict[int, str], row: list[Cell], labels: dict[int, str]) -> bool:
        """Whether a head much like the table's has another column in some place, or another unit: its rows are not ours."""
        for column, label in labels.items():
            if not self.words.places(label):
                continue
            head, unit = self.heads.get(column), self.words.clean(row[column])[1]
            if head is None:
                return True
            if label == line.get(column):
                if unit and unit != head.unit:
                    return True
            elif (named := self.contract.by_head.get(label)) is None or named is not self.contract.by_head.get(head.label):
                return True
        return False

    def _example(self, texts: dict[int, str], row: list[Cell]) -> Verdict:
        first = next(iter(texts))
        begins = {*range(min(self.heads, default=0) + 1), first, *self.name_columns, *self.id_columns}
        for column in (self._marked_columns() | {first}) & texts.keys():
            if (EXAMPLE if column in begins else EXAMPLE_NOTE).fullmatch(texts[column]):
                return "example", "示例行"
        return None

    def _title_again(self, texts: dict[int, str], row: list[Cell]) -> Verdict:
        if len(texts) <= 3 and self.titles and "".join(texts.values()) in self.titles and self._no_identity(texts, row):
            return "title", "重复的标题"
        return None

    def _total(self, texts: dict[int, str], row: list[Cell]) -> Verdict:
        for place in list(texts)[:2]:
            if TOTAL.fullmatch(texts[place]):
                others = (self.id_columns | self.name_columns) - {place}
                if all(column not in texts or COUNT_TEXT.fullmatch(texts[column]) for column in others):
                    return "total", "合计行"
        return None

    def _signature(self, texts: dict[int, str], row: list[Cell]) -> Verdict:
        first = next(iter(texts.values()))
        if SIGNATURE.fullmatch(first) and self._no_identity(texts, row):
            return "signature", "填表人、审核人等落款"
        if len(texts) == 1 and not texts.keys() & self.loose_columns and (DAY_LINE.match(first) or SENDER_LINE.fullmatch(first)):
            return "signature", "落款"
        return None

    def _note(self, texts: dict[int, str], row: list[Cell]) -> Verdict:
        first = next(iter(texts.values()))
        if len(texts) <= 2 and self._no_identity(texts, row):
            if NOTE.fullmatch(first) or (first == "备注" and len(texts) == 2 and len(next(reversed(texts.values()))) > 6):
                return "note", "表格下方的说明"
            if self.before == "note" and len(texts) == 1 and NOTE_GOES_ON.fullmatch(first):
                return "note", "表格下方的说明"
        return None

    def _page(self, texts: dict[int, str], row: list[Cell]) -> Verdict:
        return ("note", "页码") if len(texts) <= 2 and PAGE.fullmatch("".join(texts.values())) else None

    def _no_identity(self, texts: dict[int, str], row: list[Cell]) -> bool:
        """No cell looks like the number of a person, and none of the table's number columns holds a number of its own."""
        if has_identity_number(row):
            return False
        places = list(texts)
        for column in self.id_columns & texts.keys():
            text = texts[column]
            if column != places[0] and re.search(r"\d{6,}", text) and not re.search(":|电话", text + texts[places[0]]):
                return False
        return True
