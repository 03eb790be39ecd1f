"""The inbox is the queue: every file in it is archived, recognised, recorded, and announced, sent back or set aside.

Files are read first, a few at a time and without the warehouse, and then recorded together. A receiving that is killed at any
moment loses nothing and does nothing twice: what is recorded is known by where it came from.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import re
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

import duckdb

from include.contracts import contract
from include.deliveries.answer import (
    clear_reasons,
    decide,
    move_aside,
    refusal,
    return_stem,
    returns_folder,
    setting_aside,
)
from include.deliveries.attempts import is_of_the_machine
from include.deliveries.inbox import Entry, forget_gone, leave, look_again, note_passed_over, settled, survey
from include.deliveries.push import key_of, pushed_file
from include.deliveries.read_inbox import Reading, clear_readings, failed, irregular_entry, keep_cells, read_entry
from include.deliveries.receipts import write_receipts
from include.deliveries.returned_events import record_returns
from include.deliveries.same_again import past_period, same_content
from include.deliveries.wordless import wordless
from include.reading.refusal import Refused
from include.review.judged import Judged
from include.review.returned import judge
from include.review.workbook import Lines
from include.site import TIMEZONE, Site
from include.site.home import rehearsal_mark
from include.storage import ledger
from include.storage.archive import encrypt_earlier
from include.storage.ledger import Delivery, Outcome
from include.storage.warehouse import connect, rollback

RECEIVING_SECONDS = 5.0
TOGETHER = 100
SAFE_PERIOD = re.compile(r"\d{4}(-(\d{2}(-\d{2})?|Q[1-4]|spring|autumn))?|instant-\d{4}-\d{1,4}")
ANNOUNCE_AGAIN_SECONDS = 900
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Arrival:
    """What a received file was taken for: waiting for its ingest, or already decided.

    A review is a workbook of the bureau's decisions, of which at least one was recorded.
    """

    delivery_id: str
    feed: str | None
    period: str | None
    status: str
    is_review: bool = False


def work_folder(site: Site, delivery_id: str) -> Path:
    """What is known of a delivery until it is published or refused; it may be deleted at any time."""
    return site.home / "work" / delivery_id


def kept_cells(site: Site, delivery_id: str) -> Path:
    """The cells as ``receive`` read them, so that ``check`` need not read the file again."""
    return work_folder(site, delivery_id) / "cells"


@wordless()
def receive_inbox(site: Site, *, is_retry: bool = False) -> list[Arrival]:
    """Take everything out of the inbox; also lists again what was announced long ago but nobody ingested.

    A retry lists all that waits: the attempt before may have ended between receiving it and announcing it.
    """
    with _alone(site):
        encrypt_earlier(site)
        with connect(site) as connection:
            ledger.create_tables(connection)
            (screened,) = connection.execute("select max(cutoff_at) from ledger.screenings").fetchone() or (None,)
            waiting = [Arrival(item.delivery_id, item.feed, item.period, "waiting") for item in ledger.pending(connection)]
            announced = {} if is_retry or not waiting else _announced(connection)
            arrivals = [item for item in waiting if is_retry or _is_overdue(announced.get(item.delivery_id))]
            _announce(connection, arrivals)
        arrivals += [arrival for received in _in_parts(site, screened) for arrival in received]
        _tidy(site)
    return arrivals


@contextmanager
def _alone(site: Site) -> Iterator[None]:
    """One receiving at a time: two would read the same files before either has recorded them."""
    path = site.home / "work" / ".receive.lock"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
        fcntl.flock(handle, fcntl.LOCK_UN)  # a worker forked meanwhile may have it open too


def _in_parts(site: Site, screened: datetime | None) -> Iterator[list[Arrival]]:
    """Read and record what lies in the inbox, so many files at a time; in a burst more comes while the first are received.

    ``screened``: up to when a screening has looked.
    """
    tried: set[str] = set()
    until = time.monotonic() + RECEIVING_SECONDS
    found = _complete(site)
    while entries := [(entry, kind) for entry, kind in found if entry.mark not in tried]:
        readings, fault = _read_some(site, entries, tried, screened)
        if readings:
            with connect(site) as connection:
                received = [_record(connection, site, reading) for reading in readings]
                _announce(connection, [arrival for arrival in received if arrival])
                write_receipts(connection, site)
            yield [arrival for arrival in received if arrival]
        if fault:
            raise fault
        if time.monotonic() < until:
            found += [item for item in _complete(site) if item[0].mark not in {entry.mark for entry, _ in found}]


def _complete(site: Site) -> list[tuple[Entry, str | None]]:
    """What can be received now, files oldest first; irregular entries with their kind."""
    glance = survey(site)
    ready = {path for path, _ in settled(site, [(entry.path, entry.folder) for entry in glance.files])}
    return [*glance.irregular, *((entry, None) for entry in glance.files if entry.path in ready)]


def _read_some(
    site: Site, entries: list[tuple[Entry, str | None]], tried: set[str], screened: datetime | None
) -> tuple[list[Reading], Exception | None]:
    """Read as many as make a part; also the fault of this machine that ended it, so that what was read is recorded first."""
    until = time.monotonic() + RECEIVING_SECONDS
    readings: list[Reading] = []
    for entry, kind in entries[:TOGETHER]:
        tried.add(entry.mark)
        try:
            reading = irregular_entry(site, entry, kind) if kind else read_entry(site, entry, screened)
        except Exception as error:
            return readings, error
        if reading:
            readings.append(reading)
        if time.monotonic() > until:
            break
    return readings, None


def _tidy(site: Site) -> None:
    """Note what is passed over, once, and forget what is no longer there."""
    if fresh := note_passed_over(site, survey(site).passed_over):
        log.info("收件箱中有 %d 个系统、同步程序或还没有传完的文件（夹），不是报送的数据，不收", fresh)
    forget_gone(site)
    clear_reasons(site)
    clear_readings(site)


def wake_ups(arrivals: Iterable[Arrival], taken_in: Collection[str] = ()) -> list[tuple[str, str]]:
    """Feed and period that wake the ingest of each delivery that waits and was not taken in meanwhile.

    Events have a period each, and a burst of them must not start a run each: one wake-up a feed, named for its last delivery.
    """
    found = {}
    for item in arrivals:
        if item.status == "waiting" and item.feed and item.period and item.delivery_id not in taken_in:
            key = partition_key(item.feed, item.period, item.delivery_id)
            found[item.feed, "" if key == item.delivery_id else key] = key
    return sorted((feed, key) for (feed, _), key in found.items())


def partition_key(feed: str, period: str | None, delivery_id: str) -> str:
    """What a delivery is called where everybody looks (partition keys, events): its period, or its id where that is cell text.

    The period of an event feed is the event's number as the sender wrote it; anybody's number may stand there.
    """
    is_safe = period is not None and contract(feed).period_kind != "event" and SAFE_PERIOD.fullmatch(period)
    return str(period) if is_safe else delivery_id


def _announce(connection: duckdb.DuckDBPyConnection, arrivals: Iterable[Arrival]) -> None:
    """Record that these are announced to their ingests, by the time of day: a rehearsal's clock stands still."""
    now = datetime.now(TIMEZONE).replace(tzinfo=None, microsecond=0)
    waiting = [{"delivery_id": item.delivery_id, "announced_at": now} for item in arrivals if item.status == "waiting"]
    ledger.append(connection, "ledger.announcements", waiting)


