"""One at a time in the warehouse: whoever comes second waits, dbt too, and a killed holder keeps nobody out."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from include.screening.screen import run_dbt
from include.site import PROJECT, current_site
from include.storage import warehouse
from include.storage.warehouse import WarehouseError, connect, warehouse_lock

HOLD = """import sys
from include.site import current_site
from include.storage.warehouse import connect
with connect(current_site()):
    print('in', flush=True)
    sys.stdin.read()"""
HOLD_WITHOUT_LOCK = f"""from contextlib import nullcontext
import include.storage.warehouse
include.storage.warehouse.warehouse_lock = lambda *_: nullcontext()
{HOLD}"""


@contextmanager
def another(script: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that has said its first word; its standard input ends it."""
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def let_go(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.close()


def is_free() -> bool:
    try:
        with connect(current_site(), wait_seconds=0):
            return True
    except WarehouseError:
        return False


def test_dbt_waits_for_a_reader_and_both_succeed(home: Path) -> None:
    with connect(current_site()) as connection:
        connection.execute("create table seen as select 7 as number")
    with another(HOLD) as reader:
        assert said(reader) == "in"
        # long enough for a dbt that did not wait to have come to the door and been turned away
        threading.Timer(8, let_go, [reader]).start()
        shown = run_dbt("show", "--inline", "select number from wh.main.seen", site=current_site())
        assert [tuple(row) for row in shown.results[0].agate_table.rows] == [(7,)]
        assert reader.wait(10) == 0
    with connect(current_site()) as connection:
        assert connection.execute("from seen").fetchall() == [(7,)]


def test_a_killed_holder_keeps_nobody_out(home: Path) -> None:
    with another(HOLD) as holder:
        assert said(holder) == "in" and not is_free()
        holder.kill()
        holder.wait()
        assert is_free()


def test_the_wait_ends_with_words(home: Path) -> None:
    with another(HOLD) as holder:
        assert said(holder) == "in"
        with pytest.raises(WarehouseError, match="一直被别的程序占用；请稍后再试"), connect(current_site(), wait_seconds=0.2):
            pass
        let_go(holder)


def test_both_waits_together_last_no_longer_than_asked(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with connect(current_site()):
        pass
    lock = os.open(current_site().warehouse.with_suffix(".lock"), os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)

    class Clock:
        now = 0.0

        def monotonic(self) -> float:
            return self.now

        def sleep(self, seconds: float) -> None:
            self.now += seconds
            if self.now > 60:
                fcntl.flock(lock, fcntl.LOCK_UN)

    clock = Clock()
    with another(HOLD_WITHOUT_LOCK) as shell:
        assert said(shell) == "in"
        monkeypatch.setattr(warehouse, "time", clock)
        with pytest.raises(WarehouseError, match="一直被别的程序占用"), connect(current_site(), wait_seconds=100):
            pass
    os.close(lock)
    assert 100 <= clock.now < 101


def test_a_child_forked_while_it_was_held_keeps_nobody_out(home: Path) -> None:
    fork = multiprocessing.get_context("fork")
    may_end = fork.Event()
    with warehouse_lock(current_site()):
        child = fork.Process(target=may_end.wait, daemon=True)
        child.start()
    try:
        assert is_free() and child.is_alive()
    finally:
        may_end.set()
        child.join()


def test_opening_it_twice_in_one_program_says_so(home: Path) -> None:
    with connect(current_site()), pytest.raises(WarehouseError, match="已经打开了数据仓库"), connect(current_site()):
        pass


def test_threads_take_turns_and_one_thread_may_open_what_it_holds(home: Path) -> None:
    inside: list[int] = []
    most: list[int] = []

    def visit() -> None:
        with warehouse_lock(current_site()), connect(current_site()) as connection:
            inside.append(1)
            most.append(len(inside))
            connection.execute("create table if not exists visits (visited_at timestamp)")
            connection.execute("insert into visits values (now()::timestamp)")
            time.sleep(0.05)
            inside.pop()

    threads = [threading.Thread(target=visit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1, 1]
    with connect(current_site()) as connection:
        assert connection.execute("select count(*) from visits").fetchone() == (4,)


@pytest.fixture
def filled(home: Path) -> Path:
    """A warehouse of some megabytes, closed."""
    with connect(current_site()) as connection:
        connection.execute("create table held as select range as number, hash(range) as other from range(300000)")
        connection.execute("checkpoint")
    return current_site().warehouse


def flipped(content: bytes, at: int, count: int = 16) -> bytes:
    return content[:at] + bytes(byte ^ 0xFF for byte in content[at : at + count]) + content[at + count :]


def by_a_newer_duckdb(content: bytes) -> bytes:
    """The same file with the storage version of a later release, and the header's checksum to it as DuckDB computes it."""
    header = bytearray(content[:4096])
    header[12] = 200
    checksum = 5381
    for (word,) in struct.iter_unpack("<Q", header[8:]):
        checksum ^= (word * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    struct.pack_into("<Q", header, 0, checksum)
    return bytes(header) + content[4096:]


def without_encryption(_: bytes) -> bytes:
    path = current_site().warehouse.with_name("plain.duckdb")
    duckdb.connect(str(path)).close()
    return path.read_bytes()


DAMAGES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "cut in the middle": (lambda content: content[: len(content) // 2], "文件已损坏"),
    "cut after the headers": (lambda content: content[:12288], "文件已损坏"),
    "a few bytes short": (lambda content: content[:-100], "文件已损坏"),
    "first header": (lambda content: flipped(content, 100), "文件已损坏"),
    "both further headers": (lambda content: flipped(flipped(content, 4200), 8300), "文件已损坏"),
    "middle": (lambda content: flipped(content, len(content) // 2), "文件已损坏"),
    "empty": (lambda _: b"", "不是数据仓库文件"),
    "text": (lambda _: b"nothing of the kind\n" * 5000, "不是数据仓库文件"),
    "zeros": (lambda content: bytes(len(content)), "不是数据仓库文件"),
    "not encrypted": (without_encryption, "不是本系统加密的仓库"),
    "newer": (by_a_newer_duckdb, "更新版本的 DuckDB"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_wrong_with_the_file_is_said_with_the_remedy_and_nothing_is_touched(filled: Path, damage: str) -> None:
    spoil, meant = DAMAGES[damage]
    spoilt = spoil(filled.read_bytes())
    filled.write_bytes(spoilt)
    with pytest.raises(WarehouseError, match=meant) as told, connect(current_site()) as connection:
        connection.execute("select sum(number), max(other) from held").fetchall()
    assert str(filled) in str(told.value) and "密钥不对" not in str(told.value)
    assert "备份" in str(told.value)
    assert filled.read_bytes() == spoilt


def test_a_wrong_key_is_called_a_wrong_key(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FANGPIN_KEY", "another")
    with pytest.raises(WarehouseError, match="密钥不对") as told, connect(current_site()):
        pass
    assert "损坏" not in str(told.value)


def test_a_statement_s_own_fault_is_not_the_file_s(filled: Path, tmp_path: Path) -> None:
    short = tmp_path / "short.parquet"
    short.write_bytes(b"PAR1")
    with pytest.raises(duckdb.Error), connect(current_site()) as connection:
        connection.execute("select * from read_parquet(?)", [str(short)])
    with pytest.raises(duckdb.CatalogException), connect(current_site()) as connection:
        connection.execute("from nowhere")


def test_dbt_says_of_a_damaged_file_that_it_is_damaged(filled: Path) -> None:
    filled.write_bytes(flipped(filled.read_bytes(), 4200, 8192))
    with pytest.raises(WarehouseError, match="文件已损坏"):
        run_dbt("run", "--select", "stg_water__industry_loss", site=current_site())


def test_a_full_disk_is_called_full(filled: Path) -> None:
    """A limit on the size of files stands for the disk: what is written beyond it fails in the same place."""
    script = (
        "import resource, signal, sys\n"
        "from include.site import current_site\n"
        "from include.storage.warehouse import WarehouseError, connect\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "try:\n"
        "    with connect(current_site()) as connection:\n"
        "        resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))\n"
        "        connection.execute('create table more as select hash(range) as number from range(3000000)')\n"
        "except WarehouseError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert "磁盘" in done.stdout, done.stderr
    with connect(current_site()) as connection:
        assert connection.execute("select count(*) from held").fetchone() == (300000,)
