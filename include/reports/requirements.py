"""What belongs in a column of a department's table, in the words of refusals and templates."""

from __future__ import annotations

from collections.abc import Sequence

from include.contracts import Column

KINDS = {
    "id_number": "18位身份证号，单元格设为文本",
    "certificate_number": "20位残疾人证号（补办的22位），单元格设为文本",
    "amount": "金额，只填数字",
    "area": "面积，只填数字",
    "count": "整数",
    "year": "年份，如 2024",
    "month": "月份，如 2024-03",
    "date": "日期，如 2024-03-05",
    "term": "学期，如 2024年春季",
    "flag": "是 或 否（也可填 有、无）",
    "answer": "是、否 或 已在监测",
    "level": "级别，如 一级",
    "town": "镇名",
    "village": "村（社区）名",
    "towns": "镇名，多个用、隔开",
    "villages": "村名，多个用、隔开；空白表示全镇",
}
YES_NO, HAVE_OR_NOT = ("是", "否"), ("有", "无")
ANSWERS = (*YES_NO, "已在监测")


def head_of(column: Column) -> str:
    """A column's head as our papers write it: its label, with the unit where it holds figures of one."""
    return f"{column.label}({column.header_unit})" if column.header_unit else column.label


def choices_of(column: Column) -> Sequence[str]:
    """What may be chosen, as a clerk writes it (levels as 一级, 二级 …); nothing for a free column."""
    if column.kind == "flag":
        return HAVE_OR_NOT if column.name.startswith("has_") else YES_NO
    if column.kind == "answer":
        return ANSWERS
    if column.kind == "level":
        return [f"{writings[0]}级" for writings in column.choices.values()]
    return list(column.choices)


def requirement(column: Column) -> str:
    """What a column wants, with the unit of its figures; '' for free text."""
    if column.choices:
        also = "，多个用、隔开" if column.kind == "choices" else ""
        return ("一般为：" if column.choices_open else "填写：") + "、".join(choices_of(column)) + also
    text = KINDS.get(column.kind, "")
    return f"{text}（单位：{column.header_unit}）" if text and column.header_unit else text
