"""Row checks: what becomes of each row, what its department reads, and that no row is lost."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from include.checking.divisions import Divisions
from include.checking.match_columns import ReadTable
from include.checking.recognise import Recognised
from include.checking.rows import Checked, check_rows
from include.checking.table import Guess, HeadCell, Table
from include.contracts import contract
from include.identity.numbers import check_character
from include.reading.refusal import Refused
from include.site import Site

SETTINGS = Site(Path("no-home-of-its-own"))
DIVISIONS = Divisions.load(SETTINGS)
RECEIVED = datetime(2024, 3, 10, 8)


def number(sequence: int, born: str = "19700102") -> str:
    first = f"341825{born}{sequence:03d}"
    return first + check_character(first)


SELF_PAY: dict[str, Any] = {
    "person_name": "张三", "id_number": number(11), "town_name": "旌阳镇", "village_name": "华丰", "person_category": "脱贫人口",
    "statistics_year": 2024.0, "as_of_month": "2024年2月", "self_pay_yuan": 30000.01,
}  # fmt: skip
EVENT: dict[str, Any] = {
    "event_id": "YQ-1", "event_name": "流感", "event_type": "传染病", "occurred_date": "2024-03-01",
    "reported_date": "2024-03-02",
    "town_name": "旌阳镇、三溪镇",
}  # fmt: skip
LOSS: dict[str, Any] = {
    "head_name": "李四", "head_id_number": number(12), "town_name": "旌阳镇", "village_name": "华丰", "industry_type": "茶叶",
    "loss_reason": "冻害", "loss_yuan": 12000.0, "occurred_date": "2024-03-01",
}  # fmt: skip
PETITION: dict[str, Any] = {
    "case_id": "XF-1", "accepted_date": "2024-03-01", "person_name": "王五", "id_number": None, "town_name": "旌阳镇",
    "village_name": "华丰",
    "appeal_content": "住房", "income_yuan": 6000.0, "is_in_difficulty": "是",
}  # fmt: skip
DROPOUT: dict[str, Any] = {
    "term": "2024年春季", "child_name": "赵六", "child_id_number": number(13, "20120102"), "school_name": "旌阳小学",
    "school_stage": "小学",
    "grade": "五年级", "attendance_status": "辍学", "guardian_name": "赵五", "town_name": "旌阳镇", "village_name": "华丰",
}  # fmt: skip
REGISTRY: dict[str, Any] = {
    "data_date": "2024-03-01", "county_name": "旌德县", "town_name": "旌阳镇", "village_name": "华丰", "household_id": "H1",
    "person_name": "张三", "id_number": number(14), "household_type": "脱贫户",
}  # fmt: skip
CASES = {
    "medical_insurance__self_pay_high": SELF_PAY, "health__epidemic_event": EVENT, "water__industry_loss": LOSS,
    "petition__case": PETITION,
    "education__dropout": DROPOUT, "rural_revitalization__registry": REGISTRY,
}  # fmt: skip
PERIODS = {
    "medical_insurance__self_pay_high": "2024-03",
    "education__dropout": "2024-spring",
    "rural_revitalization__registry": "2024-03-01",
}


def recognised(feed: str, rows: Sequence[dict[str, Any]], *, sheets: int = 1, units: dict[str, str] | None = None) -> Recognised:
    """Rows as they would come from the file, one after the other from row 3 on, spread evenly over its sheets."""
    columns = [column.name for column in contract(feed).columns]
    size = -(-len(rows) // sheets) if rows else 1
    tables = []
    for sheet in range(sheets):
        mine = rows[sheet * size : (sheet + 1) * size]
        table = Table(
            sheet=f"表{sheet + 1}",
            heads=[HeadCell(index, contract(feed).column(name).label, None) for index, name in enumerate(columns)],
            header_rows=(2,),
            titles=(),
            row_numbers=list(range(3, 3 + len(mine))),
            rows=[[row.get(name) for name in columns] for row in mine],
            skipped=[],
        )
        tables.append(ReadTable(table, {name: index for index, name in enumerate(columns)}, units or {}))
    return Recognised(contract(feed), tables, PERIODS.get(feed, ""), [], False, [])


def check(feed: str, *changes: dict[str, Any], sheets: int = 1, units: dict[str, str] | None = None) -> Checked:
    """A delivery of good rows of a feed, each with some cells changed."""
    rows = [CASES[feed] | change for change in changes]
    return checked_rows(recognised(feed, rows, sheets=sheets, units=units))


def checked_rows(found: Recognised) -> Checked:
    return check_rows(
        found,
        file_name="三月.xlsx",
        received_at=RECEIVED,
        divisions=DIVISIONS,
        county=SETTINGS.county,
    )


def people(count: int) -> list[dict[str, Any]]:
    return [{"id_number": number(101 + 2 * index)} for index in range(count)]


def said(checked: Checked, level: str) -> list[tuple[int, str | None, str]]:
    issues = checked.issues[checked.issues["level"] == level]
    columns = [name if isinstance(name, str) else None for name in issues["column_name"]]
    return list(zip(issues["row_number"].tolist(), columns, issues["reason_code"].tolist(), strict=True))


@pytest.mark.parametrize("feed", sorted(CASES))
def test_a_good_row_is_accepted(feed: str) -> None:
    checked = check(feed, {})
    assert (checked.row_count, len(checked.accepted), checked.rejected_count, checked.duplicate_count) == (1, 1, 0, 0)
    assert [column.name for column in contract(feed).columns] == list(checked.accepted.columns)[: len(contract(feed).columns)]
    assert checked.issues.empty


def test_values_are_typed_and_places_canonical() -> None:
    row = check("medical_insurance__self_pay_high", {}).accepted.iloc[0]
    assert row["self_pay_yuan"] == Decimal("30000.01")
    assert (row["statistics_year"], row["as_of_month"], row["period"]) == (2024, "2024-02", "2024-03")
    assert (row["town_name"], row["town_code"]) == ("旌阳镇", "341825100")
    assert (row["village_name"], row["village_code"]) == ("华丰村委会", "341825100202")
    assert (row["sheet"], row["row_number"], row["row_key"]) == ("表1", 3, f"{number(11)}|2024")
    assert pd.isna(row["total_cost_yuan"])


def test_types_survive_a_parquet_file_even_when_a_column_is_empty(tmp_path: Path) -> None:
    import duckdb

    check("water__industry_loss", {}).accepted.to_parquet(tmp_path / "rows.parquet", index=False)
    types = dict(duckdb.sql(f"select column_name, column_type from (describe from '{tmp_path / 'rows.parquet'}')").fetchall())
    assert (types["loss_yuan"], types["affected_area_mu"], types["occurred_date"]) == ("DECIMAL(18,2)", "DECIMAL(18,2)", "DATE")
    assert (types["waits_reason"], types["repairs"], types["home_elsewhere"]) == ("VARCHAR", "VARCHAR", "BOOLEAN")


def test_units_of_the_head_are_converted() -> None:
    checked = check("water__industry_loss", {"loss_yuan": 1.2}, units={"loss_yuan": "万元"})
    assert checked.accepted["loss_yuan"][0] == Decimal("12000.00")


@pytest.mark.parametrize(
    ("change", "column", "reason_code", "words"),
    [
        ({"person_name": None}, "person_name", "missing", "必填"),
        ({"village_name": "/"}, "village_name", "missing", "必填"),
        ({"self_pay_yuan": None}, "self_pay_yuan", "missing", "必填"),
        ({"self_pay_yuan": "三万二"}, "self_pay_yuan", "not_an_amount", "请只填数字"),
        ({"self_pay_yuan": "#N/A"}, "self_pay_yuan", "formula_error", "公式"),
        ({"id_number": 3.41825e17}, "id_number", "float_number", "文本格式"),
        ({"id_number": number(11)[:17] + "A"}, "id_number", "characters", "核对证件"),
        ({"person_category": "外星人"}, "person_category", "unknown_value", "脱贫人口、监测对象、参保居民"),
        ({"as_of_month": "年底"}, "as_of_month", "not_a_month", "2024-02"),
        ({"town_name": "绩溪县临溪镇", "village_name": "临溪村"}, "town_name", "other_county", "旌德县"),
    ],
)
def test_a_faulty_row_goes_back_with_its_reason(change: dict[str, Any], column: str, reason_code: str, words: str) -> None:
    checked = check("medical_insurance__self_pay_high", *people(2), change)
    assert (checked.row_count, len(checked.accepted), checked.rejected_count) == (3, 2, 1)
    assert said(checked, "rejected") == [(5, column, reason_code)]
    reason = checked.issues["reason"].iloc[-1]
    assert reason.startswith(
        f"《三月.xlsx》工作表“表1”第 5 行“{contract('medical_insurance__self_pay_high').column(column).label}”："
    )
    assert words in reason
    assert list(checked.rejected_cells) == [("表1", 5)]
    assert checked.rejected_cells["表1", 5][:2] == [(SELF_PAY | change)["person_name"], (SELF_PAY | change)["id_number"]]


def test_a_row_with_several_faults_is_rejected_once_with_all_of_them() -> None:
    checked = check("medical_insurance__self_pay_high", {"person_name": None, "self_pay_yuan": "x", "statistics_year": "去年"})
    assert checked.rejected_count == 1
    assert [column for _, column, _ in said(checked, "rejected")] == ["person_name", "statistics_year", "self_pay_yuan"]


@pytest.mark.parametrize(
    ("feed", "change", "column", "code"),
    [
        ("medical_insurance__self_pay_high", {"total_cost_yuan": "见附件"}, "total_cost_yuan", "not_an_amount"),
        ("medical_insurance__self_pay_high", {"village_name": "乌有村"}, "village_name", "village_unknown"),
        ("medical_insurance__self_pay_high", {"town_name": "三溪镇"}, "town_name", "town_corrected"),
        ("medical_insurance__self_pay_high", {"town_name": "乌有镇", "village_name": "乌有村"}, "town_name", "place_unknown"),
        ("medical_insurance__self_pay_high", {"person_name": "张□"}, "person_name", "name_damaged"),
        ("medical_insurance__self_pay_high", {"as_of_month": "2024年1月"}, "as_of_month", "period_mismatch"),
        ("water__industry_loss", {"occurred_date": "2024-05-01"}, "occurred_date", "future_date"),
        ("education__dropout", {"guardian_id_number": "123456"}, "guardian_id_number", "length"),
        ("education__dropout", {"term": "2023年秋季"}, "term", "period_mismatch"),
        ("rural_revitalization__registry", {"household_type": "某新类型"}, "household_type", "unknown_value"),
        ("rural_revitalization__registry", {"income_yuan": "约9000"}, "income_yuan", "approximate_amount"),
        ("rural_revitalization__registry", {"has_safe_water": "基本解决"}, "has_safe_water", "unknown_value"),
    ],
)
def test_what_does_not_decide_the_row_is_a_finding(feed: str, change: dict[str, Any], column: str, code: str) -> None:
    checked = check(feed, change)
    assert len(checked.accepted) == 1
    assert said(checked, "finding") == [(3, column, code)]
    assert pd.isna(checked.accepted["waits_code"][0])


def test_repairs_are_recorded_with_the_row() -> None:
    checked = check("medical_insurance__self_pay_high", {"id_number": number(11).lower() + " ", "as_of_month": "2月"})
    assert checked.accepted["repairs"][0] == "id_number、as_of_month"
    assert said(checked, "repaired") == [(3, "id_number", "repaired"), (3, "as_of_month", "repaired")]
    assert checked.accepted["as_of_month"][0] == "2024-02"


def test_an_approximate_amount_waits_with_a_proposal() -> None:
    checked = check("water__industry_loss", {"loss_yuan": "约3万"})
    row = checked.accepted.iloc[0]
    assert row["waits_code"] == "approximate_amount"
    assert pd.isna(row["loss_yuan"])
    assert said(checked, "waiting") == [(3, "loss_yuan", "approximate_amount")]
    assert checked.issues["proposals"][0] == "30000.00"


def test_a_rejected_row_does_not_wait_as_well() -> None:
    checked = check("water__industry_loss", {"loss_yuan": "约3万", "industry_type": None})
    assert checked.rejected_count == 1
    assert said(checked, "waiting") == []


def test_equal_rows_are_duplicates_however_they_are_written() -> None:
    same = {"person_name": "张　三", "village_name": "旌阳镇华丰村委会", "self_pay_yuan": "3.000001万", "as_of_month": "202402"}
    checked = check("medical_insurance__self_pay_high", {}, same)
    assert (len(checked.accepted), checked.duplicate_count) == (1, 1)
    assert said(checked, "duplicate") == [(4, None, "same_row")]
    assert "第 3 行" in checked.issues["reason"].iloc[-1]


def test_two_rows_of_one_key_with_different_figures_both_wait() -> None:
    checked = check("medical_insurance__self_pay_high", {}, {"self_pay_yuan": 31000.0}, {}, *people(1))
    assert (checked.row_count, len(checked.accepted), checked.duplicate_count) == (4, 3, 1)
    assert checked.accepted["waits_code"].fillna("").tolist() == ["conflict", "conflict", ""]
    assert checked.accepted["row_key"][0] == checked.accepted["row_key"][1]
    assert "个人自付费用" in checked.accepted["waits_reason"][0]


def test_rows_of_one_key_on_two_sheets_name_the_other_sheet() -> None:
    checked = check("medical_insurance__self_pay_high", {}, {"self_pay_yuan": 31000.0}, sheets=2)
    assert checked.accepted["sheet"].tolist() == ["表1", "表2"]
    assert "工作表“表2”第 3 行" in checked.accepted["waits_reason"][0]


def test_a_registry_row_never_waits() -> None:
    checked = check("rural_revitalization__registry", {}, {"income_yuan": 9000.0})
    assert len(checked.accepted) == 2
    assert checked.accepted["waits_code"].isna().all()
    assert {code for _, _, code in said(checked, "finding")} == {"conflict"}


def test_the_sequence_number_of_a_registry_row_is_no_difference() -> None:
    assert check("rural_revitalization__registry", {"sequence": "1"}, {"sequence": "2"}).duplicate_count == 1


def test_without_a_number_name_and_village_make_the_key() -> None:
    checked = check("petition__case", {}, {"person_name": "王六"}, {"village_name": "华丰村"}, {"case_id": "XF-2"})
    assert checked.duplicate_count == 1
    assert checked.accepted["row_key"].tolist() == ["王五@341825100202|XF-1", "王六@341825100202|XF-1", "王五@341825100202|XF-2"]


@pytest.mark.parametrize("bad", ["12345678", 3.41825e17, "张三"])
def test_a_number_that_is_given_but_wrong_rejects_the_row_even_where_it_may_be_blank(bad: object) -> None:
    assert check("petition__case", {"id_number": bad}).rejected_count == 1


def test_event_feeds_take_their_period_from_the_row() -> None:
    assert check("health__epidemic_event", {}, {"event_id": "YQ-2"}).accepted["period"].tolist() == ["YQ-1", "YQ-2"]
    assert check("water__industry_loss", {}).accepted["period"][0] == "2024-03-01"


def test_area_events_carry_all_their_towns_and_villages() -> None:
    row = check("health__epidemic_event", {"village_name": "华丰村、路西村"}).accepted.iloc[0]
    assert (row["town_code"], row["village_code"]) == ("341825100、341825102", "341825100202、341825102200")
    assert row["town_name"] == "旌阳镇、三溪镇"


def test_rows_of_one_event_for_different_towns_or_villages_are_different_rows() -> None:
    here = {"town_name": "旌阳镇", "village_name": "华丰村"}
    checked = check("health__epidemic_event", here, here | {"village_name": "新庄村"}, {"town_name": "三溪镇"}, here)
    assert (len(checked.accepted), checked.duplicate_count) == (3, 1)
    assert checked.accepted["waits_code"].isna().all()
    assert checked.accepted["row_key"].is_unique


def test_a_child_at_home_in_another_county_is_accepted_and_marked() -> None:
    away = {"town_name": "绩溪县临溪镇", "village_name": "临溪村", "child_id_number": number(15, "20120102")}
    checked = check("education__dropout", {}, away)
    assert checked.accepted["home_elsewhere"].tolist() == [False, True]
    assert checked.rejected_count == 0


ELSEWHERE = {"town_name": "绩溪县临溪镇", "village_name": "临溪村"}
PLAIN = {"town_name": "临溪镇", "village_name": "临溪村"}


@pytest.mark.parametrize(
    ("changes", "is_refused"),
    [
        ([ELSEWHERE], True),
        ([ELSEWHERE, ELSEWHERE, {}], True),
        ([ELSEWHERE, {}], False),
        ([PLAIN, PLAIN, {}], True),
        ([PLAIN, PLAIN], False),
        ([PLAIN, {}, {}], False),
    ],
)
def test_more_than_half_of_another_county_refuses_the_delivery(changes: list[dict[str, Any]], is_refused: bool) -> None:
    rows = [change | person for change, person in zip(changes, people(len(changes)), strict=True)]
    if not is_refused:
        checked = check("medical_insurance__self_pay_high", *rows)
        assert checked.rejected_count == sum(change is ELSEWHERE for change in changes)
        return
    with pytest.raises(Refused, match="旌德县") as refused:
        check("medical_insurance__self_pay_high", *rows)
    assert refused.value.reason_code == "other_county"
    assert "《三月.xlsx》" in refused.value.reason


def test_the_registrys_county_column_counts() -> None:
    rows = [{"county_name": "绩溪县", "household_id": f"H{index}"} | person for index, person in enumerate(people(3))]
    with pytest.raises(Refused):
        check("rural_revitalization__registry", *rows)
    assert check("rural_revitalization__registry", *people(3), rows[0] | {"id_number": number(301)}).rejected_count == 1


def test_rows_shorter_than_the_head_are_read() -> None:
    delivery = recognised("medical_insurance__self_pay_high", [SELF_PAY])
    delivery.tables[0].table.rows[0] = delivery.tables[0].table.rows[0][:3]
    checked = check_rows(delivery, file_name="x.csv", received_at=RECEIVED, divisions=DIVISIONS, county=SETTINGS.county)
    assert "missing" in {code for _, _, code in said(checked, "rejected")}


def test_no_message_holds_a_name_or_a_number() -> None:
    spoilt = [
        {"id_number": number(11)[:17] + "A"}, {"person_name": number(11)}, {"person_category": "张三"},
        {"village_name": number(11)},
        {"as_of_month": number(11)}, {"self_pay_yuan": number(11)}, {"total_cost_yuan": f"约{number(11)}"}, {},
        {"self_pay_yuan": 1.0},
    ]  # fmt: skip
    checked = check("medical_insurance__self_pay_high", *spoilt)
    text = "".join(checked.issues["reason"]) + "".join(checked.accepted["waits_reason"].dropna())
    assert "张三" not in text
    assert not re.search(r"\d{12}", text)


CELLS = st.one_of(
    st.none(),
    st.floats(),
    st.text(max_size=8),
    st.dates(),
    st.booleans(),
    st.sampled_from(["约3万", "旌阳镇", "绩溪县", "2024年2月", "是"]),
)


@pytest.mark.parametrize("feed", sorted(CASES))
@bounded(max_examples=25, deadline=None)
@given(data=st.data())
def test_rows_in_are_accepted_rejected_or_duplicate(feed: str, data: st.DataObject) -> None:
    columns = st.sampled_from([column.name for column in contract(feed).columns])
    changes = data.draw(st.lists(st.dictionaries(columns, CELLS, max_size=2), max_size=6))
    try:
        checked = check(feed, *changes)
    except Refused as refused:
        assert refused.reason_code == "other_county"
        return
    assert checked.row_count == len(changes) == len(checked.accepted) + checked.rejected_count + checked.duplicate_count
    assert len(checked.rejected_cells) == checked.rejected_count
    rejected = checked.issues[checked.issues["level"] == "rejected"]
    assert rejected[["sheet", "row_number"]].drop_duplicates().shape[0] == checked.rejected_count
    for column in contract(feed).required_columns:
        waiting = checked.accepted["waits_code"].notna()
        assert checked.accepted.loc[~waiting, column.name].notna().all()


def test_an_empty_table_gives_no_rows() -> None:
    checked = check("water__industry_loss")
    assert (checked.row_count, len(checked.accepted)) == (0, 0)
    assert date(2024, 3, 1) not in set(checked.accepted["occurred_date"])


def test_a_guess_about_the_layout_is_a_line_of_its_own() -> None:
    """It names file, sheet and row, costs no row, and row number 0 is the whole sheet."""
    found = recognised("water__industry_loss", [LOSS])
    found.guesses += [Guess("表1", 0, "unit_assumed", "按元"), Guess("表1", 2, "unit_assumed", "按亩")]
    checked = checked_rows(found)
    lines = checked.issues[checked.issues["level"] == "guess"]
    assert list(lines["reason"]) == ["《三月.xlsx》工作表“表1”：按元", "《三月.xlsx》工作表“表1”第 2 行：按亩"]
    assert (len(checked.accepted), checked.rejected_count) == (1, 0)


def test_a_guess_has_a_code_of_the_catalogue_that_may_be_one() -> None:
    found = recognised("water__industry_loss", [LOSS])
    found.guesses.append(Guess("表1", 1, "missing", "按元"))
    with pytest.raises(ValueError, match="never guess"):
        checked_rows(found)
