"""处理结果: what a department is told of its own rows, and of the households whose measures concern it (第三条(四)).

A row shows what the department itself sent of the person, the number by its last four; what others found stands beside it as
facts and dates, without the words of the visit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from include.identity.masks import mask_number, mask_numbers
from include.reports.labels import OUTCOMES, STATES, date_text, feed_title
from include.reports.sheets import Book, Field, TableSheet, is_blank, new_book, text_of

Row = Mapping[str, Any]
COUNT_FIELDS = [
    Field("数据表", 34),
    *(Field(name, 9, "count") for name in ("收到", "采用", "退回", "重复", "预警", "已核查", "属实", "纳入", "措施", "办结")),
]
ROW_FIELDS = [
    Field("序号", 5, "centre"),
    Field("数据表", 14),
    Field("文件", 15),
    Field("工作表", 7.5, "centre"),
    Field("行号", 5.5, "count"),
    Field("报送的对象", 20.5, "centre"),
    Field("结果", 16),
    Field("预警编号", 14, "code"),
    Field("镇村", 11.5, "centre"),
    Field("状态", 11, "centre"),
    Field("核查", 16.5, "centre"),
    Field("纳入监测", 13.5, "centre"),
    Field("帮扶措施", 24),
]
MEASURE_FIELDS = [
    Field("序号", 6, "centre"),
    Field("预警编号", 15, "centre"),
    Field("镇", 10, "centre"),
    Field("行政村", 12, "centre"),
    Field("户主姓名", 11, "centre"),
    Field("监测对象类别", 18, "centre"),
    Field("纳入日期", 12, "date"),
    Field("帮扶措施", 46),
    Field("责任人", 11, "centre"),
    Field("制定日期", 12, "date"),
]
NOT_TAKEN = {"rejected": "退回", "duplicate": "重复", "superseded": "已被后来报送的同一行代替"}
NOT_ISSUED = "形成预警，尚未交办"
ANSWERS = {"yes": "符合监测条件", "no": "不符合监测条件", "already_monitored": "已在监测"}


@dataclass(frozen=True)
class OutcomePaper:
    """One report: to whom, under what number, of which rows.

    ``subject``: what it is about (2024年3月, or a day); ``is_of_month``: of a month's dispatch, else of registered households.
    ``since``: up to when the report before counted. ``counts``: by feed the ledger's accounts of what came since the last
    report, and of the warnings listed here. ``rows``: as ``report_outcomes`` has them; ``measures``: of households whose
    measures concern the department.
    """

    number: str
    department_name: str
    bureau: str
    subject: str
    written_at: datetime
    since: datetime | None
    is_of_month: bool
    counts: Sequence[Row]
    rows: Sequence[Row]
    measures: Sequence[Row]


def write_outcome_workbook(path: Path, paper: OutcomePaper, *, mark: str) -> None:
    """Write the workbook; the first sheet counts, the second is row by row, a third only where measures concern the reader."""
    title = f"防止返贫监测预警处理结果（{paper.department_name}）"
    with new_book(path, mark=mark, title=title, author=paper.bureau, created=paper.written_at) as book:
        _counts(book, paper)
        _rows(book, paper)
        if paper.measures:
            _measures(book, paper)


def _counts(book: Book, paper: OutcomePaper) -> None:
    rows = [[feed_title(text_of(row["feed"])), *(row[name] or None for name in COUNT_NAMES)] for row in paper.counts]
    if len(rows) > 1:
        rows.append(["合计", *(sum(int(row[name] or 0) for row in paper.counts) or None for name in COUNT_NAMES)])
    told = f"{paper.number}　{paper.bureau}，{date_text(paper.written_at.date())}。"
    if paper.is_of_month:
        since = f"{date_text(paper.since.date())}以后" if paper.since else "开始报送以来"
        told += f"前四栏是{since}收到的行数，收到等于采用、退回、重复之和；"
    elif paper.rows:
        told += "下列户已纳入监测，现告知处理结果；全部行的结果随每月交办另行告知。"
    else:
        told += "下列户的帮扶措施涉及你单位，见“帮扶措施”表。"
    if paper.counts:
        told += "预警以后各栏是“逐行结果”中列出的预警件数，几行形成一条预警的计一件。"
    TableSheet(
        "汇总",
        f"{paper.department_name}{paper.subject}报送数据处理结果",
        COUNT_FIELDS,
        rows,
        note=told,
        foot=paper.number,
        empty="没有你单位报送的行。",
    ).write(book)


COUNT_NAMES = (
    "row_count", "accepted_count", "rejected_count", "duplicate_count", "warning_count", "answered_count", "true_count",
    "registered_count", "measures_count", "closed_count",
)  # fmt: skip


def _rows(book: Book, paper: OutcomePaper) -> None:
    which = "上次告知以后收到的，和上次告知以后有了新结果的" if paper.is_of_month else "形成这些户的预警的"
    TableSheet(
        "逐行结果",
        f"{paper.department_name}{paper.subject}报送数据逐行结果",
        ROW_FIELDS,
        [[number, *_row(row)] for number, row in enumerate(paper.rows, start=1)],
        note=f"只列你单位自己报送的行：{which}。姓名照你单位所报，证件号码只留末四位；"
        "“行号”是原文件中的行号。只供本单位工作使用，不得转给他人。",
        foot=paper.number,
        empty="没有你单位报送的行。",
        freeze_columns=1,
    ).write(book)


def _row(row: Row) -> list[object]:
    return [
        feed_title(text_of(row["feed"])),
        mask_numbers(text_of(row["file_name"])),
        row["sheet"],
        row["row_number"],
        lines(text_of(row["person_name"]), mask_number(text_of(row["id_number"]))),
        _result(row),
        row["warning_id"],
        lines(text_of(row["town_name"]), text_of(row["village_name"])),
        _state(row),
        _answer(row),
        _registration(row),
        _measure(row),
    ]


def _state(row: Row) -> str:
    return lines(STATES.get(text_of(row["state"]), ""), "" if is_blank(row["closed_on"]) else _day(row["closed_on"]))


def _result(row: Row) -> str:
    outcome = text_of(row["outcome"])
    if outcome == "signal":
        if is_blank(row["issued_at"]):
            return NOT_ISSUED
        is_later = pd.Timestamp(row["received_at"]) > pd.Timestamp(row["issued_at"])
        return f"并入{_day(row['issued_at'])}已交办的预警" if is_later else f"形成预警，{_day(row['issued_at'])}交办"
    reason = mask_numbers(text_of(row["reason"]))
    return (NOT_TAKEN.get(outcome) or OUTCOMES.get(outcome, outcome)) + (f"：{reason}" if reason else "")


def _answer(row: Row) -> str:
    explained = "" if is_blank(row["policy_explained_date"]) else f"政策宣传{_day(row['policy_explained_date'])}"
    if is_blank(row["answered_at"]):
        return explained
    found = "属实" if row["is_true"] else "不属实"
    criteria = ANSWERS.get(text_of(row["meets_criteria"]))
    return lines(f"{found}，{criteria}" if criteria else found, f"{_day(row['answered_at'])}反馈", explained)


def _registration(row: Row) -> str:
    if is_blank(row["registered_at"]):
        return ""
    known = row["registered_at"] if is_blank(row["enrolled_date"]) else row["enrolled_date"]
    return lines(_day(known), text_of(row["monitored_type"]))


def _measure(row: Row) -> str:
    if is_blank(row["measures_set_at"]):
        return ""
    who = f"责任人{text_of(row['responsible_person'])}" if not is_blank(row["responsible_person"]) else ""
    when = "" if is_blank(row["planned_date"]) else f"{_day(row['planned_date'])}制定"
    return lines(mask_numbers(text_of(row["measures"])), "，".join(part for part in (who, when) if part))


def _measures(book: Book, paper: OutcomePaper) -> None:
    rows = [
        [
            number,
            row["warning_id"],
            row["town_name"],
            row["village_name"],
            row["head_name"],
            row["monitored_type"],
            row["enrolled_date"],
            mask_numbers(text_of(row["measures"])),
            row["responsible_person"],
            row["planned_date"],
        ]
        for number, row in enumerate(paper.measures, start=1)
    ]
    TableSheet(
        "帮扶措施",
        f"涉及{paper.department_name}的帮扶措施",
        MEASURE_FIELDS,
        rows,
        note="措施中写到你单位的户。请与责任人衔接落实；只供落实措施使用，不得转给他人。",
        foot=paper.number,
        freeze_columns=1,
    ).write(book)


def lines(*parts: str) -> str:
    """What there is of it, a line each."""
    return "\n".join(part for part in parts if part)


def _day(value: Any) -> str:
    moment = pd.Timestamp(value)
    return f"{moment:%Y-%m-%d}"


def count_of(rows: Iterable[Row], feed: str) -> dict[str, int]:
    """Of the warnings among a feed's rows, each once: how many were verified, true, registered, given measures and closed."""
    warnings = {row["warning_id"]: row for row in rows if row["feed"] == feed and not is_blank(row["warning_id"])}
    found = list(warnings.values())
    return {
        "warning_count": len(found),
        "answered_count": sum(not is_blank(row["answered_at"]) for row in found),
        "true_count": sum(not is_blank(row["answered_at"]) and bool(row["is_true"]) for row in found),
        "registered_count": sum(not is_blank(row["registered_at"]) for row in found),
        "measures_count": sum(not is_blank(row["measures_set_at"]) for row in found),
        "closed_count": sum(isinstance(row["closed_on"], date) for row in found),
    }
