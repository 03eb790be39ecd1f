"""The inbox is the queue: every file in it is hashed, archived, recorded, recognised, and announced or sent back."""

from __future__ import annotations

import fcntl
import hashlib
import os
import signal
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import duckdb

from include import ledger
from include.contracts import Contract, contract
from include.dispatch import review
from include.ingest.formats import UNFINISHED_SUFFIXES, keep_workbook, open_workbook
from include.ingest.recognise import recognise
from include.ingest.refusal import Refused
from include.ledger import Delivery, Outcome
from include.push.deliveries import contracts_of, is_genuine, pushed_file, settle_receipts
from include.rehearsal_arrivals import arrival_time
from include.reports.return_workbook import write_refusal
from include.settings import TIMEZONE, Settings, settings
from include.warehouse import connect

NO_FOLDER = "未注明部门"
SETTLE_SECONDS = 0.3
RECEIVING_SECONDS = 5.0
LONGEST_NAME_BYTES = 120
ANNOUNCE_AGAIN_SECONDS = 900


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


def archive_path(where: Settings, delivery: Delivery) -> Path:
    """Where the file's bytes are kept: by content hash, so the same content is kept once."""
    return where.archive / delivery.sha256[:2] / delivery.sha256


def work_folder(where: Settings, delivery_id: str) -> Path:
    """What is known of a delivery until it is published or refused; it may be deleted at any time."""
    return where.home / "work" / delivery_id


def kept_cells(where: Settings, delivery_id: str) -> Path:
    """The cells as ``receive`` read them, so that ``check`` need not read the file again."""
    return work_folder(where, delivery_id) / "cells"


def inbox_files(where: Settings) -> list[tuple[Path, str]]:
    """Files waiting in the inbox with the name of the folder they lie in, oldest first."""
    found = []
    for path in where.inbox.rglob("*"):
        folder = path.relative_to(where.inbox).parts[0]
        with suppress(FileNotFoundError):
            if path.is_file() and _is_complete(path) and not folder.startswith("."):
                found.append((path.stat().st_mtime, NO_FOLDER if folder == path.name else folder, path))
    return [(path, folder) for _, folder, path in sorted(found, key=lambda item: (item[0], item[1], str(item[2])))]


def settled(files: list[tuple[Path, str]]) -> list[tuple[Path, str]]:
    """Those of the files that nobody is writing to; a file written to a moment ago is looked at twice."""
    before = {path: path.stat() for path, _ in files if path.exists()}
    if any(time.time() - stat.st_mtime < SETTLE_SECONDS for stat in before.values()):
        time.sleep(SETTLE_SECONDS)
    still = {path: path.stat() for path in before if path.exists() and not is_being_written(path)}
    return [
        (path, folder)
        for path, folder in files
        if path in still and (still[path].st_size, still[path].st_mtime) == (before[path].st_size, before[path].st_mtime)
    ]


def is_being_written(path: str | Path) -> bool:
    """Whether some process has the file open for writing. Where the file system cannot tell, no: then only time tells.

    Linux grants a read lease only on a file that nobody writes to; copying programs hold theirs open to the end.
    """
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return True
    try:
        fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)  # one who opens it meanwhile has us told so; SIGURG is ignored
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
    return False


def _is_complete(path: Path) -> bool:
    return not path.name.startswith((".", "~$")) and path.suffix.lower() not in UNFINISHED_SUFFIXES


def receive_inbox(*, is_retry: bool = False) -> list[Arrival]:
    """Take everything out of the inbox; also lists again what was announced long ago but nobody ingested.

    A retry lists all that waits: the attempt before may have ended between receiving it and announcing it.
    """
    where = settings()
    with connect(where) as connection:
        ledger.create_tables(connection)
        waiting = [Arrival(item.delivery_id, item.feed, item.period, "waiting") for item in ledger.pending(connection)]
        arrivals = [item for item in waiting if is_retry or _is_overdue(where, item)]
        until = time.monotonic() + RECEIVING_SECONDS
        while True:  # in a burst more comes while the first are received
            received = [_receive_file(connection, where, path, folder) for path, folder in settled(inbox_files(where))]
            arrivals += [arrival for arrival in received if arrival]
            if not any(received) or time.monotonic() > until:
                break
        settle_receipts(connection, where)
    for item in arrivals:
        if item.status == "waiting":
            announcement(where, item.delivery_id).parent.mkdir(parents=True, exist_ok=True)
            announcement(where, item.delivery_id).touch()
    return arrivals


