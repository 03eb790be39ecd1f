"""A difference between the key and the product is told: states, lines, overdue lists; the towns' lines of the clocks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from include.clocks.duties import Duty
from include.rehearsal.returns.faults import FAULTS, MEASURE_OF_ANOTHER
from include.rehearsal.returns.key import Key
from include.rehearsal.year import loop
from include.rehearsal.year.loop import REASONS, compare_lines, compare_overdue, compare_states
from include.rehearsal.year.town_lines import town_lines
from include.site import current_site
from tests.rehearsal.returns.test_key import ISSUED_AT, answer, asked, dispatch, measure

UNTIL = datetime(2024, 3, 20, 20)
TABLES = """
create schema intermediate;
create schema raw;
create schema ledger;
create table intermediate.int_warning_changes (
    warning_id varchar, step integer, event varchar, from_state varchar, to_state varchar, happened_at timestamp, source varchar
);
create table intermediate.int_warning_states (warning_id varchar, state varchar);
create table raw.town__verification (row_id varchar, warning_id varchar, household_id varchar);
create table raw.row_issues (
    delivery_id varchar, feed varchar, sheet varchar, row_number integer, level varchar, reason_code varchar
);
create table ledger.deliveries (delivery_id varchar, file_name varchar);
create table ledger.outcomes (
    delivery_id varchar, feed varchar, accepted_count integer, rejected_count integer, duplicate_count integer
);
"""


@pytest.fixture
def tables(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse in memory with nothing but the tables that are compared."""
    with duckdb.connect() as connection:
        connection.execute(TABLES)
        monkeypatch.setattr(loop, "connect", lambda _: nullcontext(connection))
        monkeypatch.setattr(loop.ledger, "create_tables", lambda _: None)
        yield connection


def fill(tables: duckdb.DuckDBPyConnection, table: str, *rows: tuple[Any, ...]) -> None:
    for row in rows:
        tables.execute(f"insert into {table} values ({', '.join('?' * len(row))})", list(row))


@pytest.fixture
def key() -> Key:
    found = Key()
    found.issue(dispatch("2024-03", asked("H2a", "H2"), asked("H3a", "H3")), ISSUED_AT)
    found.take(answer(14, ("H2a", "found_not_qualifying")))
    found.take(answer(17, ("H2a", "found_qualifying")))
    return found


def changes(*days: tuple[int, str, str]) -> Iterator[tuple[Any, ...]]:
    for step, (day, before, after) in enumerate(days, start=1):
        yield "H2a", step, "event", before, after, datetime(2024, 3, day, 16), f"row {step}"


RIGHT = ((10, "new", "issued"), (14, "issued", "not_qualifying"), (17, "not_qualifying", "qualifying"))


@pytest.mark.parametrize(
    ("steps", "now", "count"),
    [
        (RIGHT, "qualifying", 0),
        ((*RIGHT[:2], (18, "not_qualifying", "not_qualifying"), *RIGHT[2:]), "qualifying", 0),
        (RIGHT, "registered", 1),
        (RIGHT[:2], "not_qualifying", 1),
        ((*RIGHT[:2], (18, "not_qualifying", "qualifying")), "qualifying", 1),
    ],
)
def test_states_are_compared_by_day(tables: duckdb.DuckDBPyConnection, key: Key, steps: Any, now: str, count: int) -> None:
    fill(
        tables, "intermediate.int_warning_changes", *changes(*steps), ("H3a", 1, "issued", "new", "issued", ISSUED_AT, "2024-03")
    )
    fill(tables, "intermediate.int_warning_states", ("H2a", now), ("H3a", "issued"))
    assert len([*compare_states(current_site(), key, UNTIL)]) == count


def test_a_warning_nobody_planned_is_told(tables: duckdb.DuckDBPyConnection, key: Key) -> None:
    fill(
        tables, "intermediate.int_warning_changes", *changes(*RIGHT), ("H9a", 1, "issued", "new", "issued", ISSUED_AT, "2024-03")
    )
    fill(tables, "intermediate.int_warning_states", ("H2a", "qualifying"), ("H9a", "issued"))
    assert [str(found).split("：")[0] for found in compare_states(current_site(), key, UNTIL)] == [
        "预警 H3a 的状态",
        "预警 H9a 的状态",
    ]


def test_a_household_found_at_an_event_goes_by_the_row_that_found_it(tables: duckdb.DuckDBPyConnection) -> None:
    key = Key()
    key.issue(dispatch("2024-03", asked("A1", "A1")), ISSUED_AT)
    key.take(answer(14, ("A1", "found_qualifying"), household_id="341825"))
    fill(tables, "raw.town__verification", ("row 7", "A1", "341825"))
    fill(
        tables, "intermediate.int_warning_changes",
        ("A1", 1, "issued", "new", "issued", ISSUED_AT, "2024-03"),
        ("WOWN", 1, "found_qualifying", "new", "qualifying", datetime(2024, 3, 14, 16), "row 7"),
    )  # fmt: skip
    fill(tables, "intermediate.int_warning_states", ("A1", "issued"), ("WOWN", "qualifying"))
    assert [*compare_states(current_site(), key, UNTIL)] == []


