"""What may be answered: the choices of paper and sheet, and the lists and checks of the sheet's white columns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from include.reports.sheets import FAULT_YELLOW, Book, Field

YES_NO = ["是", "否"]
CRITERIA = ["是", "否", "已在监测"]
MONITORED_TYPES = ["脱贫不稳定户", "边缘易致贫户", "突发严重困难户"]
THREE_GUARANTEES = ["均有保障", "义务教育有问题", "基本医疗有问题", "住房安全有问题", "饮水安全有问题", "多项有问题"]
EXCLUSION_REASONS = [
    "情况不属实",
    "收入稳定且三保障及饮水均有保障",
    "自付费用或损失未影响基本生活",
    "已落实政策帮扶、风险已化解",
    "已是监测对象、正在帮扶",
    "不是农村户籍或已迁出",
    "对象已死亡",
    "其他（在核查情况中写明）",
]
INCOMES = ("工资性收入(元)", "经营性收入(元)", "财产性收入(元)", "转移性收入(元)", "合规自付及刚性支出(元)", "人均纯收入(元)")
"""Of a year."""

_CHOICES: dict[str, tuple[Sequence[str], bool]] = {
    "是否属实": (YES_NO, True),
    "是否符合监测条件": (CRITERIA, True),
    "未纳入理由": (EXCLUSION_REASONS, False),
    "拟纳入类别": (MONITORED_TYPES, True),
    "监测对象类别": (MONITORED_TYPES, True),
    "三保障及饮水情况": (THREE_GUARANTEES, False),
}
"""Head → its choices, and whether anything else is refused."""
DATES = ("政策宣传日期", "核查日期", "纳入日期", "国家系统录入日期", "制定日期")


def check_answers(book: Book, sheet: Worksheet, first: int, last: int, fields: Sequence[Field], issued_on: date) -> None:
    """Lists, checks and the yellow of what is missing, over the rows from first to last."""
    at = {entry.label: column for column, entry in enumerate(fields)}

    def check(head: str, rule: dict[str, Any]) -> None:
        sheet.data_validation(first, at[head], last, at[head], {"ignore_blank": True, **rule})

    for head in at.keys() & _CHOICES.keys():
        choices, is_strict = _CHOICES[head]
        check(head, _choice(choices, is_strict))
    for head in at.keys() & set(DATES):
        check(head, _day(head, issued_on))
    for head in at.keys() & set(INCOMES):
        money = {"validate": "decimal", "criteria": "between", "minimum": -10_000_000, "maximum": 100_000_000}
        check(head, {**money, "error_title": head, "error_message": "请填写金额，单位元，只填数字。"})
    if "家庭人口" in at:
        people = {"validate": "integer", "criteria": "between", "minimum": 1, "maximum": 30}
        check("家庭人口", {**people, "error_title": "家庭人口", "error_message": "请填写人数（整数）。"})
    _show_missing(book, sheet, first, last, at)


def _choice(choices: Sequence[str], is_strict: bool) -> dict[str, Any]:
    return {
        "validate": "list",
        "source": list(choices),
        "error_type": "stop" if is_strict else "information",
        "error_title": "请从下拉框中选择",
        "error_message": "请从下拉框中选择。" if is_strict else "不在下拉框中，确实需要可以保留。",
    }


def _day(head: str, issued_on: date) -> dict[str, Any]:
    return {
        "validate": "date",
        "criteria": "between",
        "minimum": datetime(issued_on.year, 1, 1),
        "maximum": datetime(issued_on.year + 1, 12, 31),
        "error_title": head,
        "error_message": f"请填写日期，如 {issued_on.isoformat()}。",
    }


def _show_missing(book: Book, sheet: Worksheet, first: int, last: int, at: dict[str, int]) -> None:
    """A cell turns yellow that the answer beside it needs: 属实 but 否 needs its reason, 是 the category."""
    yellow = book.workbook.add_format({"bg_color": FAULT_YELLOW})
    for answer, needed in (("否", "未纳入理由"), ("是", "拟纳入类别")):
        if "是否符合监测条件" in at and needed in at:
            cell = {head: f"${xl_col_to_name(at[head])}{first + 1}" for head in ("是否属实", "是否符合监测条件", needed)}
            holds = [f'{cell["是否符合监测条件"]}="{answer}"', f'{cell[needed]}=""']
            holds += [f'{cell["是否属实"]}="是"'] * (answer == "否")
            rule = f"=AND({','.join(holds)})"
            sheet.conditional_format(first, at[needed], last, at[needed], {"type": "formula", "criteria": rule, "format": yellow})
