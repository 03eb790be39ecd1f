"""Errors that end in a log: named by their kind and place, because the words of a library may quote a cell."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from include.site import SettingsError
from include.storage.warehouse import WarehouseError

OURS = (SettingsError, WarehouseError)
"""Errors whose words are our own."""
FRAMES = 3


def place_of(error: BaseException) -> str:
    """The last lines of code that the error came through, without its words."""
    return "".join(traceback.format_tb(error.__traceback__)[-FRAMES:])


@contextmanager
def wordless() -> Iterator[None]:
    """What is raised within, unless its words are ours, goes on as a RuntimeError that has none of them."""
    try:
        yield
    except OURS:
        raise
    except Exception as error:
        raise RuntimeError(f"{type(error).__name__}，在：\n{place_of(error)}") from None