def wake_ups(arrivals: Iterable[Arrival], taken_in: Collection[str] = ()) -> list[tuple[str, str]]:
    """Feed and period that wake the ingest of each delivery that waits and was not taken in meanwhile.

    Events have a period each, and a burst of them must not start a run each: one wake-up a feed, named for its last delivery.
    """
    found = {}
    for item in arrivals:
        if item.status == "waiting" and item.feed and item.period and item.delivery_id not in taken_in:
            is_event = contract(item.feed).period_kind == "event"
            found[item.feed, "" if is_event else item.period] = item.delivery_id if is_event else item.period
    return sorted((feed, period) for (feed, _), period in found.items())


def announcement(where: Settings, delivery_id: str) -> Path:
    """A mark of when the delivery was last announced to its ingest."""
    return where.home / "work" / "announced" / delivery_id


def _is_overdue(where: Settings, arrival: Arrival) -> bool:
    mark = announcement(where, arrival.delivery_id)
    return not mark.exists() or time.time() - mark.stat().st_mtime > ANNOUNCE_AGAIN_SECONDS


def _receive_file(connection: duckdb.DuckDBPyConnection, where: Settings, path: Path, folder: str) -> Arrival | None:
    """Record one file and take it out of the inbox; None when it changed under our hands or is recorded already."""
    stat = path.stat()
    sha256 = _keep(where, path)
    if sha256 is None:
        return None
    department = where.county.department_of_folder(folder)
    pushed = pushed_file(where, path)
    if pushed and not is_genuine(path, where, department=department, delivery_id=pushed[0], feed=pushed[1], sha256=sha256):
        pushed = None  # a folder that only looks like a push: its file is received as any other
    if pushed and _is_recorded(connection, pushed[0]):  # a crash came between recording it and taking it away
        _take_away(where, path)
        return None
    received_at = arrival_time(connection, where, path, sha256) or where.now()
    delivery = Delivery(
        delivery_id=pushed[0] if pushed else _next_id(connection, received_at),
        file_name=path.name,
        department=department or folder,
        sha256=sha256,
        bytes=stat.st_size,
        received_at=received_at,
        modified_at=datetime.fromtimestamp(int(stat.st_mtime), TIMEZONE).replace(tzinfo=None),
        feed=pushed[1] if pushed else None,
    )
    kept = archive_path(where, delivery)
    connection.execute("begin")
    delivery, outcome = _judge(connection, where, delivery, department, kept)
    ledger.insert(connection, "ledger.deliveries", [delivery])
    if outcome:
        ledger.insert(connection, "ledger.outcomes", [outcome])
    connection.execute("commit")
    _take_away(where, path)
    is_review = bool(outcome and delivery.feed is None and outcome.accepted_count)
    return Arrival(delivery.delivery_id, delivery.feed, delivery.period, outcome.status if outcome else "waiting", is_review)


def _is_recorded(connection: duckdb.DuckDBPyConnection, delivery_id: str) -> bool:
    key = delivery_id.partition("-")[2]
    found = connection.execute("select 1 from ledger.deliveries where ends_with(delivery_id, ?)", [f"-{key}"])
    return found.fetchone() is not None


def _take_away(where: Settings, path: Path) -> None:
    """Remove a received file and the folders a push made for it alone."""
    path.unlink()
    if pushed_file(where, path):
        with suppress(OSError):
            path.parent.rmdir()
            path.parent.parent.rmdir()


