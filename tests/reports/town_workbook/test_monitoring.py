"""A town reads whom it need not visit, and why not; nothing that it sends back answers them."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from include.checking.recognise import read_delivery
from include.contracts import contract, load_contracts
from include.reading.refusal import Refused
from include.reports.town_workbook import write_town_workbook
from include.reports.town_workbook.monitoring import FIELDS, MONITORING_SHEET
from include.reports.town_workbook.verification import CONTINUING_SHEET, VERIFICATION_SHEET
from include.site import County
from tests.reports.conftest import TOWN, warning
from tests.reports.test_town_workbook import table, texts
from tests.reports.town_workbook.test_other_books import ANSWERS, fill

WATCHED = [
    warning(21, listing_kind="monitoring", issued_in="2024-01", state="not_qualifying"),
    warning(22, listing_kind="monitoring", issued_in="2024-01", state="not_true", village_name=None, amount_yuan=30_500.0),
    warning(
        23,
        listing_kind="monitoring",
        issued_in="2023-06",
        state="closed",
        warning_type="water",
        cause="water.unsafe",
        subject="household",
        amount_yuan=None,
        evidence="饮水水质不达标，2024年2月18日发现",
    ),
    warning(24, listing_kind="monitoring", issued_in="2024-01", state="closed"),
    warning(
        25,
        listing_kind="monitoring",
        issued_in="2024-01",
        state="closed",
        warning_type="disaster",
        cause="disaster.area",
        subject="area",
        household_id=None,
        head_name=None,
        person_name=None,
        village_name="南门居委会",
        village_code="341825100001",
        amount_yuan=None,
        evidence="洪涝，启动Ⅳ级救灾应急响应",
    ),
]


def answer(serial: int, **told: Any) -> dict[str, Any]:
    """One row of ``answers_before``."""
    return {
        "household_id": f"3418250{serial:05d}",
        "warning_id": f"W{serial:04d}7C2D9EA1",
        "answered_on": date(2024, 1, 15),
        "is_true": True,
        "meets_criteria": "no",
        "situation": "务工收入稳定",
        "amount_then": None,
        **told,
    }


FOUND = pd.DataFrame(
    [
        answer(21, amount_then=30_100.0, answered_on=date(2023, 10, 2), is_true=False),
        answer(21, amount_then=31_000.0),
        answer(22, is_true=False, situation="查无此事。", amount_then=31_000.0),
        answer(23, meets_criteria="yes", situation="缺水", answered_on=date(2023, 7, 10)),
        answer(25, household_id=None, situation="三户进水，已排涝"),
        answer(25, household_id="341825000099", meets_criteria="yes", situation="房屋倒塌", answered_on=date(2024, 1, 16)),
    ]
)


@pytest.fixture
def path(
    tmp_path: Path,
    county: County,
    dispatch: dict[str, Any],
    warnings: pd.DataFrame,
    signals: pd.DataFrame,
    self_pay: pd.DataFrame,
) -> Path:
    target = tmp_path / f"{TOWN}_2024-03_预警核查工作簿.xlsx"
    with_watched = pd.concat([warnings, pd.DataFrame(WATCHED)], ignore_index=True)
    write_town_workbook(
        target, mark="", county=county, town_name=TOWN, dispatch=dispatch, warnings=with_watched, signals=signals,
        self_pay=self_pay, answers=FOUND,
    )  # fmt: skip
    return target


def test_each_is_listed_with_its_new_fact_what_was_found_and_why_nobody_goes(path: Path) -> None:
    rows = table(openpyxl.load_workbook(path)[MONITORING_SHEET])
    assert [row["序号"] for row in rows] == ["1", "2", "3", "4", "5"]
    shown = [
        (row["预警编号"][:5], row["行政村"], row["预警对象"], row["上次核查结论"], row["上次核查日期"], row["不入户的原因"])
        for row in rows
    ]
    day, soon = datetime(2024, 1, 15), "距上次核查不满 6 个月"
    found = "属实，不符合监测条件。务工收入稳定。"
    assert shown == [
        ("W0021", "华丰村委会", "王小四", found, day, f"上次核查时为 31,000.00 元，现为 36,512.50 元，增幅不到 50%；{soon}"),
        (
            "W0023",
            "华丰村委会",
            "全户",
            "属实，符合监测条件。缺水。（已办结）",
            datetime(2023, 7, 10),
            "没有新的事件或更重的情形",
        ),
        ("W0024", "华丰村委会", "王小七", "已办结", None, "没有新的事件或更重的情形"),
        (
            "W0022",
            "村名待核",
            "王小五",
            "不属实，不符合监测条件。查无此事。",
            day,
            f"金额没有高于上次核查时的 31,000.00 元；{soon}",
        ),
        (
            "W0025",
            None,
            "南门居委会",
            "属实，不符合监测条件。三户进水，已排涝。（已办结）",
            day,
            f"没有新的事件或更重的情形；{soon}",
        ),
    ]
    assert rows[1]["预警类型"] == "饮水安全情况" and rows[1]["预警事实"] == "饮水水质不达标，2024年2月18日发现"
    assert "36,512.50 元" in rows[0]["预警事实"] and rows[0]["户主姓名"] == "王大四"


def test_it_says_that_nobody_goes_and_cannot_be_filled_in(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    sheet = book[MONITORING_SHEET]
    assert sheet["A1"].value == "旌阳镇动态监测名单（不需入户）" and str(sheet["A2"].value).startswith(
        "不需入户、不需填写、不需反馈"
    )
    assert sheet.protection.sheet and all(cell.protection.locked for cell in sheet[4])
    assert "三、动态监测：5件，涉及4户、区域性事件1件（已核查、没有须再次入户的变化，不需入户）" in texts(book["汇总"])


def test_it_stands_nowhere_else(path: Path) -> None:
    """Neither among the rows to answer nor in the lists by type; the sums of the summary stay those of the visits."""
    book = openpyxl.load_workbook(path)
    others = "\n".join(texts(sheet) for sheet in book if sheet.title != MONITORING_SHEET)
    assert not [line["warning_id"] for line in WATCHED if line["warning_id"] in others]
    assert [row[7] for row in book["汇总"].iter_rows(values_only=True) if row[0] == "合计"] == [8, 2]


def test_no_head_is_a_column_of_an_answer() -> None:
    for feed in ("town__verification", "town__measure"):
        asked = {head for column in contract(feed).columns if not column.is_prefilled for head in column.heads}
        assert {field.label for field in FIELDS} & asked <= {"预警编号"}


def test_a_returned_workbook_answers_nothing_on_it(path: Path) -> None:
    """Not even where somebody took the lock off and wrote remarks beside the rows."""
    book = openpyxl.load_workbook(path)
    for row in range(4, 9):
        book[MONITORING_SHEET].cell(row, len(FIELDS) + 1, "已电话了解，情况属实")
    book.save(path)
    read = fill(path, VERIFICATION_SHEET, {**ANSWERS, "未纳入理由": "收入稳定且三保障及饮水均有保障"})
    assert [(table.table.sheet, len(table.table.rows)) for table in read.tables if table.table.rows] == [(VERIFICATION_SHEET, 8)]
    assert {table.table.sheet for table in read.tables} <= {VERIFICATION_SHEET, CONTINUING_SHEET}
    assert read.period == "2024-03"
    assert {line.note for line in read.skipped if line.sheet == MONITORING_SHEET} == {"不是名单的工作表"}


def test_sent_back_alone_it_is_no_return(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    for name in book.sheetnames:
        if name != MONITORING_SHEET:
            del book[name]
    book.save(path)
    with pytest.raises(Refused) as caught:
        read_delivery(
            path, file_name=path.name, department="town", received_at=datetime(2024, 3, 14, 9), contracts=load_contracts()
        )
    assert caught.value.reason_code == "unknown_table"


def test_a_town_with_nothing_but_these_gets_the_list_and_nothing_to_answer(
    tmp_path: Path, county: County, dispatch: dict[str, Any], signals: pd.DataFrame, self_pay: pd.DataFrame
) -> None:
    """Also without a word of what was found: a home that has read no answers yet."""
    target = tmp_path / "x.xlsx"
    write_town_workbook(
        target, mark="", county=county, town_name=TOWN, dispatch=dispatch, warnings=pd.DataFrame(WATCHED[:1]), signals=signals,
        self_pay=self_pay.iloc[:0], answers=pd.DataFrame(columns=["household_id", "warning_id"]),
    )  # fmt: skip
    book = openpyxl.load_workbook(target)
    assert book.sheetnames == ["汇总", "医疗自付情况", MONITORING_SHEET, VERIFICATION_SHEET]
    assert "二、动态监测：1件，涉及1户" in texts(book["汇总"])
    assert [row["上次核查结论"] for row in table(book[MONITORING_SHEET])] == ["属实未纳入"]
