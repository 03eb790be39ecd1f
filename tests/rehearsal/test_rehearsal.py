"""What the rehearsed year expects, worked out by hand, and that a difference is told."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest

from include.rehearsal.year import scenario
from include.rehearsal.year.scenario import Drop, Line, Year, due_day, reminded, write_files
from include.rehearsal.year.table import compare, compare_files, summed_up, write_table
from include.site import PROJECT, current_site

LINE = Line(
    "feed", "water", "water__drinking_water", "2024-05", "2024-05-09", "2024-05-11", "late", "1", "+1日（2024-05-10）", "2024-06"
)
UNTIL = datetime(2025, 1, 10, 20)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Drop], list[Line]]:
    return write_files(current_site(), Year(2024), tmp_path_factory.mktemp("year"))


def test_equal_lines_agree() -> None:
    assert compare([LINE], [LINE]) == []


@pytest.mark.parametrize("name", scenario.COMPARED)
def test_a_planted_difference_is_told(name: str) -> None:
    (found,) = compare([LINE], [replace(LINE, **{name: "别的"})])
    assert (found.expected, found.actual) == (getattr(LINE, name), "别的")
    assert "water__drinking_water 2024-05" in str(found)


@pytest.mark.parametrize(("expected", "actual"), [([LINE], []), ([], [LINE]), ([LINE], [LINE, LINE])])
def test_a_line_too_few_or_too_many_is_told(expected: list[Line], actual: list[Line]) -> None:
    assert len(compare(expected, actual)) == 1


def test_a_file_that_came_to_something_else_is_told(tmp_path: Path) -> None:
    drop = Drop(datetime(2024, 3, 10, 15, 30), tmp_path / "未参保名单（最终）.csv", "县医保局", scenario.UNINSURED, "duplicate")
    deliveries = pd.DataFrame({"file": [drop.name], "received_at": [pd.Timestamp("2024-03-10 15:35")], "status": ["duplicate"]})
    assert compare_files([drop], deliveries) == []
    assert len(compare_files([drop], deliveries.assign(status="published"))) == 2
    assert len(compare_files([drop], deliveries.iloc[:0])) == 1


@pytest.mark.parametrize(
    ("feed", "period", "day"),
    [
        ("water__drinking_water", "2024-02", "2024-02-09"),
        ("housing__hazard", "2024-Q2", "2024-06-30"),
        ("education__dropout", "2024-spring", "2024-03-31"),
        ("education__dropout", "2024-autumn", "2024-12-31"),
        ("rural_revitalization__income_risk", "2024", "2024-12-31"),
    ],
)
def test_due_days_of_the_notice(feed: str, period: str, day: str) -> None:
    assert str(due_day(feed, period)) == day


@pytest.mark.parametrize(
    ("came", "text"),
    [
        ("2024-05-09T15:30", ""),
        ("2024-05-10T07:35", ""),
        ("2024-05-10T15:35", "+1日（2024-05-10）"),
        ("2024-05-13T15:35", "+1日（2024-05-10）、+3日（2024-05-12）"),
        (None, "+1日（2024-05-10）、+3日（2024-05-12）、+7日（2024-05-16）"),
    ],
)
def test_reminders_until_it_came(came: str | None, text: str) -> None:
    assert reminded(date(2024, 5, 9), datetime.fromisoformat(came) if came else None, UNTIL) == text


def test_the_year_has_every_period_and_its_troubles(written: tuple[list[Drop], list[Line]]) -> None:
    drops, lines = written
    states = {(line.feed, line.period): line.state for line in lines if line.clock == "feed"}
    assert sum(feed == "water__drinking_water" and state != "not_due" for (feed, _), state in states.items()) == 13
    assert {period for feed, period in states if feed == "housing__hazard"} >= {"2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4"}
    assert {period for feed, period in states if feed == "education__dropout"} >= {"2024-spring", "2024-autumn"}
    assert states["rural_revitalization__income_risk", "2024"] == "on_time"
    assert all(state in ("silent", "not_due") for (feed, _), state in states.items() if feed in scenario.SILENT)
    assert not [drop for drop in drops if drop.feed in scenario.SILENT]
    assert len({line.period for line in lines if line.clock == "issue" and line.state == "late"}) == 1
    assert [drop.at for drop in drops] == sorted(drop.at for drop in drops)
    twice = [drop for drop in drops if drop.feed == scenario.UNINSURED and drop.status == "duplicate"]
    assert len(twice) == 13 + 1


@pytest.mark.parametrize(
    ("months", "dispatches", "until", "owed"),
    [
        (12, 13, "2025-01-10", {"2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4"}),
        (3, 4, "2024-04-10", {"2024-Q1"}),
        (2, 3, "2024-03-10", set()),
    ],
)
def test_a_shorter_walk_owes_what_falls_due_within_it(months: int, dispatches: int, until: str, owed: set[str]) -> None:
    year = Year(2024, month_count=months)
    assert (len(year.months), str(year.until.date())) == (dispatches, until)
    assert set(year.periods("housing__hazard")) == owed
    assert len(year.periods("water__drinking_water")) == dispatches
    assert due_day("housing__hazard", year.next_period("housing__hazard")) > year.until.date()


def test_three_months_have_no_file_of_a_later_month(tmp_path: Path) -> None:
    drops, lines = write_files(current_site(), Year(2024, month_count=3), tmp_path)
    assert max(drop.at for drop in drops) < datetime(2024, 4, 11)
    assert {line.state for line in lines if line.feed == "rural_revitalization__income_risk"} == {"not_due"}


def test_towns_in_one_line_on_the_screen() -> None:
    towns = [Line("verify", town, "town__verification", "2024-03", "2024-03-15", "2024-03-14", "on_time", "5") for town in "甲乙"]
    (line,) = summed_up(towns)
    assert (line.owner, line.total) == ("2 个镇", "10")


def test_the_table_has_names(home: Path) -> None:
    write_table([LINE], current_site(), home / "年.csv")
    (row,) = pd.read_csv(home / "年.csv", dtype=str).to_dict("records")
    assert (row["责任单位"], row["情况"], row["进入交办"]) == ("县农水局", "迟报", "2024-06")


def test_walking_a_year_loads_no_airflow() -> None:
    """Its logging would write hundreds of lines of other libraries over the table."""
    code = "import sys, include.rehearsal.year.walk; print('airflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]
