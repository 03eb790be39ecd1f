"""In which encoding a stranger's text is, though single bytes of it may be damaged. Runs in the reading child only."""

from __future__ import annotations

import codecs
import re
from typing import BinaryIO

from include.reading.refusal import SAVE_AS, Refused
from include.reading.workbook import UNREADABLE

BLOCK = 1 << 20
CLEARLY = 10  # characters of several bytes for each fault: only UTF-8 looks so
MOST_FAULTS, CHARACTERS_A_FAULT = 3, 50  # a few damaged places make no binary file of a text
CONTROLS = re.compile(r"[\x01-\x08\x0e-\x19\x1b-\x1f]")
BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")


def _mark(error: UnicodeError) -> tuple[str, int]:
    """Puts ``UNREADABLE`` for bytes that are no character."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return UNREADABLE, error.end


HANDLER = "unreadable"
codecs.register_error(HANDLER, _mark)


def encoding_of(content: BinaryIO, file_name: str, declared: str = "") -> str:
    """utf-8 with or without mark, utf-16, else gb18030 (``gbk`` cannot read 䶮); ``declared`` goes first where it fits.

    Raises Refused (not_a_table) when it is no text in any of them.
    """
    content.seek(0)
    head = content.read(4096).rstrip(b"\0")  # some programs fill a file up with zeros
    if head.startswith(codecs.BOM_UTF8):
        candidates = ["utf-8-sig"]
    elif head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    elif head.count(0) * 8 > len(head):  # every second byte of a Latin letter, of a digit, of a comma
        candidates = ["utf-16-le" if head[1::2].count(0) >= head[::2].count(0) else "utf-16-be"]
    else:
        candidates = [*filter(None, [_known(declared)]), "utf-8", "gb18030"]
    counts = {}
    for encoding in candidates:
        counts[encoding] = faults, _, beyond = _counted(content, encoding)
        if not faults or (encoding == "utf-8" and faults * CLEARLY <= beyond):  # gb18030 makes some text of any bytes
            return encoding
    fitting = [
        (faults, encoding)
        for encoding, (faults, characters, beyond) in counts.items()
        if faults <= max(MOST_FAULTS, characters // CHARACTERS_A_FAULT) and (beyond > faults or encoding == "gb18030")
    ]
    if not fitting:
        raise Refused("not_a_table", f"文件“{file_name}”不是表格文件，也不是能辨认的文本（UTF-8、GB18030）", remedy=SAVE_AS)
    return min(fitting)[1]


def _known(declared: str) -> str | None:
    """A declared encoding as we read it; None for one that is unknown or says less than gb18030."""
    try:
        name = codecs.lookup(declared).name
    except (LookupError, ValueError):
        return None
    return name if name in ("utf-8", "gb18030", "big5") else "gb18030" if name in ("gbk", "gb2312") else None


def _counted(content: BinaryIO, encoding: str) -> tuple[int, int, int]:
    """Faults (no characters, control characters), characters, and those beyond ASCII, of the whole file."""
    decoder = codecs.getincrementaldecoder(encoding)(HANDLER)
    content.seek(0)
    faults = characters = beyond = 0
    while block := content.read(BLOCK):
        text = decoder.decode(block)
        unreadable = text.count(UNREADABLE)
        faults += unreadable + len(CONTROLS.findall(text))
        characters += len(text)
        beyond += len(BEYOND_ASCII.findall(text)) - unreadable
    return faults + decoder.decode(b"", final=True).count(UNREADABLE), characters, beyond
