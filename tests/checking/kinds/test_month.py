"""Months."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from include.checking.kinds.column import READERS
from include.checking.kinds.reading import Context
from tests.checking.kinds.cells import code, context, read


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
