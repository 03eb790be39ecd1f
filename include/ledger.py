"""What happened, recorded once and never changed: deliveries, their outcomes, dispatches and what each of them listed.

Everything in ``raw`` and below is computed from the archive and these tables and can be deleted and rebuilt.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from itertools import chain, groupby
from typing import Any

import duckdb

from include.contracts import load_contracts
from include.contracts.tables import RISK_COLUMNS, raw_columns
from include.settings import Settings

ROWS_A_STATEMENT = 200

LISTING_COLUMNS: dict[str, str] = {
    "dispatch_id": "varchar", "status": "varchar", "issued_in": "varchar", "issued_at": "timestamp",
}  # fmt: skip
"""How a dispatch lists a warning: issued by it, or continuing from the dispatch ``issued_in``."""

IS_OF_DISPATCH = "(status = 'issued' or contains(coalesce(marks, ''), '已即时交办'))"
"""Which lines of a dispatch are its own: those it issues, and those issued at once since the month before."""

SIGNAL_COLUMNS: dict[str, str] = {"dispatch_id": "varchar", "warning_id": "varchar", "row_id": "varchar"}
"""Which rows a listed warning rested on when it was issued."""

PROPOSAL_NUMBER: dict[str, str] = {"proposal_no": "integer"}
"""Counts per dispatch how often it was frozen; what is frozen stays, and only the newest can be approved."""

AT_ONCE_OF_THE_RELEASE_BEFORE = "县设置:立即交办"
RULE_OF_ISSUE = f"coalesce(rule_of_issue, if(approved_by = '{AT_ONCE_OF_THE_RELEASE_BEFORE}', 'at_once', 'approved'))"
"""By which rule a dispatch was issued: the release before wrote it in the approver's place."""

ISSUE_COLUMNS: dict[str, str] = {
    "delivery_id": "varchar", "feed": "varchar", "sheet": "varchar", "row_number": "integer", "column_name": "varchar",
    "column_label": "varchar", "level": "varchar", "reason_code": "varchar", "reason": "varchar", "proposals": "varchar",
}  # fmt: skip

