"""Tables for other programs and for reviewers: warnings of a dispatch, deliveries, rejected rows, queue, findings, clocks."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pandas as pd

from include import ledger
from include.calendar import Calendar
from include.clocks.duties import duties
from include.clocks.duties import frame as duty_frame
from include.clocks.reminders import chased, load_rules
from include.settings import Settings, settings
from include.warehouse import connect

WARNINGS = f"""
select listed.warning_id, listed.warning_type, listed.cause,
    if({ledger.IS_OF_DISPATCH}, 'issued', listed.status) as status,
    listed.county_code, listed.town_code,
    listed.town_name, listed.village_code, listed.village_name, listed.household_id, listed.subject, listed.identity,
    listed.person_name,
    listed.id_number, listed.registry_status, listed.occurred_on, listed.first_signalled_on, listed.amount_yuan, listed.evidence,
    listed.rule_id, listed.clause, listed.feeds, listed.issued_in as dispatch, listed.issued_at
from ledger.dispatched_warnings as listed
where listed.dispatch_id = $dispatch
    and ({ledger.IS_OF_DISPATCH} or $continuing)
order by not {ledger.IS_OF_DISPATCH}, listed.town_code, listed.warning_type, listed.warning_id
"""
DELIVERIES = """
select deliveries.delivery_id, deliveries.file_name as file, deliveries.department,
    coalesce(outcomes.feed, deliveries.feed) as feed, coalesce(outcomes.period, deliveries.period) as period,
    deliveries.received_at, deliveries.sha256,
    coalesce(outcomes.status, 'waiting') as status, outcomes.reason, outcomes.row_count as rows,
    outcomes.accepted_count as accepted, outcomes.rejected_count as rejected, outcomes.duplicate_count as duplicates
from ledger.deliveries as deliveries
left join ledger.outcomes as outcomes on outcomes.delivery_id = deliveries.delivery_id
order by deliveries.delivery_id
"""
REJECTED = """
select issues.delivery_id, deliveries.file_name as file, issues.sheet, issues.row_number as row, issues.feed,
    issues.column_label as column, issues.reason_code, issues.reason
from raw.row_issues as issues
inner join ledger.deliveries as deliveries on deliveries.delivery_id = issues.delivery_id
where issues.level = 'rejected'
order by issues.delivery_id, issues.sheet, issues.row_number, issues.column_label
"""
QUEUE = """
select queue.delivery_id, deliveries.file_name as file, queue.sheet, queue.row_number as row, queue.feed,
    queue.column_name as column, queue.reason_code, queue.reason, queue.proposals
from report.report_queue as queue
left join ledger.deliveries as deliveries on deliveries.delivery_id = queue.delivery_id
order by queue.delivery_id, queue.sheet, queue.row_number
"""
FINDINGS = """
select findings.finding_id, findings.delivery_id, deliveries.file_name as file, findings.sheet, findings.row_number as row,
    findings.feed, findings.column_name as column, findings.severity, findings.finding_code, findings.finding
