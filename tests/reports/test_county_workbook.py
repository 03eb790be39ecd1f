"""The bureau's workbook: every town, every warning, masked numbers, and what waits for a person."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from include.reports.county_workbook import write_county_workbook
from include.site import County
from tests.reports.conftest import warning

NUMBER = "34182519640514004X"
VISITS = pd.DataFrame(
    [
        {
            "month": month, "town_code": code, "town_name": name, "warning_count": 8, "reopened_count": 1, "visit_count": 5,
            "saved_count": saved, "one_household_count": 3, "open_warning_count": saved - 3, "asked_once_count": 0,
        }
        for month, code, name, saved in (
            ("2024-02", "341825100", "旌阳镇", 3), ("2024-03", "341825100", "旌阳镇", 4), ("2024-03", "341825104", "白地镇", 5),
        )
    ]
)  # fmt: skip
"""``report_visits`` of two months."""
ASKED: dict[str, Any] = {"visits": VISITS, "unexplained": {"旌阳镇": 2, "白地镇": 1}}


@pytest.fixture
def findings() -> pd.DataFrame:
    row = {
        "finding_id": "F1",
        "delivery_id": "20240305-0001",
        "sheet": "Sheet1",
        "feed": "medical_insurance__uninsured",
        "column_name": "person_category",
        "finding_code": "category_differs",
        "town_code": "341825100",
    }
    return pd.DataFrame(
        [
            {**row, "row_number": 5, "severity": "提示", "finding": "人员类别与名册不一致"},
            {**row, "row_number": 6, "severity": "严重", "finding": f"与{NUMBER}重复", "finding_id": "F2"},
        ]
    )


@pytest.fixture
def queue() -> pd.DataFrame:
    person = [
        {"household_id": "341825000001", "person_name": "王小一", "village_name": "华丰村委会", "id_number": "**************0014"}
    ]
    row = {"delivery_id": "20240305-0002", "sheet": "Sheet1", "feed": "water__industry_loss", "column_name": "loss_yuan"}
    return pd.DataFrame(
        [
            {**row, "row_number": 9, "reason_code": "unroutable", "reason": "镇村都不能确认", "proposals": None},
            {**row, "row_number": 8, "reason_code": "identity_unresolved", "reason": "身份待核", "proposals": json.dumps(person)},
            {**row, "row_number": 7, "reason_code": "approximate_amount", "reason": "约数", "proposals": f"可能是{NUMBER}"},
        ]
    )


@pytest.fixture
def misses() -> pd.DataFrame:
    known = {"town_code": "341825100", "town_name": "旌阳镇", "village_code": None, "village_name": None, "person_name": "王一"}
    known |= {"id_number": NUMBER, "monitored_type": "边缘易致贫户", "registry_status": "监测对象", "poverty_cause": "因病"}
    days = [("h1", date(2024, 3, 5), None), ("h2", date(2024, 3, 8), date(2024, 3, 10))]
    return pd.DataFrame(
        [
            {
                **known,
                "household_id": household,
                "registered_on": on,
                "first_warned_on": warned,
                "registry_date": date(2024, 3, 9),
            }
            for household, on, warned in days
        ]
    )


@pytest.fixture
def advisory() -> pd.DataFrame:
    row = {
        "advisory_code": "house_without_plan", "advisory": "住房鉴定为危险等级", "town_code": "341825100", "town_name": "旌阳镇",
        "village_code": "341825100202", "village_name": "华丰村委会", "household_id": "h3", "person_name": "王三",
        "id_number": NUMBER, "registry_status": "脱贫户", "fact": "鉴定为D级的住房", "compared_feed": "housing__renovation_plan",
        "feed": "housing__hazard", "period": "2024-Q1", "delivery_id": "20240305-0003", "sheet": "Sheet1", "row_number": 4,
        "row_id": "20240305-0003:1:4",
    }  # fmt: skip
    return pd.DataFrame([row])


@pytest.fixture
def book(
    tmp_path: Path,
    county: County,
    dispatch: dict[str, Any],
    warnings: pd.DataFrame,
    findings: pd.DataFrame,
    queue: pd.DataFrame,
    misses: pd.DataFrame,
    advisory: pd.DataFrame,
) -> openpyxl.Workbook:
    path = tmp_path / "county.xlsx"
    towns = [("341825100", "旌阳镇"), ("341825104", "白地镇")]
    write_county_workbook(
        path,
        mark="",
        county=county,
        dispatch=dispatch,
        warnings=warnings,
        findings=findings,
        queue=queue,
        misses=misses,
        advisory=advisory,
        towns=towns,
        **ASKED,
    )
    return openpyxl.load_workbook(path)


def rows(book: openpyxl.Workbook, name: str) -> list[dict[str, Any]]:
    sheet = book[name]
    heads = [cell.value for cell in sheet[3]]
    return [dict(zip(heads, row, strict=True)) for row in sheet.iter_rows(min_row=4, values_only=True)]


def test_matrix_has_every_town(book: openpyxl.Workbook) -> None:
    found = [row for row in book["汇总"].iter_rows(values_only=True) if row[0] in ("旌阳镇", "白地镇", "合计")]
    assert [(row[0], row[1], row[13]) for row in found] == [
        *(("旌阳镇", 5, 8), ("白地镇", 0, 0), ("合计", 5, 8)),
        *(("旌阳镇", 2, 2), ("白地镇", 0, 0), ("合计", 2, 2)),
    ]


def test_only_what_is_issued_is_headed_as_visits(
    tmp_path: Path,
    county: County,
    dispatch: dict[str, Any],
    warnings: pd.DataFrame,
    findings: pd.DataFrame,
    queue: pd.DataFrame,
    misses: pd.DataFrame,
    advisory: pd.DataFrame,
) -> None:
    """Nobody is sent to those that are only listed again or watched: the county's sum of visits is that of the first block."""
    watched = [warning(at, listing_kind="monitoring", issued_in="2024-01", state="not_true") for at in (21, 22, 23)]
    mixed = pd.concat([warnings, pd.DataFrame(watched)], ignore_index=True)
    path = tmp_path / "x.xlsx"
    write_county_workbook(
        path, mark="", county=county, dispatch=dispatch, warnings=mixed, findings=findings, queue=queue, misses=misses,
        advisory=advisory, **ASKED,
    )  # fmt: skip
    lines = [row[:2] for row in openpyxl.load_workbook(path)["汇总"].iter_rows(values_only=True)]
    assert [line for line in lines if line[1] is not None] == [
        *(("镇", "入户户数"), ("旌阳镇", 5), ("合计", 5)),
        *(("镇", "涉及户数"), ("旌阳镇", 2), ("合计", 2)),
        *(("镇", "涉及户数"), ("旌阳镇", 3), ("合计", 3)),
    ]
    headings = [str(line[0]) for line in lines]
    assert "三、动态监测（已核查，没有须再次入户的变化）（3件）" in headings
    assert headings[-1].startswith("入户户数、涉及户数按户计")


