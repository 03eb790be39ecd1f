"""One at a time in the warehouse: whoever comes second waits, dbt too, and a killed holder keeps nobody out."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from include import warehouse
from include.dispatch.screen import run_dbt
from include.settings import PROJECT, settings
from include.warehouse import WarehouseError, connect, held

HOLD = "import sys\nfrom include.warehouse import connect\nwith connect():\n    print('in', flush=True)\n    sys.stdin.read()"
HOLD_WITHOUT_LOCK = f"""from contextlib import nullcontext
import include.warehouse
include.warehouse.held = lambda *_: nullcontext()
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
        with connect(wait_seconds=0):
            return True
    except WarehouseError:
        return False


def test_dbt_waits_for_a_reader_and_both_succeed(home: Path) -> None:
    with connect() as connection:
        connection.execute("create table seen as select 7 as number")
    with another(HOLD) as reader:
        assert said(reader) == "in"
        # long enough for a dbt that did not wait to have come to the door and been turned away
        threading.Timer(8, let_go, [reader]).start()
        shown = run_dbt("show", "--inline", "select number from wh.main.seen")
        assert [tuple(row) for row in shown.results[0].agate_table.rows] == [(7,)]
        assert reader.wait(10) == 0
    with connect() as connection:
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
        with pytest.raises(WarehouseError, match="一直被别的程序占用;请稍后再试"), connect(wait_seconds=0.2):
            pass
        let_go(holder)


def test_both_waits_together_last_no_longer_than_asked(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with connect():
        pass
    lock = os.open(settings().warehouse.with_suffix(".lock"), os.O_RDWR)
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
        with pytest.raises(WarehouseError, match="一直被别的程序占用"), connect(wait_seconds=100):
            pass
    os.close(lock)
    assert 100 <= clock.now < 101


def test_a_child_forked_while_it_was_held_keeps_nobody_out(home: Path) -> None:
    fork = multiprocessing.get_context("fork")
    may_end = fork.Event()
    with held():
        child = fork.Process(target=may_end.wait, daemon=True)
        child.start()
    try:
        assert is_free() and child.is_alive()
    finally:
        may_end.set()
        child.join()


def test_opening_it_twice_in_one_program_says_so(home: Path) -> None:
    with connect(), pytest.raises(WarehouseError, match="已经打开了数据仓库"), connect():
        pass


def test_threads_take_turns_and_one_thread_may_open_what_it_holds(home: Path) -> None:
    inside: list[int] = []
    most: list[int] = []

    def visit() -> None:
        with held(), connect() as connection:
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
    with connect(settings()) as connection:
        assert connection.execute("select count(*) from visits").fetchone() == (4,)
