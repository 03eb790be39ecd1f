"""A sheet for each type of warning: who, why, by which row of which department."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from include.reports.labels import CAUSES, date_text, feed_title, type_name
from include.reports.notice import NO_VILLAGE, Notice, marks_of, subject_text
from include.reports.sheets import (
    GREY,
    HEAD_FONT,
    Book,
    Field,
    merge,
    set_page,
    set_widths,
    text_of,
    write_head,
    write_note,
    write_rows,
    write_title,
)

TYPE_FIELDS = [
    Field("序号", 5, "centre"),
    Field("预警编号", 15.5, "code"),
    Field("行政村", 11, "centre"),
    Field("户主姓名", 9, "centre"),
    Field("预警对象", 9, "centre"),
    Field("身份证号", 20.5, "code"),
    Field("户编号", 14, "code"),
    Field("名单登记情况", 18, "centre"),
    Field("预警原因", 16),
    Field("预警事实", 40),
    Field("金额(元)", 12, "amount"),
    Field("发生日期", 11, "date"),
    Field("最近预警日期", 11, "date"),
    Field("标注", 10, "mark"),
    Field("依据条款", 13, "centre"),
    Field("数据来源", 20),
]


def write_type_sheet(
    book: Book,
    notice: Notice,
    town_name: str,
    warning_type: str,
    issued: pd.DataFrame,
    continuing: pd.DataFrame,
    sources: Mapping[str, str],
) -> None:
    """The warnings of one type: the newly issued ones, below them those from earlier dispatches."""
    fields = TYPE_FIELDS
    widths = [entry.width for entry in fields]
    title = f"{town_name}{type_name(warning_type)}"
    sheet = book.workbook.add_worksheet(type_name(warning_type))
    set_page(sheet, name=title, note=notice.number)
    set_widths(sheet, fields)
    write_title(book, sheet, 0, f"{title}名单", len(fields) - 1)
    write_note(
        book,
        sheet,
        1,
        f"交办编号：{notice.number}    交办日期：{date_text(notice.issued_on)}    核查时限：{notice.deadline}前",
        widths,
    )
    write_head(book, sheet, 2, fields)
    row = 3
    blocks = [
        (f"本次新交办（{len(issued)}件）", issued, {}),
        (f"此前已交办、本期仍有新数据（{len(continuing)}件）", continuing, {"bg_color": GREY}),
    ]
    for heading, frame, look in blocks:
        if frame.empty:
            continue
        sheet.set_row(row, 22)
        band = book.style(font_name=HEAD_FONT, bold=True, font_size=11, border=1, border_color="#808080", align="left", indent=1)
        merge(book, sheet, row, 0, len(fields) - 1, heading, band)
        rows = [_type_row(number, warning, sources) for number, warning in enumerate(frame.to_dict("records"), start=1)]
        row = write_rows(book, sheet, row + 1, fields, rows, **look)
    sheet.freeze_panes(3, 4)
    sheet.repeat_rows(2)
    sheet.print_area(0, 0, row - 1, len(fields) - 1)


def _type_row(number: int, warning: Mapping[Any, Any], sources: Mapping[str, str]) -> list[object]:
    area = warning["subject"] == "area"
    return [
        number,
        warning["warning_id"],
        "" if area else text_of(warning["village_name"]) or NO_VILLAGE,
        warning["head_name"],
        subject_text(warning),
        warning["id_number"],
        warning["household_id"],
        warning["registry_status"],
        CAUSES.get(warning["cause"], warning["cause"]),
        warning["evidence"],
        warning["amount_yuan"],
        warning["occurred_on"],
        warning["last_signalled_on"],
        marks_of(warning),
        warning["clause"],
        sources.get(warning["warning_id"])
        or "\n".join(feed_title(feed) for feed in text_of(warning["feeds"]).split("、") if feed),
    ]
