"""The hundred households: the plan's sums by hand, its files, and that a wrong visit is told."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import duckdb
import pytest
from python_calamine import CalamineWorkbook

from include.rehearsal.year import ask_once_walk
from include.rehearsal.year.ask_once import ASKED, BEFORE, GROUPS, MONTHS, OPEN, REOPENED, STILL_OPEN, WATCHED, AskOnce
from include.rehearsal.year.ask_once_walk import compare_visits
from include.site import current_site


@pytest.fixture(scope="module")
def plan() -> AskOnce:
    return AskOnce(current_site())


def test_a_hundred_households_in_six_months(plan: AskOnce) -> None:
    homes = [home.id for members in plan.members.values() for home in members]
    assert len(homes) == len(set(homes)) == 100
    assert not any(home.is_monitored for members in plan.members.values() for home in members)
    assert all(len(group.outcomes) == 6 for group in GROUPS)
    assert plan.visits() == {"signalled": 600, "asked": 90, "reopened": 58, "open": 50, "watched": 402, "saved": 452}


def test_every_reason_to_ask_again_is_there(plan: AskOnce) -> None:
    assert {group.reason for group in GROUPS if REOPENED in group.outcomes} == {
        "higher_amount", "another_event", "worse_level", "time_gone_by",
    }  # fmt: skip
    again = {month: len(plan.households(month, REOPENED)) for month in MONTHS}
    assert again == {"2024-03": 0, "2024-04": 0, "2024-05": 0, "2024-06": 40, "2024-07": 8, "2024-08": 10}
    assert len(plan.households(BEFORE, ASKED)) == 10


def test_figures_are_as_the_plan_needs_them() -> None:
    """Exactly half more asks again, a cent less does not; both against the figure at the last answer."""
    for group in GROUPS:
        base = 0.0
        for amount, outcome in zip(map(float, group.amounts), group.outcomes, strict=False):
            if outcome in (ASKED, REOPENED) and not group.grades:
                assert base == 0 or amount == base * 1.5
                base = amount
            elif outcome == WATCHED and base:
                assert amount < base * 1.5


def test_each_months_files_hold_those_who_are_signalled(plan: AskOnce, tmp_path: Path) -> None:
    drops = [*plan.drops(tmp_path)]
    for month in MONTHS:
        found: list[str] = []
        for drop in drops:
            if drop.source.parent.name == month and "名单_" not in drop.name and "住房" not in drop.name:
                with CalamineWorkbook.from_path(drop.source) as book:
                    found += [str(row[1]) for row in book.get_sheet_by_index(0).to_python()[2:]]
        assert sorted(found) == sorted(home.head.number for members in plan.members.values() for home in members)
    assert sum("住房" in drop.name for drop in drops) == 2


def test_a_visit_too_many_is_told(plan: AskOnce, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = {ASKED: "issued", REOPENED: "issued", OPEN: "continuing", WATCHED: "monitoring"}
    listed: list[tuple[str, str, str, str]] = [
        (month, f"W{home_id}{outcome == REOPENED}", home_id, kinds[outcome])
        for month in plan.months
        for outcome in ((ASKED,) if month == BEFORE else kinds)
        for home_id in sorted(plan.households(month, outcome))
    ]
    with duckdb.connect() as connection:
        connection.execute("create schema ledger; create schema intermediate")
        connection.execute(
            """create table ledger.dispatched_warnings (
                dispatch_id varchar, warning_id varchar, household_id varchar, listing_kind varchar)"""
        )
        connection.execute(
            """create table intermediate.int_warning_changes (
                warning_id varchar, event varchar, source varchar, from_state varchar)"""
        )
        connection.executemany("insert into ledger.dispatched_warnings values (?, ?, ?, ?)", listed)
        connection.execute(
            """insert into intermediate.int_warning_changes select warning_id, 'issued', dispatch_id,
                if(ends_with(warning_id, 'True'), 'not_qualifying', 'new') from ledger.dispatched_warnings
            where listing_kind = 'issued'"""
        )
        monkeypatch.setattr(ask_once_walk, "connect", lambda _: nullcontext(connection))
        assert [*compare_visits(current_site(), plan)] == []
        (watched,) = sorted(plan.households("2024-04", WATCHED))[:1]
        connection.execute(
            "update ledger.dispatched_warnings set listing_kind = 'issued' where dispatch_id = '2024-04' and household_id = ?",
            [watched],
        )
        assert len([*compare_visits(current_site(), plan)]) == 2


def test_only_those_who_qualify_stay_open(plan: AskOnce) -> None:
    needy: set[Any] = {home.id for home in plan.members[STILL_OPEN]}
    assert needy == plan.households("2024-08", OPEN)
