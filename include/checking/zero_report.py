"""A table, or a text, that says there is nothing to report."""

from __future__ import annotations

import re

from include.checking.not_data import LONE_NUMBER
from include.checking.table import Table, plain
from include.reading.cells import Cell
from include.reading.formats import is_blank

MOST_ROWS = 200

_NONE = "无|没有|暂无|未发生|未发现|未出现|未收到|未接到|未新增|零"
_NEW = "新增|此类|该类|相关|符合|上述|需|变化|数据|情况|人员|对象|事件|案件|发生|报送|名单|以上|饮水|未|因|失学|辍学|信访|灾"
ZERO_WORD = re.compile(
    r"\(?(?:无|/|\\|-+|—+|0|〇|零|空|无数据|无情况|无新增|暂无|没有|nan|none|无人员|无变化)\)?[.。!]?", re.IGNORECASE
)
ZERO_SENTENCE = re.compile(
    rf".{{0,30}}零报告.{{0,20}}|(?:截至|截止)?.{{0,16}}(?:[本当该上]|\d|[一二三四])(?:个?月份?|季度?|期|年度?|学期|次|周).{{0,24}}(?:{_NONE}).{{0,30}}"
    rf"|.{{0,16}}(?:{_NONE})(?:{_NEW}).{{0,30}}"
)


def says_nothing(text: str) -> bool:
    """Whether a text says that there is nothing to report: 无, 本月无新增, 零报告 …"""
    text = plain(text)
    return bool(ZERO_WORD.fullmatch(text) or (len(text) <= 80 and ZERO_SENTENCE.fullmatch(text)))


def take_zero_report(table: Table, *, sequence: set[int], loose: set[int]) -> None:
    """Lists the rows as a zero report when all of them say nothing. ``sequence`` and ``loose`` columns, which hold numbers in
    order, places and periods, may be filled all the same."""
    count = len(table.rows)
    if not 0 < count <= MOST_ROWS or not all(_row_says_nothing(row, count, sequence, loose) for row in table.rows):
        return
    for row_number in table.row_numbers:
        table.skip_later(row_number, "zero_report", "零报告")
    table.rows, table.row_numbers = [], []


def _row_says_nothing(row: list[Cell], row_count: int, sequence: set[int], loose: set[int]) -> bool:
    said = False
    for column, cell in enumerate(row):
        if is_blank(cell):
            continue
        text = plain(cell)
        if says_nothing(text):
            said = said or row_count == 1 or not re.fullmatch(r"[/\\\-—0]+", text)
        elif column in sequence and LONE_NUMBER.fullmatch(text):
            continue
        elif column not in loose:
            return False
    return said
