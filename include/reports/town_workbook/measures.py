"""The sheet of measures: the households a town found qualifying, with what it verified filled in, to be returned."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from include.reports.labels import date_text, short_type_name
from include.reports.notice import NO_VILLAGE, notice_of
from include.reports.sheets import (
    GREY,
    is_blank,
    new_book,
    row_height,
    set_page,
    set_widths,
    text_of,
    write_head,
    write_note,
    write_title,
)
from include.reports.town_workbook.answers import check_answers
from include.reports.town_workbook.form import FIRST_ROW, HEAD_ROW, column, lock
from include.site import County

MEASURE_SHEET = "帮扶措施表"

GIVEN = (
    column("序号", 30, "centre"),
    column("预警编号", 50, "centre"),
    column("行政村", 54, "centre"),
    column("户主姓名", 44, "centre"),
    column("核查认定", 150),
    column("请于此日前完成", 62, "centre"),
)
ASKED = (
    column("监测对象类别", 62, "centre"),
    column("纳入日期", 62, "date"),
    column("国家系统录入日期", 62, "date"),
    column("帮扶措施", 120),
    column("责任人", 44, "centre"),
    column("制定日期", 62, "date"),
)
_KNOWN = ("monitored_type", "enrolled_date", "national_system_date", "measures", "responsible_person", "planned_date")
_SIZE = 10.0


def write_measure_book(
    path: Path, *, mark: str, county: County, town_name: str, dispatch: Mapping[str, Any], households: pd.DataFrame
) -> None:
    """Write one town's sheet.

    ``households``: one row a household found qualifying whose measures are not complete, in the order of a visit: warning_id (any
    one of the household's qualifying warnings, a row holds for all of them), village_name, head_name, warning_type, situation,
    intended_measures, verified_date, due_on (date, blank when not known); and what a return has said already: monitored_type
    (else what was verified), enrolled_date, national_system_date, measures, responsible_person, planned_date.
    """
    notice = notice_of(dispatch, county)
    title = f"{town_name}监测对象{MEASURE_SHEET}"
    fields = [*GIVEN, *ASKED]
    widths = [entry.width for entry in fields]
    note = (
        f"列出核查认定符合监测条件、帮扶措施还没有落实的农户，一户一行。审定纳入后填纳入日期，{notice.measure_days}日内制定措施："
        "帮扶措施、责任人、制定日期三栏同时填写；可以先只报纳入日期。灰色栏不要改动，填好的行随时报回。"
    )
    with new_book(path, mark=mark, title=title, author=notice.bureau, created=notice.issued_at) as book:
        sheet = book.workbook.add_worksheet(MEASURE_SHEET)
        set_page(sheet, name=title, note=notice.number)
        sheet.set_margins(left=0.25, right=0.25, top=0.45, bottom=0.6)
        set_widths(sheet, fields)
        write_title(book, sheet, 0, title, len(fields) - 1)
        write_note(book, sheet, 1, note, widths)
        write_head(book, sheet, HEAD_ROW, fields)
        row = FIRST_ROW
        for number, household in enumerate(households.to_dict("records"), start=1):
            given = _given(number, household)
            known = [household[name] for name in _KNOWN]
            sheet.set_row(row, row_height(fields, [*given, *map(text_of, known)], least=44, size=_SIZE))
            for at, (entry, value) in enumerate(zip(GIVEN, given, strict=True)):
                book.put(sheet, row, at, value, book.cell_style(entry.kind, bg_color=GREY, locked=True), entry.kind)
            for at, (entry, value) in enumerate(zip(ASKED, known, strict=True), start=len(GIVEN)):
                book.put(sheet, row, at, value, book.cell_style(entry.kind, locked=False), entry.kind)
            row += 1
        if row > FIRST_ROW:
            check_answers(book, sheet, FIRST_ROW, row - 1, fields, notice.issued_on)
        else:
            write_note(book, sheet, row, "没有待落实措施的农户。", widths)
        sheet.freeze_panes(FIRST_ROW, 4)
        sheet.repeat_rows(HEAD_ROW)
        lock(sheet)


def _given(number: int, household: Mapping[Any, Any]) -> list[object]:
    day, due = household["verified_date"], household["due_on"]
    found = short_type_name(text_of(household["warning_type"]))
    found += f"，{date_text(day)}核查：{text_of(household['situation'])}" if not is_blank(day) else ""
    intended = text_of(household["intended_measures"])
    return [
        number,
        household["warning_id"],
        text_of(household["village_name"]) or NO_VILLAGE,
        household["head_name"],
        found + (f"\n拟采取措施：{intended}" if intended else ""),
        "" if is_blank(due) else date_text(due),
    ]
