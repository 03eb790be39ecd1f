"""A person's name."""

from __future__ import annotations

import re
import unicodedata

from include.checking.kinds.reading import (
    BLANKS,
    EMPTY,
    NOTHING,
    WHITE,
    Context,
    Reading,
    cell_text,
    finding,
    unreadable,
    without_value,
)

_PLAIN = re.compile(r"[\u4e00-\u9fff]{2,4}")
_DOTS = re.compile(r"(?<=[^\x00-\x7f])\s*[·•・‧∙⋅．.｡･●▪᛫⸱\u0387]\s*(?=[^\x00-\x7f])")
_ROLE = re.compile(r"(?:[(（](?:户主|本人|户代表)[)）])+$")
_DAMAGED = re.compile(r"[?？□■�*＊]")
_PRIVATE = re.compile(r"[\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]")
_LETTER = re.compile(r"[^\W\d_]")


def read_name(cell: object, context: Context) -> Reading:
    """A person's name: no spaces between Chinese characters, one kind of dot (·). A damaged character is a finding."""
    if isinstance(cell, str) and _PLAIN.fullmatch(cell) and cell not in NOTHING:
        return Reading(cell)
    text = cell_text(cell).replace("\n", " ")
    if (blank := without_value(text)) is not None:
        return blank
    is_damaged = bool(_DAMAGED.search(text))  # then nothing is to be read into the characters that are left
    text = text if is_damaged else unicodedata.normalize("NFKC", text)
    text = _DOTS.sub("·", _ROLE.sub("", text))
    text = BLANKS.sub(" ", text).strip() if text.isascii() else WHITE.sub("", text)
    text = text if is_damaged else unicodedata.normalize("NFKC", text)
    if text.lower() in NOTHING:
        return EMPTY
    is_word = _LETTER.search(text) or _PRIVATE.search(text) or _DAMAGED.search(text)
    if not is_word or sum(character.isdigit() for character in text) >= 6:
        return unreadable("not_a_name")
    if _DAMAGED.search(text):
        return Reading(text, None, finding("name_damaged"))
    if _PRIVATE.search(text):
        return Reading(text, None, finding("name_private_use"))
    return Reading(text)
