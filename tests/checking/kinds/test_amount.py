"""Money: what was typed, what it is in 元, what waits for a person."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.checking.kinds.column import READERS, normalise_column
from include.checking.kinds.reading import WAITING, Reading
from tests.checking.kinds.cells import code, context, read


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


@settings(max_examples=300, deadline=None)
@given(cells=st.lists(st.floats(-10, 1e10) | st.decimals(-5, 10**9, places=2).map(float), max_size=20))
def test_figures_recognised_at_once_are_what_the_reader_makes_of_them(cells: list[float]) -> None:
    read = [READERS["amount"](cell, context("amount")).value for cell in cells]
    expected = [None if value is None else int(value * 100) for value in read]
    assert normalise_column(cells, context("amount")).values.to_pylist() == expected


@pytest.mark.parametrize("cell", ["$3000", "3000$", "US$3000", "$ 1.5万"])
def test_dollars_are_no_yuan(cell: str) -> None:
    assert code(read("amount", cell)) == "not_an_amount"


@pytest.mark.parametrize(
    ("cell", "yuan"),
    [
        (29999.996, "29999.99"), (30000.004, "30000.01"), (11999.996, "11999.99"), ("7999.999", "7999.99"),
        (29999.999999999996, "30000.00"), (0.1 + 0.2, "0.30"), (12.345, "12.35"),
    ],
)  # fmt: skip
def test_rounding_takes_no_figure_onto_a_line(cell: object, yuan: str) -> None:
    assert str(read("amount", cell, unit="元").value) == yuan
