"""How a column head is compared: the same cleaning for the contracts' names and for what departments write."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable, Sequence
from functools import lru_cache

_INVISIBLE = re.compile(r"[\s\u200b-\u200f\u2028-\u202e\u2060\ufeff\u00ad]+")
_BRACKETS = str.maketrans("〔〕【】[]{}《》「」〈〉", "()" * 7)
_DECORATION = re.compile(r"[*★☆※#:;'\"`·•]+")
_NUMBERING = re.compile(r"^(?:\d{1,2}[.、)]|\(\d{1,2}\)|[一二三四五六七八九十]{1,2}、)(?=\D)")

_MONEY = "(?:人民币)?(亿元|千万元|百万元|十万元|万元|千元|百元|元|万)"
_OTHER = "(平方米|平米|m2|公顷|万亩|亩|万人|个月|人|户|口|名|月|岁)"
_PER = r"(?:/(?:人|户|年|月|人年|年人|人/年|人\.年))*"
_AREAS = frozenset({"平方米", "平米", "m2", "公顷", "万亩", "亩"})
_UNIT = re.compile(rf"(?:计量)?(?:单位)?(?:为)?(?:{_MONEY}|{_OTHER}){_PER}$")
_BARE_UNIT = re.compile(
    rf"(?:[/,_\-]|单位){_MONEY}$|(?:[/,_\-]|单位)(亩|公顷)$|(?<=.)((?:[十百千]万|[百千万亿])元)$|(?<=[额用费失入计助出])(元)$"
)
_BESIDE_UNIT = re.compile(
    r"必须?填?|选填|可填|可空|可不填|可选|下拉选?择?|单选|多选|请?填写?|数字|数值|金额|整数|精确到|保留.{0,2}位?小数|.{0,2}位小数|格式|为准|以|按|计"
)
_PARTS = re.compile(r"[,;、|。.+&\-_~—–]+|或者?")
_HINT = re.compile(
    r"必填|选填|可填|可空|可选|下拉|单选|多选|^请|填写|格式|例如|如[有无:\d]|参照|详见|见附|保留|小数|超|\d+位|/"
    r"|年\d{1,2}月|^[一二三四五1-5IVA-Da-d]级?[-~—–至到][一二三四五1-5IVA-Da-d]级?$|^(?:可)?多个|顿号|分隔"
)
_YEAR = re.compile(r"(20\d\d)年?(度)?")
_SPAN = re.compile(r"(?:截[至止])?(?:20\d\d年?(?:度)?)?(?:(?:\d{1,2}[-~—–至到])?\d{1,2}月[份底末]?)?(?:累计)?")
_RELATIVE = ("本年", "上年", "前年")


def clean_text(text: object) -> str:
    """Text reduced to what counts in a comparison: NFKC, no spaces or zero-width characters, one kind of brackets."""
    if text is None:
        return ""
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", str(text))).translate(_BRACKETS)


@lru_cache(maxsize=20_000)
def clean_header(text: Hashable) -> tuple[str, str | None]:
    """A head's label and unit: ``'* 个人自付费用 （万元）' -> ('个人自付费用', '万元')``, ``'村（社区）' -> ('村(社区)', None)``.

    Full width becomes half width; spaces, line breaks, asterisks, colons and a leading number go. A unit is taken from
    brackets (``(元)``, ``(单位:万元)``, ``(元/人)``, ``(亩)``, ``(人)``) or from the end (``/元``, ``损失金额万元``).
    Brackets that tell the clerk how to fill the column (``(必填)``, ``(是/否)``, ``(A-D级)``) go too; others belong to
    the name and stay.
    """
    label = _NUMBERING.sub("", _DECORATION.sub("", clean_text(text)))
    if whole := re.fullmatch(r"\(([^()]*)\)", label):
        label = whole[1]
    unit: str | None = None

    def take_bracket(match: re.Match[str]) -> str:
        nonlocal unit
        content = match[1]
        if found := _unit_in(content):
            unit = unit or found
            return ""
        return "" if not content or _HINT.search(content) else match[0]

    before = None
    while label != before:  # brackets may stand in brackets
        before, label = label, re.sub(r"\(([^()]*)\)", take_bracket, label)
    if unit is None and (bare := _BARE_UNIT.search(label)) and bare.start() > 0:
        unit = next(group for group in bare.groups() if group).replace("万元", "万").replace("万", "万元")
        label = label[: bare.start()]
    return label.rstrip("/,_-"), unit


def _unit_in(content: str) -> str | None:
    """The unit in a head's bracket, alone or beside hints (必填,万元) in any order; two that differ are joined by /."""
    if found := _UNIT.fullmatch(content):
        return _named(found)
    parts = _PARTS.split(content)
    whole = [each for part in parts if (each := _UNIT.fullmatch(part))]
    if not whole:
        parts = [_BESIDE_UNIT.sub("", part) for text in parts for part in text.split("/")]
        whole = [each for part in parts if (each := _UNIT.fullmatch(part)) and (each[1] or each[2] in _AREAS)]
    money = list(dict.fromkeys(_named(each) for each in whole if each[1]))
    return "/".join(money) or next((_named(each) for each in whole), None)


def _named(found: re.Match[str]) -> str:
    return "万元" if found[1] == "万" else str(found[1] or found[2])


def head_variants(labels: Sequence[str]) -> list[tuple[str, ...]]:
    """For each cleaned label of one table the forms to look up, best first: as written, its years said relative to the
    newest year among the labels (``2023年人均纯收入`` -> ``上年人均纯收入``), and without its leading year or months
    (``2024年1-2月个人自付费用`` -> ``个人自付费用``)."""
    years = [int(year) for label in labels for year, _ in _YEAR.findall(label)]
    newest = max(years, default=0)

    def relative(match: re.Match[str]) -> str:
        age = newest - int(match[1])
        return f"{_RELATIVE[age]}{match[2] or ''}" if age < len(_RELATIVE) else match[0]

    variants = []
    for label in labels:
        forms = [label, _YEAR.sub(relative, label)]
        stripped = label[span.end() :] if (span := _SPAN.match(label)) else label
        if not _YEAR.search(label) or str(newest) in label:
            forms.append(stripped)
        variants.append(tuple(form for form in dict.fromkeys(forms) if form))
    return variants
