"""One entry of the inbox is one guarded step: copied, archived, opened and recognised, without the warehouse.

Whatever goes wrong with it is a verdict about it alone. Only what would befall any file (a full disk) is raised.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from include.checking.recognise import recognise
from include.deliveries.answer import TRY_AGAIN
from include.deliveries.attempts import ATTEMPTS, count_attempt, forget_attempts, is_of_the_machine
from include.deliveries.inbox import IRREGULAR, NO_FOLDER, Entry, is_complete, look_again
from include.deliveries.leases import OPEN_FLAGS
from include.deliveries.push import contracts_of, is_genuine, pushed_file
from include.deliveries.wordless import place_of
from include.reading.formats import keep_workbook, open_workbook
from include.reading.refusal import ReadingEnded, Refused
from include.review.returned import returned_lines
from include.review.workbook import Lines
from include.site import Site
from include.site.arrivals import arrival_time
from include.storage.archive import BLOCK, keep, keep_envelope, unnamed_file
from include.storage.names import readable

FOR_GOOD = frozenset({errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ELOOP, errno.EISDIR, errno.ENXIO, errno.ENODEV})
"""What reading again does not change."""
log = logging.getLogger(__name__)


class Unreadable(Exception):
    """The file itself cannot be read; ``code`` is the system's error number."""

    def __init__(self, error: OSError) -> None:
        super().__init__(error.strerror)
        self.code = error.errno or 0


@dataclass(frozen=True)
class Aside:
    """Why something is set aside; ``moves`` is False for what stays where it lies."""

    code: str
    reason: str
    moves: bool = True


@dataclass
class Reading:
    """What one entry of the inbox was found to be; the warehouse has not heard of it yet.

    Exactly one of ``refused``, ``aside``, ``lines`` (of a review workbook) and ``feed`` says what to do with it.
    """

    entry: Entry
    received_at: datetime
    department: str | None = None
    sha256: str = ""
    size: int = 0
    pushed: tuple[str, str] | None = None
    refused: Refused | None = None
    aside: Aside | None = None
    lines: Lines | None = None
    feed: str | None = None
    period: str | None = None
    past_period: str | None = None
    rows: int = 0
    is_zero_report: bool = False
    kept: Path | None = None

    @property
    def file_name(self) -> str:
        return readable(self.entry.path.name)


def read_entry(site: Site, entry: Entry, screened: datetime | None = None) -> Reading | None:
    """Read one file; None when it changed under our hands or is to be tried again. ``screened``: see ``arrival_time``.

    Raises OSError or WarehouseError only for what is wrong with this machine.
    """
    reading = Reading(entry, site.now(), site.county.department_of_folder(entry.folder), size=entry.status.st_size)
    try:
        with _copy(site, entry) as copy:
            if not _is_unchanged(site, entry):
                return None
            reading.sha256 = keep(site, copy)
            reading.size = os.fstat(copy.fileno()).st_size
            reading.received_at = arrival_time(site, entry.path, reading.sha256, screened) or reading.received_at
            keep_envelope(site, reading.sha256, entry.mark, _envelope(site, reading))
            _recognise(site, reading, copy)
    except (ReadingEnded, Unreadable) as failure:
        return _tried_again(site, reading, failure)
    except FileNotFoundError:
        return None
    except Exception as error:
        if is_of_the_machine(error):
            raise
        reading.aside = failed(reading.file_name, error)
    forget_attempts(site, entry.mark)
    return reading


def _envelope(site: Site, reading: Reading) -> dict[str, str]:
    """Where it lay and when it came and was last changed, as text."""
    return {
        "path": readable(str(reading.entry.path.relative_to(site.inbox))),
        "received_at": reading.received_at.isoformat(),
        "modified_ns": str(reading.entry.status.st_mtime_ns),
    }


def irregular_entry(site: Site, entry: Entry, kind: str) -> Reading:
    """What is no file is told once and stays where it is, unopened."""
    reading = Reading(entry, site.now(), site.county.department_of_folder(entry.folder))
    reading.aside = Aside("irregular", f"《{reading.file_name}》{IRREGULAR[kind]}", moves=False)
    return reading


def failed(file_name: str, error: Exception) -> Aside:
    """A fault of ours: noted by its kind and place, because its words may quote a cell."""
    log.error("收件箱中的一份文件处理时出错（%s）：\n%s", type(error).__name__, place_of(error))
    return Aside(
        "failed", f"《{file_name}》处理时出错（{type(error).__name__}），是系统没有料到的情况，已告知数据组；{TRY_AGAIN}"
    )