FIXED_TABLES: dict[str, dict[str, str]] = {
    "ledger.deliveries": {
        "delivery_id": "varchar primary key", "file_name": "varchar", "department": "varchar", "sha256": "varchar",
        "bytes": "bigint", "received_at": "timestamp", "modified_at": "timestamp", "feed": "varchar", "period": "varchar",
        "origin": "varchar",
    },
    "ledger.outcomes": {
        "delivery_id": "varchar primary key", "feed": "varchar", "period": "varchar", "status": "varchar",
        "reason_code": "varchar", "reason": "varchar", "row_count": "integer", "accepted_count": "integer",
        "rejected_count": "integer", "duplicate_count": "integer", "decided_at": "timestamp",
    },
    "ledger.decisions": {
        "decided_at": "timestamp", "delivery_id": "varchar", "sheet": "varchar", "row_number": "integer",
        "column_name": "varchar", "reason_code": "varchar", "decision": "varchar", "value": "varchar",
        "decided_by": "varchar", "source_delivery_id": "varchar",
    },
    "ledger.dispatches": {
        "dispatch_id": "varchar primary key", "kind": "varchar", "cutoff_at": "timestamp", "registry_date": "date",
        "approved_by": "varchar", "approved_at": "timestamp", "issued_at": "timestamp",
        "proposal_no": "integer", "digest": "varchar", "rule_of_issue": "varchar",
    },
    "ledger.approvals": {
        "dispatch_id": "varchar", "proposal_no": "integer", "digest": "varchar", "decision": "varchar", "reason": "varchar",
        "answered_by": "varchar", "answered_at": "timestamp", "recorded_at": "timestamp",
    },
    "ledger.held_back": {
        "dispatch_id": "varchar", "proposal_no": "integer", "feed": "varchar", "warning_count": "integer",
        "hourly_limit": "integer", "held_at": "timestamp",
    },
    "ledger.screenings": {
        "cutoff_at": "timestamp", "registry_date": "date", "outcome_count": "integer", "screened_at": "timestamp",
    },
    "ledger.proposals": {
        "dispatch_id": "varchar", "kind": "varchar", "cutoff_at": "timestamp", "registry_date": "date",
        "proposed_at": "timestamp", **PROPOSAL_NUMBER, "digest": "varchar", "warning_count": "integer",
        "signal_count": "integer", "asked": "varchar",
    },
    "ledger.proposed_warnings": {**LISTING_COLUMNS, **PROPOSAL_NUMBER, **RISK_COLUMNS},
    "ledger.proposed_signals": {**SIGNAL_COLUMNS, **PROPOSAL_NUMBER},
    "ledger.dispatched_warnings": {**LISTING_COLUMNS, **RISK_COLUMNS},
    "ledger.dispatched_signals": SIGNAL_COLUMNS,
    "ledger.reminders": {
        "clock": "varchar", "owner": "varchar", "feed": "varchar", "period": "varchar", "step": "integer",
        "recipient": "varchar", "channel": "varchar", "is_sent": "boolean", "sent_at": "timestamp",
        "letter_number": "varchar", "file_name": "varchar",
    },
    "ledger.exports": {
        "exported_at": "timestamp", "what": "varchar", "dispatch_id": "varchar", "is_masked": "boolean", "row_count": "integer",
        "exported_by": "varchar", "delivery_id": "varchar",
    },
    "raw.row_issues": ISSUE_COLUMNS,
    "raw.skipped_rows": {
        "delivery_id": "varchar", "sheet": "varchar", "row_number": "integer", "kind": "varchar", "note": "varchar",
    },
    "raw.left_out_people": {
        "delivery_id": "varchar", "sheet": "varchar", "row_number": "integer", "digits": "varchar", "is_whole": "boolean",
        "words": "varchar[]",
    },
    "raw.left_out_files": {"delivery_id": "varchar", "is_readable": "boolean"},
    "raw.county_divisions": {
        "village_code": "varchar", "village_name": "varchar", "town_code": "varchar", "town_name": "varchar",
        "county_code": "varchar", "county_name": "varchar", "valid_from": "varchar", "valid_to": "varchar",
    },
    "raw.cutoff": {"cutoff_at": "timestamp"},
    "raw.county_income_line": {"valid_from": "date", "valid_to": "date", "yuan": "decimal(18,2)", "note": "varchar"},
}  # fmt: skip


@dataclass(frozen=True)
class Delivery:
    """One received file, as it came: who, what, when."""

    delivery_id: str
    file_name: str
    department: str
    sha256: str
    bytes: int
    received_at: datetime
    modified_at: datetime
    feed: str | None = None
    period: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a delivery: published, refused, duplicate, zero_report or set_aside, with its row accounts."""

    delivery_id: str
    feed: str | None
    period: str | None
    status: str
    reason_code: str | None
    reason: str | None
    row_count: int
    accepted_count: int
    rejected_count: int
    duplicate_count: int
    decided_at: datetime

    def __post_init__(self) -> None:
        if self.row_count != self.accepted_count + self.rejected_count + self.duplicate_count:
            raise AssertionError(
                f"批次 {self.delivery_id} 行数不平:共 {self.row_count} 行,"
                f"接收 {self.accepted_count}、退回 {self.rejected_count}、重复 {self.duplicate_count}"
            )


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create what is not there yet; a table of an earlier release gains the columns it lacks, and what it holds stays."""
    found = connection.execute("select schema_name || '.' || table_name, column_name from duckdb_columns()").fetchall()
    known: dict[str, set[str]] = {}
    for table, column in found:
        known.setdefault(table, set()).add(column)
    raw = {f"raw.{contract.feed}": raw_columns(contract) for contract in load_contracts()}
    for table, columns in {**FIXED_TABLES, **raw}.items():
        if table not in known:
            connection.execute(f"create schema if not exists {table.partition('.')[0]}")
            body = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
            connection.execute(f"create table if not exists {table} ({body})")
            continue
        for name in columns.keys() - known[table]:
            connection.execute(f'alter table {table} add column "{name}" {columns[name]}')


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Mapping[str, Any] | Delivery | Outcome]) -> None:
    """Append rows to a table by column name."""
    records = [dict(row) if isinstance(row, Mapping) else asdict(row) for row in rows]
    for names, alike in groupby(records, key=_names):
        values = [list(record.values()) for record in alike]
        columns, marks = ", ".join(f'"{name}"' for name in names), ", ".join("?" for _ in names)
        for start in range(0, len(values), ROWS_A_STATEMENT):
            some = values[start : start + ROWS_A_STATEMENT]
            statement = f"insert into {table} ({columns}) values {', '.join([f'({marks})'] * len(some))}"
            connection.execute(statement, list(chain.from_iterable(some)))


