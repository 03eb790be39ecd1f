"""Independent pieces of work on all cores: pandas and Great Expectations use one at a time.

The workers are forked, so that they have at once what this process has loaded, and are forked at its beginning: what is forked
once libraries run threads of their own may wait for them for ever. They die with the process that made them.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

Each = Callable[[Callable[[Any], Any], Iterable[Any]], list[Any]]
"""Does a piece of work for each item; returns what came of them in the items' order, raises what the first that fails raised."""
PR_SET_PDEATHSIG = 1


def one_by_one(work: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    """Each item in this process."""
    return [work(item) for item in items]


@contextmanager
def lanes() -> Iterator[Each]:
    """As many workers as there are cores, for a process that has just begun; ``work`` and the items must be picklable."""
    count = os.cpu_count() or 1
    if count < 2:
        yield one_by_one
        return
    with ProcessPoolExecutor(count, multiprocessing.get_context("fork"), initializer=_die_with_parent) as pool:
        list(pool.map(abs, range(count)))  # forks them now, not when they are needed

        def each(work: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
            return list(pool.map(work, items))

        yield each


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
