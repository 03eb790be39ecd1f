"""Strangers' files are read by a process apart: it has nothing, it may take little, and its end is no verdict on any file."""

from __future__ import annotations

import io
import os
import pickle
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import TypeVar

import psutil
import pyarrow as pa
import pytest

from include.errors import FangpinError
from include.reading import reader
from include.reading.cells_file import Nonsense, read_answer, write_workbook
from include.reading.formats import Sheet, Workbook, in_memory, keep_workbook, kept_workbook, open_workbook
from include.reading.refusal import ReadingEnded, Refused
from include.site import PROJECT
from tests import hostile

T = TypeVar("T")
MEGABYTE = 1024  # kilobytes
PATIENCE = 60


def read(name: str, content: bytes) -> Workbook:
    with in_memory([content]) as file:
        return open_workbook(file, name)


def slow() -> bytes:
    """A few kilobytes that keep a reader busy for seconds."""
    return hostile.xlsx_with({hostile.SHEET: hostile.many(b'<c r="A1" t="e">', 2_800_000, hostile.OPEN)})


def until(found: Callable[[], T]) -> T:
    """What is found as soon as there is something."""
    given_up = time.monotonic() + PATIENCE
    while not (it := found()):
        assert time.monotonic() < given_up, "it never happened"
        threading.Event().wait(0.02)
    return it


def opened_by(process: psutil.Process) -> dict[int, str]:
    """A process's descriptors and what they are open on."""
    return {int(fd.name): str(fd.readlink()) for fd in Path(f"/proc/{process.pid}/fd").iterdir()}


@contextmanager
def reading_slowly() -> Iterator[tuple[Future[Workbook], psutil.Process, psutil.Process]]:
    """A reading that is under way, its server and the process that reads."""
    content = slow()
    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(read, "慢.xlsx", content)
        server = psutil.Process(until(reader.reader_pid))
        fork = until(lambda: next(iter(server.children()), None))
        until(lambda: len(opened_by(fork)) == 5)
        until(lambda: fork.rlimit(psutil.RLIMIT_NOFILE)[0] == 16)  # the last of its limits
        yield under_way, server, fork
        with suppress(psutil.NoSuchProcess):
            fork.kill()


# What it has


def test_the_reader_has_no_secret_and_nothing_open_but_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FANGPIN_KEY", "secret")
    with (tmp_path / "warehouse.duckdb").open("wb") as open_elsewhere, reading_slowly() as (_, server, fork):
        os.set_inheritable(open_elsewhere.fileno(), True)
        for process in (server, fork):
            assert set(process.environ()) <= set(reader.ENVIRONMENT), "no key, no signing secret, not even a path"
        opened = opened_by(fork)
        limits = Path(f"/proc/{fork.pid}/limits").read_text()
    assert sorted(opened) == [0, 1, 2, 3, 4]
    assert {opened[fd] for fd in (0, 1, 2)} == {"/dev/null"}
    assert "content" in opened[3] and "answer" in opened[4]
    for line in ("Max cpu time              15 ", "Max core file size        0 ", "Max open files            16 "):
        assert line in limits, limits


def test_a_descriptor_is_read_from_its_beginning_and_left_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("姓名,村\n张三,a\n", "utf-8")
    with path.open("rb") as content:
        content.seek(5)
        for source in (content, content.fileno()):
            assert open_workbook(source, "x.csv").sheets[0].rows == [["姓名", "村"], ["张三", "a"]]
        assert content.tell() == 5


# How it ends


def test_a_reader_that_is_killed_says_nothing_of_the_file() -> None:
    with reading_slowly() as (under_way, _, fork):
        fork.kill()
        with pytest.raises(ReadingEnded) as ended:
            under_way.result(PATIENCE)
        assert ended.value.limit == "signal" and "慢" not in ended.value.reason
        assert read("名单.xlsx", hostile.sound_xlsx()).kind == "xlsx", "the next file is read by the same server"


def test_a_server_that_is_killed_is_started_again() -> None:
    with reading_slowly() as (under_way, server, fork):
        server.kill()
        with pytest.raises(ReadingEnded) as ended:
            under_way.result(PATIENCE)
        assert ended.value.limit == "reader"
        assert not psutil.wait_procs([fork], PATIENCE)[1], "its fork dies with it"
        assert read("名单.xlsx", hostile.sound_xlsx()).kind == "xlsx"
        assert reader.reader_pid() != server.pid
        reader.stop_reader()


def test_readers_end_with_whoever_asked() -> None:
    script = f"""
import sys; sys.path.insert(0, {str(PROJECT)!r})
from tests.reading.test_reader import read, slow
read("慢.xlsx", slow())
"""
    asker = psutil.Process(subprocess.Popen([sys.executable, "-c", script]).pid)
    server = until(lambda: next(iter(asker.children()), None))
    fork = until(lambda: next(iter(server.children()), None))
    asker.send_signal(signal.SIGKILL)
    assert not psutil.wait_procs([server, fork], PATIENCE)[1]
    asker.wait()


@pytest.mark.parametrize(
    ("limit", "setting", "least"),
    [
        ("processor", "PROCESSOR_SECONDS", 1),
        ("memory", "MEMORY", 2**20),
        ("time", "TIME_PER_PROCESSOR_SECOND", -2),
        ("answer", "LARGEST_ANSWER", 100),
    ],
)
def test_each_limit_ends_a_reading(monkeypatch: pytest.MonkeyPatch, limit: str, setting: str, least: int) -> None:
    monkeypatch.setattr(reader, setting, least)
    content = slow() if limit in ("processor", "time") else hostile.sound_xlsx()
    with pytest.raises(ReadingEnded) as ended:
        read("名单.xlsx", content)
    assert ended.value.limit == limit
    monkeypatch.undo()
    assert read("名单.xlsx", hostile.sound_xlsx()).kind == "xlsx"


