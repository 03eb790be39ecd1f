"""The cells of strangers' files. Nothing that a stranger wrote is parsed in this process: ``reader.py`` has it read apart."""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from include.ingest.cells_file import Nonsense, read_answer, write_workbook
from include.ingest.reader import in_memory, read_apart, start_reader
from include.ingest.workbook import Sheet, Workbook, is_blank

__all__ = [
    "UNFINISHED_SUFFIXES", "Sheet", "Workbook", "in_memory", "is_blank", "keep_workbook", "kept_workbook", "open_workbook",
    "start_reader",
]  # fmt: skip

UNFINISHED_SUFFIXES = (".part", ".tmp", ".crdownload", ".filepart")  # of files still being copied


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
    with open(fresh, "wb", opener=_private) as content:
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


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
