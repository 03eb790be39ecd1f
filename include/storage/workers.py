"""Independent pieces of work on all cores: pandas and Great Expectations use one at a time.

The workers are forked, so that they have at once what this process has loaded, and are forked at its beginning: what is forked
once libraries run threads of their own may wait for them for ever. They die with the process that made them. A process that has
no workers does the same work itself, piece by piece. Why it is done so: docs/adr/0015-fences.md.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from include.plain import is_plain

Item = TypeVar("Item")
Done = TypeVar("Done")

PR_SET_PDEATHSIG = 1
_mine: tuple[int, ProcessPoolExecutor] | None = None
"""The process that made the workers, and they; a fork of it has none."""


@contextmanager
def workers() -> Iterator[None]:
    """Until it ends, ``in_parallel`` has as many workers as there are cores; for a process that has just begun."""
    global _mine
    count = os.cpu_count() or 1
    if count < 2 or is_plain():
        yield
        return
    with ProcessPoolExecutor(count, multiprocessing.get_context("fork"), initializer=_die_with_parent) as pool:
        list(pool.map(abs, range(count)))  # forks them now, not when they are needed
        _mine = os.getpid(), pool
        try:
            yield
        finally:
            _mine = None


def in_parallel(work: Callable[[Item], Done], items: Iterable[Item]) -> list[Done]:
    """What came of the work for each item, in their order; raises what the first that fails raised.

    Where there are workers, ``work`` and the items must be picklable.
    """
    if _mine is None or _mine[0] != os.getpid():
        return [work(item) for item in items]
    return list(_mine[1].map(work, items))


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
