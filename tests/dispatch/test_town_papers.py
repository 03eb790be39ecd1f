"""What a town's papers are told of earlier answers and of measures still owed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime

import duckdb
import pandas as pd
import pytest

from include.dispatch.town_papers import answers_before, owed_measures
from include.site import SHIPPED_COUNTY, Site
from include.site.calendar import Calendar

Read = Callable[..., pd.DataFrame]
LEDGER = """
create schema ledger; create schema intermediate;
create table ledger.dispatches (dispatch_id varchar, issued_at timestamp);
create table ledger.dispatched_warnings (
    entry_no bigint, dispatch_id varchar, listing_kind varchar, warning_id varchar, warning_type varchar, household_id varchar,
    town_code varchar, village_code varchar, amount_yuan decimal(18, 2), evidence varchar
);
insert into ledger.dispatches values
    ('2024-01', '2024-01-11 09:00'), ('2024-02', '2024-02-11 09:00'), ('2024-03', '2024-03-11 09:00');
insert into ledger.dispatched_warnings values
    (1, '2024-01', 'issued', 'W1', 'illness', 'H1', 'T1', 'V1', 31000, '自付三万一'),
    (2, '2024-01', 'issued', 'W2', 'water', 'H1', 'T1', 'V1', null, '水质'),
    (3, '2024-01', 'issued', 'W3', 'water', 'H3', 'T1', 'V1', null, '水量'),
    (4, '2024-02', 'continuing', 'W1', 'illness', 'H1', 'T1', 'V1', 40000, '自付四万'),
    (5, '2024-03', 'issued', 'W1', 'illness', 'H1', 'T1', 'V1', 48000, '自付四万八'),
    (6, '2024-03', 'issued', 'W4', 'water', 'H4', 'T1', 'V1', null, '水源');
"""
RETURNS = """
create table intermediate.int_verifications (
    warning_id varchar, household_id varchar, head_name varchar, village_name varchar, town_code varchar, is_true boolean,
    meets_criteria varchar, situation varchar, monitored_type varchar, intended_measures varchar, verified_date date,
    answered_at timestamp
);
create table intermediate.int_measures (
    warning_id varchar, monitored_type varchar, enrolled_date date, national_system_date date, measures varchar,
    responsible_person varchar, planned_date date
);
create table intermediate.int_warning_states (warning_id varchar, state varchar, since timestamp, is_open boolean);
insert into intermediate.int_verifications values
    ('W1', null, '甲', '华丰村', 'T1', true, 'no', '收入稳定', null, null, '2024-01-13', '2024-01-15 10:00'),
    ('W2', null, '甲', '华丰村', 'T1', true, 'yes', '水质差', '边缘易致贫户', '打井', '2024-01-14', '2024-01-15 10:00'),
    ('W3', null, '乙', '华丰村', 'T1', true, 'yes', '缺水', '边缘易致贫户', '接管', null, '2024-01-15 10:00'),
    ('W4', null, '丙', '华丰村', 'T1', true, 'yes', '缺水', '边缘易致贫户', '接管', null, '2024-03-12 10:00');
insert into intermediate.int_warning_states values
    ('W1', 'issued', null, true), ('W2', 'registered', null, true), ('W3', 'qualifying', null, true),
    ('W4', 'measures_set', null, true);
insert into intermediate.int_measures values
    ('W2', '突发严重困难户', '2024-02-20', '2024-02-21', null, null, null),
    ('W4', '边缘易致贫户', '2024-03-13', null, '接管', '丁', '2024-03-14');
"""


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(LEDGER)
        yield connection


@pytest.fixture
def read(connection: duckdb.DuckDBPyConnection) -> Read:
    return lambda sql, *values: connection.execute(sql, list(values)).df()


def test_a_reopened_warning_is_told_beside_what_had_been_asked(connection: duckdb.DuckDBPyConnection, read: Read) -> None:
    """The figure at the answer, not that of a listing since; the household's other answers too, nobody else's."""
    connection.execute(RETURNS)
    found = answers_before(read, "2024-03").to_dict("records")
    assert [(row["warning_id"], row["household_id"], row["answered_on"].date()) for row in found] == [
        ("W1", "H1", date(2024, 1, 13)),
        ("W2", "H1", date(2024, 1, 14)),
    ]
    assert (float(found[0]["amount_then"]), float(found[0]["amount_now"])) == (31000, 48000)
    assert found[0]["evidence_then"] == "自付三万一"


def test_what_is_only_watched_is_told_too_though_nobody_is_sent_anywhere(
    connection: duckdb.DuckDBPyConnection, read: Read
) -> None:
    connection.execute(RETURNS)
    connection.execute("""update ledger.dispatched_warnings set listing_kind = 'monitoring' where entry_no = 5;
        delete from ledger.dispatched_warnings where entry_no = 6""")
    (found,) = answers_before(read, "2024-03").to_dict("records")
    assert (found["warning_id"], found["household_id"], float(found["amount_then"])) == ("W1", "H1", 31000)
    assert (found["is_true"], found["meets_criteria"], found["answered_on"].date()) == (True, "no", date(2024, 1, 13))


def test_measures_are_owed_by_household_with_what_is_known(connection: duckdb.DuckDBPyConnection, read: Read) -> None:
    connection.execute(RETURNS)
    calendar = Calendar.of(Site(SHIPPED_COUNTY / "no home here"))
    owed = owed_measures(read, calendar)
    assert list(zip(owed["warning_id"], owed["monitored_type"], owed["due_on"], strict=True)) == [
        ("W2", "突发严重困难户", calendar.measure_by(date(2024, 2, 20))),
        ("W3", "边缘易致贫户", calendar.measure_by(datetime(2024, 1, 15).date())),
    ]
    assert set(owed["town_code"]) == {"T1"} and list(owed["intended_measures"]) == ["打井", "接管"]


def test_a_home_that_never_read_answers_writes_its_papers_without(read: Read) -> None:
    assert answers_before(read, "2024-03").empty and owed_measures(read, Calendar.of(Site(SHIPPED_COUNTY / "none"))).empty
