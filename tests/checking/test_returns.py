"""A town's return is held against what was issued: the right household, two visitors, measures for those who qualify."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from include.checking.returns import Issued
from include.checking.rows import Checked, check_rows
from include.reports.town_workbook.checksum import row_checksum
from tests.checking.test_rows import DIVISIONS, RECEIVED, SETTINGS, recognised

ANSWER: dict[str, Any] = {
    "warning_id": "W00000000000A", "head_name": "王一", "village_name": "华丰村", "is_true": "是", "meets_criteria": "是",
    "situation": "已入户", "exclusion_reason": None, "monitored_type": "突发严重困难户", "verifier_name": "张三",
    "second_verifier_name": "李四", "verified_date": "2024-03-09", "reviewer_name": "赵五",
}  # fmt: skip
MEASURE: dict[str, Any] = {
    "warning_id": "W00000000000A", "monitored_type": "突发严重困难户", "enrolled_date": "2024-03-05", "measures": "产业帮扶",
    "responsible_person": "张三", "planned_date": "2024-03-08",
}  # fmt: skip
FACTS = ("W00000000000A", "王一", "华丰村")
ISSUED = {
    "W00000000000A": Issued("旌阳镇", frozenset({"王一", "王小"}), True),
    "W00000000000B": Issued("旌阳镇", frozenset({"买买提买提"}), False),
    "W00000000000C": Issued("旌阳镇", frozenset({"李䶮"}), None),
    "W00000000000D": Issued("旌阳镇"),
    "W00000000000F": Issued("旌阳镇", issued_on=date(2024, 3, 8), is_monitored=True),
    "W000000000001": Issued("旌阳镇", is_area=True),
}


def returned(feed: str, *rows: dict[str, Any]) -> Checked:
    return check_rows(
        recognised(feed, rows),
        file_name="反馈.xlsx",
        received_at=RECEIVED,
        divisions=DIVISIONS,
        county=SETTINGS.county,
        issued_to=ISSUED,
    )


def codes(found: Checked, level: str) -> list[str]:
    return list(found.issues.loc[found.issues["level"] == level, "reason_code"])


@pytest.mark.parametrize("written", ["张三、李四", "张三,李四", "张三；李四", "张三/李四", "张三和李四", "张三，李四、"])
def test_two_names_in_one_cell_are_two_visitors(written: str) -> None:
    found = returned("town__verification", {**ANSWER, "verifier_name": written, "second_verifier_name": None})
    (row,) = found.accepted.to_dict("records")
    assert (row["verifier_name"], row["second_verifier_name"]) == ("张三", "李四")
    assert set(codes(found, "repaired")) == {"repaired"}


@pytest.mark.parametrize(
    ("written", "kept"), [("李和", "李和"), ("欧阳和平", "欧阳和平"), ("张三", "张三"), ("司马·和·平", "司马·和·平")]
)
def test_a_name_that_looks_like_two_stays_one(written: str, kept: str) -> None:
    (row,) = returned("town__verification", {**ANSWER, "verifier_name": written}).accepted.to_dict("records")
    assert (row["verifier_name"], row["second_verifier_name"]) == (kept, "李四")


def test_three_visitors_lose_nobody() -> None:
    found = returned("town__verification", {**ANSWER, "verifier_name": "张三、李四、王五", "second_verifier_name": None})
    (row,) = found.accepted.to_dict("records")
    assert (row["verifier_name"], row["second_verifier_name"]) == ("张三", "李四、王五")


@pytest.mark.parametrize(
    ("first", "second"),
    [("张三", "张三"), ("张三", "张 三"), ("张三、张三", None), ("张三、张三", "张三"), ("买买提·买提", "买买提买提")],
)
def test_one_name_twice_is_one_visitor(first: str, second: str | None) -> None:
    found = returned("town__verification", {**ANSWER, "verifier_name": first, "second_verifier_name": second})
    assert codes(found, "rejected") == ["same_visitor"] and found.rejected_count == 1


@pytest.mark.parametrize(
    ("number", "name", "goes_back"),
    [
        ("A", "王一", False), ("A", "王 一", False), ("A", "王小", False), ("A", "王□", False), ("A", None, False),
        ("B", "买买提·买提", False), ("C", "李?", False), ("D", "李四", False),
        ("A", "王二", True), ("B", "买买提", True), ("C", "李六", True),
    ],
)  # fmt: skip
def test_another_household_s_name_beside_a_number_goes_back(number: str, name: str | None, goes_back: bool) -> None:
    found = returned("town__verification", {**ANSWER, "warning_id": f"W00000000000{number}", "head_name": name})
    assert codes(found, "rejected") == (["other_household"] if goes_back else [])
    assert not any(said and said in " ".join(found.issues["reason"]) for said in (name,)), "no name in a message"


@pytest.mark.parametrize(("number", "said"), [("A", ""), ("B", "核查结果是不符合监测条件"), ("C", "还没有核查反馈")])
def test_measures_are_for_those_who_qualify(number: str, said: str) -> None:
    found = returned("town__measure", {**MEASURE, "warning_id": f"W00000000000{number}"})
    assert codes(found, "rejected") == (["not_qualifying"] if said else [])
    assert said in " ".join(found.issues["reason"])


@pytest.mark.parametrize(
    ("feed", "cells", "code"),
    [
        ("town__verification", {"warning_id": "W00000000000E"}, "unknown_warning"),
        ("town__measure", {"warning_id": "W00000000000E"}, "unknown_warning"),
        ("town__verification", {"second_verifier_name": None}, "visitor_missing"),
        ("town__verification", {"meets_criteria": "否"}, "reason_missing"),
        ("town__verification", {"monitored_type": None}, "category_missing"),
        ("town__verification", {"warning_id": "W00000000000F", "head_name": None, "verified_date": "2024-03-07"}, "before_issue"),
        ("town__verification", {"verified_date": "2024-03-11"}, "day_to_come"),
        ("town__measure", {"planned_date": "2024-03-11"}, "day_to_come"),
        ("town__measure", {"enrolled_date": "2024-03-11"}, "day_to_come"),
        ("town__measure", {"responsible_person": None}, "measure_incomplete"),
        ("town__measure", {"measures": None, "planned_date": None}, "measure_incomplete"),
        ("town__verification", {"evidence": "自付31000元", "checksum": row_checksum([*FACTS, "自付51000元"])},
         "facts_changed"),
        ("town__verification", {"meets_criteria": "属实"}, ""),
        ("town__verification", {"meets_criteria": "已纳入"}, "unknown_value"),
    ],
)  # fmt: skip
def test_what_an_answer_lacks_goes_back(feed: str, cells: dict[str, Any], code: str) -> None:
    found = returned(feed, {**(ANSWER if feed == "town__verification" else MEASURE), **cells})
    assert set(codes(found, "rejected")) == ({code} if code else set())


@pytest.mark.parametrize(
    ("feed", "cells"),
    [
        ("town__verification", {"is_true": "否", "meets_criteria": "否", "monitored_type": None}),
        ("town__verification", {"is_true": "否", "meets_criteria": "是"}),
        ("town__verification", {"meets_criteria": "已在监测", "monitored_type": None}),
        ("town__measure", {"measures": None, "responsible_person": None, "planned_date": None}),
        ("town__verification", {"evidence": "自付 31000 元", "checksum": row_checksum([*FACTS, "自付31000元"])}),
    ],
)  # fmt: skip
def test_what_an_answer_does_not_need_may_be_blank(feed: str, cells: dict[str, Any]) -> None:
    assert returned(feed, {**(ANSWER if feed == "town__verification" else MEASURE), **cells}).rejected_count == 0


def test_who_is_monitored_already_has_nothing_to_be_registered() -> None:
    (row,) = returned("town__verification", {**ANSWER, "warning_id": "W00000000000F"}).accepted.to_dict("records")
    assert row["meets_criteria"] == "already_monitored"


def test_a_household_found_at_an_area_event_is_a_row_of_its_own() -> None:
    area = {**ANSWER, "warning_id": "W000000000001", "head_name": None}
    rows = returned("town__verification", area, {**area, "household_id": "H1"}, {**area, "household_id": "H2"}).accepted
    assert list(rows["row_key"]) == ["W000000000001|", "W000000000001|H1", "W000000000001|H2"]
    (row,) = returned("town__verification", {**ANSWER, "household_id": "H1"}).accepted.to_dict("records")
    assert not isinstance(row["household_id"], str), "户编号 beside a household's own warning says nothing new"


@pytest.mark.parametrize("column", ["member_count", "wage_income_yuan", "income_yuan"])
def test_the_same_household_s_figures_are_said_once(column: str) -> None:
    found = returned("town__verification", {**ANSWER, column: "3"}, {**ANSWER, "warning_id": "W00000000000D", column: "同上"})
    assert found.rejected_count == 0 and list(found.accepted[column].isna()) == [False, True]


def test_two_different_answers_for_one_warning_wait_for_a_person() -> None:
    found = returned(
        "town__verification",
        ANSWER,
        {**ANSWER, "meets_criteria": "否", "exclusion_reason": "收入稳定"},
        {**ANSWER, "warning_id": "W00000000000D"},
    )
    assert list(found.accepted["waits_code"].fillna("")) == ["conflict", "conflict", ""]
