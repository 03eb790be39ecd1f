"""Names that strangers gave to files and folders, made fit to be read, stored and used in names of our own."""

from __future__ import annotations

import os
from pathlib import Path

LONGEST_NAME_BYTES = 120
"""Short enough that what we add before and behind it still makes a name that every file system takes."""


def readable(name: str) -> str:
    """A name as a person would read it: bytes that are no UTF-8 are GBK (FTP, an unzip) or else shown as ``%B2``.

    What comes out can be stored, printed and sent; it has no line breaks and no characters that only steer a display.
    """
    raw = os.fsencode(name)
    text = _decoded(raw)
    return "".join(letter if letter.isprintable() else "_" for letter in text)


def _decoded(raw: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("ascii", "backslashreplace").replace("\\x", "%")


def short_stem(name: str) -> str:
    """A file's name without its suffix, cut where a file system would refuse what is made of it."""
    return _cut(Path(name).stem)


def short_name(name: str) -> str:
    """A file's name, its stem cut; a suffix that is none (``.2024年3月未参保名单``) is cut with it."""
    stem, suffix = Path(name).stem, Path(name).suffix
    return _cut(name) if len(suffix.encode()) > 10 else _cut(stem) + suffix


def folder_name(name: str) -> str:
    """A sender's name as one folder below ours, wherever it would lead."""
    text = _cut(name.replace("/", "_")).strip()
    return text if text.strip(".") else text.replace(".", "_") or "_"


def _cut(text: str) -> str:
    return text.encode()[:LONGEST_NAME_BYTES].decode(errors="ignore")
