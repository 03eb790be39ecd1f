"""Departments are told once: the files are written aside, recorded with what they close, and only then put in their places.

A crash before the recording leaves nothing that counts; the next run writes anew. One after it leaves a recorded file aside,
which the next run puts in place. Nothing that was told is ever written again over it.
"""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from include.clocks.owed_outcomes import CLOSED
from include.deliveries.answer import returns_of
from include.outcome.listing import Draft, Told, is_ready, of_dispatch, of_registrations, owed
from include.reports.labels import date_text, period_text
from include.reports.notice import bureau_name
from include.reports.outcome_workbook import OutcomePaper, write_outcome_workbook
from include.site import Site
from include.site.home import follow_clock, rehearsal_mark
from include.storage import ledger
from include.storage.warehouse import connect

ASIDE = ".处理结果.未登记.xlsx"


@dataclass(frozen=True)
class OutcomeReport:
    """One report as the ledger knows it; ``file_name`` below the home."""

    number: str
    department: str
    dispatch_id: str | None
    file_name: str
    written_at: datetime


def tell_of_dispatch(site: Site, dispatch_id: str) -> list[Path]:
    """Tell every department what came of its rows up to a monthly dispatch, once; returns the files written.

    A month that was told before is left as it was told.
    """
    with _alone(site):
        with connect(site) as connection:
            ledger.create_tables(connection)
            _put_in_place(connection, site)
            if not _is_to_be_told(connection, dispatch_id):
                return []
            drafts = of_dispatch(connection, site, dispatch_id, owed(connection, site, is_whole=True))
            reports = _numbered(connection, site, drafts, dispatch_id)
        return _tell(site, list(zip(reports, drafts, strict=True)))


def tell_of_registrations(site: Site) -> list[Path]:
    """Tell departments of registered households whose measures are known, or whose last day has come; returns the files.

    A rehearsal goes by its own clock.
    """
    follow_clock(site)
    with _alone(site):
        with connect(site) as connection:
            ledger.create_tables(connection)
            _put_in_place(connection, site)
            told = owed(connection, site, is_whole=False) if is_ready(connection) else {}
            if not told:
                return []
            drafts = of_registrations(connection, site, told)
            reports = _numbered(connection, site, drafts, None)
        return _tell(site, list(zip(reports, drafts, strict=True)))


def _is_to_be_told(connection: duckdb.DuckDBPyConnection, dispatch_id: str) -> bool:
    """Whether it is a month's dispatch that no department was told of yet."""
    found = connection.execute(
        """select 1 from ledger.dispatches where dispatch_id = ? and kind = 'monthly'
            and dispatch_id not in (select dispatch_id from ledger.outcome_reports where dispatch_id is not null)""",
        [dispatch_id],
    ).fetchone()
    return found is not None


def write_again(site: Site, reports: Sequence[OutcomeReport], told: Told) -> None:
    """Write the files of reports that were told together again, under their numbers; nothing is recorded.

    ``told``: what the ledger says each was told of. A report that nothing can be said of any more is left out.
    """
    with connect(site) as connection:
        dispatch_id = reports[0].dispatch_id
        drafts = of_dispatch(connection, site, dispatch_id, told) if dispatch_id else of_registrations(connection, site, told)
    by_department = {draft.department: draft for draft in drafts}
    for report in reports:
        if draft := by_department.get(report.department):
            _write(site, report, draft, site.home / report.file_name)


