"""The sheet of what is only watched: answered before, new rows since, nothing that is worth another visit. For information."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pandas as pd

from include.reports.earlier_answers import conclusion_of
from include.reports.labels import CAUSES, STATES, short_type_name
from include.reports.notice import NO_VILLAGE, Notice, marks_of, subject_text
from include.reports.sheets import Book, Field, TableSheet, is_blank, text_of
from include.reports.town_workbook.form import lock
from include.site import County

MONITORING_SHEET = "动态监测（不需入户）"

FIELDS = [
    Field("序号", 5, "centre"),
    Field("预警编号", 15.5, "code"),
    Field("行政村", 12, "centre"),
    Field("户主姓名", 9, "centre"),
    Field("预警对象", 10, "centre"),
    Field("预警类型", 13, "centre"),
    Field("预警事实", 44),
    Field("上次核查结论", 36),
    Field("上次核查日期", 12, "date"),
    Field("不入户的原因", 34),
]
"""None of them is a column of an answer: a workbook that comes back with this sheet answers nothing on it."""
NOTE = (
    "不需入户、不需填写、不需反馈：本表所列预警此前已核查反馈，部门又报来新数据，没有须再次入户的变化，只供镇村掌握。"
    "镇村自己发现新的困难的，请按平时的程序报告。"
)
_TOLD_BY_ANSWER = ("not_true", "not_qualifying")


def write_monitoring(
    book: Book, notice: Notice, county: County, town_name: str, watched: pd.DataFrame, answers: pd.DataFrame
) -> None:
    """``watched``: ``watched_of`` the town's warnings; ``answers``: ``answers_before`` the dispatch, may have no column."""
    told = _newest_of(watched, answers)
    rows = [
        _row(number, warning, told.get(warning["warning_id"]), notice, county)
        for number, warning in enumerate(watched.to_dict("records"), start=1)
    ]
    sheet = TableSheet(
        MONITORING_SHEET, f"{town_name}动态监测名单（不需入户）", FIELDS, rows, note=NOTE, foot=notice.number, freeze_columns=4
    ).write(book)
    lock(sheet)


def _newest_of(watched: pd.DataFrame, answers: pd.DataFrame) -> dict[str, dict[Any, Any]]:
    """Warning → its newest answer. Households found at an area event answer under its number too, and say nothing of the area."""
    if answers.empty:
        return {}
    areas = set(watched.loc[watched["subject"] == "area", "warning_id"])
    rows = answers.sort_values("answered_on", kind="stable").to_dict("records")
    return {row["warning_id"]: row for row in rows if not (row["warning_id"] in areas and text_of(row["household_id"]))}


def _row(
    number: int, warning: Mapping[Any, Any], answer: Mapping[Any, Any] | None, notice: Notice, county: County
) -> list[object]:
    is_area = warning["subject"] == "area"
    marks = marks_of(warning)
    return [
        number,
        warning["warning_id"],
        "" if is_area else text_of(warning["village_name"]) or NO_VILLAGE,
        warning["head_name"],
        subject_text(warning),
        short_type_name(warning["warning_type"]),
        (text_of(warning["evidence"]) or CAUSES.get(warning["cause"], warning["cause"])) + (f"〔{marks}〕" if marks else ""),
        _conclusion(warning, answer),
        None if answer is None else answer["answered_on"],
        "；".join(_reasons(warning, answer, notice.issued_on, county)),
    ]


def _conclusion(warning: Mapping[Any, Any], answer: Mapping[Any, Any] | None) -> str:
    """What was found, and where the warning got to by it where the answer does not say so."""
    state = text_of(warning.get("state"))
    if answer is None:
        return STATES.get(state, "")
    return conclusion_of(answer) + ("" if state in ("", *_TOLD_BY_ANSWER) else f"（{STATES[state]}）")


def _reasons(warning: Mapping[Any, Any], answer: Mapping[Any, Any] | None, issued_on: date, county: County) -> Iterator[str]:
    """Why nobody is sent, of the county's measures those that can be held against this warning's figures and days."""
    then: Any = None if answer is None else answer["amount_then"]
    now: Any = warning["amount_yuan"]
    if is_blank(then) or is_blank(now):
        yield "没有新的事件或更重的情形"
    elif now <= then:
        yield f"金额没有高于上次核查时的 {then:,.2f} 元"
    elif now < then * (1 + county.reopen_share):
        yield f"上次核查时为 {then:,.2f} 元，现为 {now:,.2f} 元，增幅不到 {county.reopen_share:.0%}"
    else:
        yield "没有须再次入户的变化"
    if answer is not None and pd.Timestamp(issued_on) < pd.Timestamp(answer["answered_on"]) + pd.DateOffset(
        months=county.reopen_months
    ):
        yield f"距上次核查不满 {county.reopen_months} 个月"
