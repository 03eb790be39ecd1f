"""The cells of strangers' files. Nothing that a stranger wrote is parsed in this process: ``reader.py`` has it read apart."""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from include.reading.cells_file import Nonsense, read_answer, write_workbook
from include.reading.reader import in_memory, read_apart, start_reader
from include.reading.workbook import Sheet, Workbook, is_blank

__all__ = [
    "UNFINISHED_SUFFIXES", "Sheet", "Workbook", "in_memory", "is_blank", "keep_workbook", "kept_workbook", "open_workbook",
    "start_reader",
]  # fmt: skip

UNFINISHED_SUFFIXES = (
    ".part", ".partial", ".tmp", ".crdownload", ".opdownload", ".filepart", ".downloading", ".xltd", ".aria2",
)  # of files still being copied  # fmt: skip


def open_workbook(source: Path | BinaryIO | int, file_name: str, *, with_hidden: bool = False) -> Workbook:
    """The cells of a file, of hidden sheets only when asked: its path, the open file or its descriptor.

    ``file_name`` is the name it was sent under.

    Raises Refused: empty_file, too_large, too_wide, password, not_a_table, damaged. Raises ReadingEnded when the reading did not
    come to its end (a limit, a death), which says nothing of the file: try again later, then set it aside.
    """
    if isinstance(source, Path):
        with source.open("rb") as content:
            return read_apart(content.fileno(), file_name, with_hidden)
    return read_apart(source if isinstance(source, int) else source.fileno(), file_name, with_hidden)


def keep_workbook(workbook: Workbook, path: Path) -> None:
    """Keep what was read, for ``kept_workbook``: a large book takes seconds to read."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(".part")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as content:
        write_workbook(workbook, content)
    fresh.replace(path)


def kept_workbook(path: Path) -> Workbook | None:
    """What ``keep_workbook`` kept; None where nothing is left of it, or it is not what that wrote."""
    try:
        with path.open("rb") as content:
            found = read_answer(pa.py_buffer(mmap.mmap(content.fileno(), 0, prot=mmap.PROT_READ)))
    except (OSError, ValueError, Nonsense):
        return None
    return found if isinstance(found, Workbook) else None
