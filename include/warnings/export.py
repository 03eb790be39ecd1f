"""Tables for other programs and reviewers: a dispatch's warnings, deliveries, rejected rows, queue, findings, clocks, scores."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import duckdb
import pandas as pd

from include.clocks.duties import duties
from include.clocks.duties import frame as duty_frame
from include.clocks.escalation import chased, load_rules
from include.errors import FangpinError
from include.identity.masks import mask_candidates, mask_name, mask_number
from include.reports.sheets import TEXT_STAYS_TEXT
from include.site import Site
from include.site.calendar import Calendar, is_month
from include.storage import ledger
from include.storage.warehouse import connect

_STATES = "intermediate.int_warning_states"
_NO_STATES = "(select '' as county_code, '' as warning_id, null::varchar as state where false)"
WARNINGS = f"""
select listed.warning_id, listed.warning_type, listed.cause,
    if({ledger.IS_OF_DISPATCH}, 'issued', listed.listing_kind) as status,
    listed.county_code, listed.town_code,
    listed.town_name, listed.village_code, listed.village_name, listed.household_id, listed.subject, listed.identity,
    listed.person_name,
    listed.id_number, listed.registry_status, listed.occurred_on, listed.first_signalled_on, listed.amount_yuan, listed.evidence,
    listed.rule_id, listed.clause, listed.feeds, listed.issued_in as dispatch, listed.issued_at, states.state
from ledger.dispatched_warnings as listed
left join {{states}} as states
    on listed.county_code = states.county_code and listed.warning_id = states.warning_id
where listed.dispatch_id = $dispatch
    and ({ledger.IS_OF_DISPATCH} or listed.listing_kind = 'found' or $continuing and listed.listing_kind = 'continuing')
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
MISSES = """
select month, registered_on, town_code, town_name, village_code, village_name, household_id, person_name, id_number,
    monitored_type, registry_status, poverty_cause, first_warned_on, registry_date
from report.report_misses
order by registered_on, town_code, village_code, household_id
"""
ADVISORY = """
select advisory.advisory_code, advisory.advisory, advisory.town_code, advisory.town_name, advisory.village_code,
    advisory.village_name, advisory.household_id, advisory.person_name, advisory.id_number, advisory.registry_status,
    advisory.fact, advisory.compared_feed, advisory.feed, advisory.period, advisory.delivery_id, deliveries.file_name as file,
    advisory.sheet, advisory.row_number as row
from report.report_advisory as advisory
left join ledger.deliveries as deliveries on deliveries.delivery_id = advisory.delivery_id
order by advisory.advisory_code, advisory.town_code, advisory.village_code, advisory.row_id
"""
SCORECARD = "from report.report_scorecard_shared order by month, scope, scope_key"
TABLES = {
    "warnings": WARNINGS,
    "deliveries": DELIVERIES,
    "rejected": REJECTED,
    "queue": QUEUE,
    "findings": FINDINGS,
    "skipped": SKIPPED,
    "misses": MISSES,
    "advisory": ADVISORY,
    "scorecard": SCORECARD,
}
CLOCKS = "clocks"
FORMATS = ("csv", "parquet", "xlsx")
LIKE_A_FORMULA = re.compile(r"(?![+-]?[0-9]+(\.[0-9]+)?\Z)[=+@\t\r\n＝＋－＠-]")


class ExportError(FangpinError, ValueError):
    """Nothing can be exported; the message says what to do."""


def export(
    site: Site, what: str, *, dispatch: str | None = None, continuing: bool = False, is_masked: bool = True
) -> pd.DataFrame:
    """One table as a frame; people are masked unless asked otherwise. Every export goes into ``ledger.exports``.

    Raises ExportError for an unknown table, a missing dispatch id, or a dispatch that was never issued.
    """
    if what not in (*TABLES, CLOCKS):
        raise ExportError(f"没有“{what}”这张表；可导出：{'、'.join([*TABLES, CLOCKS])}")
    with connect(site) as connection:
        ledger.create_tables(connection)
        if what == CLOCKS:
            found = duties(connection, Calendar.of(site), site.now(), load_rules(site).since)
            frame = duty_frame(found, chased(connection), site.now().date())
        elif what == "warnings":
            frame = _warnings(connection, dispatch, continuing)
        else:
            frame = _whole_numbers(_read(connection, TABLES[what]))
        of = dispatch if what == "warnings" else None
        ledger.record_export(connection, site.now(), what, len(frame), dispatch=of, is_masked=is_masked)
    return _masked(frame) if is_masked else frame


