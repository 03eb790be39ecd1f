"""One table per kind of column: what was typed, what it means, what is said about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.checking.normalise import (
    FINDING,
    READERS,
    UNREADABLE,
    WAITING,
    Context,
    Reading,
    _read_number,
    chinese_number,
    normalise_column,
)
from include.contracts import Column

RECEIVED = date(2024, 3, 10)
LEVELS = {"1": ("一级",), "2": ("二级",), "3": ("三级",), "4": ("四级",), "5": ("五级",)}
LOW_INCOME = {"低保对象": ("低保", "低保户"), "特困人员": ("特困",), "低保边缘家庭": (), "支出型困难家庭": ()}
SITUATIONS: dict[str, tuple[str, ...]] = {"收入偏低": (), "收入连续下降": ("连续下降",), "支出较大": ()}
CHOICES = {"level": LEVELS, "choice": LOW_INCOME, "choices": SITUATIONS}


def context(
    kind: str, *, name: str = "x", label: str = "某列", unit: str | None = None, period: str = "2024-03", is_open: bool = False
) -> Context:
    column = Column(name, label, (), kind, None, True, "internal", CHOICES.get(kind, {}), is_open)
    return Context(column, unit, period, RECEIVED)


def read(kind: str, cell: object, **given_context: Any) -> Reading:
    return READERS[kind](cell, context(kind, **given_context))


def code(reading: Reading) -> str | None:
    return reading.problem.code if reading.problem else None


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (30000, "30000.00"), (30000.01, "30000.01"), (30000.000000000004, "30000.00"), ("1,234.50", "1234.50"),
        ("1，234.50", "1234.50"),
        ("￥1234", "1234.00"), ("¥1,234元", "1234.00"), ("1234元", "1234.00"), ("3.2万", "32000.00"), ("3.2 万元", "32000.00"),
        ("３．２万", "32000.00"), ("3万2千", "32000.00"), ("3万5000元", "35000.00"), ("三万元", "30000.00"),
        ("叁万伍仟元整", "35000.00"),
        ("人民币12000元整", "12000.00"), ("11,999.99", "11999.99"), ("12000", "12000.00"), ("1.2万元", "12000.00"), ("0", "0.00"),
        (0.0, "0.00"), ("'500", "500.00"), ("1.5E+4", "15000.00"), ("1亿元", "100000000.00"), (Decimal("12.5"), "12.50"),
    ],
)  # fmt: skip
def test_amounts(cell: object, value: str) -> None:
    assert read("amount", cell) == Reading(Decimal(value))


@pytest.mark.parametrize(
    ("cell", "unit", "value"),
    [
        (3.2, "万元", "32000.00"), ("3.2", "万元", "32000.00"), ("3.2万", "万元", "32000.00"), ("32000元", "万元", "32000.00"),
        (1.2, "万元", "12000.00"), (3.000001, "万元", "30000.01"), (0.5, "千元", "500.00"), (32000.0, "元", "32000.00"),
    ],
)  # fmt: skip
def test_the_unit_in_the_cell_wins_over_the_heads(cell: object, unit: str, value: str) -> None:
    assert read("amount", cell, unit=unit).value == Decimal(value)


def test_half_a_cent_is_rounded_up_and_said() -> None:
    reading = read("amount", 30000.005)
    assert reading.value == Decimal("30000.01")
    assert reading.repair


@pytest.mark.parametrize("cell", [None, "", "-", "—", "/", " / ", "无", "\\", float("nan")])
@pytest.mark.parametrize("kind", ["amount", "area", "count", "date", "year", "month", "choice", "phone", "name", "village"])
def test_an_empty_cell_has_no_value_and_no_problem(kind: str, cell: object) -> None:
    assert read(kind, cell) == Reading()


@pytest.mark.parametrize(
    ("cell", "proposal"),
    [
        ("约3万", "30000.00"), ("3万左右", "30000.00"), ("近3万", "30000.00"), ("3-4万", "30000.00至40000.00"),
        ("3万～4万元", "30000.00至40000.00"),
        ("3至4万元", "30000.00至40000.00"), ("3万余元", "30000.00"), ("3万多", "30000.00"), ("不足3万", "30000.00"),
        ("12000元以上", "12000.00"),
        ("超过3万", "30000.00"), ("几万元", None), ("数万元", None), ("≈12000", "12000.00"), ("大概一万元", "10000.00"),
        ("30000+", "30000.00"),
    ],
)  # fmt: skip
def test_an_approximate_amount_waits_for_a_person(cell: str, proposal: str | None) -> None:
    reading = read("amount", cell)
    assert reading.value is None
    assert reading.problem is not None
    assert (reading.problem.level, reading.problem.code, reading.problem.proposal) == (WAITING, "approximate_amount", proposal)


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        (-5, "negative_amount"), ("(1,234)", "negative_amount"), ("12,34", "not_an_amount"), ("三万二", "not_an_amount"),
        ("3万2", "not_an_amount"),
        ("2024-03", "not_an_amount"), ("见附件", "not_an_amount"), (True, "not_an_amount"), (date(2024, 1, 1), "not_an_amount"),
        (float("inf"), "not_an_amount"), (3.41825e17, "too_large"), ("#N/A", "formula_error"), ("#REF!", "formula_error"),
    ],
)  # fmt: skip
def test_amounts_that_cannot_be_read(cell: object, problem: str) -> None:
    reading = read("amount", cell)
    assert reading.value is None
    assert code(reading) == problem


def test_only_an_income_may_be_negative() -> None:
    assert read("amount", "-200.5", name="income_yuan").value == Decimal("-200.50")


@pytest.mark.parametrize(
    ("cell", "unit", "value"),
    [(5, None, "5.00"), ("5.5亩", None, "5.50"), ("1.5公顷", None, "22.50"), (2, "公顷", "30.00"), ("667平方米", None, "1.00")],
)
def test_areas_are_in_mu(cell: object, unit: str | None, value: str) -> None:
    assert read("area", cell, unit=unit).value == Decimal(value)


@pytest.mark.parametrize("cell", ["约3亩", -1, "三五亩", "x"])
def test_areas_that_cannot_be_read(cell: object) -> None:
    assert read("area", cell).problem is not None


@pytest.mark.parametrize(
    ("cell", "value"), [(3, 3), (3.0, 3), ("3", 3), ("3人", 3), ("12户", 12), ("1,200", 1200), ("三", 3), ("十二人", 12), (0, 0)]
)
def test_counts(cell: object, value: int) -> None:
    assert read("count", cell).value == value


@pytest.mark.parametrize("cell", [2.5, -1, "约30", "30余户", "多", True, float("inf"), 1e12])
def test_counts_that_cannot_be_read(cell: object) -> None:
    assert code(read("count", cell)) == "not_a_count"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("三", 3), ("十", 10), ("十二", 12), ("二十", 20), ("一百零五", 105), ("三百二十", 320), ("两万五千", 25000),
        ("三万二", None),
        ("一千五", None), ("叁万伍仟", 35000), ("万", None), ("一二三", None), ("三三十", None), ("", None),
        ("一万零五十", 10050),
    ],
)  # fmt: skip
def test_numbers_in_characters(text: str, number: int | None) -> None:
    assert chinese_number(text) == number


@pytest.mark.parametrize(
    "cell",
    [
        45296, 45296.0, 45296.5, "45296", "2024.1.5", "2024-1-5", "20240105", 20240105, 20240105.0, "2024/1/5",
        "2024年1月5日", "2024年01月05号",
        "2024 年 1 月 5 日", "２０２４年１月５日", "二〇二四年一月五日", datetime(2024, 1, 5, 8, 30), date(2024, 1, 5),
        "2024-01-05 00:00:00",
        "2024-01-05T08:30:00", "2024-01-05 14:30", "2024年1月5日上午", "2024-1-5(周五)", "2024、1、5", "'2024-01-05",
    ],
)  # fmt: skip
def test_dates(cell: object) -> None:
    assert read("date", cell) == Reading(date(2024, 1, 5))


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("2024年1月", date(2024, 1, 1)), ("2024.1", date(2024, 1, 1)), ("202401", date(2024, 1, 1)),
        ("2024年1月上旬", date(2024, 1, 1)),
        ("1月5日", date(2024, 1, 5)), ("1/5", date(2024, 1, 5)), ("1月", date(2024, 1, 1)), ("12月28日", date(2023, 12, 28)),
        ("24.1.5", date(2024, 1, 5)), ("24年1月5日", date(2024, 1, 5)), (2024.02, date(2024, 2, 1)),
    ],
)  # fmt: skip
def test_dates_that_lack_something_are_completed_and_it_is_said(cell: object, value: date) -> None:
    reading = read("date", cell)
    assert reading.value == value
    assert reading.repair


def test_a_date_without_a_year_takes_the_periods() -> None:
    assert read("date", "1月5日", period="2023-Q1").value == date(2023, 1, 5)
    assert read("date", "1月5日", period="").value == date(2024, 1, 5)


@pytest.mark.parametrize("cell", ["2024-02-30", "2024年13月1日", "2月30日", "2023-02-29", "0月1日", "20241301"])
def test_impossible_dates(cell: str) -> None:
    assert code(read("date", cell)) == "impossible_date"


@pytest.mark.parametrize(
    "cell", ["长期", "2024年", "5日", "2024年1月5日左右", "1/5/2024", 0, 1, -5, 20241, 1e30, True, time(8), timedelta(1), "99999"]
)
def test_what_is_no_date(cell: object) -> None:
    assert code(read("date", cell)) == "not_a_date"


def test_a_date_after_receipt_is_kept_with_a_finding() -> None:
    reading = read("date", "2025-01-01")
    assert reading.value == date(2025, 1, 1)
    assert reading.problem is not None
    assert (reading.problem.level, reading.problem.code) == (FINDING, "future_date")


@pytest.mark.parametrize(
    "cell", [2024, 2024.0, "2024", "2024年", "2024年度", "2024.0", "二〇二四年", date(2024, 5, 1), "24年", "本年度"]
)
def test_years(cell: object) -> None:
    assert read("year", cell).value == 2024


@pytest.mark.parametrize("cell", ["2023-2024", "x", 45292, 24, True])
def test_what_is_no_year(cell: object) -> None:
    assert code(read("year", cell)) == "not_a_year"


@pytest.mark.parametrize(
    "cell",
    [
        "2024年2月", "2024年02月份", "202402", 202402, 202402.0, "2024-02", "2024/2", "2024.2", "2024.02", 2024.02, "2月",
        "2月份", "2月底", "截至2月底",
        "截至2024年2月底", "2024年2月29日", "2", 2, date(2024, 2, 29), datetime(2024, 2, 29), 45323, "二〇二四年二月",
    ],
)  # fmt: skip
def test_months(cell: object) -> None:
    assert read("month", cell).value == "2024-02"


def test_a_month_without_a_year_that_is_still_to_come_was_last_years() -> None:
    assert read("month", "12月", period="2024-01").value == "2023-12"


@pytest.mark.parametrize(
    ("received", "value", "problem"), [(date(2024, 3, 10), "2024-01", None), (date(2024, 11, 10), None, "ambiguous_month")]
)
def test_a_figure_2024_1_may_be_january_or_october(received: date, value: str | None, problem: str | None) -> None:
    reading = READERS["month"](2024.1, Context(context("month").column, None, "2024-11", received))
    assert (reading.value, code(reading)) == (value, problem)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("2024年春季", "2024-spring"), ("2024年春季学期", "2024-spring"), ("2024春", "2024-spring"),
        ("2024-spring", "2024-spring"),
        ("2023-2024学年第二学期", "2024-spring"), ("2023—2024学年度下学期", "2024-spring"), ("2023-2024学年(下)", "2024-spring"),
        ("2023学年第二学期", "2024-spring"), ("2023-2024学年第一学期", "2023-autumn"), ("2024年秋季", "2024-autumn"),
        ("春季", "2024-spring"),
        ("二〇二四年春季", "2024-spring"), ("2023-2024学年第2学期", "2024-spring"),
    ],
)  # fmt: skip
def test_terms(cell: str, value: str) -> None:
    assert read("term", cell, period="2024-spring").value == value


@pytest.mark.parametrize("cell", ["2023-2025学年第一学期", "2023-2024学年第三学期", "学期", 5, True])
def test_what_is_no_term(cell: object) -> None:
    assert code(read("term", cell)) == "not_a_term"


YES = ["是", "有", "√", "✓", "Y", "yes", 1, 1.0, "1", "对", "TRUE", True, "属实,已纳入", "是(已办理)", " 是 "]
NO = ["否", "无", "×", "x", "N", "no", 0, 0.0, "0", "FALSE", False, "不属实", "没有", "不符合", "不是"]


@pytest.mark.parametrize(("cell", "value"), [*((cell, True) for cell in YES), *((cell, False) for cell in NO)])
def test_flags(cell: object, value: bool) -> None:
    assert read("flag", cell).value is value


@pytest.mark.parametrize(
    ("label", "cell", "value"),
    [
        ("劳动能力", "有劳动能力", True), ("劳动能力", "无劳动能力", False), ("劳动能力", "没有劳动能力", False),
        ("劳动能力", "弱劳动力", None),
        ("就业意愿", "有意愿", True), ("就业意愿", "无就业意愿", False), ("是否缺少劳动力", "缺少劳动力", True),
        ("是否缺少劳动力", "不缺少劳动力", False),
        ("是否缺少劳动力", "不缺劳动力", False), ("是否缺少劳动力", "有劳动力", None), ("救助后是否仍有困难", "仍有困难", True),
        ("救助后是否仍有困难", "无困难", False), ("基本生活是否困难", "困难", True), ("基本生活是否困难", "不困难", False),
        ("是否属实", "也许", None),
    ],
)  # fmt: skip
def test_flags_in_the_columns_own_words(label: str, cell: str, value: bool | None) -> None:
    reading = read("flag", cell, label=label)
    assert reading.value is value
    assert code(reading) == ("unknown_value" if value is None else None)


@pytest.mark.parametrize(
    "cell",
    [
        "Ⅳ",
        "ⅳ",
        "IV",
        "iv",
        "4",
        4,
        4.0,
        "四级",
        "4级",
        "Ⅳ级",
        "Ⅳ级响应",
        "四级应急响应",
        "省级Ⅳ级响应",
        "国家Ⅳ级救灾应急响应",
        "４级",
    ],
)
def test_levels(cell: object) -> None:
    assert read("level", cell) == Reading(4)


@pytest.mark.parametrize("cell", ["六级", "0", "IIII", "VI", "44", "四五级", "x", True, "重大"])
def test_levels_nobody_knows(cell: object) -> None:
    assert code(read("level", cell)) == "unknown_value"


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("低保对象", "低保对象"),
        ("低保", "低保对象"),
        (" 低 保 户 ", "低保对象"),
        ("低保对象(农村)", "低保对象"),
        ("特困", "特困人员"),
    ],
)
def test_choices_of_one(cell: str, value: str) -> None:
    assert read("choice", cell) == Reading(value)


def test_an_unknown_choice_is_unreadable_and_the_reason_lists_the_known_ones() -> None:
    reading = read("choice", "其他")
    assert reading.problem is not None
    assert (reading.value, reading.problem.level, reading.problem.code) == (None, UNREADABLE, "unknown_value")
    assert "支出型困难家庭" in reading.problem.reason
    assert code(read("choice", "低保对象(特困人员)")) == "unknown_value"


def test_an_unknown_choice_of_an_open_list_is_kept_with_a_finding() -> None:
    reading = read("choice", "其他", is_open=True)
    assert reading.problem is not None
    assert (reading.value, reading.problem.level) == ("其他", FINDING)


@pytest.mark.parametrize(
    "cell",
    [
        "支出较大、收入偏低",
        "收入偏低,支出较大",
        "收入偏低；支出较大",
        "收入偏低和支出较大",
        "1.收入偏低 2.支出较大",
        "收入偏低 支出较大",
    ],
)
def test_several_choices_come_in_the_contracts_order(cell: str) -> None:
    assert read("choices", cell) == Reading("收入偏低、支出较大")


def test_one_unknown_of_several_choices_is_unreadable() -> None:
    assert code(read("choices", "收入偏低、其他")) == "unknown_value"


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("张三", "张三"), ("张　三", "张三"), (" 张 三 ", "张三"), ("张三(户主)", "张三"), ("张三\u200b", "张三"),
        ("阿依古丽•买买提", "阿依古丽·买买提"),
        ("阿依古丽.买买提", "阿依古丽·买买提"), ("阿依古丽 ・ 买买提", "阿依古丽·买买提"), ("John  Smith", "John Smith"),
        ("䶮某", "䶮某"),
    ],
)  # fmt: skip
def test_names(cell: str, value: str) -> None:
    assert read("name", cell) == Reading(value)


@pytest.mark.parametrize(
    ("cell", "problem"),
    [("王?", "name_damaged"), ("李□", "name_damaged"), ("张*三", "name_damaged"), ("张\ue123", "name_private_use")],
)
def test_damaged_names_are_kept_with_a_finding(cell: str, problem: str) -> None:
    reading = read("name", cell)
    assert reading.value == cell
    assert reading.problem is not None
    assert (reading.problem.level, reading.problem.code) == (FINDING, problem)


@pytest.mark.parametrize("cell", [123456.0, "341825194901010010", "12", "=1+1"])
def test_what_is_no_name(cell: object) -> None:
    assert code(read("name", cell)) == "not_a_name"


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (13800138000.0, "13800138000"), ("138 0013 8000", "13800138000"), ("+86 138-0013-8000", "13800138000"),
        ("0563-8601234", "05638601234"),
        ("13800138000/13900139000", "13800138000、13900139000"), ("13800138000 13900139000", "13800138000、13900139000"),
    ],
)  # fmt: skip
def test_phones(cell: object, value: str) -> None:
    assert read("phone", cell) == Reading(value)


@pytest.mark.parametrize("cell", ["张三", "1.38E+10", 1.38e17, "123"])
def test_phones_that_cannot_be_read(cell: object) -> None:
    assert code(read("phone", cell)) == "phone_format"


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("YQ2024-001", "YQ2024-001"),
        ("ＹＱ２０２４－００１", "YQ2024-001"),
        (2024001.0, "2024001"),
        (" A 1\t", "A1"),
        ("'007", "007"),
    ],
)
def test_codes(cell: object, value: str) -> None:
    assert read("event_id", cell) == Reading(value)


@pytest.mark.parametrize("kind", ["event_id", "household_id", "warning_id", "student_number", "certificate_number"])
@pytest.mark.parametrize("cell", [3.41825e17, 341825194901010010, "3.41825E+17"])
def test_a_code_stored_as_a_figure_is_lost(kind: str, cell: object) -> None:
    assert read(kind, cell).value is None
    assert code(read(kind, cell)) == "float_number"


@pytest.mark.parametrize(
    "cell", ["11010519491231002X44", "11010519491231002x44", "１１０１０５19491231002Ｘ44", "110105 19491231 002Х 44"]
)
def test_certificates(cell: str) -> None:
    assert read("certificate_number", cell) == Reading("11010519491231002X44")


def test_a_certificate_of_another_shape_is_kept_with_a_finding() -> None:
    assert read("certificate_number", "11010519491231002X44B1") == Reading("11010519491231002X44B1")
    assert code(read("certificate_number", "11010519491231002X")) == "certificate_format"


@pytest.mark.parametrize(
    ("cell", "value"),
    [("=1+1", "=1+1"), ("@x", "@x"), (" a\u200b\x00b ", "ab"), ("甲　乙", "甲 乙"), (12.0, "12"), ("无", "无"), ("/", None)],
)
def test_text_stays_text(cell: object, value: str | None) -> None:
    assert read("text", cell) == Reading(value)


def test_a_column_keeps_order_and_says_where() -> None:
    column = normalise_column([3.2, "约3万", None, "x", 30000.005], context("amount"))
    assert column.values.to_pylist() == [320, None, None, None, 3000001], "hundredths"
    assert {position: problem.level for position, problem in column.problems.items()} == {1: WAITING, 3: UNREADABLE}
    assert list(column.repairs) == [4]


def test_true_is_not_the_figure_one() -> None:
    assert normalise_column([1, True, 1.0], context("count")).values.to_pylist() == [1, None, 1]


def test_numbers_in_a_column_are_repaired_and_refused() -> None:
    column = normalise_column(["11010519491231002x", 3.4e17, None, "11010519491231002X"], context("id_number"))
    assert column.values.to_pylist() == ["11010519491231002X", None, None, "11010519491231002X"]
    assert column.repairs[0]
    assert column.problems[1].code == "float_number"


LIKELY = "0123456789年月日.-/,万元约至（）()级ⅣIV是否有无 \u3000春秋季学第二一·?"
CELLS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.dates(), st.datetimes(), st.times(), st.timedeltas(),
    st.text(max_size=20), st.text(LIKELY, max_size=14),
)  # fmt: skip


@pytest.mark.parametrize("kind", sorted(READERS))
@settings(max_examples=100, deadline=None)
@given(cell=CELLS)
def test_nothing_raises_and_reading_again_changes_nothing(kind: str, cell: object) -> None:
    given_context = context(kind, is_open=True)
    reading = READERS[kind](cell, given_context)
    if reading.value is not None:
        assert READERS[kind](reading.value, given_context).value == reading.value
    if reading.problem is not None:
        assert reading.problem.reason
        assert (reading.value is None) == (reading.problem.level != FINDING)


@pytest.mark.parametrize("kind", [*sorted(READERS), "id_number"])
@settings(max_examples=30, deadline=None)
@given(cells=st.lists(CELLS, max_size=6))
def test_a_column_is_its_cells(kind: str, cells: Sequence[object]) -> None:
    column = normalise_column(cells, context(kind))
    assert len(column.values) == len(cells)
    assert all(0 <= position < len(cells) for position in (*column.repairs, *column.problems))
    read = [_read_number(cell, context(kind)) if kind == "id_number" else READERS[kind](cell, context(kind)) for cell in cells]
    values = [reading.value for reading in read]
    if kind in ("amount", "area"):
        values = [None if value is None else int(value * 100) for value in values]
    assert column.values.to_pylist() == values
    assert column.repairs == {at: reading.repair for at, reading in enumerate(read) if reading.repair}
    assert column.problems == {at: reading.problem for at, reading in enumerate(read) if reading.problem}


@settings(max_examples=300, deadline=None)
@given(cells=st.lists(st.floats(-10, 1e10) | st.decimals(-5, 10**9, places=2).map(float), max_size=20))
def test_figures_recognised_at_once_are_what_the_reader_makes_of_them(cells: list[float]) -> None:
    read = [READERS["amount"](cell, context("amount")).value for cell in cells]
    expected = [None if value is None else int(value * 100) for value in read]
    assert normalise_column(cells, context("amount")).values.to_pylist() == expected
