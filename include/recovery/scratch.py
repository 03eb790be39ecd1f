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

from include.errors import FangpinError
from include.site import Site, current_site
from include.site.home import CLOCK, MARKER
from include.storage import ledger
from include.storage.warehouse import attach_beside, connect, warehouse_lock

FACTS = "facts"
"""The copy of the ledger as it is attached."""
MINE = "county_code = getvariable('county_code')"
LINKED = ("archive", "county")


class RebuildError(FangpinError, RuntimeError):
    """Nothing can be computed again; the message says why and what to do. The home is as it was."""


def make_scratch(site: Site) -> Site:
    """A fresh home below the home; one that an interrupted rebuild left is removed.

    Raises RebuildError when there is no ledger to go by.
    """
    _part_one_file(site)
    if not site.ledger.exists():
        raise RebuildError(f"没有台账 {site.ledger}，无从重建", remedy="请先从备份恢复：fangpin restore 备份目录")
    scratch = Site(site.home / "rebuild")
    remove_scratch(scratch)
    scratch.home.mkdir(mode=0o700)
    for name in LINKED:
        if (site.home / name).exists():
            (scratch.home / name).symlink_to(site.home / name)
    if (site.home / MARKER).exists():
        shutil.copyfile(site.home / MARKER, scratch.home / MARKER)
    parsed = Path("target", "partial_parse.msgpack")
    if (site.dbt / parsed).exists():  # it spares dbt reading the whole project again
        (scratch.dbt / parsed.parent).mkdir(parents=True)
        shutil.copyfile(site.dbt / parsed, scratch.dbt / parsed)
    with connect(scratch) as connection:
        ledger.create_tables(connection)
    _copy_facts(site, scratch)
    return scratch


def _part_one_file(site: Site) -> None:
    """An earlier release kept the ledger in the same file."""
    if site.warehouse.exists() and not site.ledger.exists():
        with connect(site) as connection:
            ledger.create_tables(connection)


def remove_scratch(scratch: Site) -> None:
    """Remove it; what its links lead to stays."""
    with suppress(FileNotFoundError):
        shutil.rmtree(scratch.home)


def facts_file(scratch: Site) -> Path:
    """The copy of the ledger that is gone by."""
    return scratch.ledger.with_name("facts.duckdb")


def _copy_facts(site: Site, scratch: Site) -> None:
    """Copy the ledger under its lock and bring the copy to this release's tables."""
    empty = scratch.ledger.with_name("empty.duckdb")
    scratch.ledger.rename(empty)
    with warehouse_lock(site):
        copy_database(site.ledger, scratch.ledger)
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


def use_facts(scratch: Site) -> None:
    """From now on the scratch home has the whole ledger: what was not told of it counts too."""
    scratch.ledger.unlink()
    shutil.copyfile(facts_file(scratch), scratch.ledger)


@contextmanager
def opened(scratch: Site) -> Iterator[duckdb.DuckDBPyConnection]:
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
def at(scratch: Site, now: datetime) -> Iterator[None]:
    """Whatever is called meanwhile works in the scratch home, at that time."""
    given = {"FANGPIN_HOME": str(scratch.home), CLOCK: now.isoformat()}
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        assert current_site() == scratch
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