def _names(record: dict[str, Any]) -> tuple[str, ...]:
    return tuple(record)


def load_county(connection: duckdb.DuckDBPyConnection, where: Settings) -> None:
    """Bring the county's divisions and its own income line into the warehouse, replacing what was there."""
    for table, file_name in (("raw.county_divisions", "divisions.csv"), ("raw.county_income_line", "income_line.csv")):
        connection.execute(f"delete from {table}")
        path = where.county_file(file_name)
        if path.exists():
            rows = where.county_rows(file_name)
            known = FIXED_TABLES[table]
            insert(connection, table, [{key: row.get(key) or None for key in known} for row in rows])


def set_cutoff(connection: duckdb.DuckDBPyConnection, now: datetime) -> datetime:
    """Up to when deliveries count, for every model and view, and return it: now, or the latest moment anything recorded bears.

    What is recorded already counts, whatever the clock said when it came: a clock set back, or an old month run again, shuts
    nothing out.
    """
    (latest,) = connection.execute(
        """select max(moment) from (
            select max(received_at) as moment from ledger.deliveries
            union all select max(cutoff_at) from ledger.screenings
            union all select max(cutoff_at) from ledger.dispatches
        )"""
    ).fetchone() or (None,)
    cutoff = max(now, latest or now)
    connection.execute("delete from raw.cutoff")
    insert(connection, "raw.cutoff", [{"cutoff_at": cutoff}])
    return cutoff


def record_export(
    connection: duckdb.DuckDBPyConnection,
    at: datetime,
    what: str,
    rows: int,
    *,
    dispatch: str | None = None,
    delivery: str | None = None,
    is_masked: bool,
) -> None:
    """Remember that somebody took a table or a delivery's file out: who is logged in, which, and whether people were masked."""
    line = {
        "exported_at": at, "what": what, "dispatch_id": dispatch, "is_masked": is_masked, "row_count": rows,
        "exported_by": login_name(), "delivery_id": delivery,
    }  # fmt: skip
    insert(connection, "ledger.exports", [line])


def login_name() -> str:
    """Whom the operating system takes the user for, which no variable of the environment can change."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def pending(connection: duckdb.DuckDBPyConnection, feed: str | None = None) -> list[Delivery]:
    """Deliveries received but not yet decided, in the order they were recorded, whatever the clock said."""
    names = ", ".join(f"deliveries.{field.name}" for field in fields(Delivery))
    found = connection.execute(
        f"""select {names} from ledger.deliveries as deliveries
        left join ledger.outcomes as outcomes on outcomes.delivery_id = deliveries.delivery_id
        where outcomes.delivery_id is null and (? is null or deliveries.feed = ?)
        order by deliveries.rowid""",
        [feed, feed],
    ).fetchall()
    return [Delivery(*row) for row in found]


def count_outcomes(connection: duckdb.DuckDBPyConnection) -> int:
    """How many deliveries were decided so far."""
    (count,) = connection.execute("select count(*) from ledger.outcomes").fetchone() or (0,)
    return int(count)
