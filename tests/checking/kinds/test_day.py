"""Days, complete or completed."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from include.checking.kinds.reading import FINDING, Reading
from tests.checking.kinds.cells import code, read


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
