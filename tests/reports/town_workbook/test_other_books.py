"""The villages' workbooks, the households of an area, the sheet of measures: what they say and come back as."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from include.checking.recognise import read_delivery
from include.contracts import load_contracts
from include.reports.town_workbook import write_town_workbook
from include.reports.town_workbook.affected import AFFECTED_SHEET, write_affected_book
from include.reports.town_workbook.checksum import CHECKED_HEADS, row_checksum
from include.reports.town_workbook.measures import MEASURE_SHEET, write_measure_book
from include.reports.town_workbook.verification import CONTINUING_SHEET, VERIFICATION_SHEET
from include.reports.town_workbook.villages import write_village_books
from include.site import County
from tests.reports.conftest import TOWN
from tests.reports.test_town_workbook import table, texts

AREA = "W00087C2D9EA1"


def fill(path: Path, sheet_name: str, answers: dict[str, Any]) -> Any:
    """The book with every row of a sheet answered, as the county reads it."""
    book = openpyxl.load_workbook(path)
    sheet = book[sheet_name]
    at = {cell.value: cell.column for cell in sheet[3]}
    for row in range(4, sheet.max_row + 1):
        if sheet.cell(row, at["预警编号"]).value:
            for head, answer in answers.items():
                sheet.cell(row, at[head]).value = answer
    book.save(path)
    return read_delivery(
        path, file_name=path.name, department="town", received_at=datetime(2024, 3, 14, 9), contracts=load_contracts()
    )


ANSWERS = {
    "是否属实": "是",
    "是否符合监测条件": "否",
    "核查情况": "已入户",
    "核查人": "甲某",
    "核查人2": "乙某",
    "核查日期": date(2024, 3, 13),
    "审核人": "丙某",
}


@pytest.fixture
def books(tmp_path: Path, county: County, dispatch: dict[str, Any], warnings: pd.DataFrame) -> dict[str, Path]:
    written = write_village_books(
        tmp_path / "分村", "旌阳镇_2024-03", mark="", county=county, town_name=TOWN, dispatch=dispatch, warnings=warnings
    )
    return {path.name: path for path in written}


def test_each_village_has_its_own_rows_with_the_town_s_numbers(
    tmp_path: Path,
    books: dict[str, Path],
    county: County,
    dispatch: dict[str, Any],
    warnings: pd.DataFrame,
    signals: pd.DataFrame,
    self_pay: pd.DataFrame,
) -> None:
    assert list(books) == [
        f"旌阳镇_2024-03_{place}_入户核查表.xlsx" for place in ("南门居委会", "华丰村委会", "村名待核", "柳溪村委会")
    ]
    town = tmp_path / "town.xlsx"
    write_town_workbook(
        town, mark="", county=county, town_name=TOWN, dispatch=dispatch, warnings=warnings, signals=signals, self_pay=self_pay
    )
    for name in (VERIFICATION_SHEET, CONTINUING_SHEET):
        whole = [row for row in table(openpyxl.load_workbook(town)[name]) if row["户次"] != "区1"]
        parts = [openpyxl.load_workbook(path) for path in books.values()]
        mine = [row for book in parts if name in book.sheetnames for row in table(book[name]) if row["预警编号"]]
        assert sorted(mine, key=str) == sorted(whole, key=str) and whole


def test_a_village_s_book_comes_back_as_a_verification(books: dict[str, Path]) -> None:
    path = books["旌阳镇_2024-03_华丰村委会_入户核查表.xlsx"]
    read = fill(path, VERIFICATION_SHEET, ANSWERS)
    assert read.contract.feed == "town__verification"
    assert len(read.tables[0].table.rows) == 3


def test_a_village_s_name_makes_no_path(tmp_path: Path, county: County, dispatch: dict[str, Any], warnings: pd.DataFrame) -> None:
    rows = warnings.iloc[:1].assign(village_name="../..\\a:b*\n村")
    (path,) = write_village_books(tmp_path, "x", mark="", county=county, town_name=TOWN, dispatch=dispatch, warnings=rows)
    assert path.parent == tmp_path and path.name == "x_....ab村_入户核查表.xlsx"


@pytest.fixture
def affected() -> pd.DataFrame:
    about = {"warning_id": AREA, "evidence": "低温雨雪冰冻灾害，启动Ⅳ级救灾应急响应", "village_name": "华丰村委会"}
    about |= {"natural_village": "上组", "household_phone": "13900000000"}
    kinds = ("监测对象(边缘易致贫户)·风险未消除", "脱贫户")
    return pd.DataFrame(
        [
            {**about, "household_id": f"34182500000{at}", "head_name": f"王大{at}", "member_count": 3, "registry_status": kind}
            for at, kind in enumerate(kinds)
        ]
    )


def test_the_households_of_an_area_are_returned_with_its_number_and_theirs(
    tmp_path: Path, county: County, dispatch: dict[str, Any], affected: pd.DataFrame
) -> None:
    path = tmp_path / "x.xlsx"
    write_affected_book(path, mark="", county=county, town_name=TOWN, dispatch=dispatch, affected=affected)
    rows = table(openpyxl.load_workbook(path)[AFFECTED_SHEET])
    assert [(row["预警编号"], row["户编号"], row["名单登记情况"][-5:]) for row in rows] == [
        (AREA, "341825000000", "风险未消除"),
        (AREA, "341825000001", "脱贫户"),
    ]
    assert all(row["校验码"] == row_checksum([row[head] for head in CHECKED_HEADS]) for row in rows)
    read = fill(path, AFFECTED_SHEET, ANSWERS)
    assert read.contract.feed == "town__verification" and len(read.tables[0].table.rows) == 2


def owed(**told: Any) -> dict[str, Any]:
    return {
        "warning_id": "W00017C2D9EA1",
        "village_name": "华丰村委会",
        "head_name": "王大一",
        "warning_type": "illness",
        "situation": "住院自付较多",
        "intended_measures": "申请医疗救助",
        "verified_date": date(2024, 3, 13),
        "due_on": date(2024, 3, 24),
        "monitored_type": "突发严重困难户",
        **dict.fromkeys(("enrolled_date", "national_system_date", "measures", "responsible_person", "planned_date")),
        **told,
    }


@pytest.fixture
def measures(tmp_path: Path, county: County, dispatch: dict[str, Any]) -> Path:
    path = tmp_path / "措施.xlsx"
    households = pd.DataFrame([owed(), owed(warning_id="W00027C2D9EA1", enrolled_date=date(2024, 3, 15), due_on=None)])
    write_measure_book(path, mark="", county=county, town_name=TOWN, dispatch=dispatch, households=households)
    return path


def test_the_sheet_of_measures_says_what_was_verified(measures: Path) -> None:
    sheet = openpyxl.load_workbook(measures)[MEASURE_SHEET]
    first, second = table(sheet)
    assert first["核查认定"] == "因病返贫致贫，2024年3月13日核查：住院自付较多\n拟采取措施：申请医疗救助"
    assert (first["监测对象类别"], first["请于此日前完成"], first["帮扶措施"]) == ("突发严重困难户", "2024年3月24日", None)
    assert (second["纳入日期"], second["请于此日前完成"]) == (datetime(2024, 3, 15), None)
    locked = {cell.value for cell in sheet[3] if sheet.cell(4, cell.column).protection.locked}
    assert locked == {"序号", "预警编号", "行政村", "户主姓名", "核查认定", "请于此日前完成"}


def test_the_sheet_of_measures_comes_back_as_measures(measures: Path) -> None:
    done = {"纳入日期": date(2024, 3, 20), "帮扶措施": "安排公益性岗位", "责任人": "丁某", "制定日期": date(2024, 3, 21)}
    read = fill(measures, MEASURE_SHEET, done)
    assert read.contract.feed == "town__measure" and len(read.tables[0].table.rows) == 2
    assert {"warning_id", "monitored_type", "enrolled_date", "national_system_date", "measures", "responsible_person",
            "planned_date"} <= set(read.tables[0].column_index)  # fmt: skip


def test_no_internal_number_of_a_dispatch_is_shown(
    tmp_path: Path,
    county: County,
    dispatch: dict[str, Any],
    warnings: pd.DataFrame,
    signals: pd.DataFrame,
    self_pay: pd.DataFrame,
) -> None:
    path = tmp_path / "town.xlsx"
    told = warnings.assign(issued_in="instant-2024-007")
    write_town_workbook(
        path, mark="", county=county, town_name=TOWN, dispatch=dispatch, warnings=told, signals=signals, self_pay=self_pay
    )
    shown = "".join(texts(sheet) for sheet in openpyxl.load_workbook(path))
    assert "旌防贫即办〔2024〕7号已交办" in shown and "instant" not in shown
