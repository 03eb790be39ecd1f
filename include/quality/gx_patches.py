"""What makes Great Expectations quick by reaching into it; all of it is off with ``FANGPIN_PLAIN=1`` (docs/adr/0015-fences.md).

It loads charts and statistics for expectations we do not use, a third of its import, which every ingest process pays (measured:
7.3 s of processor time with them, 4.8 s without). And it makes an expectation's configuration anew, from the expectation's
fields, whenever it wants one of them: over a thousand times in a small check, 40 % of its time.
"""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from include.plain import is_plain


class _Later(ModuleType):
    """Stands for a module until somebody wants something of it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(importlib.import_module(self.__name__), name)


@contextmanager
def left_for_later(*names: str) -> Iterator[None]:
    """What is imported meanwhile gets stand-ins for these modules, which load them when something of them is wanted."""
    standing_in = [] if is_plain() else [name for name in names if name not in sys.modules]
    for name in standing_in:
        sys.modules[name] = _Later(name)
    try:
        yield
    finally:
        for name in standing_in:
            if isinstance(sys.modules.get(name), _Later):
                del sys.modules[name]


@contextmanager
def remembered_configurations() -> Iterator[None]:
    """While a check runs, an expectation's configuration is made once; nothing changes its fields meanwhile."""
    if is_plain():
        yield
        return
    from great_expectations.expectations.expectation import Expectation

    made: dict[int, tuple[Expectation, Any]] = {}
    kind: Any = Expectation
    original = kind.configuration

    def remembered(self: Expectation) -> Any:
        if id(self) not in made:
            made[id(self)] = (self, original.fget(self))  # kept with it, or its number could become another's
        return made[id(self)][1]

    kind.configuration = property(remembered)
    try:
        yield
    finally:
        kind.configuration = original


def leave_to_stay() -> None:
    """The collector need not go again and again through the two hundred thousand objects loaded by now: they stay."""
    if not is_plain():
        gc.freeze()
