"""A returned row's grey cells: unchanged ones are taken, blank ones may be filled in, given ones may not be changed."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from include.checking.divisions import Divisions
from include.checking.given_facts import FILLED_IN
from include.checking.recognise import read_delivery
from include.checking.returns import Issued
from include.checking.rows import Checked, check_rows
from include.contracts import load_contracts
from include.reports.town_workbook import write_town_workbook
from include.reports.town_workbook.verification import VERIFICATION_SHEET
from include.site import SHIPPED_COUNTY, Site
from tests.reports.conftest import ISSUED_AT, TOWN, warning

RECEIVED = datetime(2024, 3, 16, 9)
ANSWERS = {
    "是否属实": "是", "是否符合监测条件": "否", "核查情况": "已入户", "未纳入理由": "收入稳定", "核查人": "赵一",
    "核查人2": "钱二", "核查日期": date(2024, 3, 15), "审核人": "孙三",
}  # fmt: skip
NOWHERE, HEADLESS, KNOWN, AREA, UNSAID = (f"W000{at}7C2D9EA1" for at in range(1, 6))
AREA_FIELDS = {
    "warning_type": "disaster", "cause": "disaster.area", "subject": "area", "household_id": None, "head_name": None,
    "person_name": None, "id_number": None, "village_name": "南门居委会、华丰村委会", "amount_yuan": None,
    "evidence": "洪涝，启动Ⅳ级救灾应急响应",
}  # fmt: skip
LISTED = pd.DataFrame(
    [
        warning(1, village_name=None, village_code=None),
        warning(2, head_name=None, household_id=None, person_name="赵无号", village_name=None, village_code=None),
        warning(3),
        warning(4, **AREA_FIELDS),
        warning(5, village_name="未知", village_code=None),
    ]
)
"""Without a village; with neither village nor head; with both; an area; with a department's word for an unknown village."""


def returned(tmp_path: Path, changes: dict[str, dict[str, Any]]) -> Checked:
    """The answered workbook with other cells, by warning number and head."""
    site = Site(SHIPPED_COUNTY / "no home here")
    path = tmp_path / f"{TOWN}.xlsx"
    dispatch = {"dispatch_id": "2024-03", "kind": "monthly", "issued_at": ISSUED_AT, "registry_date": None}
    write_town_workbook(
        path, mark="", county=site.county, town_name=TOWN, dispatch=dispatch, warnings=LISTED, signals=pd.DataFrame(),
        self_pay=pd.DataFrame(),
    )  # fmt: skip
    book = openpyxl.load_workbook(path)
    sheet = book[VERIFICATION_SHEET]
    at = {cell.value: cell.column for cell in sheet[3]}
    for row in range(4, 4 + len(LISTED)):
        number = str(sheet.cell(row, at["预警编号"]).value)
        for head, value in {**ANSWERS, **changes.get(number, {})}.items():
            sheet.cell(row, at[head]).value = value
    book.save(path)
    issued = {
        row["warning_id"]: Issued(
            TOWN,
            frozenset(name for name in (row["head_name"], row["person_name"]) if isinstance(name, str)),
            is_area=row["subject"] == "area",
        )
        for row in LISTED.to_dict("records")
    }
    return check_rows(
        read_delivery(path, file_name=path.name, department="town", received_at=RECEIVED, contracts=load_contracts()),
        file_name=path.name, received_at=RECEIVED, divisions=Divisions.load(site), county=site.county, issued_to=issued,
    )  # fmt: skip


def test_cells_that_came_without_a_value_and_go_back_so_are_no_change(tmp_path: Path) -> None:
    found = returned(tmp_path, {})
    assert (len(found.accepted), found.rejected_count) == (5, 0), found.issues["reason"].tolist()
    assert FILLED_IN not in "".join(found.issues["reason"])


@pytest.mark.parametrize("blank", [None, "", "村名待核"])
def test_who_wipes_the_words_for_no_village_changes_no_fact(tmp_path: Path, blank: str | None) -> None:
    assert returned(tmp_path, {NOWHERE: {"行政村": blank}}).rejected_count == 0


@pytest.mark.parametrize(
    ("number", "filled"),
    [
        (NOWHERE, {"行政村": "华丰村"}),
        (HEADLESS, {"行政村": "华丰村委会"}),
        (HEADLESS, {"户主姓名": "赵当家"}),
        (HEADLESS, {"行政村": "柳溪村", "户主姓名": "赵当家"}),
        (AREA, {"行政村": "南门居委会"}),
        (UNSAID, {"行政村": "华丰村"}),
    ],
)
def test_what_was_blank_may_be_filled_in_and_is_taken(tmp_path: Path, number: str, filled: dict[str, str]) -> None:
    found = returned(tmp_path, {number: filled})
    assert found.rejected_count == 0, found.issues["reason"].tolist()
    names = {"行政村": "village_name", "户主姓名": "head_name"}
    (row,) = found.accepted[found.accepted["warning_id"] == number].to_dict("records")
    assert {head: row[names[head]] for head in filled} == filled
    told = found.issues[found.issues["reason"].str.contains(FILLED_IN)]
    assert sorted(told["column_name"]) == sorted(names[head] for head in filled) and set(told["level"]) == {"repaired"}


@pytest.mark.parametrize(
    ("number", "changed", "code"),
    [
        (KNOWN, {"行政村": "柳溪村"}, "facts_changed"),
        (KNOWN, {"行政村": None}, "facts_changed"),
        (KNOWN, {"行政村": "村名待核"}, "facts_changed"),
        (KNOWN, {"户主姓名": None}, "facts_changed"),
        (KNOWN, {"户主姓名": "别某人"}, "other_household"),
        (NOWHERE, {"预警事实": "【因病返贫致贫】自付 1 元"}, "facts_changed"),
        (NOWHERE, {"行政村": "华丰村", "预警事实": "【因病返贫致贫】自付 1 元"}, "facts_changed"),
        (NOWHERE, {"行政村": "华丰村", "户主姓名": None}, "facts_changed"),
        (HEADLESS, {"行政村": "华丰村", "户主姓名": "赵当家", "预警事实": "自付 1 元"}, "facts_changed"),
        (AREA, {"预警事实": "洪涝，启动Ⅰ级救灾应急响应"}, "facts_changed"),
    ],
)
def test_what_was_given_may_not_be_changed(tmp_path: Path, number: str, changed: dict[str, Any], code: str) -> None:
    found = returned(tmp_path, {number: changed})
    assert (len(found.accepted), found.rejected_count) == (4, 1)
    assert number not in set(found.accepted["warning_id"])
    assert code in set(found.issues.loc[found.issues["level"] == "rejected", "reason_code"])
