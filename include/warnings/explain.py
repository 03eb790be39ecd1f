"""Why is this line here, or why is this person not: from a warning back to clause, rule, file, sheet, row and receipt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb
import pandas as pd

from include.checking.delivery_rows import SUBJECT_NUMBERS
from include.contracts import REGISTRY, Contract, load_contracts
from include.errors import FangpinError
from include.identity.masks import mask_name, mask_number
from include.identity.numbers import repair_number
from include.site import Site
from include.storage import ledger
from include.storage.warehouse import connect
from include.warnings.left_out import LeftOut, NotSearched, find_left_out
from include.warnings.story import Step, story_of


class NothingToExplain(FangpinError, LookupError):
    """No such warning; the message says what to check."""


@dataclass(frozen=True)
class Signal:
    """One row that met its rule, with the rule as it was in force and the file it came from."""

    feed: str
    rule_id: str
    rule_name: str
    clause: str
    clause_text: str
    valid_from: Any
    valid_to: Any
    threshold: str | None
    observed_value: str | None
    evidence: str
    file_name: str
    sheet: str
    row_number: int
    sha256: str
    received_at: Any
    delivery_id: str


@dataclass(frozen=True)
class Explanation:
    """A warning and everything it rests on, as screened last."""

    screened: Screened | None
    warning: dict[str, Any]
    listings: list[tuple[str, str, Any]]
    signals: list[Signal]
    story: list[Step]


@dataclass(frozen=True)
class Trace:
    """One row that names a person, and what became of it."""

    feed: str
    period: str
    file_name: str
    sheet: str
    row_number: int
    received_at: Any
    outcome: str
    reason: str | None = None
    warning_id: str | None = None


@dataclass(frozen=True)
class Screened:
    """As of when an answer speaks: when was screened last, and up to which receipt."""

    screened_at: datetime
    cutoff_at: datetime


@dataclass(frozen=True)
class PersonTrace:
    """What is known of a person: the registry's word, every row that names them, taken or not, and what was issued.

    ``last_listed``: the data date of the newest registry that had the person, where the one in force does not. ``issued``:
    warning, dispatch and time of each warning issued about the person, also of those that no row rests on any more.
    """

    masked: str
    screened: Screened | None
    registry_status: str | None
    last_listed: date | None
    rows: list[Trace]
    left_out: list[LeftOut]
    issued: list[tuple[str, str, datetime]]
    not_searched: NotSearched


def explain_warning(site: Site, warning_id: str) -> Explanation:
    """Everything behind one warning. Raises NothingToExplain when no such warning exists."""
    with connect(site) as connection:
        _require_screening(connection)
        found = connection.execute("from risk.risk_warnings where warning_id = ?", [warning_id]).df()
        if found.empty:
            found = connection.execute(
                "from ledger.dispatched_warnings where warning_id = ? order by issued_at desc limit 1", [warning_id]
            ).df()
        if found.empty:
            raise NothingToExplain(f"没有编号为 {warning_id} 的预警", remedy="请核对编号，或用 fangpin export warnings 查找")
        listings = connection.execute(
            """select dispatch_id, listing_kind, issued_at from ledger.dispatched_warnings
            where warning_id = ? order by dispatch_id""",
            [warning_id],
        ).fetchall()
        signals = connection.execute(
            """select signals.feed, signals.rule_id, rules.name, signals.clause, rules.clause_text, signals.rule_valid_from,
                signals.rule_valid_to,
                if(signals.threshold is null, null, concat_ws(' ', rules.comparison, signals.threshold, signals.threshold_unit)),
                signals.observed_value, signals.evidence, deliveries.file_name, signals.sheet, signals.row_number,
                deliveries.sha256, signals.received_at, signals.delivery_id
            from risk.risk_signals as signals
            left join ledger.deliveries as deliveries on deliveries.delivery_id = signals.delivery_id
            left join reference.rules as rules
                on rules.rule_id = signals.rule_id and rules.valid_from is not distinct from signals.rule_valid_from
            where signals.warning_id = ? order by signals.received_at, signals.row_id""",
            [warning_id],
        ).fetchall()
        screened = last_screening(connection)
        story = story_of(connection, warning_id)
    record = found.iloc[0].to_dict()
    for name, cover in (("id_number", mask_number), ("person_name", mask_name), ("head_name", mask_name)):
        if isinstance(record.get(name), str):
            record[name] = cover(record[name])
    return Explanation(
        screened,
        {str(key): None if pd.isna(value) else value for key, value in record.items()},
        [tuple(row) for row in listings],
        [Signal(*row) for row in signals],
        story,
    )


def explain_person(site: Site, number: str) -> PersonTrace:
    """Every row that names the person with this identity number, and why each did or did not become a warning.

    The first question after new deliveries reads from the archive what was sent back or not read, which takes seconds.
    Raises NothingToExplain when the number is not a valid one (GB 11643-1999).
    """
    repaired, _, _ = repair_number(number, site.now().date())
    if repaired is None:
        raise NothingToExplain("身份证号不正确，请核对后重新输入")
    with connect(site) as connection:
        _require_screening(connection)
        ledger.create_tables(connection)
        registry = connection.execute(
            "select registry_status from intermediate.int_registry_persons where id_number = ? limit 1", [repaired]
        ).fetchone()
        (last_listed,) = connection.execute(
            f"select max(data_date) from raw.{REGISTRY} where id_number = ?", [repaired]
        ).fetchone() or (None,)
        rows = [Trace(*row) for row in connection.execute(_SCREENED_ROWS, [repaired, repaired]).fetchall()]
        rows += _rows_not_listed(connection, repaired)
        issued = connection.execute(
            """select warning_id, arg_min(dispatch_id, issued_at), min(issued_at) from ledger.dispatched_warnings
            where id_number = ? and listing_kind = 'issued' group by warning_id order by all""",
            [repaired],
        ).fetchall()
        names = _names(connection, repaired)
        screened = last_screening(connection)
    left_out, not_searched = find_left_out(site, repaired, names)
    return PersonTrace(
        mask_number(repaired),
        screened,
        registry[0] if registry else None,
        None if registry else last_listed,
        sorted(rows, key=lambda row: (row.received_at, row.file_name, row.sheet, row.row_number)),
        left_out,
        [(str(warning_id), str(dispatch_id), at) for warning_id, dispatch_id, at in issued],
        not_searched,
    )


_SCREENED_ROWS = """
select screened.feed, screened.period, deliveries.file_name, screened.sheet, screened.row_number, screened.received_at,
    screened.outcome, screened.reason, screened.warning_id
