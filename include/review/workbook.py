"""The workbook of what waits for a person: written to be filled in, and read again when it comes back.

Each line carries a hidden key (delivery, sheet, row, column, question) and its suggestions, so that the answer is to the question
that was asked.
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
    Field,
    new_book,
    row_height,
    set_page,
    set_widths,
    text_of,
    write_head,
    write_note,
    write_title,
)

SHEET = "待核定"
KEY, SUGGESTIONS = "核定编号", "系统候选"
DECISION, VALUE, DECIDER = "决定", "改为", "经办人"
HEAD_WITHIN = 10
Lines = list[tuple[str, int, dict[str, str]]]
"""Lines as they were filled in: sheet, row number, cells by head."""
HEADS = (DECISION, VALUE, DECIDER, KEY)
ACCEPT, DECLINE, OTHER = CHOICES = ("采纳", "不采纳", "其他")
REFUSED = Field("退回原因", 30)
FIELDS = (
    Field("事项", 12, "centre"), Field("说明", 30), Field("系统建议", 34),
    Field("姓名", 9, "centre"), Field("证件号码", 20, "code"),
    Field("镇", 10, "centre"), Field("村", 12, "centre"), Field("数据", 16), Field("文件", 22), Field("工作表", 10, "centre"),
    Field("行号", 6, "centre"), Field(DECISION, 9, "centre"), Field(VALUE, 22), Field(DECIDER, 10, "centre"),
    Field(KEY, 10), Field(SUGGESTIONS, 10),
)  # fmt: skip
SHOWN = len(FIELDS) - 2
HOW = (
    "请逐行选“决定”并填“经办人”，存盘后整个文件放回县乡村振兴局收件夹。采纳：按系统建议办；候选不止一个时在“改为”填序号。"
    "不采纳：该行不作预警（“是哪个人”则只表示都不是）。其他：在“改为”填实际的身份证号、镇村名或金额(元)。没有决定的行留空即可。"
    "两行不一致：采纳一行即另一行不采纳，不采纳一行即以另一行为准；都不对的，两行都选不采纳。"
)


def write_review(
    path: Path, lines: Sequence[Mapping[str, str]], *, mark: str, created: datetime, reasons: Sequence[str] = ()
) -> None:
    """Write lines to be answered; with ``reasons``, one a line, those that could not be used, to be corrected and sent again."""
    fields = (REFUSED, *FIELDS) if reasons else FIELDS
    shown = SHOWN + bool(reasons)
    with new_book(path, mark=mark, title="待核定事项", author="防贫监测预警", created=created) as book:
        sheet = book.workbook.add_worksheet(SHEET)
        set_page(sheet, name="待核定事项")
        set_widths(sheet, fields)
        sheet.set_column(shown, len(fields) - 1, 10, None, {"hidden": True})
        write_title(book, sheet, 0, "退回的核定" if reasons else "待核定事项", shown - 1)
        write_note(book, sheet, 1, HOW, [entry.width for entry in fields[:shown]])
        write_head(book, sheet, 2, fields)
        for index, line in enumerate(lines, start=3):
            values = [reasons[index - 3], *[""] * len(FIELDS)] if reasons else [""] * len(FIELDS)
            values[-len(FIELDS) :] = [line.get(entry.label, "") for entry in FIELDS]
            sheet.set_row(index, row_height(fields[:shown], values[:shown]))
            for column, (entry, value) in enumerate(zip(fields, values, strict=True)):
                look: dict[str, Any] = {"bg_color": FAULT_YELLOW} if entry.label in (DECISION, VALUE, DECIDER) else {}
                look |= {"font_color": ALERT_RED} if entry is REFUSED else {}
                book.put(sheet, index, column, value, book.cell_style(entry.kind, **look))
        at = [entry.label for entry in fields].index(DECISION)
        if lines:
            rule = {"validate": "list", "source": list(CHOICES), "error_message": "请从下拉框中选择。"}
            sheet.data_validation(3, at, len(lines) + 2, at, rule)
        sheet.freeze_panes(3, 0)
        sheet.repeat_rows(2)


def answered_lines(workbook: Workbook) -> Lines | None:
    """The lines of a review workbook that somebody filled in. None: it is something else."""
    return filled_lines(workbook, HEADS, (DECISION, VALUE))


def filled_lines(workbook: Workbook, heads: Sequence[str], answers: Sequence[str]) -> Lines | None:
    """The lines with anything in the columns ``answers``, of the sheets whose head has all of ``heads``. None: there is no such
    sheet.
    """
    found: Lines | None = None
    for sheet in workbook.sheets:
        top = [[text_of(cell).strip() for cell in row] for row in sheet.rows[:HEAD_WITHIN]]
        at = next((number for number, cells in enumerate(top) if set(heads) <= set(cells)), None)
        if at is None:
            continue
        found = found or []
        columns = {text: index for index, text in enumerate(top[at]) if text}
        for number, row in enumerate(sheet.rows[at + 1 :], start=at + 2):
            line = {head: text_of(row[index]).strip() if index < len(row) else "" for head, index in columns.items()}
            if any(line[head] for head in answers):
                found.append((sheet.name, number, line))
    return found