def test_every_mistake_has_a_reason_to_go_back_with() -> None:
    assert set(REASONS) == {kind.key for kind in FAULTS if kind.outcome == "back"} | {MEASURE_OF_ANOTHER}


@pytest.mark.parametrize(
    ("code", "counts", "differences"),
    [("visitor_missing", (1, 1, 0), 0), ("same_visitor", (1, 1, 0), 1), (None, (1, 1, 0), 1), ("visitor_missing", (2, 0, 0), 1)],
)
def test_lines_that_go_back_are_compared_with_their_reason(
    tables: duckdb.DuckDBPyConnection, code: str | None, counts: tuple[int, int, int], differences: int
) -> None:
    item = answer(14, ("H2a", "found_not_true"), ("H3a", "found_not_true"))
    item.path, item.lines[1].outcome, item.lines[1].wrong = "各镇/甲镇/反馈.csv", "back", "no_second_visitor"
    item.lines[0].row, item.lines[1].row = 2, 3
    fill(tables, "ledger.deliveries", ("d1", "反馈.csv"))
    fill(tables, "ledger.outcomes", ("d1", "town__verification", *counts))
    if code:
        fill(tables, "raw.row_issues", ("d1", "town__verification", "", 3, "rejected", code))
    assert len([*compare_lines(current_site(), [item])]) == differences


@pytest.mark.parametrize(("state", "open_count", "differences"), [("missing", 1, 0), ("missing", 2, 1), ("on_time", 0, 1)])
def test_overdue_lists_are_compared_every_day(
    tables: duckdb.DuckDBPyConnection, key: Key, monkeypatch: pytest.MonkeyPatch, state: str, open_count: int, differences: int
) -> None:
    def owed(connection: Any, calendar: Any, now: datetime) -> list[Duty]:
        verify = ("verify", "甲镇", "甲镇", "town__verification", "", "2024-03", date(2024, 3, 15), None)
        return [Duty(*verify, state, total=2, open=open_count)] if now.date() == date(2024, 3, 16) else []

    monkeypatch.setattr(loop, "duties", owed)
    assert len([*compare_overdue(current_site(), key, datetime(2024, 3, 17, 20))]) == differences


def test_the_towns_lines_of_the_clocks(home: Path) -> None:
    site = current_site()
    town = site.county_rows("divisions.csv")[0]
    key = Key()
    issued = dispatch("2024-03", asked("H2a", "H2"), asked("H3a", "H3"))
    issued.asked = {town["town_name"]: issued.asked["甲镇"]}
    key.issue(issued, ISSUED_AT)
    key.take(answer(14, ("H3a", "already_monitored")))
    key.take(answer(18, ("H2a", "found_qualifying")))
    key.take(measure(date(2024, 3, 20), "H2a", date(2024, 3, 19)))
    key.take(measure(date(2024, 3, 31), "H2a", date(2024, 3, 19), "落实低保"))
    visits, monitored, registered, *outcomes = town_lines(site, key, datetime(2024, 4, 10, 20))
    assert (visits.owner, visits.period, visits.due_on) == (town["town_code"], "2024-03", "2024-03-15")
    assert (visits.came_on, visits.state, visits.total) == ("2024-03-18", "late", "2")
    assert visits.chased == "+1日（2024-03-16）、+3日（2024-03-18）"
    assert (monitored.period, monitored.due_on, monitored.came_on, monitored.state) == ("2024-03-14", "2024-03-24", "", "missing")
    assert monitored.chased == "+1日（2024-03-25）、+3日（2024-03-27）、+7日（2024-03-31）"
    assert (registered.period, registered.due_on, registered.came_on, registered.state) == (
        "2024-03-19", "2024-03-29", "2024-03-31", "late",
    )  # fmt: skip
    assert registered.chased == "+1日（2024-03-30）"
    told = [(line.clock, line.period, line.due_on, line.came_on, line.state, line.total) for line in outcomes]
    assert told == [
        ("outcome", "2024-03-14", "2024-03-24", "2024-03-24", "on_time", "1"),
        ("outcome", "2024-03-19", "2024-03-29", "2024-03-29", "on_time", "1"),
    ]


def test_what_has_its_measures_is_told_the_next_morning_and_closed() -> None:
    key = Key()
    key.issue(dispatch("2024-03", asked("H2a", "H2")), ISSUED_AT)
    key.take(answer(14, ("H2a", "already_monitored")))
    key.sweep(datetime(2024, 3, 15, 8, 30))
    assert key.cases["H2a"].state == "registered"
    key.take(measure(date(2024, 3, 20), "H2a", date(2024, 2, 19), "落实低保"))
    key.sweep(datetime(2024, 3, 21, 8, 30))
    assert (key.cases["H2a"].state, key.cases["H2a"].state_on(date(2024, 3, 20))) == ("closed", "measures_set")
