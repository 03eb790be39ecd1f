"""Files that outlive a power cut: a folder's names and a record are on the disk before anybody is told so."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any


def sync_folder(folder: Path) -> None:
    """Make the names in a folder outlive a power cut; a folder already emptied and removed needs none."""
    with suppress(FileNotFoundError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_once(path: Path, record: Mapping[str, Any]) -> dict[str, Any]:
    """Store a record durably unless there is one already; returns the one that is stored."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{os.getpid()}.{os.urandom(4).hex()}")
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as lines:
        json.dump(record, lines, ensure_ascii=False)
        lines.flush()
        os.fsync(lines.fileno())
    try:
        os.link(fresh, path)
    except FileExistsError:
        return dict(json.loads(path.read_text("utf-8")))
    finally:
        fresh.unlink()
    sync_folder(path.parent)
    return dict(record)