def _keep(where: Settings, path: Path) -> str | None:
    """Copy a file into the archive in one reading; returns its SHA-256, or None when it was written to meanwhile."""
    before = path.stat()
    digest = hashlib.sha256()
    fresh = where.archive / f"{os.getpid()}.part"
    fresh.parent.mkdir(parents=True, exist_ok=True)
    with path.open("rb") as content, fresh.open("wb") as copy:
        for block in iter(lambda: content.read(1 << 20), b""):
            digest.update(block)
            copy.write(block)
    after = path.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or is_being_written(path):
        fresh.unlink()
        return None
    kept = where.archive / digest.hexdigest()[:2] / digest.hexdigest()
    kept.parent.mkdir(parents=True, exist_ok=True)
    fresh.replace(kept)
    return digest.hexdigest()


def _judge(
    connection: duckdb.DuckDBPyConnection, where: Settings, delivery: Delivery, department: str | None, kept: Path
) -> tuple[Delivery, Outcome | None]:
    """Recognise the feed and period; an outcome only where there is nothing left to ingest."""
    try:
        if department is None:
            known = "、".join(where.county.departments.values())
            lies = (
                "文件没有放在部门文件夹里"
                if delivery.department == NO_FOLDER
                else f"文件夹“{delivery.department}”不是本县报送部门"
            )
            raise Refused("unknown_department", f"《{delivery.file_name}》:{lies};请放入以下部门名称的文件夹:{known}")
        workbook = open_workbook(kept, delivery.file_name)
        lines = None if delivery.feed else review.answered_lines(workbook)
        if lines is not None:
            return delivery, _review(connection, where, delivery, lines)
        read = recognise(
            workbook,
            file_name=delivery.file_name,
            department=department,
            received_at=delivery.received_at,
            contracts=contracts_of(delivery.delivery_id, delivery.feed),
        )
    except Refused as refused:
        outcome = refusal(where, delivery, refused, None)
        return delivery, outcome
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:  # a fault of ours must not hold up everybody's files
        text = (
            f"《{delivery.file_name}》读取时出错({type(error).__name__});请另存为新的 Excel 工作簿(*.xlsx)后重新报送,并告知数据组"
        )
        return delivery, refusal(where, delivery, Refused("unreadable", text), None)
    delivery = replace(delivery, feed=read.contract.feed, period=read.filed_under(delivery.received_at))
    rows = sum(len(table.table.rows) for table in read.tables)
    earlier = _same_content(connection, delivery, is_zero_report=read.is_zero_report)
    if earlier:
        reason = f"与 {earlier[1]:%Y-%m-%d %H:%M} 收到的批次 {earlier[0]} 内容完全相同,不重复入库;无需处理"
        return delivery, decide(where, delivery, "duplicate", "same_content", reason, rows=rows, duplicates=rows)
    keep_workbook(workbook, kept_cells(where, delivery.delivery_id))
    return delivery, None


