"""Work on all cores comes back in order, fails as it failed, and its workers do not outlive who made them."""

from __future__ import annotations

import subprocess
import sys
import time

import psutil
import pytest

from include.site import PROJECT
from include.storage.workers import lanes

WORKERS = """import os, time
os.cpu_count = lambda: 2
from include.storage.workers import lanes
with lanes() as each:
    print(*set(each(eval, ["__import__('os').getpid()"] * 50)), flush=True)
    time.sleep(600)
"""


def test_results_come_in_the_items_order() -> None:
    with lanes() as each:
        assert each(str, range(20)) == [str(number) for number in range(20)]


def test_what_fails_there_fails_here() -> None:
    with lanes() as each, pytest.raises(ZeroDivisionError):
        each((1).__truediv__, [1, 0])


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
