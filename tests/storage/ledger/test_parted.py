"""Facts and what is computed lie in two files; the one file of release 0.1 is parted, whatever interrupts it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from include.site import current_site
from include.storage import ledger, warehouse
from include.storage.ledger.migrations import MigrationError
from include.storage.warehouse import connect
from tests.releases import unpack


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    unpack("0.1", home, "key")
    monkeypatch.setenv("FANGPIN_HOME", str(home))
    monkeypatch.setenv("FANGPIN_KEY", "key")
    return home


def counted() -> tuple[int, int, int]:
    with connect(current_site()) as connection:
        ledger.create_tables(connection)
        return tuple(  # type: ignore[return-value]
            connection.execute(f"select count(*) from {table}").fetchone()[0]  # type: ignore[index]
            for table in ("ledger.deliveries", "ledger.dispatched_warnings", "raw.row_issues")
        )


def schemas() -> set[tuple[str, str]]:
    with connect(current_site()) as connection:
        found = connection.execute("select database_name, schema_name from duckdb_schemas() where not internal").fetchall()
    return {(str(database), str(schema)) for database, schema in found}


def test_the_ledger_of_the_one_file_becomes_a_file_of_its_own(old: Path) -> None:
    before = counted()
    assert before[0] > 20 and before[1] >= 319
    assert ("wh", "ledger") not in schemas() and ("wh", "raw") in schemas()
    assert b"dispatched_warnings" not in current_site().ledger.read_bytes(), "encrypted like the other"
    assert counted() == before


@pytest.mark.parametrize("at", ["detach ledger", "drop schema wh.ledger cascade", "insert into ledger.outcomes"])
def test_a_crash_while_it_is_parted_loses_nothing(old: Path, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    real = duckdb.connect

    class Stopped:
        """A connection that dies before one statement."""

        def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
            self.connection = connection

        def execute(self, sql: str, *given: object) -> duckdb.DuckDBPyConnection:
            if sql.startswith(at):
                raise KeyboardInterrupt
            return self.connection.execute(sql, *given)

        def close(self) -> None:
            self.connection.close()

    with monkeypatch.context() as patched:
        patched.setattr(warehouse.duckdb, "connect", lambda **given: Stopped(real(**given)))
        with pytest.raises(KeyboardInterrupt), connect(current_site()):
            pass
    assert counted()[1] >= 319
    assert ("wh", "ledger") not in schemas()


def test_rows_without_an_outcome_are_taken_out_and_written_again(home: Path) -> None:
    with connect(current_site()) as connection:
        ledger.create_tables(connection)
        lines = [{"delivery_id": name, "reason_code": "x"} for name in ("d1", "d2")]
        ledger.append(connection, "raw.row_issues", lines)
        ledger.forget(connection, ["d1"], "petition__case")
        assert connection.execute("select delivery_id from raw.row_issues").fetchall() == [("d2",)]


def test_a_ledger_whose_computed_file_is_gone_is_not_taken_for_an_empty_county(old: Path) -> None:
    counted()
    current_site().warehouse.unlink()
    with pytest.raises(MigrationError, match=r"fangpin rebuild --swap"):
        counted()