from report.report_screened_rows as screened
left join ledger.deliveries as deliveries on deliveries.delivery_id = screened.delivery_id
where screened.id_number = ? or screened.warning_id in (select warning_id from risk.risk_warnings where id_number = ?)
"""


def last_screening(connection: duckdb.DuckDBPyConnection) -> Screened | None:
    """The screening that the warehouse's warnings, findings and screened rows are of; None before the first."""
    found = connection.execute("select screened_at, cutoff_at from ledger.screenings order by entry_no desc limit 1").fetchone()
    return Screened(*found) if found else None


def screened_at(site: Site) -> Screened | None:
    """As of when what is exported of the screening holds."""
    with connect(site) as connection:
        ledger.create_tables(connection)
        return last_screening(connection)


def _number_columns() -> Iterator[tuple[Contract, str, str]]:
    """Each feed that warnings come from, with the columns of its subject's number and name."""
    for contract in load_contracts():
        if contract.warning_type:
            for number, name in SUBJECT_NUMBERS.items():
                if contract.has_column(number):
                    yield contract, number, name


def _rows_not_listed(connection: duckdb.DuckDBPyConnection, number: str) -> list[Trace]:
    """Rows taken that the screening does not list: a later one of the same subject counts, or it came after the cut-off."""
    found: list[Trace] = []
    for contract, column, _ in _number_columns():
        same = "" if contract.period_kind == "event" else "and newer.period = stored.period"
        rows = connection.execute(
            f"""select stored.period, deliveries.file_name, stored.sheet, stored.row_number, stored.received_at,
                if(exists (
                    select 1 from raw.{contract.feed} as newer
                    where newer.row_key = stored.row_key {same} and (newer.received_at, newer.modified_at, newer.delivery_id)
                        > (stored.received_at, stored.modified_at, stored.delivery_id)
                ), 'replaced', 'not_screened')
            from raw.{contract.feed} as stored
            left join ledger.deliveries as deliveries on deliveries.delivery_id = stored.delivery_id
            where stored."{column}" = ? and stored.row_id not in (
                select row_id from report.report_screened_rows where feed = ? and row_id is not null
            )""",
            [number, contract.feed],
        ).fetchall()
        found += [Trace(contract.feed, *row) for row in rows]
    return found


def _names(connection: duckdb.DuckDBPyConnection, number: str) -> list[tuple[str, str | None]]:
    """The person's name and village wherever a row has them, the registry's first: they tell whose a damaged number is."""
    sources = [(REGISTRY, "id_number", "person_name")]
    sources += [(contract.feed, column, name) for contract, column, name in _number_columns() if contract.has_column(name)]
    found: dict[tuple[str, str | None], None] = {}
    for feed, column, name in sources:
        rows = connection.execute(
            f'select distinct "{name}", village_code from raw.{feed} where "{column}" = ? and "{name}" is not null order by all',
            [number],
        ).fetchall()
        found |= dict.fromkeys((str(row[0]), row[1]) for row in rows)
    return list(found)


def _require_screening(connection: duckdb.DuckDBPyConnection) -> None:
    found = connection.execute(
        "select count(*) from information_schema.tables where table_schema = 'risk' and table_name = 'risk_warnings'"
    ).fetchone()
    if not found or not found[0]:
        raise NothingToExplain("还没有筛查结果", remedy="请先运行 fangpin month")
