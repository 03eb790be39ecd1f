"""Independent pieces of work on all cores: pandas and Great Expectations use one at a time.

Processes are forked, so that they have at once what this one has loaded. None of them may hold the warehouse open meanwhile.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Done = TypeVar("Done")


def side_by_side(work: Callable[[Item], Done], items: Sequence[Item]) -> list[Done]:
    """``work`` of each item, in their order; it and they must be picklable. Raises what the first that fails raised."""
    lanes = min(len(items), os.cpu_count() or 1)
    if lanes < 2:
        return [work(item) for item in items]
    with ProcessPoolExecutor(lanes, multiprocessing.get_context("fork")) as pool:
        return list(pool.map(work, items))