def _announced(connection: duckdb.DuckDBPyConnection) -> dict[str, datetime]:
    """When each delivery was last announced to its ingest."""
    found = connection.execute("select delivery_id, arg_max(announced_at, entry_no) from ledger.announcements group by all")
    return dict(found.fetchall())


def _is_overdue(announced_at: datetime | None) -> bool:
    if announced_at is None:
        return True
    since = datetime.now(TIMEZONE).replace(tzinfo=None) - announced_at
    return abs(since.total_seconds()) > ANNOUNCE_AGAIN_SECONDS  # the clock may go back


def _record(connection: duckdb.DuckDBPyConnection, site: Site, reading: Reading) -> Arrival | None:
    """Record one reading and take its file out of the inbox; None when it is recorded already.

    What cannot be recorded as it was read is set aside; raises what is wrong with the warehouse itself.
    """
    if done := _recorded(connection, reading):
        _finish(site, reading, *done)
        return None
    if reading.pushed and _is_known(connection, reading.pushed[0]):
        reading.pushed = None  # it was set aside and somebody put it back: a file like any other
    try:
        arrival, outcome = _enter(connection, site, reading)
    except (duckdb.IOException, duckdb.FatalException, duckdb.InternalException):
        raise
    except Exception as error:
        rollback(connection)
        if is_of_the_machine(error):
            raise
        reading.aside = reading.aside or failed(reading.file_name, error)
        arrival, outcome = _enter(connection, site, reading)
    _finish(site, reading, arrival.delivery_id, outcome.status if outcome else None, outcome.reason if outcome else None)
    return arrival