def _tried_again(site: Site, reading: Reading, failure: ReadingEnded | Unreadable) -> Reading | None:
    if isinstance(failure, Unreadable):
        is_last = failure.code in FOR_GOOD
        aside = Aside("unreadable", f"《{reading.file_name}》读不出来（{os.strerror(failure.code)}）；{TRY_AGAIN}")
    else:
        is_last = False
        aside = Aside("reading_ended", f"《{reading.file_name}》读了 {ATTEMPTS} 次都没有读完（{failure.reason}）；{TRY_AGAIN}")
    log.warning("收件箱中的一份文件没有读完（%s）", type(failure).__name__)
    if not is_last and count_attempt(site, reading.entry.mark) < ATTEMPTS:
        return None
    forget_attempts(site, reading.entry.mark)
    reading.aside = aside
    return reading


def _copy(site: Site, entry: Entry) -> BinaryIO:
    """The file's bytes in a file of ours without a name, so that nobody changes what is being read. Raises Unreadable."""
    try:
        handle = os.open(entry.path, OPEN_FLAGS)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Unreadable(error) from None
    with os.fdopen(handle, "rb") as source:
        if Entry(entry.path, entry.folder, os.fstat(handle)).mark != entry.mark:  # replaced since it was looked at
            raise FileNotFoundError
        copy = unnamed_file(site)
        for block in iter(lambda: _read_block(source), b""):
            copy.write(block)
    copy.flush()
    copy.seek(0)
    return copy


def _read_block(source: BinaryIO) -> bytes:
    try:
        return source.read(BLOCK)
    except OSError as error:
        raise Unreadable(error) from None


def _is_unchanged(site: Site, entry: Entry) -> bool:
    now = look_again(entry.path, entry.folder)
    return now is not None and now.mark == entry.mark and is_complete(site, now)


def _recognise(site: Site, reading: Reading, copy: BinaryIO) -> None:
    """Fill in what the content is: a feed and period, a review, or refused."""
    pushed = pushed_file(site, reading.entry.path)
    if pushed and is_genuine(
        copy, site, department=reading.department, delivery_id=pushed[0], feed=pushed[1], sha256=reading.sha256,
        file_name=reading.file_name,
    ):  # a folder that only looks like a push: its file is received as any other  # fmt: skip
        reading.pushed = pushed
        reading.feed = pushed[1]
    try:
        if reading.department is None:
            raise _unknown_department(site, reading)
        copy.seek(0)
        workbook = open_workbook(copy, reading.file_name)
        reading.lines = None if reading.pushed else returned_lines(workbook)
        if reading.lines is not None:
            return
        found = recognise(
            workbook,
            file_name=reading.file_name,
            department=reading.department,
            received_at=reading.received_at,
            contracts=contracts_of(reading.pushed[0] if reading.pushed else "", reading.feed),
        )
    except Refused as refused:
        reading.refused = refused
        return
    reading.feed, reading.period = found.contract.feed, found.filed_under(reading.received_at)
    reading.past_period = found.past_period
    reading.rows, reading.is_zero_report = sum(len(table.table.rows) for table in found.tables), found.is_zero_report
    reading.kept = _reading_folder(site) / uuid.uuid4().hex
    keep_workbook(workbook, reading.kept)


def _unknown_department(site: Site, reading: Reading) -> Refused:
    known = "、".join(site.county.departments.values())
    folder = reading.entry.folder
    lies = "文件没有放在部门文件夹里" if folder == NO_FOLDER else f"文件夹“{folder}”不是本县报送部门"
    return Refused("unknown_department", f"《{reading.file_name}》：{lies}", remedy=f"请放入以下部门名称的文件夹：{known}")


def _reading_folder(site: Site) -> Path:
    return site.home / "work" / "reading"


def clear_readings(site: Site) -> None:
    """Remove what a killed receiving had read and not recorded; only the one that receives may call it."""
    shutil.rmtree(_reading_folder(site), ignore_errors=True)


def keep_cells(reading: Reading, place: Path) -> None:
    """Hand the cells that were read on to the check of the delivery they became."""
    if reading.kept:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(FileNotFoundError):
            reading.kept.replace(place)
