"""Has strangers' files read by a process apart (``read_child.py``) and takes its answers with suspicion.

Each process has one reading server of its own, started when it is first needed: in a forked process the parent's is left alone.
Any thread may ask. What a reader cannot do is told as ``ReadingEnded``, which is no verdict on the file.
"""

from __future__ import annotations

import atexit
import errno
import fcntl
import json
import mmap
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from include.errors import FangpinError
from include.plain import SWITCH, is_plain
from include.reading.cells_file import Nonsense, read_answer
from include.reading.refusal import Limit, ReadingEnded, Refused
from include.reading.workbook import Workbook

MEMORY = 2**30
PROCESSOR_SECONDS, PROCESSOR_SECONDS_PER_MEGABYTE, MOST_PROCESSOR_SECONDS = 15, 3, 300
TIME_SECONDS, TIME_PER_PROCESSOR_SECOND = 30, 3  # on the clock: the machine may have more to do
GRACE_SECONDS = 10
LARGEST_ANSWER = 2**30
AT_ONCE = 2
LARGEST_STATUS = 4096
ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false",  # a process that forks has one thread
    "ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "2",  # others reserve more than a limit leaves them
}  # fmt: skip
START = "import sys; sys.path.insert(0, sys.argv[1]); from include.reading.read_child import main; main()"
PROJECT = str(Path(__file__).resolve().parents[2])
ENDED: dict[int | str, Limit] = {
    "time": "time", 10: "memory", 11: "answer", 12: "fault",
    -signal.SIGXCPU: "processor", -signal.SIGABRT: "memory",  # calamine's allocator aborts
}  # fmt: skip


@dataclass
class _Server:
    owner: int
    process: subprocess.Popen[bytes]
    control: socket.socket


_server: _Server | None = None
_lock = threading.Lock()
_places = threading.BoundedSemaphore(AT_ONCE)


def read_apart(content: int, file_name: str, with_hidden: bool = False) -> Workbook:
    """The cells of the file behind a descriptor, read from its beginning. Raises Refused; ReadingEnded when it was not read."""
    with _places, _own(content) as source, _answer_place() as answer:
        said = _read(source, file_name, answer, os.fstat(source).st_size, with_hidden)
        if how := said["ended"] or said["code"]:
            raise ReadingEnded(ENDED.get(how, "signal"))
        found = _received(answer)
    if isinstance(found, Refused):
        raise found
    return found


def start_reader() -> None:
    """Start this process's reading server now, without waiting for it: for those who know that they will read."""
    with _lock:
        _running()


def reader_pid() -> int | None:
    """The process id of this process's reading server, while it runs."""
    server = _server
    return server.process.pid if server and server.owner == os.getpid() and server.process.poll() is None else None


@contextmanager
def in_memory(content: Iterable[bytes]) -> Iterator[BinaryIO]:
    """An open file without a name that never lies on a disk, for content that is encrypted wherever it is kept."""
    fd = os.memfd_create("content", os.MFD_CLOEXEC)
    with os.fdopen(fd, "w+b") as file:
        for piece in content:
            file.write(piece)
        file.flush()
        file.seek(0)
        yield file


# What goes to the reader


@contextmanager
def _own(content: int) -> Iterator[int]:
    """The same file once more, for reading only and with a position of its own."""
    try:
        fd = os.open(f"/proc/self/fd/{content}", os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except PermissionError:  # opened by somebody who had more rights
        fd = os.dup(content)
    try:
        yield fd
    finally:
        os.close(fd)


@contextmanager
def _answer_place() -> Iterator[int]:
    fd = os.memfd_create("answer", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        yield fd
    finally:
        os.close(fd)


def _read(source: int, file_name: str, answer: int, size: int, with_hidden: bool) -> dict[str, int | str | None]:
    """How the reading of one file ended. Raises ReadingEnded when nobody can say."""
    megabytes = size >> 20
    processor = min(PROCESSOR_SECONDS + PROCESSOR_SECONDS_PER_MEGABYTE * megabytes, MOST_PROCESSOR_SECONDS)
    patience = TIME_SECONDS + TIME_PER_PROCESSOR_SECOND * processor
    request = {
        "file_name": file_name, "memory": MEMORY, "answer": LARGEST_ANSWER, "processor": processor, "time": patience,
        "with_hidden": with_hidden,
    }  # fmt: skip
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours:
        with theirs:
            server = _ask(json.dumps(request).encode(), [source, answer, theirs.fileno()])
        ours.settimeout(patience + GRACE_SECONDS)
        try:
            said = ours.recv(LARGEST_STATUS)
        except TimeoutError:
            raise ReadingEnded("time") from None
        except ConnectionError:
            said = b""
    if not said:
        _check_installed(server)
        raise ReadingEnded("reader")
    return json.loads(said)  # type: ignore[no-any-return]


def _ask(message: bytes, descriptors: list[int]) -> _Server:
    with _lock:
        for _ in range(2):
            server = _running()
            try:
                socket.send_fds(server.control, [message], descriptors)
                return server
            except OSError as error:
                if error.errno not in (errno.EPIPE, errno.ECONNRESET):
                    raise ReadingEnded("reader", errno.errorcode.get(error.errno or 0, "")) from error
                server.process.kill()
                server.process.wait()
                _check_installed(server)
    raise ReadingEnded("reader")


# The server


def _running() -> _Server:
    global _server
    if _server is None or _server.owner != os.getpid() or _server.process.poll() is not None:
        if _server is not None and _server.owner == os.getpid():
            _server.control.close()
        _server = _start()
    return _server


def _start() -> _Server:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-I", "-X", "utf8", "-c", START, PROJECT, str(theirs.fileno()), str(os.getpid())],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=ENVIRONMENT | ({SWITCH: "1"} if is_plain() else {}), cwd="/", pass_fds=(theirs.fileno(),), start_new_session=True,
        )  # fmt: skip
    return _Server(os.getpid(), process, ours)


def _check_installed(server: _Server) -> None:
    """A reader that could not even start is no matter of any file. Raises RuntimeError."""
    with suppress(subprocess.TimeoutExpired):
        if server.process.wait(1) == 1:
            raise FangpinError("读取表格的程序包没有装全，读取服务起不来", remedy="请运行 make setup")


def _forget() -> None:
    """In a forked process: the server is the parent's."""
    global _server, _lock, _places
    if _server is not None:
        _server.control.close()
    _server, _lock, _places = None, threading.Lock(), threading.BoundedSemaphore(AT_ONCE)


def stop_reader() -> None:
    """End this process's reading server, and with it whatever it reads."""
    server = _server
    if server is not None and server.owner == os.getpid():
        server.control.close()
        with suppress(subprocess.TimeoutExpired):
            server.process.wait(5)


os.register_at_fork(after_in_child=_forget)
atexit.register(stop_reader)


# What comes back


def _received(answer: int) -> Workbook | Refused:
    """The answer, which nobody can change any more. Raises ReadingEnded."""
    size = os.fstat(answer).st_size
    if not 0 < size <= LARGEST_ANSWER:
        raise ReadingEnded("nonsense")
    try:
        fcntl.fcntl(answer, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
        return read_answer(pa.py_buffer(mmap.mmap(answer, size, prot=mmap.PROT_READ)))
    except (OSError, Nonsense) as error:
        raise ReadingEnded("nonsense") from error
