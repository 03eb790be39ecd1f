"""The answer key by hand: one town, few warnings, every state and every last day."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from include.rehearsal.returns.issued import Asked, Issued
from include.rehearsal.returns.key import Key, as_json, tally
from include.rehearsal.returns.plan import ENROLLED, MEASURE, MEASURES, VERIFICATION, Return
from include.rehearsal.returns.truth import Line

ISSUED_AT = datetime(2024, 3, 10, 9)
TOWN = "甲镇"


def asked(number: str, household: str) -> Asked:
    given = {"预警编号": number, "行政村": "东村", "户主姓名": f"户{household}"}
    return Asked(number, TOWN, Path("甲.xlsx"), "入户核查表", 4, given, household)


def dispatch(name: str, *lines: Asked) -> Issued:
    return Issued(name, ISSUED_AT.date(), {TOWN: list(lines)}, {TOWN: []})


def answer(day: int, *lines: tuple[str, str], outcome: str = "accepted", household_id: str | None = None) -> Return:
    """An answer received on a day of March: warning and event."""
    found = []
    for number, event in lines:
        home, cells = household_id or number[:2], {"预警编号": number, "户编号": household_id}
        found.append(Line(number, home, home, cells, event, outcome=outcome))
    return Return("2024-03", TOWN, datetime(2024, 3, day, 15, 30), VERIFICATION, "csv", "well", "x", found)


NOTHING_ELSE = (("H1a", "found_not_true"), ("H1b", "found_not_true"))


def measure(at: date, number: str, enrolled: date, measures: str | None = None) -> Return:
    cells = {"预警编号": number, ENROLLED: enrolled, MEASURES: measures}
    line = Line(number, number[:2], number[:2], cells, "registered")
    return Return("2024-03", TOWN, datetime.combine(at, time(15, 30)), MEASURE, "csv", "well", "x", [line])


def states(key: Key, number: str) -> list[tuple[str, str]]:
    return [(f"{step.at:%m-%d}", step.state) for step in key.cases[number].steps]


def overdue(key: Key, day: date) -> dict[str, int]:
    return {clock: count for clock, _, count in key.overdue(day)}


@pytest.fixture
def key() -> Key:
    found = Key()
    found.issue(dispatch("2024-03", asked("H1a", "H1"), asked("H1b", "H1"), asked("H2a", "H2"), asked("H3a", "H3")), ISSUED_AT)
    return found


@pytest.mark.parametrize(
    ("event", "state"),
    [
        ("found_not_true", "not_true"),
        ("found_not_qualifying", "not_qualifying"),
        ("found_qualifying", "qualifying"),
        ("already_monitored", "registered"),
        ("area_answered", "closed"),
    ],
)
def test_an_answer_brings_its_state(key: Key, event: str, state: str) -> None:
    key.take(answer(14, ("H2a", event)))
    assert states(key, "H2a") == [("03-10", "issued"), ("03-14", state)]
    assert key.cases["H2a"].state_on(date(2024, 3, 13)) == "issued"
    assert key.cases["H2a"].state_on(date(2024, 3, 9)) == ""


@pytest.mark.parametrize("outcome", ["back", "waits", "duplicate"])
def test_a_line_that_is_not_taken_brings_nothing(key: Key, outcome: str) -> None:
    key.take(answer(14, ("H2a", "found_qualifying"), outcome=outcome))
    assert states(key, "H2a") == [("03-10", "issued")]


def test_a_later_file_corrects_an_earlier_one_and_the_first_counts_for_the_clock(key: Key) -> None:
    key.take(answer(14, ("H2a", "found_not_qualifying")))
    key.take(answer(17, ("H2a", "found_qualifying")))
    assert states(key, "H2a")[1:] == [("03-14", "not_qualifying"), ("03-17", "qualifying")]
    (line,) = tally(key, "2024-03", datetime(2024, 3, 20))
    assert (line.answered, line.late, line.qualifying) == (1, 0, 1)


def test_visits_are_overdue_after_the_fifth_day(key: Key) -> None:
    key.take(answer(14, ("H1a", "found_not_true"), ("H1b", "found_not_true")))
    key.take(answer(18, ("H2a", "found_not_true")))
    assert [overdue(key, date(2024, 3, day)) for day in (15, 16, 17, 18)] == [{}, {"verify": 2}, {"verify": 2}, {"verify": 1}]


def test_measures_are_overdue_ten_days_after_the_registration(key: Key) -> None:
    key.take(
        answer(
            14, ("H2a", "found_qualifying"), ("H3a", "already_monitored"), ("H1a", "found_not_true"), ("H1b", "found_not_true")
        )
    )
    key.take(measure(date(2024, 3, 20), "H2a", date(2024, 3, 19)))
    assert overdue(key, date(2024, 3, 24)) == {}
    assert overdue(key, date(2024, 3, 25)) == {"measure": 1}
    assert overdue(key, date(2024, 3, 30)) == {"measure": 2}
    key.take(measure(date(2024, 3, 31), "H2a", date(2024, 3, 19), "落实低保"))
    assert overdue(key, date(2024, 3, 30)) == {"measure": 2}
    assert overdue(key, date(2024, 3, 31)) == {"measure": 1}


def test_until_it_is_registered_ten_days_count_from_the_answer(key: Key) -> None:
    key.take(
        answer(14, ("H2a", "found_qualifying"), ("H3a", "found_not_true"), ("H1a", "found_not_true"), ("H1b", "found_not_true"))
    )
    assert [overdue(key, date(2024, 3, day)) for day in (24, 25)] == [{}, {"measure": 1}]


def test_one_row_registers_the_household_and_its_measures_are_for_all_of_it(key: Key) -> None:
    key.take(answer(14, ("H1a", "found_qualifying"), ("H1b", "found_qualifying"), ("H2a", "found_qualifying")))
    key.take(measure(date(2024, 3, 20), "H1b", date(2024, 3, 19)))
    key.take(measure(date(2024, 3, 26), "H1a", date(2024, 3, 19), "落实低保"))
    for number in ("H1a", "H1b"):
        assert states(key, number)[2:] == [("03-20", "registered"), ("03-26", "measures_set")]
    assert key.cases["H2a"].state == "qualifying"


def test_the_next_monthly_dispatch_tells_the_outcome(key: Key) -> None:
    key.take(answer(14, ("H2a", "found_qualifying")))
    key.take(measure(date(2024, 3, 14), "H2a", date(2024, 3, 14), "落实低保"))
    key.issue(dispatch("instant-2024-001"), datetime(2024, 3, 28, 15, 35))
    assert key.cases["H2a"].state == "measures_set"
    key.issue(dispatch("2024-04", asked("H2a", "H2")), datetime(2024, 4, 10, 9))
    assert states(key, "H2a")[2:] == [
        ("03-14", "registered"), ("03-14", "measures_set"), ("04-10", "closed"), ("04-10", "issued"),
    ]  # fmt: skip
    assert overdue(key, date(2024, 4, 16))["verify"] == 4


def test_a_household_found_at_an_event_is_a_case_of_its_own(key: Key) -> None:
    key.take(answer(14, ("H3a", "found_qualifying"), household_id="341825100001"))
    case = key.cases["H3a|341825100001"]
    assert (case.state, case.area_id, key.cases["H3a"].state) == ("qualifying", "H3a", "issued")
    assert overdue(key, date(2024, 3, 25)) == {"verify": 4, "measure": 1}


def test_the_file_says_it_all(key: Key) -> None:
    key.take(answer(14, ("H2a", "found_qualifying")))
    said: dict[str, Any] = as_json(key, 7, date(2024, 3, 16))
    assert said["warnings"]["H2a"]["events"][1] == {
        "at": "2024-03-14T15:30:00",
        "event": "found_qualifying",
        "state": "qualifying",
    }
    assert said["overdue"] == [{"day": "2024-03-16", "clock": "verify", "town": TOWN, "warnings": 3}]
    assert said["towns"]["2024-03"] == [{"town": TOWN, "issued": 4, "answered": 1, "late": 0, "back": 0, "qualifying": 1}]
