"""Due dates of each contract, in calendar and working days: 2024's holidays, the county's own list, years nobody knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from include.contracts import contract
from include.site import SHIPPED_COUNTY, SettingsError, Site, current_site
from include.site.calendar import Calendar, gap_warning
from tests.feed_table import FEED_TABLE

COUNTY = Site(SHIPPED_COUNTY).county
CALENDAR = Calendar(COUNTY)
WORKING = Calendar(replace(COUNTY, day_count="working"))

MONTHLY = {f"2024-{month:02d}": f"2024-{month:02d}-09" for month in range(1, 13)}
QUARTERS = {"2023-Q4": "2023-12-31", "2024-Q1": "2024-03-31", "2024-Q2": "2024-06-30", "2024-Q3": "2024-09-30"}
AT_ONCE = {"2024-02-29": "2024-02-29", "2024-05-01": "2024-05-01"}
DUE: dict[str, dict[str, str]] = {
    "medical_insurance__uninsured": MONTHLY,
    "medical_insurance__self_pay_monitored": MONTHLY,
    "medical_insurance__self_pay_high": MONTHLY,
    "health__epidemic_event": {"2024-02-28": "2024-03-02", "2024-12-30": "2025-01-02"},
    "education__dropout": {"2024-spring": "2024-03-31", "2024-autumn": "2024-12-31"},
    "housing__renovation_plan": QUARTERS,
    "housing__hazard": QUARTERS,
    "water__drinking_water": MONTHLY,
    "civil_affairs__new_low_income": QUARTERS,
    "rural_revitalization__income_risk": {"2024": "2024-12-31"},
    "human_resources__unemployed": MONTHLY,
    "disabled_federation__new_certificate": QUARTERS,
    "water__industry_loss": AT_ONCE,
    "emergency__disaster_area": AT_ONCE,
    "emergency__disaster_household": AT_ONCE,
    "public_security__incident": AT_ONCE,
    "petition__case": AT_ONCE,
    "town__verification": {"2024-03-11": "2024-03-16", "2024-12-29": "2025-01-03"},
    "town__measure": {"2024-03-11": "2024-03-21", "2024-02-20": "2024-03-01"},
}
CASES = [(feed, period, day) for feed, dues in DUE.items() for period, day in dues.items()]


@pytest.mark.parametrize(("feed", "period", "day"), CASES)
def test_calendar_days(feed: str, period: str, day: str) -> None:
    assert CALENDAR.due(contract(feed), period) == date.fromisoformat(day)


def test_every_feed_of_the_feed_table_has_its_day() -> None:
    without = FEED_TABLE.keys() - DUE.keys()
    assert without == {"rural_revitalization__registry"} and CALENDAR.due(contract(without.pop()), "2024-03-01") is None


@pytest.mark.parametrize(
    ("feed", "period", "day"),
    [
        ("medical_insurance__uninsured", "2024-02", "2024-02-09"),  # New Year's Eve 2024 was a working day
        ("medical_insurance__uninsured", "2024-03", "2024-03-11"),
        ("medical_insurance__uninsured", "2024-06", "2024-06-11"),  # 端午
        ("housing__hazard", "2024-Q1", "2024-04-01"),
        ("housing__hazard", "2024-Q2", "2024-07-01"),
        ("education__dropout", "2024-spring", "2024-04-01"),
        ("rural_revitalization__income_risk", "2023", "2024-01-02"),
        ("health__epidemic_event", "2024-04-03", "2024-04-09"),  # 清明, then a Sunday worked
        ("petition__case", "2024-05-01", "2024-05-01"),
        ("town__verification", "2024-02-08", "2024-02-21"),  # 春节 and Sunday 18 February worked
        ("town__verification", "2024-04-03", "2024-04-11"),  # 清明
        ("town__measure", "2024-04-30", "2024-05-16"),  # 五一 and Saturday 11 May worked
        ("town__verification", "2024-09-29", "2024-10-11"),  # 国庆
    ],
)
def test_working_days(feed: str, period: str, day: str) -> None:
    assert WORKING.due(contract(feed), period) == date.fromisoformat(day)


def test_each_clock_counts_as_it_is_set() -> None:
    mixed = Calendar(replace(COUNTY, day_count={"verify": "working"}))
    assert mixed.verify_by(date(2024, 4, 3)) == date(2024, 4, 11)
    assert mixed.measure_by(date(2024, 4, 3)) == date(2024, 4, 13)
    assert mixed.issue_by("2024-02") == date(2024, 2, 11) and WORKING.issue_by("2024-02") == date(2024, 2, 18)


@pytest.mark.parametrize("day_count", ["workdays", {"verify": "weekdays"}, {"visits": "working"}])
def test_unknown_count_is_said(day_count: str | dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"day_count.*calendar（自然日）"):
        replace(COUNTY, day_count=day_count)


@pytest.mark.parametrize(
    ("feed", "period"),
    [
        ("medical_insurance__uninsured", "2024-Q1"),
        ("medical_insurance__uninsured", "2024-13"),
        ("housing__hazard", "2024-Q5"),
        ("town__verification", "2024-03"),
    ],
)
def test_a_period_of_another_kind(feed: str, period: str) -> None:
    with pytest.raises(ValueError, match=f"期次“{period}”不对"):
        CALENDAR.due(contract(feed), period)


def own_list(home: Path, *lines: str) -> None:
    path = home / "county" / "calendar.csv"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(["date,is_workday,note", *lines, ""]), "utf-8")


def test_the_county_s_list_wins(home: Path) -> None:
    own_list(home, "2024-03-11,0,县里放假", "2024-03-16,是,补班")
    calendar = replace(Calendar.of(current_site()), county=WORKING.county)
    assert calendar.due(contract("medical_insurance__uninsured"), "2024-03") == date(2024, 3, 12)
    assert calendar.is_workday(date(2024, 3, 16)) and not WORKING.is_workday(date(2024, 3, 16))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["2024-03-11,0,", "五一,0,"], "第 3 行 date 列“五一”不是日期"),
        (["2024-05-01,也许,"], "第 2 行 is_workday 列“也许”无法识别"),
        (["2024-05-01,0,", "2024-05-01,1,"], "第 3 行 date 列 2024-05-01 已在前面写过"),
    ],
)
def test_a_line_that_cannot_be_used(home: Path, lines: list[str], said: str) -> None:
    own_list(home, *lines)
    with pytest.raises(SettingsError, match=said):
        Calendar.of(current_site())


def test_a_year_nobody_knows_is_said_early(home: Path) -> None:
    assert gap_warning(current_site(), date(2026, 10, 1)) is None
    assert "没有 2027 年" in str(gap_warning(current_site(), date(2026, 11, 20)))
    assert WORKING.is_workday(date(2027, 10, 1)), "周一至周五暂作工作日"
    own_list(home, "2027-01-01,0,元旦", "2027-10-01,0,国庆")
    assert gap_warning(current_site(), date(2027, 3, 1)) is None
    assert not Calendar.of(current_site()).is_workday(date(2027, 10, 1))
