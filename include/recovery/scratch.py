"""The home beside the home in which everything is computed again: the archive and the county's settings are links.

Its ledger begins empty and is told, entry by entry, what the real one says; the real one is only read, from a copy that was taken
under the warehouse's lock.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from include import ledger
from include.home import CLOCK, MARKER
from include.settings import FangpinError, Settings, settings
from include.warehouse import attach_beside, connect, held

FACTS = "facts"
"""The copy of the ledger as it is attached."""
MINE = "county_code = getvariable('county_code')"
LINKED = ("archive", "county")


class RebuildError(FangpinError, RuntimeError):
    """Nothing can be computed again; the message says why and what to do. The home is as it was."""


def make_scratch(where: Settings) -> Settings:
    """A fresh home below the home; one that an interrupted rebuild left is removed.

    Raises RebuildError when there is no ledger to go by.
    """
    _part_one_file(where)
    if not where.ledger.exists():
        raise RebuildError(f"没有台账 {where.ledger},无从重建;请先从备份恢复:fangpin restore 备份目录")
    scratch = Settings(where.home / "rebuild")
    remove_scratch(scratch)
    scratch.home.mkdir(mode=0o700)
    for name in LINKED:
        if (where.home / name).exists():
            (scratch.home / name).symlink_to(where.home / name)
    if (where.home / MARKER).exists():
        shutil.copyfile(where.home / MARKER, scratch.home / MARKER)
    parsed = Path("target", "partial_parse.msgpack")
    if (where.dbt / parsed).exists():  # it spares dbt reading the whole project again
        (scratch.dbt / parsed.parent).mkdir(parents=True)
        shutil.copyfile(where.dbt / parsed, scratch.dbt / parsed)
    with connect(scratch) as connection:
        ledger.create_tables(connection)
    _copy_facts(where, scratch)
    return scratch


def _part_one_file(where: Settings) -> None:
    """An earlier release kept the ledger in the same file."""
    if where.warehouse.exists() and not where.ledger.exists():
        with connect(where) as connection:
            ledger.create_tables(connection)


def remove_scratch(scratch: Settings) -> None:
    """Remove it; what its links lead to stays."""
    with suppress(FileNotFoundError):
        shutil.rmtree(scratch.home)


def facts_file(scratch: Settings) -> Path:
    """The copy of the ledger that is gone by."""
    return scratch.ledger.with_name("facts.duckdb")


def _copy_facts(where: Settings, scratch: Settings) -> None:
    """Copy the ledger under its lock and bring the copy to this release's tables."""
    empty = scratch.ledger.with_name("empty.duckdb")
    scratch.ledger.rename(empty)
    with held(where):
        copy_database(where.ledger, scratch.ledger)
    with connect(scratch) as connection:
        ledger.create_tables(connection)
    scratch.ledger.rename(facts_file(scratch))
    empty.rename(scratch.ledger)


def copy_database(source: Path, target: Path) -> None:
    """Copy a database with what its log holds beyond it; nobody may write to it meanwhile."""
    for file in (source, log_of(source)):
        if file.exists():
            shutil.copyfile(file, target if file == source else log_of(target))


def log_of(database: Path) -> Path:
    """DuckDB's write-ahead log beside a database; there is one only after a crash."""
    return database.with_name(f"{database.name}.wal")


def use_facts(scratch: Settings) -> None:
    """From now on the scratch home has the whole ledger: what was not told of it counts too."""
    scratch.ledger.unlink()
    shutil.copyfile(facts_file(scratch), scratch.ledger)


@contextmanager
def opened(scratch: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The scratch warehouse, with the facts attached."""
    with connect(scratch) as connection:
        attach_beside(connection, scratch, facts_file(scratch), FACTS)
        yield connection


def tell(connection: duckdb.DuckDBPyConnection, table: str, condition: str, *given: Any) -> None:
    """Tell the scratch ledger what the real one says in these entries, in their order."""
    ledger.append_selected(
        connection, f"ledger.{table}", f"from {FACTS}.{table} where {MINE} and {condition} order by entry_no", list(given)
    )


@contextmanager
def at(scratch: Settings, now: datetime) -> Iterator[None]:
    """Whatever is called meanwhile works in the scratch home, at that time."""
    given = {"FANGPIN_HOME": str(scratch.home), CLOCK: now.isoformat()}
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        assert settings() == scratch
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