from report.report_findings as findings
left join ledger.deliveries as deliveries on deliveries.delivery_id = findings.delivery_id
order by findings.delivery_id, findings.sheet, findings.row_number, findings.finding_id
"""
SKIPPED = """
select skipped.delivery_id, deliveries.file_name as file, skipped.sheet, skipped.row_number as row, skipped.kind, skipped.note
from raw.skipped_rows as skipped
inner join ledger.deliveries as deliveries on deliveries.delivery_id = skipped.delivery_id
order by skipped.delivery_id, skipped.sheet, skipped.row_number
"""
TABLES = {
    "warnings": WARNINGS,
    "deliveries": DELIVERIES,
    "rejected": REJECTED,
    "queue": QUEUE,
    "findings": FINDINGS,
    "skipped": SKIPPED,
}
CLOCKS = "clocks"
PERSON_NAMED = re.compile(r'("person_name":\s*")([^"]+)')  # in the proposals of the queue
FORMATS = ("csv", "parquet", "xlsx")


class ExportError(ValueError):
    """Nothing can be exported; the message says what to do."""


def export(what: str, *, dispatch: str | None = None, continuing: bool = False, is_masked: bool = True) -> pd.DataFrame:
    """One table as a frame; people are masked unless asked otherwise. Exports that name people go into ``ledger.exports``.

    Raises ExportError for an unknown table, a missing dispatch id, or a dispatch that was never issued.
    """
    if what not in (*TABLES, CLOCKS):
        raise ExportError(f"没有“{what}”这张表;可导出:{'、'.join([*TABLES, CLOCKS])}")
    where = settings()
    with connect(where) as connection:
        ledger.create_tables(connection)
        if what == CLOCKS:
            found = duties(connection, Calendar.of(where), where.now(), load_rules(where).since)
            return duty_frame(found, chased(connection), where.now().date())
        if what == "queue":
            frame = _whole_numbers(_read(connection, QUEUE))
            _record(connection, where, what, None, is_masked, len(frame))
            if is_masked:
                frame["proposals"] = frame["proposals"].str.replace(PERSON_NAMED, _masked_name, regex=True)
            return frame
        if what != "warnings":
            return _whole_numbers(_read(connection, TABLES[what]))
        if dispatch is None:
            raise ExportError("请用 --dispatch 指明期次,例如 --dispatch 2024-03")
        if connection.execute("select 1 from ledger.dispatches where dispatch_id = ?", [dispatch]).fetchone() is None:
            raise ExportError(f"{dispatch} 期尚未交办;请先运行 fangpin month {dispatch}")
        frame = connection.execute(WARNINGS, {"dispatch": dispatch, "continuing": continuing}).df()
        _record(connection, where, what, dispatch, is_masked, len(frame))
    if is_masked:
        frame["id_number"] = [mask_number(number) if isinstance(number, str) else None for number in frame["id_number"]]
        frame["person_name"] = [mask_name(name) if isinstance(name, str) else None for name in frame["person_name"]]
    return frame


def _record(
    connection: duckdb.DuckDBPyConnection, where: Settings, what: str, dispatch: str | None, is_masked: bool, rows: int
) -> None:
    line = {
        "exported_at": where.now(), "what": what, "dispatch_id": dispatch, "is_masked": is_masked, "row_count": rows,
    }  # fmt: skip
    ledger.insert(connection, "ledger.exports", [line])


def _read(connection: duckdb.DuckDBPyConnection, sql: str) -> pd.DataFrame:
    try:
        return connection.execute(sql).df()
    except duckdb.CatalogException:
        raise ExportError("还没有筛查结果;请先运行 fangpin month") from None


def _whole_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    for name in frame.columns[[kind.kind == "f" for kind in frame.dtypes]]:
        frame[name] = frame[name].astype("Int64")
    return frame


def _masked_name(found: re.Match[str]) -> str:
    return f"{found[1]}{mask_name(found[2])}"


def mask_number(number: str) -> str:
    """A number as shown outside the bureau and the town: its division alone, which within one county says nothing."""
    return number[:6] + "*" * (len(number) - 6)


def mask_name(name: str) -> str:
    """A name as shown outside the town's own workbook: the first character and one star for each other."""
    return name[:1] + "*" * (len(name) - 1)


def write(frame: pd.DataFrame, path: Path, kind: str) -> None:
    """Write a frame as csv (UTF-8 with BOM, for WPS), parquet or xlsx (all cells text where they are text)."""
    if kind not in FORMATS:
        raise ExportError(f"不支持格式“{kind}”;可用:{'、'.join(FORMATS)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "csv":
        frame.to_csv(path, index=False, encoding="utf-8-sig")
    elif kind == "parquet":
        frame.to_parquet(path, index=False)
    else:
        with pd.ExcelWriter(path, engine="xlsxwriter", engine_kwargs={"options": {"strings_to_formulas": False}}) as book:
            frame.to_excel(book, index=False, sheet_name="导出")
