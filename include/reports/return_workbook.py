"""What goes back to a department: its faulty rows with the reason beside each, or the notice that a whole file was refused.

It can be corrected and dropped into the inbox again: its heads are the contract's and its title carries the period.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from include.contracts import load_contracts, template_name
from include.contracts.headers import clean_header
from include.contracts.model import Column, Contract
from include.reports.labels import period_text
from include.reports.requirements import head_of, requirement
from include.reports.sheets import (
    ALERT_RED,
    FAULT_YELLOW,
    GREY,
    HEAD_FONT,
    Book,
    Field,
    display_width,
    is_blank,
    new_book,
    row_height,
    set_page,
    set_widths,
    text_of,
    write_head,
    write_note,
    write_rows,
    write_title,
)

ROWS_SHEET = "退回数据"
EXPLANATION_SHEET = "说明"
REFUSAL_SHEET = "退回通知"
BESIDE = (Field("退回原因", 34), Field("处理办法", 30))
BEHIND = (Field("系统建议", 26), Field("原工作表", 12, "centre"), Field("原行号", 8, "centre"))
_REMEDY = re.compile(r"[;\uff1b,\uff0c\u3002]\s*(?=请)")
COUNTS = ("row_count", "accepted_count", "rejected_count", "duplicate_count")
USUAL_REMEDY = "请对照原始资料在黄色单元格内改正，再把本表放回收件夹"


@dataclass(frozen=True)
class ReturnRow:
    """One rejected row: where it stood, what it said, what is wrong. ``columns``: names or labels of the cells at fault."""

    sheet: str
    row_number: int
    cells: Sequence[object]
    reasons: Sequence[str]
    proposals: str = ""
    columns: Sequence[str] = ()


def write_return_workbook(
    path: Path,
    *,
    mark: str,
    delivery: Mapping[str, Any],
    contract: Contract,
    head_labels: Sequence[str],
    rows: Sequence[ReturnRow],
    units: Mapping[str, str] | None = None,
) -> None:
    """Write the rejected rows of a delivery.

    ``delivery``: ``ledger.deliveries`` with period and COUNTS, which add up.
    ``head_labels``: the file's own heads, one per cell of a row; those the contract knows are written under its names.
    ``units``: column name → unit the file's figures are in (元, 万元, 亩), when the head itself does not say.
    """
    heads = [_head(contract, label, units or {}) for label in head_labels]
    at = {column.name: index for index, (_, column) in enumerate(heads) if column}
    at |= {column.label: at[column.name] for _, column in heads if column}
    originals = [_text(row.cells) for row in rows]
    own = [
        Field(label, _own_width(label, [cells[index] for cells in originals if index < len(cells)]))
        for index, (label, _) in enumerate(heads)
    ]
    fields = [*BESIDE, *own, *(BEHIND if any(row.proposals for row in rows) else BEHIND[1:])]
    with new_book(path, mark=mark, title=f"{contract.title}退回数据", author="防贫监测预警", created=_received(delivery)) as book:
        sheet = book.workbook.add_worksheet(ROWS_SHEET)
        title = f"{period_text(text_of(delivery.get('period')))}{contract.title}"
        set_page(sheet, name=f"{contract.title} 退回数据", note=text_of(delivery.get("delivery_id")))
        set_widths(sheet, fields)
        write_title(book, sheet, 0, title, len(fields) - 1)
        how = f"以下{len(rows)}行没有采用。请按“处理办法”改正黄色单元格，表头不变，整个文件放回收件夹即可；已采用的行不必再报。"
        write_note(book, sheet, 1, how, [entry.width for entry in fields], bold=True, font_color=ALERT_RED)
        write_head(book, sheet, 2, fields)
        for index, (row, cells) in enumerate(zip(rows, originals, strict=True), start=3):
            _write_return_row(book, sheet, index, fields, len(own), row, cells, _faults(row, at, head_labels))
        sheet.freeze_panes(3, len(BESIDE))
        sheet.repeat_rows(2)
        _explain(book, delivery, contract)


def _write_return_row(
    book: Book,
    sheet: Any,
    index: int,
    fields: Sequence[Field],
    width: int,
    row: ReturnRow,
    cells: Sequence[str],
    faults: set[int],
) -> None:
    reasons, remedies = _reasons(row)
    own = [*cells, *[""] * (width - len(cells))][:width]
    behind = [row.sheet, str(row.row_number)]
    values = [reasons, remedies, *own, *([row.proposals, *behind] if len(fields) > len(BESIDE) + width + len(behind) else behind)]
    sheet.set_row(index, row_height(fields, values))
    for column, (entry, value) in enumerate(zip(fields, values, strict=True)):
        mine = len(BESIDE) <= column < len(BESIDE) + width
        look: dict[str, Any] = (
            {"bg_color": FAULT_YELLOW} if mine and column - len(BESIDE) in faults else {} if mine else {"bg_color": GREY}
        )
        if column == 0:
            look["font_color"] = ALERT_RED
        book.put(sheet, index, column, value, book.cell_style(entry.kind, **look))


def _explain(book: Book, delivery: Mapping[str, Any], contract: Contract) -> None:
    """The second sheet: which file this is about and how it fared."""
    fields = [Field("", 18), Field("", 90)]
    sheet = book.workbook.add_worksheet(EXPLANATION_SHEET)
    set_page(sheet, name=f"{contract.title} 退回说明", landscape=False)
    set_widths(sheet, fields)
    write_title(book, sheet, 0, "退回说明", 1)
    facts = [
        ["数据表", contract.title],
        ["报送部门", contract.department_name],
        ["原文件", text_of(delivery.get("file_name"))],
        ["报送编号", text_of(delivery.get("delivery_id"))],
        ["收到时间", text_of(delivery.get("received_at"))],
        ["处理结果", _result(delivery)],
        [
            "怎样重报",
            "在“退回数据”表中改正后，把整个文件放回本部门的收件夹。也可以改正原文件后整份重报：已采用的行按重复处理，不会重复预警。",
        ],
        ["注意", "不要删改表头；不要把证件号改成数字格式（末几位会变成0）。左边两栏和右边灰色栏不必改，重报时不读取。"],
    ]
    write_rows(book, sheet, 1, fields, facts)


def _result(delivery: Mapping[str, Any]) -> str:
    """How the rows of a delivery fared, as far as checking it knows: what it repeats of earlier ones is found on publishing."""
    total, accepted, rejected, duplicate = (int(delivery[key]) for key in COUNTS)
    text = f"共{total}行：接收{accepted}行、退回{rejected}行、本文件内重复{duplicate}行。退回的行改好后放回收件夹。"
    return text + ("接收的行中与以前报送完全相同的，不重复入库。" if accepted else "")


def write_refusal(
    path: Path,
    *,
    mark: str,
    delivery: Mapping[str, Any],
    reason: str,
    remedy: str = "",
    rows: int = 0,
    contract: Contract | None = None,
    bureau: str = "县乡村振兴局",
    verdict: str = "",
) -> None:
    """Write the notice that a whole file was refused: why, what to do, and the columns its table should have.

    ``verdict``: what became of it where it was not refused. ``rows``: how many were read before, 0 where none could be.
    ``reason`` may end with the remedy, from 请 on.
    ``contract``: the feed it was taken for; without one the tables the sender's department owes are described.
    """
    if not remedy:
        reason, remedy = split_reason(reason)
    fields = [Field("", 22), Field("", 12, "centre"), Field("", 56)]
    widths = [entry.width for entry in fields]
    with new_book(path, mark=mark, title="退回通知", author="防贫监测预警", created=_received(delivery)) as book:
        sheet = book.workbook.add_worksheet(REFUSAL_SHEET)
        set_page(sheet, name="退回通知", note=text_of(delivery.get("delivery_id")), landscape=False)
        set_widths(sheet, fields)
        write_title(book, sheet, 0, "退回通知", 2)
        texts = [
            ("文件", text_of(delivery.get("file_name"))),
            ("报送编号", text_of(delivery.get("delivery_id"))),
            ("收到时间", text_of(delivery.get("received_at"))),
            ("处理结果", verdict or f"整份退回：{f'共{rows}行，' if rows else ''}一行也没有接收。改好后把文件放回收件夹。"),
            ("原因", reason),
            ("处理办法", remedy or "请按下列栏目整理后重新报送"),
        ]
        row = 2
        for name, text in texts:
            look: dict[str, Any] = {"bold": True, "font_color": ALERT_RED} if name in ("原因", "处理办法") else {}
            write_note(book, sheet, row, f"{name}：{text}", widths, **look)
            row += 1
        sender = text_of(delivery.get("department"))
        for entry in [contract] if contract else [owed for owed in load_contracts() if owed.department == sender]:
            row = _expected(book, sheet, row + 1, fields, entry)
        write_note(book, sheet, row + 1, f"有疑问请与{bureau}联系。", widths)
        sheet.print_area(0, 0, row + 1, 2)


def _expected(book: Book, sheet: Any, row: int, fields: Sequence[Field], contract: Contract) -> int:
    title = f"《{contract.title}》应有的栏目"
    if template := template_name(contract):
        title += f"（可从 templates 目录取用模板《{template}》）"
    write_note(book, sheet, row, title, [entry.width for entry in fields], font_name=HEAD_FONT, bold=True)
    write_head(book, sheet, row + 1, [Field("栏目名称", 22), Field("是否必填", 12), Field("填写要求", 56)])
    rows = [[head_of(column), "必填" if column.required else "可空", requirement(column)] for column in contract.columns]
    return write_rows(book, sheet, row + 2, fields, rows)


def _head(contract: Contract, label: str, units: Mapping[str, str]) -> tuple[str, Column | None]:
    """A file's head under the contract's name, with the unit its figures are in."""
    cleaned, unit = clean_header(label)
    column = contract.by_head.get(cleaned)
    if column is None:
        return (text_of(label) or "（无表头）"), None
    if not column.header_unit and not column.unit:
        return column.label, column
    return f"{column.label}({units.get(column.name) or unit or column.header_unit})", column


def _text(cells: Sequence[object]) -> list[str]:
    """Original cells as text; a number too long to be whole is shown as the broken figure it is."""
    return [f"{cell:.5E}" if isinstance(cell, float) and abs(cell) >= 1e15 else text_of(cell) for cell in cells]


def _own_width(label: str, values: Sequence[str]) -> float:
    longest = max((display_width(value) for value in values), default=0)
    return min(max(8.0, display_width(label) / 2 + 2, longest + 2), 30.0)


def _faults(row: ReturnRow, at: Mapping[str, int], head_labels: Sequence[str]) -> set[int]:
    by_label = {label: index for index, label in reversed(list(enumerate(head_labels)))}
    return {index for name in row.columns if (index := at.get(name, by_label.get(name))) is not None}


def _reasons(row: ReturnRow) -> tuple[str, str]:
    """Reasons and remedies line by line, numbered when there are several."""
    parts = [split_reason(reason) for reason in row.reasons]
    if len(parts) == 1:
        return parts[0][0], parts[0][1] or USUAL_REMEDY
    reasons = "\n".join(f"{number}. {reason}" for number, (reason, _) in enumerate(parts, start=1))
    remedies = "\n".join(f"{number}. {remedy or USUAL_REMEDY}" for number, (_, remedy) in enumerate(parts, start=1))
    return reasons, remedies


def split_reason(reason: str) -> tuple[str, str]:
    """A message of the form "what is wrong; please do this" in its two halves."""
    found = _REMEDY.search(reason)
    return (reason[: found.start()], reason[found.end() :]) if found else (reason, "")


def _received(delivery: Mapping[str, Any]) -> datetime:
    received = delivery.get("received_at")
    if received is None or is_blank(received):
        return datetime(2000, 1, 1)
    return pd.Timestamp(received).to_pydatetime().replace(tzinfo=None, microsecond=0)
