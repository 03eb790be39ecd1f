"""Work on all cores comes back in order, fails as it failed, and its workers do not outlive who made them."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import psutil
import pytest

from include.site import PROJECT
from include.storage.workers import in_parallel, workers

WORKERS = """import os, time
os.cpu_count = lambda: 2
from include.storage.workers import in_parallel, workers
with workers():
    print(*set(in_parallel(eval, ["__import__('os').getpid()"] * 50)), flush=True)
    time.sleep(600)
"""


def test_results_come_in_the_items_order() -> None:
    with workers():
        assert in_parallel(str, range(20)) == [str(number) for number in range(20)]


def test_what_fails_there_fails_here() -> None:
    with workers(), pytest.raises(ZeroDivisionError):
        in_parallel((1).__truediv__, [1, 0])


def test_workers_die_with_the_one_that_made_them() -> None:
    with subprocess.Popen([sys.executable, "-c", WORKERS], stdout=subprocess.PIPE, text=True, cwd=PROJECT) as parent:
        assert parent.stdout
        workers = [int(pid) for pid in parent.stdout.readline().split()]
        assert workers and all(psutil.pid_exists(pid) and pid != parent.pid for pid in workers)
        parent.kill()
    deadline = time.monotonic() + 10
    while any(psutil.pid_exists(pid) for pid in workers):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_without_workers_the_process_does_it_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    own = [str(os.getpid())] * 3
    assert in_parallel(_who, range(3)) == own
    monkeypatch.setenv("FANGPIN_PLAIN", "1")
    with workers():
        assert in_parallel(_who, range(3)) == own


def _who(_: int) -> str:
    return str(os.getpid())
