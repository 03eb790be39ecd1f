"""A ledger that release 0.1 wrote becomes one of today, entry by entry, and says in columns what it said in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from include.dispatch.approve import dispatch_lines
from include.dispatch.propose import newest_proposal
from include.site import current_site
from include.storage import ledger
from include.storage.ledger.migrations import ALL, MigrationError

OLD = {
    "deliveries": "delivery_id varchar primary key, file_name varchar, department varchar, received_at timestamp",
    "outcomes": "delivery_id varchar primary key, feed varchar, status varchar, decided_at timestamp",
    "dispatches": "dispatch_id varchar primary key, kind varchar, cutoff_at timestamp, registry_date date, "
    "approved_by varchar, approved_at timestamp, issued_at timestamp",
    "proposals": "dispatch_id varchar, kind varchar, cutoff_at timestamp, registry_date date, proposed_at timestamp",
    "proposed_warnings": "dispatch_id varchar, status varchar, warning_id varchar, marks varchar",
    "dispatched_warnings": "dispatch_id varchar, status varchar, issued_in varchar, issued_at timestamp, warning_id varchar, "
    "county_code varchar, marks varchar",
    "dispatched_signals": "dispatch_id varchar, warning_id varchar, row_id varchar",
    "exports": "exported_at timestamp, what varchar, dispatch_id varchar, is_masked boolean, row_count integer",
}
INSTANT, MONTH = datetime(2024, 2, 5, 9), datetime(2024, 2, 11, 9)


@pytest.fixture
def old(home: Path, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """What 0.1 wrote of a month with one warning issued at once before it, one new and one continuing."""
    connection = duckdb.connect(str(tmp_path / "old.duckdb"))
    connection.execute("set variable county_code = '341825'")
    connection.execute(f"set variable reports_folder = '{current_site().reports}'")
    connection.execute("attach ':memory:' as ledger")
    connection.execute("create schema raw; create table raw.row_issues (delivery_id varchar)")
    for table, columns in OLD.items():
        connection.execute(f"create table ledger.{table} ({columns})")
    rows: dict[str, list[tuple[Any, ...]]] = {
        "deliveries": [("20300101-0001", "b.xlsx", "d", INSTANT), ("20240201-0001", "a.xlsx", "d", INSTANT)],
        "dispatches": [
            ("instant-2024-001", "instant", INSTANT, None, "县设置:立即交办", INSTANT, INSTANT),
            ("2024-02", "monthly", MONTH, None, "bureau", MONTH, MONTH),
        ],
        "proposals": [("2024-02", "monthly", MONTH, None, MONTH)],
        "proposed_warnings": [("2024-02", "issued", "W2", None)],
        "dispatched_warnings": [
            ("instant-2024-001", "issued", "instant-2024-001", INSTANT, "W1", "341825", "数据不全"),
            ("2024-02", "continuing", "instant-2024-001", INSTANT, "W1", "341825", "数据不全、已即时交办"),
            ("2024-02", "issued", "2024-02", MONTH, "W2", "341825", None),
            ("2024-02", "continuing", "2024-01", datetime(2024, 1, 11), "W3", "341825", "风险已消除"),
        ],
        "exports": [(MONTH, "warnings", "2024-02", True, 3)],
    }
    for table, lines in rows.items():
        for line in lines:
            connection.execute(f"insert into ledger.{table} values ({', '.join('?' for _ in line)})", list(line))
    (home / "reports" / "2024-02").mkdir(parents=True)
    yield connection
    connection.close()


def test_words_names_and_folders_become_columns_and_rows(old: duckdb.DuckDBPyConnection) -> None:
    ledger.create_tables(old)
    for table, columns in ledger.LEDGER_TABLES.items():
        assert [name for name, *_ in old.execute(f"describe {table}").fetchall()] == list(columns), table
    listed = old.execute("select entry_no, dispatch_id, listing_kind, warning_id, marks from ledger.dispatched_warnings")
    assert listed.fetchall() == [
        (1, "instant-2024-001", "issued", "W1", "数据不全"),
        (2, "2024-02", "issued_at_once", "W1", "数据不全"),
        (3, "2024-02", "issued", "W2", None),
        (4, "2024-02", "continuing", "W3", "风险已消除"),
    ]
    assert old.execute("from ledger.events").fetchall() == [
        ("341825", 1, "W1", "issued", INSTANT, None, "instant-2024-001", None, None),
        ("341825", 2, "W2", "issued", MONTH, "bureau", "2024-02", None, None),
    ]
    assert dispatch_lines(old) == [
        "2024-02 期：2024-02-11 09:00 由 bureau 批准交办",
        "instant-2024-001 期：2024-02-05 09:00 按县设置立即交办",
    ]
    assert newest_proposal(old, "2024-02") is None
    assert old.execute("select dispatch_id from ledger.written_reports").fetchall() == [("2024-02",)]
    assert [item.delivery_id for item in ledger.pending(old)] == ["20300101-0001", "20240201-0001"], "as recorded"
    assert old.execute("select what, exported_by from ledger.exports").fetchall() == [("warnings", None)]


def test_it_is_migrated_once_and_goes_on(old: duckdb.DuckDBPyConnection) -> None:
    ledger.create_tables(old)
    ledger.create_tables(old)
    assert old.execute("select version from ledger.migrations order by all").fetchall() == [(number,) for number in sorted(ALL)]
    ledger.append(old, "ledger.events", [{"warning_id": "W2", "event": "found_not_true", "happened_at": MONTH}])
    assert old.execute("select entry_no, county_code from ledger.events where event <> 'issued'").fetchall() == [(3, "341825")]


def test_a_migration_that_is_interrupted_leaves_the_ledger_as_it_was(
    old: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("include.storage.ledger.migrations.m0001_county_order_events.append", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            ledger.create_tables(old)
    assert "status" in {name for name, *_ in old.execute("describe ledger.dispatched_warnings").fetchall()}
    ledger.create_tables(old)
    assert old.execute("select count(*) from ledger.dispatched_warnings").fetchone() == (4,)


def test_a_ledger_of_a_later_release_is_left_alone(old: duckdb.DuckDBPyConnection) -> None:
    ledger.create_tables(old)
    ledger.append(old, "ledger.migrations", [{"version": max(ALL) + 1, "name": "later"}])
    with pytest.raises(MigrationError, match="由更新的版本写成"):
        ledger.create_tables(old)


def test_entries_say_whose_they_are(home: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as ledger")
        for county in ("341825", "341822"):
            connection.execute(f"set variable county_code = '{county}'")
            ledger.create_tables(connection)
            lines = [{"warning_id": name, "event": "issued"} for name in ("W2", "W1")]
            ledger.append(connection, "ledger.events", lines)
        found = connection.execute("select county_code, entry_no, warning_id from ledger.events").fetchall()
    assert found == [("341825", 1, "W2"), ("341825", 2, "W1"), ("341822", 1, "W2"), ("341822", 2, "W1")]
    with duckdb.connect() as nobody, pytest.raises(duckdb.ConstraintException):
        nobody.execute("attach ':memory:' as ledger")
        ledger.create_tables(nobody)