def _tell(site: Site, papers: Sequence[tuple[OutcomeReport, Draft]]) -> list[Path]:
    """Write aside, record all in one, put in place."""
    lines = []
    for report, draft in papers:
        aside = _aside(site, report.department)
        _write(site, report, draft, aside)
        lines.append(
            {
                "report_number": report.number, "department": report.department, "dispatch_id": report.dispatch_id,
                "row_count": len(draft.rows) + len(draft.measures),
                "sha256": hashlib.sha256(aside.read_bytes()).hexdigest(), "file_name": report.file_name,
                "written_at": report.written_at,
            }
        )  # fmt: skip
    told = [
        {"report_number": report.number, "department": report.department, "warning_id": warning_id, "state": state}
        for report, draft in papers
        for warning_id, state in draft.told.items()
    ]
    with connect(site) as connection:
        connection.execute("begin")
        _close(connection, papers)
        (last,) = connection.execute("select coalesce(max(entry_no), 0) from ledger.events").fetchone() or (0,)
        known = {"outcome_count": ledger.count_outcomes(connection), "event_count": last}
        ledger.append(connection, "ledger.outcome_reports", [line | known for line in lines])
        ledger.append(connection, "ledger.told_outcomes", told)
        connection.execute("commit")
        return _put_in_place(connection, site)


def _close(connection: duckdb.DuckDBPyConnection, papers: Sequence[tuple[OutcomeReport, Draft]]) -> None:
    """A warning with its measures is closed by telling; everybody it concerns is told in the same go."""
    numbers: dict[str, OutcomeReport] = {}
    for report, draft in papers:
        for warning_id, state in draft.told.items():
            if state == CLOSED:
                numbers.setdefault(warning_id, report)
    if not numbers:
        return
    waiting = connection.execute(
        """select warning_id from intermediate.int_warning_states
        where state = 'measures_set' and list_contains(?, warning_id) order by warning_id""",
        [list(numbers)],
    ).fetchall()
    events = [
        {
            "warning_id": warning_id, "event": "outcome_told", "happened_at": numbers[warning_id].written_at,
            "source": numbers[warning_id].number,
        }
        for (warning_id,) in waiting
    ]  # fmt: skip
    ledger.append(connection, "ledger.events", events)


def _numbered(
    connection: duckdb.DuckDBPyConnection, site: Site, drafts: Sequence[Draft], dispatch_id: str | None
) -> list[OutcomeReport]:
    now = site.now()
    given = connection.execute(
        "select report_number from ledger.outcome_reports where report_number like ?", [f"%〔{now.year}〕%"]
    ).fetchall()
    serial = max((int(text.partition("〕")[2].removesuffix("号")) for (text,) in given), default=0)
    reports = []
    for place, draft in enumerate(drafts, start=serial + 1):
        number = f"{site.county.name[:1]}防贫告〔{now.year}〕{place}号"
        name = f"{dispatch_id or f'{now:%Y-%m-%d}'}_处理结果_{number}.xlsx"
        path = returns_of(site, draft.department) / name
        reports.append(OutcomeReport(number, draft.department, dispatch_id, str(path.relative_to(site.home)), now))
    return reports


def _write(site: Site, report: OutcomeReport, draft: Draft, path: Path) -> None:
    subject = period_text(report.dispatch_id) if report.dispatch_id else date_text(report.written_at.date())
    paper = OutcomePaper(
        number=report.number,
        department_name=site.county.departments[draft.department],
        bureau=bureau_name(site.county),
        subject=subject,
        written_at=report.written_at,
        since=draft.since,
        is_of_month=report.dispatch_id is not None,
        counts=draft.counts,
        rows=draft.rows,
        measures=draft.measures,
    )
    write_outcome_workbook(path, paper, mark=rehearsal_mark(site))


def _aside(site: Site, department: str) -> Path:
    return returns_of(site, department) / ASIDE


def _put_in_place(connection: duckdb.DuckDBPyConnection, site: Site) -> list[Path]:
    """Put what is recorded in its place and remove what is not."""
    known = dict(connection.execute("select sha256, file_name from ledger.outcome_reports").fetchall())
    placed = []
    for department in site.county.departments:
        aside = _aside(site, department)
        if not aside.exists():
            continue
        recorded = known.get(hashlib.sha256(aside.read_bytes()).hexdigest())
        if recorded is None:
            aside.unlink()
        else:
            placed.append(aside.replace(site.home / recorded))
    return placed


@contextmanager
def _alone(site: Site) -> Iterator[None]:
    """One telling at a time for a home: a number is given once."""
    path = site.home / "work" / "outcome.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