def _recorded(connection: duckdb.DuckDBPyConnection, reading: Reading) -> tuple[str, str | None, str | None] | None:
    """Delivery, status and reason of what a crash kept from being taken away after it was recorded."""
    return connection.execute(
        """select deliveries.delivery_id, outcomes.status, outcomes.reason from ledger.deliveries as deliveries
        left join ledger.outcomes as outcomes on outcomes.delivery_id = deliveries.delivery_id
        where deliveries.origin = ?
            or (split_part(deliveries.delivery_id, '-', 2) = ? and outcomes.status is distinct from 'set_aside')""",
        [reading.entry.mark, key_of(reading.pushed[0]) if reading.pushed else None],
    ).fetchone()  # type: ignore[return-value]


def _is_known(connection: duckdb.DuckDBPyConnection, delivery_id: str) -> bool:
    found = connection.execute("select 1 from ledger.deliveries where delivery_id = ?", [delivery_id])
    return found.fetchone() is not None


def _enter(connection: duckdb.DuckDBPyConnection, site: Site, reading: Reading) -> tuple[Arrival, Outcome | None]:
    """Write the delivery, and its outcome where there is nothing left to ingest, in one transaction."""
    delivery = Delivery(
        delivery_id=reading.pushed[0] if reading.pushed else _next_id(connection, reading.received_at),
        file_name=reading.file_name,
        department=reading.department or reading.entry.folder,
        sha256=reading.sha256,
        bytes=reading.size,
        received_at=reading.received_at,
        modified_at=_modified_at(reading),
        feed=reading.feed,
        period=reading.period,
    )
    if reading.past_period:
        delivery = replace(delivery, period=past_period(connection, delivery, reading.past_period) or delivery.period)
    outcome, judged = _judge(connection, site, delivery, reading)
    if outcome:  # rows first, then what makes them count: see ledger.forget
        ledger.forget(connection, [delivery.delivery_id])
        ledger.append(connection, "raw.row_issues", unusable_lines(delivery, judged))
    connection.execute("begin")
    if judged:
        judged.record(connection)
    ledger.append(connection, "ledger.deliveries", [{**asdict(delivery), "origin": reading.entry.mark}])
    if outcome:
        ledger.append(connection, "ledger.outcomes", [outcome])
    connection.execute("commit")
    if judged:
        record_returns(connection)
    if not outcome:
        keep_cells(reading, kept_cells(site, delivery.delivery_id))
    is_review = bool(outcome and reading.lines is not None and outcome.accepted_count)
    status = outcome.status if outcome else "waiting"
    return Arrival(delivery.delivery_id, delivery.feed, delivery.period, status, is_review), outcome


def _modified_at(reading: Reading) -> datetime:
    try:
        return datetime.fromtimestamp(int(reading.entry.status.st_mtime), TIMEZONE).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError):  # some programs set stamps that are no date
        return reading.received_at


def _judge(
    connection: duckdb.DuckDBPyConnection, site: Site, delivery: Delivery, reading: Reading
) -> tuple[Outcome | None, Judged | None]:
    """The outcome of what was read, None where it waits for its ingest; and what a workbook of the bureau decides."""
    try:
        if reading.aside:
            return setting_aside(site, delivery, reading.aside.code, reading.aside.reason), None
        if reading.refused:
            raise reading.refused
        if reading.lines is not None:
            return _review(connection, site, delivery, reading.lines)
    except Refused as refused:
        return refusal(site, delivery, refused, None), None
    earlier = same_content(connection, delivery, is_zero_report=reading.is_zero_report)
    if earlier:
        reason = f"与 {earlier[1]:%Y-%m-%d %H:%M} 收到的批次 {earlier[0]} 内容完全相同，不重复入库；无需处理"
        return decide(site, delivery, "duplicate", "same_content", reason, rows=reading.rows, duplicates=reading.rows), None
    return None, None