def _review(
    connection: duckdb.DuckDBPyConnection, where: Settings, delivery: Delivery, lines: list[tuple[str, int, dict[str, str]]]
) -> Outcome:
    """Record the decisions of a review workbook; lines that cannot be used go back. Raises Refused when nothing is answered."""
    bureau = where.county.departments[where.county.bureau]
    if delivery.department != where.county.bureau:
        raise Refused("wrong_department", f"《{delivery.file_name}》是待核定表,只由{bureau}填报;请放入{bureau}的收件夹")
    if not lines:
        raise Refused("nothing_decided", f"《{delivery.file_name}》中没有作出决定的行;请在“决定”栏选择后重新放入收件夹")
    earlier = _same_content(connection, delivery, is_zero_report=False)
    if earlier:
        reason = f"与 {earlier[1]:%Y-%m-%d %H:%M} 收到的批次 {earlier[0]} 内容完全相同,不重复记录;无需处理"
        return decide(where, delivery, "duplicate", "same_content", reason, rows=len(lines), duplicates=len(lines))
    answers = review.judge_answers(connection, where, lines, delivery_id=delivery.delivery_id, decided_at=delivery.received_at)
    ledger.insert(connection, "ledger.decisions", [*answers.decisions, *answers.implied])
    ledger.insert(
        connection,
        "raw.row_issues",
        [
            {
                "delivery_id": delivery.delivery_id, "sheet": sheet, "row_number": number, "level": "rejected",
                "reason_code": "decision_unusable", "reason": f"《{delivery.file_name}》工作表“{sheet}”第 {number} 行:{reason}",
            }
            for sheet, number, reason, _ in answers.rejected
        ],
    )  # fmt: skip
    if answers.rejected:
        folder = where.returns / delivery.department
        path = folder / f"{delivery.delivery_id}_{Path(delivery.file_name).stem}_退回行.xlsx"
        review.write_rejected(path, answers, created=delivery.received_at)
    return decide(
        where, delivery, "published", None, f"待核定表:记录 {len(answers.decisions)} 项决定",
        rows=answers.row_count, accepted=len(answers.decisions), rejected=len(answers.rejected), duplicates=answers.repeated,
    )  # fmt: skip


def _same_content(
    connection: duckdb.DuckDBPyConnection, delivery: Delivery, *, is_zero_report: bool
) -> tuple[str, datetime] | None:
    """The earlier delivery with the same bytes that was not refused; a zero report repeats only within its period."""
    return connection.execute(
        """select deliveries.delivery_id, deliveries.received_at from ledger.deliveries as deliveries
        left join ledger.outcomes as outcomes on outcomes.delivery_id = deliveries.delivery_id
        where deliveries.sha256 = ? and deliveries.department = ? and deliveries.feed is not distinct from ?
            and coalesce(outcomes.status, 'waiting') in ('waiting', 'published', 'zero_report')
            and (not ? or deliveries.period = ?)
        order by deliveries.received_at, deliveries.delivery_id limit 1""",
        [delivery.sha256, delivery.department, delivery.feed, is_zero_report, delivery.period],
    ).fetchone()  # type: ignore[return-value]


def return_stem(delivery: Delivery) -> str:
    """How what goes back is called: the delivery and its file's name, cut where a file system would refuse it."""
    stem = Path(delivery.file_name).stem.encode()[:LONGEST_NAME_BYTES].decode(errors="ignore")
    return f"{delivery.delivery_id}_{stem}"


def refusal(where: Settings, delivery: Delivery, refused: Refused, expected: Contract | None, rows: int = 0) -> Outcome:
    """The outcome of a refused delivery, and its return letter to the department."""
    if expected is None and delivery.feed:
        expected = contract(delivery.feed)
    folder = where.returns / delivery.department
    folder.mkdir(parents=True, exist_ok=True)
    write_refusal(
        folder / f"{return_stem(delivery)}_退回.xlsx",
        delivery=vars(delivery),
        reason=refused.reason,
        contract=expected,
    )
    return decide(where, delivery, "refused", refused.reason_code, refused.reason, rows=rows, rejected=rows)


def decide(
    where: Settings,
    delivery: Delivery,
    status: str,
    reason_code: str | None,
    reason: str | None,
    *,
    rows: int = 0,
    accepted: int = 0,
    rejected: int = 0,
    duplicates: int = 0,
) -> Outcome:
    """An outcome at the county's clock; raises AssertionError when the row accounts do not add up."""
    return Outcome(
        delivery.delivery_id, delivery.feed, delivery.period, status, reason_code, reason,
        rows, accepted, rejected, duplicates, where.now(),
    )  # fmt: skip


def _next_id(connection: duckdb.DuckDBPyConnection, received_at: datetime) -> str:
    day = f"{received_at:%Y%m%d}"
    (count,) = connection.execute(
        "select count(*) from ledger.deliveries where starts_with(delivery_id, ?)", [day]
    ).fetchone() or (0,)
    return f"{day}-{count + 1:04d}"
