"""Levels: of a disaster response, of a disability."""

from __future__ import annotations

import re
from datetime import date, time, timedelta

from include.checking.kinds.chinese_number import DIGITS
from include.checking.kinds.reading import Context, Reading, narrow_text, unreadable, without_value

_LEVEL = re.compile(r"(?<![IV])(III|II|IV|VI{0,3}|I|[0-9]|[一二三四五六七八九壹贰叁肆伍])(?![IV0-9])")
_WORDS = re.compile(r"^(?:国家|省|市|县|自治区)+级?|救灾应急响应|应急响应|响应|等级|级别|残疾|重度|启动|\(.*\)|\.0+$")
_ENDED = re.compile(r"(?:已|响应)*(?:终止|解除|结束|撤销|停止)(?:响应|应急响应|救灾应急响应)*")
ENDED = "响应已终止，不再是启动的级别，按最低一级"
_ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7, "VIII": 8}


def read_level(cell: object, context: Context) -> Reading:
    """A level as a number, in any writing: Ⅳ, IV, 4, 四级, Ⅳ级响应. A level the contract does not know is unreadable."""
    text = narrow_text(cell).upper()
    if (blank := without_value(text)) is not None:
        return blank
    column = context.column
    known = column.choices or {str(number): () for number in range(1, 6)}
    if not isinstance(cell, (bool, date, time, timedelta)) and not _ENDED.search(text):
        for candidate in (text, _WORDS.sub("", text)):
            choice = column.choice_of(candidate) if column.choices else None
            if choice is not None and choice.isdigit():
                return Reading(int(choice))
            match = _LEVEL.fullmatch(candidate.removesuffix("级"))
            if match is None:
                continue
            mark = match[1]
            level = _ROMAN.get(mark) or (int(mark) if mark.isdigit() and mark.isascii() else DIGITS.get(mark))
            if level is not None and str(level) in known:
                return Reading(level)
    if (_ENDED.search(text) and _LEVEL.search(_WORDS.sub("", text))) or _ENDED.fullmatch(text):
        return Reading(max(int(key) for key in known), ENDED)
    names = (f"{'零一二三四五六七八九'[int(key)]}级" if key in "123456789" else key for key in known)
    return unreadable("unknown_value", "closed", known="、".join(names))
