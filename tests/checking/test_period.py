"""The period is read from what the table states, then from its title and names, then from the day it came."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from include.checking.delivery_period import delivery_period
from include.checking.period import (
    ImpossiblePeriod,
    column_period,
    period_of_day,
    stated_day,
    stated_period,
)
from include.contracts import contract

RECEIVED = datetime(2024, 3, 10, 8)


@pytest.mark.parametrize(
    ("kind", "text", "period"),
    [
        ("month", "旌德县2024年3月未参保人员名单", "2024-03"),
        ("month", "2024 年 3 月份", "2024-03"),
        ("month", "２０２４年０３月", "2024-03"),
        ("month", "2024-03-未参保", "2024-03"),
        ("month", "医保_2024_03_定稿", "2024-03"),
        ("month", "医保202403", "2024-03"),
        ("month", "2024.3", "2024-03"),
        ("month", "2024-3月", "2024-03"),
        ("month", "24年3月", "2024-03"),
        ("month", "二〇二四年三月", "2024-03"),
        ("month", "三月份报送", "2024-03"),
        ("month", "12月", "2023-12"),
        ("month", "1月", "2024-01"),
        ("month", "截至2024年2月底自付费用", "2024-03"),
        ("month", "数据截止2023年12月31日", "2024-01"),
        ("month", "截至2月底", "2024-03"),
        ("month", "2024年3月(截至2024年2月底)", "2024-03"),
        ("month", "2024年1-2月累计", "2024-03"),
        ("month", "填报日期：2024年3月8日", None),
        ("month", "2024-03-08", None),
        ("month", "20240308", None),
        ("month", "旌巩固成果办〔2024〕3号", None),
        ("month", "2023-2024学年", None),
        ("quarter", "2024年第一季度", "2024-Q1"),
        ("quarter", "2023年度四季度", "2023-Q4"),
        ("quarter", "2024年1季度", "2024-Q1"),
        ("quarter", "2024Q1", "2024-Q1"),
        ("quarter", "一季度新增", "2024-Q1"),
        ("quarter", "四季度新增", "2023-Q4"),
        ("quarter", "2024年3月", "2024-Q1"),
        ("quarter", "2024年1-3月", "2024-Q1"),
        ("quarter", "截至2024年3月底", "2024-Q1"),
        ("term", "2023-2024学年第二学期", "2024-spring"),
        ("term", "2023—2024学年度第一学期", "2023-autumn"),
        ("term", "2023-2024学年(下学期)", "2024-spring"),
        ("term", "2024年春季学期", "2024-spring"),
        ("term", "2024年秋", "2024-autumn"),
        ("term", "2024年上半年", "2024-spring"),
        ("term", "2024年3月", "2024-spring"),
        ("year", "2024年度收入监测", "2024"),
        ("year", "填报日期2024年3月8日", None),
    ],
)
def test_stated_in_a_title(kind: str, text: str, period: str | None) -> None:
    assert stated_period(text, kind, RECEIVED) == period


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("month", "2024年13月"),
        ("month", "2024年0月"),
        ("quarter", "2024年第五季度"),
        ("quarter", "2024年13月"),
        ("term", "2023-2024学年第三学期"),
        ("term", "2023-2025学年第一学期"),
    ],
)
def test_impossible_periods_are_not_guessed(kind: str, text: str) -> None:
    with pytest.raises(ImpossiblePeriod):
        stated_period(text, kind, RECEIVED)


@pytest.mark.parametrize(
    ("day", "month", "quarter", "term", "year"),
    [
        ("2024-03-10", "2024-03", "2023-Q4", "2023-autumn", "2023"),
        ("2024-03-15", "2024-03", "2023-Q4", "2023-autumn", "2023"),
        ("2024-03-16", "2024-03", "2024-Q1", "2024-spring", "2023"),
        ("2024-04-01", "2024-04", "2024-Q1", "2024-spring", "2023"),
        ("2024-06-15", "2024-06", "2024-Q2", "2024-spring", "2023"),
        ("2024-12-15", "2024-12", "2024-Q3", "2024-spring", "2023"),
        ("2024-12-16", "2024-12", "2024-Q4", "2024-autumn", "2024"),
        ("2025-01-05", "2025-01", "2024-Q4", "2024-autumn", "2024"),
    ],
)
def test_day_of_receipt(day: str, month: str, quarter: str, term: str, year: str) -> None:
    """A monthly feed's month; for quarter, term and year the one that ended last or ends within 15 days."""
    received = date.fromisoformat(day)
    assert [period_of_day(kind, received) for kind in ("month", "quarter", "term", "year")] == [month, quarter, term, year]
    assert (period_of_day("date", received), period_of_day("event", received)) == (day, "")


SELF_PAY = "medical_insurance__self_pay_high"


