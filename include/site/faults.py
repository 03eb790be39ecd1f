"""What is kept of an error that nobody expected: where in the program it came about, never its words, which may quote a cell."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from pathlib import Path

from include.site import Site

FAULTS = Path("logs") / "faults.log"


def keep_fault(site: Site, error: BaseException) -> Path:
    """Append the kinds of the error and of those behind it, and the lines of the program they passed; returns the file.

    Raises OSError where the home cannot be written to.
    """
    path = site.home / FAULTS
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "a", encoding="utf-8") as lines:
        lines.write("".join([f"{site.now():%Y-%m-%d %H:%M:%S}\n", *_told(error), "\n"]))
    return path


def _told(error: BaseException) -> Iterator[str]:
    seen: set[int] = set()
    behind: BaseException | None = error
    while behind is not None and id(behind) not in seen:
        seen.add(id(behind))
        yield f"{type(behind).__module__}.{type(behind).__qualname__}\n"
        yield from traceback.format_tb(behind.__traceback__)
        behind = behind.__cause__ or behind.__context__
