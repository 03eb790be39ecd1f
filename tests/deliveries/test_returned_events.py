"""What towns' rows say becomes events, once a row: answers, corrections, one registration for the whole household."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from include.deliveries.returned_events import record_returns
from include.site import current_site
from include.storage import ledger
from include.storage.warehouse import connect

ISSUED_AT = datetime(2024, 3, 11, 9)
AREA = {"cause": "disaster.area", "qualifier": "ZH2024-001", "warning_type": "disaster"}
FOUND = "W" + hashlib.md5(b"341825|disaster.area|H9|ZH2024-001", usedforsecurity=False).hexdigest()[:12].upper()
HOUSEHOLDS = {"W1": "H1", "W2": "H1", "W3": "H1", "W4": None, "W5": None, "W6": "H2"}


@pytest.fixture
def issued(home: Path) -> Path:
    """Six warnings of two towns: three of one household, two of heads outside the registry, one of an area."""
    common = {
        "county_code": "341825", "dispatch_id": "2024-03", "listing_kind": "issued", "issued_in": "2024-03",
        "issued_at": ISSUED_AT, "town_code": "341825100", "village_code": "341825100200", "town_name": "旌阳镇",
        "head_name": "王五", "subject": "household",
    }  # fmt: skip
    rows = [{**common, "warning_id": number, "household_id": household} for number, household in HOUSEHOLDS.items()]
    rows.append({**rows[0], "warning_id": "W7", "household_id": None, "head_name": None, "subject": "area", **AREA})
    with connect(current_site()) as connection:
        ledger.create_tables(connection)
        ledger.append(connection, "ledger.dispatched_warnings", rows)
        events = [
            {"warning_id": row["warning_id"], "event": "issued", "happened_at": ISSUED_AT, "source": "2024-03"} for row in rows
        ]
        ledger.append(connection, "ledger.events", events)
    return home


def told(feed: str, *rows: dict[str, Any], day: int = 14) -> list[tuple[str, str]]:
    """The events that a delivery of these rows adds, in their order."""
    at = datetime(2024, 3, day, 8)
    with connect(current_site()) as connection:
        (count,) = connection.execute("select count(*) from ledger.deliveries").fetchone() or (0,)
        delivery = ledger.Delivery(f"D{count}", "x.xlsx", "town", "0", 1, at, at, feed, "2024-03")
        ledger.append(connection, "ledger.deliveries", [delivery])
        place = {"county_code": "341825", "delivery_id": f"D{count}", "sheet": "s", "received_at": at}
        ledger.append(
            connection,
            f"raw.{feed}",
            [{**place, "row_number": at_row, "row_id": f"D{count}/s/{at_row}", **row} for at_row, row in enumerate(rows, 1)],
        )
        return new_events(connection)


def new_events(connection: Any) -> list[tuple[str, str]]:
    (before,) = connection.execute("select max(entry_no) from ledger.events").fetchone()
    record_returns(connection)
    found = connection.execute("select warning_id, event from ledger.events where entry_no > ? order by entry_no", [before])
    return [(str(number), str(event)) for number, event in found.fetchall()]


def answer(number: str, meets: str, *, is_true: bool = True, **others: Any) -> dict[str, Any]:
    return {"warning_id": number, "is_true": is_true, "meets_criteria": meets, **others}


def test_each_answer_is_its_event_and_is_told_once(issued: Path) -> None:
    rows = [answer("W1", "yes"), answer("W2", "no"), answer("W3", "no", is_true=False), answer("W4", "already_monitored")]
    rows += [answer("W5", "yes", is_true=False), answer("W7", "no")]
    assert told("town__verification", *rows) == [
        ("W1", "found_qualifying"), ("W2", "found_not_qualifying"), ("W3", "found_not_true"), ("W4", "already_monitored"),
        ("W5", "found_qualifying"), ("W7", "area_answered"),
    ]  # fmt: skip
    with connect(current_site()) as connection:
        assert new_events(connection) == []
        said = connection.execute(
            "select distinct happened_at, done_by, source like 'D0/s/%' from ledger.events where source <> '2024-03'"
        )
        assert said.fetchall() == [(datetime(2024, 3, 14, 8), "旌阳镇", True)]
    assert told("town__verification", answer("W3", "yes"), day=16) == [("W3", "found_qualifying")], "a later file corrects"


def test_a_row_that_waits_tells_when_somebody_says_so(issued: Path) -> None:
    first, second = answer("W1", "yes", waits_code="conflict"), answer("W1", "no", waits_code="conflict")
    assert told("town__verification", first, second) == []
    with connect(current_site()) as connection:
        given = {"delivery_id": "D0", "sheet": "s", "reason_code": "conflict", "decided_at": datetime(2024, 3, 15)}
        lines = [{**given, "row_number": 1, "decision": "不采纳"}, {**given, "row_number": 2, "decision": "采纳"}]
        ledger.append(connection, "ledger.decisions", lines)
        assert new_events(connection) == [("W1", "found_not_qualifying")]


def test_one_registration_is_of_the_household_and_its_measures_too(issued: Path) -> None:
    told("town__verification", answer("W1", "yes"), answer("W2", "yes"), answer("W3", "no"), answer("W6", "yes"))
    assert told("town__measure", {"warning_id": "W1", "enrolled_date": ISSUED_AT}, day=18) == [
        ("W1", "registered"), ("W2", "registered"),
    ]  # fmt: skip
    whole = {"warning_id": "W2", "enrolled_date": ISSUED_AT, "measures": "产业帮扶", "responsible_person": "张三"}
    assert told("town__measure", whole, day=20) == [
        ("W1", "registered"), ("W1", "measures_set"), ("W2", "registered"), ("W2", "measures_set"),
    ]  # fmt: skip


def test_a_registration_is_not_of_what_its_household_answered_only_later(issued: Path) -> None:
    told("town__verification", answer("W1", "yes"), day=14)
    told("town__verification", answer("W2", "yes"), day=16)  # taken in before the measure that had come earlier
    assert told("town__measure", {"warning_id": "W1", "enrolled_date": ISSUED_AT}, day=15) == [("W1", "registered")]


def test_a_measure_is_not_of_what_its_household_has_closed(issued: Path) -> None:
    told("town__verification", answer("W1", "yes"))
    told("town__measure", {"warning_id": "W1", "enrolled_date": ISSUED_AT, "measures": "产业帮扶"}, day=15)
    with connect(current_site()) as connection:
        closed = {"warning_id": "W1", "event": "outcome_told", "happened_at": datetime(2024, 3, 16, 8), "source": "告1"}
        ledger.append(connection, "ledger.events", [closed])
    told("town__verification", answer("W2", "yes"), day=17)
    assert told("town__measure", {"warning_id": "W2", "enrolled_date": ISSUED_AT}, day=18) == [("W2", "registered")]


def test_a_household_found_at_an_area_event_has_a_warning_of_its_own_and_says_nothing_of_the_area(issued: Path) -> None:
    found = answer("W7", "yes", household_id="H9", head_name="赵六")
    assert told("town__verification", found, answer("W7", "no", household_id="H8")) == [(FOUND, "found_qualifying")]
    with connect(current_site()) as connection:
        listed = connection.execute(
            """select warning_id, dispatch_id, listing_kind, issued_at, subject, household_id, head_name, cause, qualifier,
                town_name
            from ledger.dispatched_warnings where listing_kind <> 'issued'"""
        ).fetchall()
    own = (FOUND, "2024-03", "found", datetime(2024, 3, 14, 8), "household", "H9", "赵六")
    assert listed == [(*own, AREA["cause"], AREA["qualifier"], "旌阳镇")]
    assert told("town__measure", {"warning_id": FOUND, "enrolled_date": ISSUED_AT}, day=18) == [(FOUND, "registered")]
    assert told("town__verification", answer("W7", "no", household_id="H9"), day=19) == [(FOUND, "found_not_qualifying")]
    assert told("town__verification", answer("W7", "no"), day=20) == [("W7", "area_answered")]


def test_a_number_that_nobody_issued_tells_nothing(issued: Path) -> None:
    assert told("town__verification", answer("W8", "yes")) == [] == told("town__measure", {"warning_id": "W8"})
