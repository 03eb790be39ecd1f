"""Why is this line here, or why is this person not: from a warning back to clause, rule, file, sheet, row and receipt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb
import pandas as pd

from include.export import mask_name, mask_number
from include.identity.numbers import repair_number
from include.settings import FangpinError, settings
from include.warehouse import connect


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
    """A warning and everything it rests on."""

    warning: dict[str, Any]
    listings: list[tuple[str, str, Any]]
    signals: list[Signal]


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
    reason: str | None
    warning_id: str | None


@dataclass(frozen=True)
class PersonTrace:
    """What is known of a person: the registry's word and every row that names them."""

    masked: str
    registry_status: str | None
    rows: list[Trace]


def explain_warning(warning_id: str) -> Explanation:
    """Everything behind one warning. Raises NothingToExplain when no such warning exists."""
    with connect(settings()) as connection:
        _require_screening(connection)
        found = connection.execute("from risk.risk_warnings where warning_id = ?", [warning_id]).df()
        if found.empty:
            found = connection.execute(
                "from ledger.dispatched_warnings where warning_id = ? order by issued_at desc limit 1", [warning_id]
            ).df()
        if found.empty:
            raise NothingToExplain(f"没有编号为 {warning_id} 的预警;请核对编号,或用 fangpin export warnings 查找")
        listings = connection.execute(
            "select dispatch_id, status, issued_at from ledger.dispatched_warnings where warning_id = ? order by dispatch_id",
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
    record = found.iloc[0].to_dict()
    for name, cover in (("id_number", mask_number), ("person_name", mask_name), ("head_name", mask_name)):
        if isinstance(record.get(name), str):
            record[name] = cover(record[name])
    return Explanation(
        {str(key): None if pd.isna(value) else value for key, value in record.items()},
        [tuple(row) for row in listings],
        [Signal(*row) for row in signals],
    )


def explain_person(number: str) -> PersonTrace:
    """Every row that names the person with this identity number, and why each did or did not become a warning.

    Raises NothingToExplain when the number is not a valid one (GB 11643-1999).
    """
    repaired, _, _ = repair_number(number, settings().now().date())
    if repaired is None:
        raise NothingToExplain("身份证号不正确,请核对后重新输入")
    with connect(settings()) as connection:
        _require_screening(connection)
        registry = connection.execute(
            "select registry_status from intermediate.int_registry_persons where id_number = ? limit 1", [repaired]
        ).fetchone()
        rows = connection.execute(
            """select screened.feed, screened.period, deliveries.file_name, screened.sheet, screened.row_number,
                screened.received_at,
                screened.outcome, screened.reason, screened.warning_id
            from report.report_screened_rows as screened
            left join ledger.deliveries as deliveries on deliveries.delivery_id = screened.delivery_id
            where screened.id_number = ?
                or screened.warning_id in (select warning_id from risk.risk_warnings where id_number = ?)
            order by screened.received_at, screened.row_id""",
            [repaired, repaired],
        ).fetchall()
    return PersonTrace(mask_number(repaired), registry[0] if registry else None, [Trace(*row) for row in rows])


def _require_screening(connection: duckdb.DuckDBPyConnection) -> None:
    found = connection.execute(
        "select count(*) from information_schema.tables where table_schema = 'risk' and table_name = 'risk_warnings'"
    ).fetchone()
    if not found or not found[0]:
        raise NothingToExplain("还没有筛查结果;请先运行 fangpin month")
