"""The sheet a town's and a village's warnings are answered on, one row a warning, a household's rows under one thick line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from include.reports.labels import CAUSES, STATES, short_type_name
from include.reports.notice import NO_VILLAGE, Notice, marks_of, subject_text
from include.reports.sheets import Book, text_of
from include.reports.town_workbook.form import FormRow, column, write_form

VERIFICATION_SHEET = "入户核查表"
CONTINUING_SHEET = "入户核查表（此前已交办）"

GIVEN = (
    column("户次", 24, "centre"),
    column("预警编号", 42, "centre"),
    column("行政村", 38, "centre"),
    column("户主姓名", 36, "centre"),
    column("预警事实", 132),
)


def write_verification(book: Book, notice: Notice, place: str, name: str, warnings: pd.DataFrame) -> None:
    """``place``: the town or village it is for. ``warnings``: one block of ``split_listing``."""
    is_earlier = name == CONTINUING_SHEET
    title = f"{place}{VERIFICATION_SHEET}" + ("（此前已交办、本期仍有新数据）" if is_earlier else "")
    rule = "已反馈的不必再填；尚未反馈或情况有变化的请填写。" if is_earlier else f"请于{notice.deadline}前逐户核查、审核上报。"
    note = (
        f"{rule}灰色栏已填好、不要改动，白色栏由核查人填写；户次相同的是同一户，一次入户一并核查。"
        "右侧还有证号、电话和家庭收支各栏（单位为元，只在每户第一行填），不打印；纸上填在同一户次的“入户核查表”单页。"
    )
    rows, before = [], None
    for warning in warnings.to_dict("records"):
        rows.append(_row(notice, warning, is_earlier, warning["household"] != before))
        before = warning["household"]
    write_form(book, notice, name, title, note, GIVEN, rows, "本次没有需要入户核查的预警。")


def _row(notice: Notice, warning: Mapping[Any, Any], is_earlier: bool, is_first: bool) -> FormRow:
    is_area = warning["subject"] == "area"
    return FormRow(
        given=(
            warning["visit"],
            warning["warning_id"],
            "" if is_area else text_of(warning["village_name"]) or NO_VILLAGE,
            warning["head_name"],
            facts_of(notice, warning, is_earlier),
        ),
        on_screen=(warning["id_number"], warning.get("natural_village"), warning.get("household_phone")),
        is_first=is_first,
        member_count=warning.get("member_count"),
    )


def facts_of(notice: Notice, warning: Mapping[Any, Any], is_earlier: bool) -> str:
    """What the visit is about: type, whom, fact and marks; for an earlier warning also when it was issued and where it stands."""
    fact = text_of(warning["evidence"]) or CAUSES.get(warning["cause"], text_of(warning["cause"]))
    text = f"【{short_type_name(warning['warning_type'])}】{subject_text(warning)}：{fact}"
    marks = marks_of(warning)
    return text + (f"〔{marks}〕" if marks else "") + (standing_of(notice, warning) if is_earlier else "")


def standing_of(notice: Notice, warning: Mapping[Any, Any]) -> str:
    """Of an earlier warning: by which document it was issued and, once answered, where it stands."""
    issued_in, state = text_of(warning.get("issued_in")), text_of(warning.get("state"))
    notes = [f"{notice.number_of(issued_in)}已交办"] if issued_in else []
    notes += [STATES[state]] if state not in ("", "issued") else []
    return f"（{'，'.join(notes)}）" if notes else ""
