"""Small sheets as they come out of a file, and what becomes of their rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from include.checking.divisions import Divisions
from include.checking.recognise import Recognised, recognise
from include.checking.rows import Checked, check_rows
from include.contracts import load_contracts
from include.identity.numbers import check_character
from include.reading.formats import Sheet, Workbook
from include.site import Site

SITE = Site(Path("no-home-of-its-own"))
DIVISIONS = Divisions.load(SITE)
RECEIVED = datetime(2024, 3, 10, 8)


def number(sequence: int, born: str = "19700102") -> str:
    first = f"341825{born}{sequence:03d}"
    return first + check_character(first)


def recognised(
    rows: Sequence[Sequence[Any]], department: str, *, file_name: str = "名单.xlsx", sheet: str = "Sheet1",
    received_at: datetime = RECEIVED,
) -> Recognised:  # fmt: skip
    """Raises Refused."""
    workbook = Workbook("xlsx", [Sheet(sheet, True, [list(row) for row in rows])])
    return recognise(workbook, file_name=file_name, department=department, received_at=received_at, contracts=load_contracts())


def checked(rows: Sequence[Sequence[Any]], department: str, **given: Any) -> Checked:
    """Raises Refused."""
    found = recognised(rows, department, **given)
    return check_rows(
        found, file_name=given.get("file_name", "名单.xlsx"), received_at=given.get("received_at", RECEIVED),
        divisions=DIVISIONS, county=SITE.county,
    )  # fmt: skip


def said(found: Checked, *levels: str) -> list[tuple[str | None, str]]:
    """Column and code of what was said, of these levels or of all but guesses."""
    lines = found.issues.to_dict("records")
    wanted = [line for line in lines if (line["level"] in levels if levels else line["level"] != "guess")]
    return [(line["column_name"] if isinstance(line["column_name"], str) else None, line["reason_code"]) for line in wanted]


def loss(amount: Any = 1.5, head: str = "经济损失", **cells: Any) -> tuple[list[Any], list[Any]]:
    """Head and row of a household's loss; cells by head, further heads are added."""
    row = {
        "户主姓名": "冯一", "户主身份证号": number(11), "乡镇": "旌阳镇", "行政村": "华丰", "产业类型": "茶叶",
        "损失原因": "冻害",         head: amount, "发生日期": "2024-03-01",
    } | cells  # fmt: skip
    return list(row), list(row.values())


def self_pay(amount: Any = 3.2, head: str = "个人自付费用", **cells: Any) -> tuple[list[Any], list[Any]]:
    """Head and row of a person's own share."""
    row = {
        "姓名": "韩一", "身份证号": number(12), "乡镇": "旌阳镇", "行政村": "华丰", "人员类别": "脱贫人口", "统计年度": 2024.0,
        "统计截止月份": "2024-02", head: amount,
    } | cells  # fmt: skip
    return list(row), list(row.values())
