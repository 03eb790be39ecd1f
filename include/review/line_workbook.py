"""The workbook by which the bureau holds lines of a proposal back, releases them, and withdraws what was issued.

Written to be filled in, and read again when it comes back through the inbox (通知第三条第二款: 乡村振兴局审核后交办).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from include.reading.formats import Workbook
from include.reports.sheets import (
    ALERT_RED,
    FAULT_YELLOW,
    Book,
    Field,
    new_book,
    row_height,
    set_page,
    set_widths,
    write_head,
    write_note,
    write_title,
)
from include.review.workbook import DECIDER, DECISION, REFUSED, Lines, filled_lines

NUMBER, REASON = "预警编号", "理由"
HOLD, RELEASE, WITHDRAW = CHOICES = ("暂缓", "解除暂缓", "撤回")
PROPOSED, HELD, OPEN, REFUSED_LINES = "拟交办", "暂缓中", "已交办未办结", "退回的决定"
CHOICES_OF = {PROPOSED: (HOLD,), HELD: (RELEASE, WITHDRAW), OPEN: (WITHDRAW,), REFUSED_LINES: CHOICES}
"""The sheets, and what can be decided in each."""
HEADS = (NUMBER, DECISION, REASON, DECIDER)
FIELDS = (
    Field("镇", 9, "centre"), Field("行政村", 11, "centre"), Field("户主", 9, "centre"), Field("预警对象", 9, "centre"),
    Field("预警类型", 13), Field("预警事实", 40), Field("说明", 24), Field(DECISION, 10, "centre"), Field(REASON, 22),
    Field(DECIDER, 10, "centre"), Field(NUMBER, 17, "code"),
)  # fmt: skip
HOW = (
    "需要处理的行选“决定”、填“理由”和“经办人”，其余留空，存盘后整个文件放回县乡村振兴局收件夹。暂缓：这一条本期不交办，"
    "报批内容随即重新编号，原来的批准作废、重新报批；下一期再报。解除暂缓：重新列入。撤回：部门已更正或误报的，"
    "镇不必再核查；之后再有新数据的重新交办。"
)
EMPTY = "没有这样的预警。"


def write_lines(path: Path, lines: Mapping[str, Sequence[Mapping[str, str]]], *, mark: str, created: datetime) -> None:
    """Write the lines by sheet (keys of ``CHOICES_OF``), each a mapping by head."""
    with new_book(path, mark=mark, title="交办审核表", author="防贫监测预警", created=created) as book:
        for name, rows in lines.items():
            _write_sheet(book, name, FIELDS, rows)


def write_refused(
    path: Path, lines: Sequence[Mapping[str, str]], reasons: Sequence[str], *, mark: str, created: datetime
) -> None:
    """Write the lines that could not be used, each with its reason, to be corrected and sent again."""
    rows = [{**line, REFUSED.label: reason} for line, reason in zip(lines, reasons, strict=True)]
    with new_book(path, mark=mark, title="退回的交办审核", author="防贫监测预警", created=created) as book:
        _write_sheet(book, REFUSED_LINES, (REFUSED, *FIELDS), rows)


def _write_sheet(book: Book, name: str, fields: Sequence[Field], rows: Sequence[Mapping[str, str]]) -> None:
    sheet = book.workbook.add_worksheet(name)
    set_page(sheet, name=f"交办审核表：{name}")
    set_widths(sheet, fields)
    write_title(book, sheet, 0, f"交办审核表：{name}", len(fields) - 1)
    write_note(book, sheet, 1, HOW if rows else EMPTY, [entry.width for entry in fields])
    write_head(book, sheet, 2, fields)
    for index, row in enumerate(rows, start=3):
        values = [row.get(entry.label, "") for entry in fields]
        sheet.set_row(index, row_height(fields, values))
        for column, (entry, value) in enumerate(zip(fields, values, strict=True)):
            look: dict[str, Any] = {"bg_color": FAULT_YELLOW} if entry.label in (DECISION, REASON, DECIDER) else {}
            look |= {"font_color": ALERT_RED} if entry is REFUSED else {}
            book.put(sheet, index, column, value, book.cell_style(entry.kind, **look))
    if rows:
        at = [entry.label for entry in fields].index(DECISION)
        rule = {"validate": "list", "source": list(CHOICES_OF[name]), "error_message": "请从下拉框中选择。"}
        sheet.data_validation(3, at, len(rows) + 2, at, rule)
        sheet.autofilter(2, 0, len(rows) + 2, len(fields) - 1)
    sheet.freeze_panes(3, 0)
    sheet.repeat_rows(2)


def decided_lines(workbook: Workbook) -> Lines | None:
    """The lines of such a workbook that somebody decided. None: it is something else."""
    return filled_lines(workbook, HEADS, (DECISION, REASON))