@pytest.mark.parametrize(
    ("feed", "values", "period"),
    [
        (SELF_PAY, ["2024-02", "2024-02", "2024-01"], "2024-03"),
        (SELF_PAY, ["2024年2月", "202402", 202402.0, datetime(2024, 2, 29)], "2024-03"),
        (SELF_PAY, ["2023年12月"], "2024-01"),
        (SELF_PAY, ["2月"], "2024-03"),
        (SELF_PAY, ["12月"], "2024-01"),
        (SELF_PAY, ["1-2月"], "2024-03"),
        (SELF_PAY, ["2024-01", "2024-02"], "2024-03"),
        (SELF_PAY, ["2024年13月", "上月"], None),
        ("education__dropout", ["2024年春季", "2023-2024学年第二学期", None], "2024-spring"),
        ("rural_revitalization__income_risk", [2023.0, "2023年", 2023], "2023"),
        ("rural_revitalization__registry", ["2024-03-01", 45352.0, date(2024, 3, 1), "20240301"], "2024-03-01"),
    ],
)
def test_period_column_goes_by_the_majority(feed: str, values: list[object], period: str | None) -> None:
    assert column_period(contract(feed), values, RECEIVED) == (period, True)


def test_blank_period_column_says_nothing() -> None:
    assert column_period(contract(SELF_PAY), [None, "", " "], RECEIVED) == (None, False)


@pytest.mark.parametrize(
    ("hints", "period"),
    [
        ({"column": "2024-02", "titles": ["2024年3月"]}, "2024-02"),
        ({"titles": ["2024年3月名单", "填报日期:2024年4月2日"], "file_name": "2024年1月"}, "2024-03"),
        ({"titles": ["填报日期:2024年4月2日"], "file_name": "2024年3月"}, "2024-03"),
        ({"titles": ["填报日期:2024年2月2日"]}, "2024-02"),
        ({"titles": ["名单"], "file_name": "名单20240202"}, "2024-02"),
        ({"sheets": ["2月"], "file_name": "名单"}, "2024-02"),
        ({"titles": ["填报日期:2204年4月2日"]}, "2024-03"),
        ({}, "2024-03"),
    ],
)
def test_order_of_the_hints(hints: dict, period: str) -> None:
    given = {"column": None, "titles": [], "file_name": "名单", "sheets": ["Sheet1"], **hints}
    assert delivery_period(contract("medical_insurance__uninsured"), received_at=RECEIVED, **given).period == period


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("填报日期：2024年3月8日", date(2024, 3, 8)),
        ("2024.3.8", date(2024, 3, 8)),
        ("二〇二四年三月八日", date(2024, 3, 8)),
        ("2024年2月30日", None),
        ("2019年3月8日", None),
        ("2024年3月", None),
    ],
)
def test_whole_dates(text: str, day: date | None) -> None:
    assert stated_day(text, RECEIVED) == day


def test_event_feeds_have_no_period_of_their_own() -> None:
    assert (
        delivery_period(
            contract("petition__case"), column=None, titles=["2024年3月"], file_name="", sheets=[], received_at=RECEIVED
        ).period
        == ""
    )


@pytest.mark.parametrize(
    ("title", "period", "passed_over"),
    [
        ("2023年12月缴费截止仍未参保人员名单", "2024-03", True),
        ("认定时间：2024年1月", "2024-03", True),
        ("2月份发证情况", "2024-03", True),
        ("缴费截止2023年12月", "2024-03", True),
        ("自2023年10月以来", "2024-03", True),
        ("文号2024-02", "2024-03", True),
        ("2024年4月名单", "2024-03", True),
        ("2023年11月名单", "2024-03", True),
        ("2023年12月名单", "2023-12", False),
        ("2024年2月未参保人员名单", "2024-02", False),
        ("截至2024年2月底自付费用", "2024-03", False),
    ],
)
@pytest.mark.parametrize("where", ["titles", "file_name", "sheets"])
def test_a_month_counts_only_where_it_is_the_lists(title: str, period: str, passed_over: bool, where: str) -> None:
    given: dict[str, Any] = {"titles": [], "file_name": "名单", "sheets": ["Sheet1"]}
    given[where] = title if where == "file_name" else [title]
    found = delivery_period(contract("medical_insurance__uninsured"), column=None, received_at=RECEIVED, **given)
    assert (found.period, bool(found.passed_over)) == (period, passed_over)


@pytest.mark.parametrize(
    ("feed", "title", "period"),
    [
        ("housing__hazard", "2025年第一季度", "2023-Q4"),
        ("housing__hazard", "2024年第一季度", "2024-Q1"),
        ("education__dropout", "2024年秋季学期", "2023-autumn"),
        ("rural_revitalization__income_risk", "2025年", "2023"),
        ("civil_affairs__new_low_income", "2024年第一季度新认定", "2024-Q1"),
    ],
)
def test_a_period_to_come_is_not_taken(feed: str, title: str, period: str) -> None:
    found = delivery_period(contract(feed), column=None, titles=[title], file_name="", sheets=[], received_at=RECEIVED)
    assert found.period == period
