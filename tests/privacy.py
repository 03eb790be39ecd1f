"""Looks for whole identity numbers where none may be."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

NUMBER = re.compile(rb"(?<![0-9A-Za-z])(?:[0-9]{17}[0-9Xx]|[0-9]{15})(?![0-9A-Za-z])")
LOOSE_NUMBER = re.compile(rb"[0-9]{17}[0-9Xx]")


def numbers_in(content: bytes, known: set[str]) -> set[str]:
    """Which of the known numbers stand in these bytes, alone or inside a longer run of digits."""
    text = content.replace(b"\\u", b" ")
    found = {match.decode().upper() for match in NUMBER.findall(text)}
    found |= {match.decode().upper() for match in LOOSE_NUMBER.findall(text)}
    return found & known


def leaks(folders: Iterable[Path], known: set[str]) -> dict[str, int]:
    """Files below the folders that hold known numbers, with how many."""
    found = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and (count := len(numbers_in(path.read_bytes(), known))):
                found[str(path)] = count
    return found
