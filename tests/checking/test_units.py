"""The unit of a column, wherever it is written; what contradicts itself is not read as sure."""

from __future__ import annotations

from decimal import Decimal

import pytest

from include.contracts.headers import clean_header
from tests.cases.makers import number
from tests.checking.sheets import checked, loss, said, self_pay


@pytest.mark.parametrize(
    "head",
    [
        "经济损失（必填，万元）", "经济损失（万元，必填）", "经济损失(必填 万元)", "经济损失(万元;必填)",
        "经济损失(必填、单位万元)",
        "经济损失（必填/万元）", "经济损失（必填）（万元）", "经济损失（必填（万元））", "经济损失(填写数字,万元)",
        "经济损失(万)",
        "*经济损失 [选填 | 万元]",
    ],
)  # fmt: skip
def test_a_unit_beside_a_hint_in_the_heads_bracket(head: str) -> None:
    assert clean_header(head) == ("经济损失", "万元")
    assert checked(loss(head=head), "water").accepted["loss_yuan"][0] == Decimal(15000)


@pytest.mark.parametrize(
    ("head", "label", "unit"),
    [
        ("受灾面积（必填，公顷）", "受灾面积", "公顷"),
        ("医疗总费用（千元，保留两位小数）", "医疗总费用", "千元"),
        ("经济损失千元", "经济损失", "千元"),
        ("是否困难（是/否）", "是否困难", None),
        ("村（社区）", "村(社区)", None),
        ("个人自付费用（超3万元的填报）", "个人自付费用", None),
    ],
)
def test_other_columns_units_and_hints(head: str, label: str, unit: str | None) -> None:
    assert clean_header(head) == (label, unit)


@pytest.mark.parametrize(
    ("line", "yuan", "mu"),
    [
        ("（单位：亩、万元）", 15000, "3.5"),
        ("单位：公顷，千元", 1500, "52.5"),
        ("单位：万元", 15000, "3.5"),
        ("金额单位：万元  面积单位：亩", 15000, "3.5"),
        ("面积单位：公顷；经济损失单位：千元", 1500, "52.5"),
        ("以下金额以万元为单位", 15000, "3.5"),
    ],
)
@pytest.mark.parametrize("is_below", [False, True])
def test_each_kind_of_column_takes_the_unit_of_its_kind(line: str, yuan: int, mu: str, is_below: bool) -> None:
    head, row = loss(受灾面积=3.5)
    note = [line if not is_below else f"注：{line}"]
    found = checked([head, row, note] if is_below else [note, head, row], "water")
    assert (found.row_count, found.accepted["loss_yuan"][0], found.accepted["affected_area_mu"][0]) == (
        1, Decimal(yuan), Decimal(mu),
    )  # fmt: skip
    assert not said(found)


@pytest.mark.parametrize(
    "note", ["注：经济损失单位为万元", "说明：表中金额单位均为万元。", "备注：1.经济损失以万元计", "单位：万元"]
)
def test_a_unit_below_the_table_counts_and_is_told(note: str) -> None:
    found = checked([*loss(), [note]], "water")
    assert (len(found.accepted), found.accepted["loss_yuan"][0]) == (1, Decimal(15000))
    assert said(found, "guess") == [(None, "unit_assumed")]


def test_a_columns_own_unit_wins_over_the_lines() -> None:
    found = checked([["单位：万元"], *loss(15000.0, "经济损失（元）"), ["注：金额单位为万元"]], "water")
    assert found.accepted["loss_yuan"][0] == Decimal(15000)
    assert found.issues.empty


@pytest.mark.parametrize("title", ["自付费用超3万元人员名单", "医疗费用3万元以上人员", "个人自付在30000元以上的"])
def test_an_amount_in_a_title_is_no_unit(title: str) -> None:
    found = checked([[title], *self_pay(41000.0)], "medical_insurance")
    assert found.accepted["self_pay_yuan"][0] == Decimal(41000)


