"""What is computed is made again from the archive and the ledger, compared with what the home has, and put in its place if asked.

The home is only read until the last step. That one is a rename: an interruption leaves either the file that was there or the new.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from include.orchestration.service_lock import leave_service, take_service
from include.recovery.compare import KEPT, Difference, compare_tables
from include.recovery.documents import compare_documents
from include.recovery.papers import compare_files, copy_missing
from include.recovery.replay import Replay, Report
from include.recovery.scratch import FACTS, RebuildError, log_of, make_scratch, opened, remove_scratch
from include.site import TIMEZONE, Site
from include.storage.warehouse import WarehouseError, attach_beside, connect, warehouse_lock

REBUILD = "rebuild"
HANGS_ON = ("deliveries", "outcomes", "decisions", "events", "screenings", "dispatches", "written_reports", "outcome_reports")
"""What must not have changed while everything was computed again, or the two say different things for that."""
GIVEN_BACK = ("docs", "quality", "reports", "returns")


@dataclass
class Rebuilt:
    """What came of a rebuild. ``absent``: why there was no computed file to compare with, if so."""

    differences: list[Difference] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    absent: str = ""
    replaced: Path | None = None
    copied: int = 0
    is_swapped: bool = False

    @property
    def is_same(self) -> bool:
        return not self.absent and not self.told and all(line.is_none for line in self.differences)


def rebuild(site: Site, report: Report, *, swap: bool = False) -> Rebuilt:
    """Compute everything again beside the home and compare; with ``swap`` put it in place of what the home has.

    Raises RebuildError when there is no ledger or it went on meanwhile, and ServiceError for a swap while the service runs.
    """
    with _alone(site, swap=swap):
        scratch = make_scratch(site)
        try:
            complete, absent = _kept_state(site, scratch)
            replay = Replay(site, scratch, report)
            replay.run(complete)
            with warehouse_lock(site):
                found = _compare(site, scratch, absent)
                found.told = replay.told
                if swap:
                    _swap(site, scratch, found)
        finally:
            remove_scratch(scratch)
    return found


@contextmanager
def _alone(site: Site, *, swap: bool) -> Iterator[None]:
    """Nothing of the service runs while files change under it; merely comparing disturbs nobody."""
    if not swap:
        yield
        return
    lock = take_service(site, REBUILD)
    try:
        yield
    finally:
        leave_service(lock)


def _kept_state(site: Site, scratch: Site) -> tuple[int | None, str]:
    """Up to how many outcomes all kept tables are complete, and why there is nothing to compare with, if so."""
    if not site.warehouse.exists():
        return None, "没有 fangpin.duckdb"
    with warehouse_lock(site), connect(scratch) as connection:
        try:
            attach_beside(connection, scratch, site.warehouse, KEPT)
            if not _is_filled(connection):
                return None, "fangpin.duckdb 是空的"
            found = connection.execute(f"select max(outcome_count) from {KEPT}.raw.builds").fetchone()
        except WarehouseError as error:
            return None, str(error)
        except duckdb.CatalogException:  # an earlier release's says nothing of it
            return None, ""
        except duckdb.Error as error:
            return None, f"fangpin.duckdb 读不出来（{type(error).__name__}）"
    return (found[0] if found else None), ""


def _is_filled(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether it is a warehouse: opening one that is missing leaves an empty file."""
    return (
        connection.execute(
            "select 1 from duckdb_tables() where database_name = ? and schema_name = 'raw' and table_name = 'row_issues'", [KEPT]
        ).fetchone()
        is not None
    )


def _compare(site: Site, scratch: Site, absent: str) -> Rebuilt:
    found = Rebuilt(absent=absent)
    with opened(scratch) as connection:
        attach_beside(connection, scratch, site.ledger, "now")
        if moved := [table for table in HANGS_ON if _count(connection, FACTS, table) != _count(connection, "now", table)]:
            raise RebuildError(
                f"重建的时候台账又有新的记录（{'、'.join(moved)}），没有改动任何文件", remedy="请先 fangpin down，再重新运行"
            )
        dispatches = [row[0] for row in connection.execute(f"select dispatch_id from {FACTS}.dispatches order by all").fetchall()]
        if not absent:
            attach_beside(connection, scratch, site.warehouse, KEPT)
            try:
                found.differences = compare_tables(connection)
            except duckdb.Error as error:  # a damaged block shows when it is read; the words may quote a cell
                found.absent = f"fangpin.duckdb 读不出来（{type(error).__name__}）"
    found.differences += [
        compare_files("交办的文件（reports）", site.reports, scratch.reports, dispatches),
        compare_files("退回部门的文件（returns）", site.returns, scratch.returns),
        compare_documents(site, scratch),
    ]
    return found


def _count(connection: duckdb.DuckDBPyConnection, catalog: str, table: str) -> int:
    """How many entries a ledger has; one of an earlier release has none of a table that came since."""
    known = "select 1 from duckdb_tables() where database_name = ? and table_name = ?"
    if connection.execute(known, [catalog, table]).fetchone() is None:
        return 0
    (count,) = connection.execute(f"select count(*) from {catalog}.{table}").fetchone() or (0,)
    return int(count)


def _swap(site: Site, scratch: Site, found: Rebuilt) -> None:
    """Put the rebuilt file in place, keep the one that was there beside it, and give back files that are missing."""
    if log_of(site.warehouse).exists() and not found.absent:
        with connect(site):  # what a crash left in the log goes into the file
            pass
    if site.warehouse.exists():
        stamp = f"{datetime.now(TIMEZONE):%Y%m%d-%H%M%S}"
        found.replaced = site.warehouse.with_name(f"fangpin.replaced-{stamp}.duckdb")
        os.link(site.warehouse, found.replaced)
        if log_of(site.warehouse).exists():  # of a file that cannot be opened
            log_of(site.warehouse).rename(log_of(found.replaced))
    scratch.warehouse.replace(site.warehouse)
    found.is_swapped = True
    found.copied = sum(copy_missing(scratch.home / name, site.home / name) for name in GIVEN_BACK)
