"""A person's name."""

from __future__ import annotations

import re
import unicodedata

from include.checking.kinds.private_use import mapped
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
_ROLES = "户主|本人|户代表|家庭代表|学生|监护人|家长|父亲?|母亲?|祖父|祖母|妻子?|丈夫|配偶|儿子|女儿|申请人|患者|残疾人|姓名|对象"
_BEFORE = re.compile(rf"^(?:[(（【\[〔](?:{_ROLES})[)）】\]〕][:：]?|(?:{_ROLES}){{1,2}}[:：])+")
_BEHIND = re.compile(r"(?<=.{2})(?:[(（【\[〔][^()（）【】\[\]〔〕]{1,12}[)）】\]〕])+$")
_WHOLE = re.compile(r"[(（【\[〔]([^()（）【】\[\]〔〕]{2,})[)）】\]〕]")
_MARKS = re.compile(r"^[。.,，、;；:：!！]+|[。.,，、;；:：!！]+$")
STANDARD = "旧字库的自造字改为标准汉字"
REMARK = "去掉姓名前后的说明或标点"
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
    standard = mapped(text)
    is_damaged = bool(_DAMAGED.search(text))  # then nothing is to be read into the characters that are left
    text = standard if is_damaged else unicodedata.normalize("NFKC", standard)
    text, remark = _without_remarks(text)
    if standard != cell_text(cell).replace("\n", " "):
        remark = f"{remark}；{STANDARD}" if remark else STANDARD
    text = _DOTS.sub("·", text)
    text = BLANKS.sub(" ", text).strip() if text.isascii() else WHITE.sub("", text)
    text = text if is_damaged else unicodedata.normalize("NFKC", text)
    if text.lower() in NOTHING:
        return EMPTY
    is_word = _LETTER.search(text) or _PRIVATE.search(text) or _DAMAGED.search(text)
    if not is_word or sum(character.isdigit() for character in text) >= 6:
        return unreadable("not_a_name")
    if _DAMAGED.search(text):
        return Reading(text, remark, finding("name_damaged"))
    if _PRIVATE.search(text):
        return Reading(text, remark, finding("name_private_use"))
    return Reading(text, remark)


def _without_remarks(text: str) -> tuple[str, str | None]:
    """A name without 户主：, 【户主】, （户主） or a full stop around it, and what was repaired."""
    bare = text.strip()
    before = None
    while bare != before:
        before = bare
        for pattern in (_MARKS, _BEFORE, _BEHIND):
            bare = pattern.sub("", bare).strip()
        if whole := _WHOLE.fullmatch(bare):
            bare = whole[1]
    return (bare, REMARK) if bare and bare != text.strip() else (text, None)