def test_two_units_that_contradict_each_other_put_the_amount_to_a_person() -> None:
    found = checked([["单位：元"], *loss(1.5), ["注：金额单位为万元"]], "water")
    assert said(found) == [("loss_yuan", "approximate_amount")]
    (line,) = found.issues[found.issues["level"] == "waiting"].to_dict("records")
    assert "按元是 1.50 元，按万元是 15000.00 元" in line["reason"]
    assert found.accepted["loss_yuan"].isna().all() and found.accepted["waits_code"][0] == "approximate_amount"


def test_a_doubtful_income_of_the_registry_is_left_blank_and_told() -> None:
    """No row of the registry waits for a person; a figure that may be ten thousand times another is not taken either."""
    head = ["数据日期", "乡(镇)", "行政村", "户编号", "姓名", "证件号码", "户类型", "人均纯收入"]
    row = ["2024-03-01", "旌阳镇", "华丰村", "H1", "冯一", number(11), "脱贫户", 1.5]
    found = checked([["单位：元"], head, row, ["注：金额单位为万元"]], "rural_revitalization")
    assert said(found, "finding") == [("income_yuan", "approximate_amount")] and found.accepted["waits_code"].isna().all()
    assert found.accepted["income_yuan"].isna().all()


def test_units_that_contradict_each_other_are_asked_about_whatever_the_rule_makes_of_them() -> None:
    found = checked([["单位：元"], *loss(20000.0), ["注：金额单位为万元"]], "water")
    assert [line["level"] for line in found.issues.to_dict("records") if line["column_name"] == "loss_yuan"] == ["waiting"]
    assert found.accepted["loss_yuan"].isna().all()


def test_a_unit_that_is_stated_nowhere_is_asked_about_only_where_a_rule_would_differ() -> None:
    assert checked(loss(20000.0), "water").accepted["waits_code"].isna().all()
    assert checked(loss(0.5), "water").accepted["waits_code"].isna().all()


@pytest.mark.parametrize(
    ("rows", "department", "column"),
    [
        ([["2024年受灾情况（万元）"], *loss(2.0)], "water", "loss_yuan"),
        ([["自付费用名单（万元）"], *self_pay(4.0)], "medical_insurance", "self_pay_yuan"),
        ([*loss(2.0), ["注：损失数单位为万元"]], "water", "loss_yuan"),
        ([*loss(2.0, "经济损失（元/万元）")], "water", "loss_yuan"),
        ([*loss(2.0)], "water", "loss_yuan"),
    ],
)  # fmt: skip
def test_a_unit_that_is_doubtful_or_nowhere_is_not_taken_as_sure(rows: list[list[object]], department: str, column: str) -> None:
    found = checked(rows, department)
    assert said(found) == [(column, "approximate_amount")]


def test_figures_that_can_only_be_yuan_need_no_unit() -> None:
    head, row = self_pay(85.6)
    found = checked([head, row, [*row[:1], "341825197001020098", *row[2:7], 3500.0]], "medical_insurance")
    assert "approximate_amount" not in dict(said(found)).values()


def test_a_unit_in_the_name_of_sheet_or_file_is_a_doubt() -> None:
    assert said(checked(loss(2.0), "water", sheet="损失（万元）")) == [("loss_yuan", "approximate_amount")]
    assert said(checked(loss(2.0), "water", file_name="损失（万元）.xlsx")) == [("loss_yuan", "approximate_amount")]


def test_a_household_amount_above_the_counties_setting_waits() -> None:
    found = checked(loss(1500.0, "经济损失（万元）"), "water")
    assert said(found) == [("loss_yuan", "approximate_amount")]
    (line,) = found.issues.to_dict("records")
    assert ("超过 100 万元" in line["reason"], line["proposals"]) == (True, "15000000.00")
    assert not said(checked(loss(1000000.0, "经济损失（元）"), "water"))