def test_packages_that_are_missing_are_no_matter_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    reader.stop_reader()
    monkeypatch.setattr(reader, "START", "import no_such_package")
    with pytest.raises(FangpinError, match="make setup"):
        read("名单.xlsx", hostile.sound_xlsx())


def test_a_forked_process_has_a_reader_of_its_own() -> None:
    read("名单.xlsx", hostile.sound_xlsx())
    ours = reader.reader_pid()
    told, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        kind = read("名单.xlsx", hostile.sound_xlsx()).kind
        os.write(tell, f"{kind} {reader.reader_pid()}".encode())
        reader.stop_reader()
        os._exit(0)
    os.waitpid(pid, 0)
    kind, theirs = os.read(told, 100).decode().split()
    assert kind == "xlsx" and int(theirs) != ours == reader.reader_pid()


# Files made to harm


@pytest.mark.parametrize("kind", hostile.KINDS)
def test_hostile_files_end_within_their_limits(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Every one is read, refused with what to do, or ended; no reader takes a gigabyte or its processor time, nor do we grow."""
    ends: list[dict[str, float]] = []
    ask = reader._read

    def noting(*request: object) -> dict[str, object]:
        ends.append(ask(*request))  # type: ignore[arg-type]
        return ends[-1]  # type: ignore[return-value]

    monkeypatch.setattr(reader, "_read", noting)
    own = psutil.Process()
    for name, content in hostile.KINDS[kind]():
        before = own.memory_info().rss
        with in_memory([content]) as file:
            held = own.memory_info().rss
            try:
                open_workbook(file, name)
            except Refused as refused:
                assert "请" in refused.reason and name in refused.reason
            except ReadingEnded as ended:
                assert name not in ended.reason
            assert own.memory_info().rss - held < 64 * 2**20, f"{name}: {before >> 20} MB before"
        assert ends[-1]["kilobytes"] < 1024 * MEGABYTE, name
        assert ends[-1]["processor"] < 20 + 3 * len(content) / 2**20, name


def test_others_are_answered_while_a_hostile_file_is_read() -> None:
    with reading_slowly() as (under_way, _, _):
        assert read("名单.xlsx", hostile.sound_xlsx()).kind == "xlsx"
        assert not under_way.done()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("大.json", b'[{"a":"' + b"x" * (40 * 2**20) + b'"}]', "too_large"),
        ("对象.json", b"[" + b"{}," * 2_000_000 + b"{}]", "too_large"),
        ("小数.json", b'[{"a":1e999}]', "damaged"),
        ("深.json", b"[" * 100_000, "damaged"),
    ],
)
def test_absurd_json_is_refused_by_counting(name: str, content: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        read(name, content)
    assert refused.value.reason_code == code


def test_a_field_longer_than_csv_allows_spoils_no_other_row() -> None:
    long = "x" * 200_000
    rows = read("x.csv", f"姓名,说明\n张三,{long}\n李四,y\n".encode()).sheets[0].rows
    assert rows == [["姓名", "说明"], ["张三", long], ["李四", "y"]]


# What it answers

ODD = [1, True, 2.5, "字", date(2024, 3, 1), datetime(2024, 3, 1, 8, 30), timedelta(hours=30), time_of_day(8, 30), 10**20, None]


def kept_bytes() -> bytes:
    content = io.BytesIO()
    rows = [["姓名", 1.5, None, True], [], ODD]
    write_workbook(Workbook("csv", [Sheet("名单", True, rows, [(0, 1, 2, 1)]), Sheet("藏", False, [])]), content)
    return content.getvalue()


def test_what_is_kept_is_read_back_cell_for_cell(tmp_path: Path) -> None:
    book = Workbook("xlsx", [Sheet("名单", True, [["姓名", 1.5], [], ODD], [(0, 1, 2, 1)]), Sheet("藏", False, [])])
    keep_workbook(book, tmp_path / "work" / "cells")
    kept = kept_workbook(tmp_path / "work" / "cells")
    assert kept == book
    assert [type(cell) for cell in kept.sheets[0].rows[2]] == [type(cell) for cell in ODD]
    assert (tmp_path / "work" / "cells").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "spoil", [lambda _: b"", lambda _: pickle.dumps({}), lambda content: content[:-100], lambda content: content[100:]]
)
def test_what_nobody_kept_is_nothing(tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    (tmp_path / "cells").write_bytes(spoil(kept_bytes()))
    assert kept_workbook(tmp_path / "cells") is None
    assert kept_workbook(tmp_path / "none") is None


def test_a_spoilt_answer_is_nonsense_or_harmless() -> None:
    sound, chance = kept_bytes(), random.Random(7)
    nonsense = 0
    for _ in range(3000):
        content = bytearray(sound)
        for _ in range(chance.randint(1, 4)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        try:
            read_answer(pa.py_buffer(bytes(content)))
        except Nonsense:
            nonsense += 1
    assert nonsense > 1000


def test_a_packed_answer_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrow would unpack a few bytes to gigabytes when they say so."""
    plain = pa.ipc.new_stream
    monkeypatch.setattr(
        pa.ipc, "new_stream", lambda sink, schema: plain(sink, schema, options=pa.ipc.IpcWriteOptions(compression="zstd"))
    )
    packed = io.BytesIO()
    write_workbook(Workbook("csv", [Sheet("", True, [["x" * 1000]] * 1000)]), packed)
    with pytest.raises(Nonsense):
        read_answer(pa.py_buffer(packed.getvalue()))