def test_summary_says_what_waits(book: openpyxl.Workbook) -> None:
    text = "".join(str(row[0]) for row in book["汇总"].iter_rows(values_only=True))
    assert "待落实到镇 1 件；其他待人工核定 2 件；数据疑点 2 条（其中严重 1 条）" in text


def test_summary_says_how_often_towns_were_sent_and_whom_nobody_explained_the_policy_to(book: openpyxl.Workbook) -> None:
    text = "".join(str(row[0]) for row in book["汇总"].iter_rows(values_only=True))
    assert "请各镇入户10次，少跑9次（同户并为一次6次，未办结不重跑3次）。" in text
    assert "属实未纳入、还没有政策宣传记录的3件：旌阳镇2件、白地镇1件。" in text


def test_visits_are_summed_by_month_the_newest_first(book: openpyxl.Workbook) -> None:
    found = [tuple(row.values())[:6] for row in rows(book, "入户次数")]
    assert found == [
        ("2024年3月", "旌阳镇", 8, 1, 5, 4),
        ("2024年3月", "白地镇", 8, 1, 5, 5),
        ("2024年3月", "合计", 16, 2, 10, 9),
        ("2024年2月", "旌阳镇", 8, 1, 5, 3),
        ("2024年2月", "合计", 8, 1, 5, 3),
    ]


