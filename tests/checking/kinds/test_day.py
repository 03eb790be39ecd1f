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


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2023-12-31T16:00:00.000Z", date(2024, 1, 1)),
        ("2023-12-31 16:00:00Z", date(2024, 1, 1)),
        ("2024-01-01T00:00:00+08:00", date(2024, 1, 1)),
        ("2024-03-01T08:00:00+00:00", date(2024, 3, 1)),
        ("2023-12-31T23:30:00-0500", date(2024, 1, 1)),
        ("2024/1/1 0:00 UTC+8", date(2024, 1, 1)),
        ("2024-01-01 23:59:17", date(2024, 1, 1)),
        ("2024-01-01T23:59:17", date(2024, 1, 1)),
    ],
)
def test_a_time_with_a_zone_is_a_moment_and_the_day_is_the_countys(cell: str, day: date) -> None:
    assert read("date", cell).value == day


@pytest.mark.parametrize("kind", ["date", "month"])
@pytest.mark.parametrize(
    "cell", ["2024年1月20日（农历）", "阴历正月初五", "2024-01-20(旧历)", "腊月廿三", "农历2024.1.20", "甲辰年正月", "闰二月十五"]
)
def test_a_lunar_date_is_not_read_as_a_solar_one(kind: str, cell: str) -> None:
    reading = read(kind, cell)
    assert (reading.value, code(reading)) == (None, "lunar_date")


@pytest.mark.parametrize("cell", ["2024年1月20日（公历）", "公历2024年1月20日", "阳历2024-01-20"])
def test_a_date_that_says_it_is_solar_is_read(cell: str) -> None:
    assert read("date", cell).value == date(2024, 1, 20)