def _finish(site: Site, reading: Reading, delivery_id: str, status: str | None, reason: str | None) -> None:
    """Take what is recorded out of the inbox; what cannot be removed stays and is not received again."""
    entry = look_again(reading.entry.path, reading.entry.folder)
    if entry is None or entry.mark != reading.entry.mark:
        return  # somebody took it away, or put another one in its place
    try:
        if status == "set_aside":
            moves = not reading.aside or reading.aside.moves
            move_aside(site, delivery_id, reading.department or entry.folder, reason or "", entry, moves=moves)
        else:
            _take_away(site, entry.path)
    except OSError as error:
        if is_of_the_machine(error) and error.errno != errno.EROFS:
            raise
        log.warning("批次 %s 已收下，但原文件不能从收件箱移走（%s），不再收它", delivery_id, type(error).__name__)
        leave(site, entry, delivery_id if status == "set_aside" else "")


def _take_away(site: Site, path: Path) -> None:
    """Remove a received file and the folders a push made for it alone."""
    path.unlink()
    if pushed_file(site, path):
        with suppress(OSError):
            path.parent.rmdir()
            path.parent.parent.rmdir()


def _review(connection: duckdb.DuckDBPyConnection, site: Site, delivery: Delivery, lines: Lines) -> tuple[Outcome, Judged | None]:
    """What a workbook of the bureau decides; lines that cannot be used go back. Raises Refused when nothing is answered."""
    bureau = site.county.departments[site.county.bureau]
    if delivery.department != site.county.bureau:
        raise Refused("wrong_department", f"《{delivery.file_name}》只由{bureau}填报", remedy=f"请放入{bureau}的收件夹")
    if not lines:
        raise Refused("nothing_decided", f"《{delivery.file_name}》中没有作出决定的行", remedy="请在“决定”栏选择后重新放入收件夹")
    earlier = same_content(connection, delivery, is_zero_report=False)
    if earlier:
        reason = f"与 {earlier[1]:%Y-%m-%d %H:%M} 收到的批次 {earlier[0]} 内容完全相同，不重复记录；无需处理"
        return decide(site, delivery, "duplicate", "same_content", reason, rows=len(lines), duplicates=len(lines)), None
    judged = judge(connection, site, lines, delivery_id=delivery.delivery_id, decided_at=delivery.received_at)
    if judged.rejected:
        path = returns_folder(site, delivery) / f"{return_stem(delivery)}_退回行.xlsx"
        judged.write_rejected(path, mark=rehearsal_mark(site), created=delivery.received_at)
    outcome = decide(
        site, delivery, "published", None, judged.said,
        rows=judged.row_count, accepted=judged.accepted, rejected=len(judged.rejected), duplicates=judged.repeated,
    )  # fmt: skip
    return outcome, judged


def unusable_lines(delivery: Delivery, judged: Judged | None) -> list[dict[str, object]]:
    """The lines of a workbook of the bureau that went back, as findings of its rows."""
    return [
        {
            "delivery_id": delivery.delivery_id, "sheet": sheet, "row_number": number, "level": "rejected",
            "reason_code": "decision_unusable", "reason": f"《{delivery.file_name}》工作表“{sheet}”第 {number} 行：{reason}",
        }
        for sheet, number, reason, _ in (judged.rejected if judged else ())
    ]  # fmt: skip


def _next_id(connection: duckdb.DuckDBPyConnection, received_at: datetime) -> str:
    day = f"{received_at:%Y%m%d}"
    (count,) = connection.execute(
        "select count(*) from ledger.deliveries where starts_with(delivery_id, ?)", [day]
    ).fetchone() or (0,)
    return f"{day}-{count + 1:04d}"
