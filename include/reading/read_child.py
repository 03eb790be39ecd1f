"""The process that reads strangers' files, apart from everything that could be harmed.

``reader.py`` starts it once in each process that reads, with an empty environment and one socket. It loads the reading modules
and then forks for every file: the fork has the open file and the place for its answer, nothing else, and limits of memory,
processor time and output; it reads, answers and is gone. This process sees to the time on the clock, tells how each fork ended,
and ends all of them when whoever asked, or whoever started it, is no more.
"""

from __future__ import annotations

import codecs
import ctypes
import errno
import fcntl
import gc
import io
import json
import os
import re
import resource
import select
import signal
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from include.plain import is_plain
from include.reading.cells_file import write_refusal, write_workbook
from include.reading.file_kind import read_file
from include.reading.refusal import Refused

ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-le", "gb18030", "latin-1", "cp437", "ascii")
SAMPLE = "样\n".encode()
LARGEST_REQUEST = 1 << 20
CONTENT, ANSWER = 3, 4
OPEN_FILES = 16
SPARE = 48 * 2**20  # of memory that is mapped already and may yet be touched: libraries
OUT_OF_MEMORY, ANSWER_TOO_LARGE, FAULT = 10, 11, 12
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
NO_MEMORY = re.compile(r"\bmemory\b|\balloc|Error -4\b")  # the last is zlib's
PEAK, STATUS, NEARLY = re.compile(r"VmPeak:\s*(\d+)"), Path("/proc/self/status"), 64 * 2**20
STATM = Path("/proc/self/statm")
LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass
class _Reading:
    pid: int
    pidfd: int
    asker: socket.socket
    until: float
    ended: str | None = None


def serve(control: socket.socket, parent: int) -> None:
    """Read whatever is asked for until nobody can ask any more."""
    _warm_up()
    parent_fd = os.pidfd_open(parent)
    readings: list[_Reading] = []
    while True:
        poll = select.poll()
        for fd in (control.fileno(), parent_fd, *(reading.pidfd for reading in readings)):
            poll.register(fd, select.POLLIN)
        for reading in readings:
            poll.register(reading.asker, 0)  # only its end
        first = min((reading.until for reading in readings if not reading.ended), default=None)
        ready = {fd for fd, _ in poll.poll(None if first is None else max(first - time.monotonic(), 0) * 1000 + 1)}
        if parent_fd in ready:
            return
        for reading in readings:
            if reading.asker.fileno() in ready:
                _end(reading, "asker")
            elif reading.until <= time.monotonic():
                _end(reading, "time")
        for reading in [reading for reading in readings if reading.pidfd in ready]:
            _tell_end(reading)
            readings.remove(reading)
        if control.fileno() in ready:
            message, given, _, _ = socket.recv_fds(control, LARGEST_REQUEST, 3)
            if not message:
                return
            readings += _begin(json.loads(message), given)


class _WithoutPandas:
    """Arrow would load pandas, a second in every fork, when it first sees a list; no reader needs it."""

    @staticmethod
    def find_spec(name: str, *_: Any) -> None:
        """Raises ModuleNotFoundError for pandas."""
        if name == "pandas":
            raise ModuleNotFoundError(name=name)


def _warm_up() -> None:
    """Load now what every fork would otherwise load anew; runs no thread, which a fork would lack."""
    for encoding in ENCODINGS:
        codecs.lookup(encoding)
    write_workbook(read_file(io.BytesIO(SAMPLE), "样.csv"), io.BytesIO())
    gc.freeze()


def _end(reading: _Reading, why: str) -> None:
    if not reading.ended:
        reading.ended = why
        os.kill(reading.pid, signal.SIGKILL)


def _tell_end(reading: _Reading) -> None:
    """Pass on how a fork ended."""
    _, status, usage = os.wait4(reading.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    said = {"code": code, "ended": reading.ended, "kilobytes": usage.ru_maxrss, "processor": usage.ru_utime + usage.ru_stime}
    with suppress(OSError):  # nobody may be waiting any more
        reading.asker.send(json.dumps(said).encode())
    os.close(reading.pidfd)
    reading.asker.close()


def _begin(request: dict[str, Any], given: list[int]) -> list[_Reading]:
    content, answer, asker = given
    server = os.getpid()
    try:
        pid = os.fork()
    except OSError:  # no room for one more process; whoever asked sees the end of the socket
        for fd in given:
            os.close(fd)
        return []
    if pid == 0:
        _read_and_exit(server, request, content, answer)
    os.close(content)
    os.close(answer)
    return [_Reading(pid, os.pidfd_open(pid), socket.socket(fileno=asker), time.monotonic() + request["time"])]


# In the fork


def _read_and_exit(server: int, request: dict[str, Any], content: int, answer: int) -> NoReturn:
    code = FAULT
    try:
        _confine(server, request, content, answer)
        with os.fdopen(CONTENT, "rb") as source, os.fdopen(ANSWER, "wb") as out:
            _answer(source, request["file_name"], request["with_hidden"], out)
        code = 0
    except MemoryError:
        code = OUT_OF_MEMORY
    except OSError as error:
        code = {errno.EFBIG: ANSWER_TOO_LARGE, errno.ENOMEM: OUT_OF_MEMORY}.get(error.errno or 0, FAULT)
    except BaseException:
        code = FAULT
    finally:
        os._exit(code)


def _answer(source: Any, file_name: str, with_hidden: bool, out: Any) -> None:
    try:
        workbook = read_file(source, file_name, with_hidden)
    except Refused as refused:
        if refused.reason_code == "damaged" and _lacked_memory(refused):
            raise MemoryError from refused
        write_refusal(refused, out)
    else:
        write_workbook(workbook, out)


def _lacked_memory(refused: Refused) -> bool:
    """Whether a file may only seem damaged: libraries say in many ways, or not at all, that they got no memory."""
    error: BaseException | None = refused
    while error is not None:
        if isinstance(error, MemoryError) or getattr(error, "errno", 0) == errno.ENOMEM or NO_MEMORY.search(str(error)):
            return True
        error = error.__cause__ or error.__context__
    peak = int(PEAK.findall(STATUS.read_text())[0]) * 1024
    return peak > resource.getrlimit(resource.RLIMIT_AS)[0] - NEARLY


def _confine(server: int, request: dict[str, Any], content: int, answer: int) -> None:
    """Keep the two descriptors, and take on the limits: what is mapped and may yet become resident stays below ``memory``."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.getppid() != server:
        os._exit(FAULT)
    gc.disable()
    mapped, resident = (int(pages) * resource.getpagesize() for pages in STATM.read_text().split()[:2])
    above = [fcntl.fcntl(fd, fcntl.F_DUPFD, ANSWER + 1) for fd in (content, answer)]
    os.dup2(above[0], CONTENT)
    os.dup2(above[1], ANSWER)
    os.closerange(ANSWER + 1, 1 << 16)
    address_space = max(mapped + request["memory"] - resident - SPARE, mapped)
    for what, soft, hard in (
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_AS, address_space, address_space),
        (resource.RLIMIT_CPU, request["processor"], request["processor"] + 1),
        (resource.RLIMIT_FSIZE, request["answer"], request["answer"]),
        (resource.RLIMIT_NOFILE, OPEN_FILES, OPEN_FILES),
    ):
        resource.setrlimit(what, (soft, hard))


def main() -> None:
    """Run as ``python -I -c … PROJECT SOCKET PARENT``."""
    if not is_plain():
        sys.meta_path.insert(0, _WithoutPandas())  # type: ignore[arg-type]
    serve(socket.socket(fileno=int(sys.argv[2])), int(sys.argv[3]))
