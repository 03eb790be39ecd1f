"""In which unit a column's figures are, where its head does not say: the line above the table, the note below it, its title.

An amount in a title or note (超3万元, 1.2万元以上) is no unit. A title that only ends in （万元） may mean one figure or all, and
two statements may contradict each other: then the column has a second reading, and a person decides where it matters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from include.contracts import Column

MONEY_UNITS = frozenset({"元", "百元", "千元", "万元", "十万元", "百万元", "千万元", "亿元"})
AREA_UNITS = frozenset({"亩", "万亩", "公顷", "平方米", "平米", "m2"})
ABOVE, BELOW, TITLE = "above", "below", "title"

_UNIT = (
    r"(?<![\d.一二两三四五六七八九几数])(?:(?:人民币)?((?:[十百千]万|[百千万亿])元|元(?![\u4e00-\u9fff])|万(?=$|[、,;/)]))"
    r"|(万亩|公顷|平方米|平米|m2|亩(?![\u4e00-\u9fff])))"
)
_OTHER = r"(?:万?人次?|户|口|个月?|名|月|岁|间|头|只|公斤|吨|天|%)(?![\u4e00-\u9fff])"
_LABEL = r"(?:(?!单位|局|厅|委|办|县|镇|乡)[\u4e00-\u9fff]){0,8}?"
_ITEM = rf"{_LABEL}[:(;]*(?:{_UNIT}|{_OTHER})\)?"
_LISTED = rf"{_ITEM}(?:[、,;/和及与或:]*{_ITEM})*"
_SENDER = r"(?<![报表送制主办发产业管理工作])(?<!使用)"
_STATED = (
    re.compile(rf"(?P<label>(?:(?!{_SENDER}单位)[\u4e00-\u9fff()]){{0,14}}?){_SENDER}单位[:(;]*(?:均|都|统一)?(?:为|是|用|以|按)?[:(;]*(?P<list>{_LISTED})"),
    re.compile(rf"(?P<label>[\u4e00-\u9fff]{{0,14}}?)(?:均|都|统一)?(?:以|按)(?P<list>{_ITEM})(?:为?计量?单位|为单位|计算?|填报?|填写)"),
    re.compile(rf"(?P<label>[\u4e00-\u9fff]{{0,10}}(?:金额|数额|费用|损失|收入|支出|面积|数据|数字|数值|款|自付|报销))(?:均|都|统一|一律)(?:为|是|用)?(?P<list>{_ITEM})"),
)  # fmt: skip
_IN_BRACKETS = re.compile(rf"\(({_UNIT}(?:[、,/]{_UNIT})*)\)")
_GENERIC = re.compile(
    r"^[(注:]*(?:备注|说明)?(?:本表|表中|表内|以上|上述|此表|该表|其中|所有|全部|各项|涉及|凡)*(?:的)?(?:金额|数额|款额|货币|资金|数据|数字|数值|各栏|各列|计量|"
    r"费用|面积|土地)?(?:的)?(?:计量)?$"
)
_BEFORE_LABEL = re.compile(r"^[(注:]*(?:备注|说明)?(?:本表|表中|表内|以上|上述|其中)*|[()的]|计量$")


class Stated(NamedTuple):
    """A unit that a text states; ``label``: the words before it that may name a column; ``where``: ABOVE, BELOW or TITLE."""

    unit: str
    label: str
    where: str


@dataclass(frozen=True)
class UnitRead:
    """A column's unit; ``other``: what it may be instead; ``origin``: head, above, below, title or default."""

    unit: str
    origin: str
    other: str | None = None


def stated_units(text: str, where: str) -> list[Stated]:
    """The units a text (half width, without spaces) states for a table, in its order.

    ``单位:亩、万元 -> 亩, 万元``. A title's unit in brackets, without the word 单位, counts as TITLE wherever it stands.
    """
    found: dict[Stated, None] = {}
    for pattern in _STATED:
        for match in pattern.finditer(text):
            label = match["label"].rpartition("(")[2]
            found |= dict.fromkeys(Stated(unit, label, where) for unit in units_in(match["list"]))
    if not found and where != BELOW:
        found |= dict.fromkeys(Stated(unit, "", TITLE) for match in _IN_BRACKETS.finditer(text) for unit in units_in(match[1]))
    return list(found)


def units_in(text: str) -> list[str]:
    """The units of money and area that a list of them names."""
    return ["万元" if money == "万" else money or area for money, area in re.findall(_UNIT, text)]


def is_unit_line(text: str) -> bool:
    """Whether a text says nothing but units: 单位:万元, (计量单位:亩、万元)."""
    return re.fullmatch(rf"\(?[\u4e00-\u9fff]{{0,4}}?{_SENDER}单位[:(]*为?[:(]*{_LISTED}\)*", text) is not None


def read_unit(column: Column, own: str | None, stated: Sequence[Stated], columns: Iterable[Column]) -> UnitRead:
    """The head's unit; else the one stated for the column, else for all of its kind; else that of the contract's own head.

    ``columns``: the contract's. A unit of something that is none of them may be meant for this one: then it is a second reading.
    """
    usual, known = ("元", MONEY_UNITS) if column.unit == "yuan" else ("亩", AREA_UNITS)
    by_contract = column.header_unit if column.header_unit in known else usual
    if heads := [unit for unit in (own or "").split("/") if unit in known]:
        return _decided(heads, "head")
    fitting = [one for one in stated if one.unit in known]
    others = [each for each in columns if each is not column]
    meant = [one for one in fitting if not any(_names(one.label, other) for other in others)]
    named = [one for one in fitting if _names(one.label, column)]
    for_all = [one for one in meant if one.where == ABOVE or _GENERIC.fullmatch(one.label)]
    if sure := [one for one in named or for_all if one.where != TITLE]:
        return _decided([one.unit for one in sure], BELOW if all(one.where == BELOW for one in sure) else ABOVE)
    doubtful = next((one.unit for one in meant if one.unit != by_contract), None)
    return UnitRead(by_contract, TITLE if meant else "default", doubtful)


def _decided(units: Iterable[str], origin: str) -> UnitRead:
    first, *others = dict.fromkeys(units)
    return UnitRead(first, origin, others[0] if others else None)


def _names(label: str, column: Column) -> bool:
    """Whether the words before a unit name this column: its head, or the end of one."""
    words = _BEFORE_LABEL.sub("", label)
    return (
        len(words) >= 2
        and not _GENERIC.fullmatch(label)
        and any(words == head or words.endswith(head) or head.endswith(words) for head in column.heads)
    )