def _warnings(connection: duckdb.DuckDBPyConnection, dispatch: str | None, continuing: bool) -> pd.DataFrame:
    if dispatch is None:
        raise ExportError("请用 --dispatch 指明期次，例如 --dispatch 2024-03")
    if connection.execute("select 1 from ledger.dispatches where dispatch_id = ?", [dispatch]).fetchone() is None:
        remedy = f"请先运行 fangpin month {dispatch}" if is_month(dispatch) else "期次见 fangpin status"
        raise ExportError(f"{dispatch} 期尚未交办", remedy=remedy)
    given = {"dispatch": dispatch, "continuing": continuing}
    try:
        return connection.execute(WARNINGS.format(states=_STATES), given).df()
    except duckdb.CatalogException:  # a home last screened before states were read from its events
        return connection.execute(WARNINGS.format(states=_NO_STATES), given).df()


def _masked(frame: pd.DataFrame) -> pd.DataFrame:
    for name, mask in MASKS.items():
        if name in frame.columns:
            frame[name] = [mask(text) if isinstance(text, str) else None for text in frame[name]]
    return frame


def _read(connection: duckdb.DuckDBPyConnection, sql: str) -> pd.DataFrame:
    try:
        return connection.execute(sql).df()
    except duckdb.CatalogException:
        raise ExportError("还没有筛查结果", remedy="请先运行 fangpin month") from None


def _whole_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Counts as counts: pandas makes fractions of a column in which some are missing."""
    for name in frame.columns[[kind.kind == "f" for kind in frame.dtypes]]:
        if (frame[name].dropna() % 1 == 0).all():
            frame[name] = frame[name].astype("Int64")
    return frame


def kind_of(path: Path | None, given: str | None) -> str:
    """The format to write: as given, else as the file's suffix says, csv where there is none.

    Raises ExportError for a format that is not known, and where suffix and format contradict each other.
    """
    suffix = path.suffix.lower().lstrip(".") if path else ""
    if given is not None and given not in FORMATS:
        raise ExportError(f"不支持格式“{given}”；可用：{'、'.join(FORMATS)}")
    if given is None and suffix and suffix not in FORMATS:
        raise ExportError(f"后缀“.{suffix}”看不出格式", remedy="请用 .csv、.parquet、.xlsx,或以 --format 指明")
    if given and suffix in FORMATS and given != suffix:
        raise ExportError(f"--format {given} 与文件名的后缀“.{suffix}”矛盾", remedy="请改其中一个")
    return given or suffix or "csv"


def write(frame: pd.DataFrame, path: Path, kind: str) -> None:
    """Write a frame as csv (UTF-8 with BOM, for WPS), parquet or xlsx; nobody but its owner can read the file.

    Raises ExportError where it cannot be written.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as content:
            WRITERS[kind](frame, content)
        fresh.replace(path)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink()
        raise ExportError(f"{path} 写不了", remedy="请换一个文件名，或检查目录、权限和磁盘空间") from error


def as_csv(frame: pd.DataFrame) -> str:
    """The frame as csv, in which no text can be taken for a formula by the program that opens it.

    A text that begins as formulas do gets an apostrophe before it; figures stay figures, also those written as text (-3.5).
    """
    safe = frame.copy(deep=False)
    for name in frame.columns:
        if any(isinstance(cell, str) for cell in frame[name]):
            safe[name] = [_harmless(cell) if isinstance(cell, str) else cell for cell in frame[name]]
    return str(safe.to_csv(index=False))


def _harmless(text: str) -> str:
    if LIKE_A_FORMULA.match(text):
        text = f"'{text}"
    return text.replace("\r\n", "\n").replace("\r", "\n")  # a bare CR is not quoted, and what follows it begins a cell


def _write_csv(frame: pd.DataFrame, content: BinaryIO) -> None:
    content.write(as_csv(frame).encode("utf-8-sig"))


def _write_parquet(frame: pd.DataFrame, content: BinaryIO) -> None:
    frame.to_parquet(content, index=False)


def _write_xlsx(frame: pd.DataFrame, content: BinaryIO) -> None:
    with pd.ExcelWriter(content, engine="xlsxwriter", engine_kwargs={"options": TEXT_STAYS_TEXT}) as book:
        frame.to_excel(book, index=False, sheet_name="导出")


WRITERS: dict[str, Callable[[pd.DataFrame, BinaryIO], None]] = {
    "csv": _write_csv,
    "parquet": _write_parquet,
    "xlsx": _write_xlsx,
}
MASKS: dict[str, Callable[[str], str]] = {
    "id_number": mask_number,
    "person_name": mask_name,
    "proposals": mask_candidates,
}