def test_no_whole_number_anywhere(book: openpyxl.Workbook) -> None:
    values = [str(value) for sheet in book for row in sheet.iter_rows(values_only=True) for value in row if value is not None]
    assert not [value for value in values if re.search(r"(?<!\d)\d{17}[\dX](?!\d)", value)]
    assert "**************0014" in values


def test_all_warnings_are_listed(book: openpyxl.Workbook, warnings: pd.DataFrame) -> None:
    listed = rows(book, "全部预警")
    assert {row["预警编号"] for row in listed} == set(warnings["warning_id"])
    assert {row["交办情况"] for row in listed} == {"本次新交办", "此前已交办"}
    assert {row["状态"] for row in listed} == {"已交办", "持续", "部门已撤回"}


def test_findings_come_worst_first_under_their_names(book: openpyxl.Workbook) -> None:
    found = rows(book, "数据疑点")
    assert [(row["程度"], row["镇"], row["栏目"], row["行号"]) for row in found] == [
        ("严重", "旌阳镇", "人员类别", 6),
        ("提示", "旌阳镇", "人员类别", 5),
    ]


def test_queue_shows_proposals_readably(book: openpyxl.Workbook) -> None:
    found = {row["类别"]: row["系统建议"] for row in rows(book, "待人工核定")}
    assert found == {
        "不能落实到镇": None,
        "身份待核": "王小一 华丰村委会 341825000001 **************0014",
        "金额不能确定": "可能是**************004X",
    }


def test_candidates_are_shown_to_the_bureau(
    tmp_path: Path,
    county: County,
    dispatch: dict[str, Any],
    warnings: pd.DataFrame,
    findings: pd.DataFrame,
    queue: pd.DataFrame,
    misses: pd.DataFrame,
    advisory: pd.DataFrame,
) -> None:
    warnings["candidates"] = warnings["candidates"].astype(object)
    warnings.loc[warnings["identity"] == "unresolved", "candidates"] = queue["proposals"][1]
    path = tmp_path / "candidates.xlsx"
    write_county_workbook(
        path,
        mark="",
        county=county,
        dispatch=dispatch,
        warnings=warnings,
        findings=findings,
        queue=queue,
        misses=misses,
        advisory=advisory,
        **ASKED,
    )
    shown = [row["可能的对象"] for row in rows(openpyxl.load_workbook(path), "全部预警") if row["可能的对象"]]
    assert shown == ["王小一 华丰村委会 341825000001 **************0014"]


def test_households_registered_without_a_warning_stand_newest_first(book: openpyxl.Workbook) -> None:
    found = rows(book, "未预警已纳入")
    assert [(row["户编号"], row["行政村"], row["身份证号（遮蔽）"]) for row in found] == [
        ("h2", "村名待核", "**************004X"),
        ("h1", "村名待核", "**************004X"),
    ]
    assert [row["识别后才有的预警"] is None for row in found] == [False, True]


def test_advice_names_its_source_and_the_list_it_was_compared_with(book: openpyxl.Workbook) -> None:
    (found,) = rows(book, "应享未享提示")
    assert (found["数据来源"], found["没有见到的名单"], found["行号"]) == ("住房安全隐患农户名单", "危房改造计划农户名单", 4)
    assert found["身份证号（遮蔽）"] == "**************004X"
