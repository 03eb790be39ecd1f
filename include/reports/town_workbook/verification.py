"""The sheet the villages fill in at the door: grey columns given and locked, white ones open with their lists and checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
from xlsxwriter.worksheet import Worksheet

from include.contracts import contract
from include.reports.labels import CAUSES, STATES, period_text, short_type_name
from include.reports.notice import NO_VILLAGE, Notice, marks_of, subject_text
from include.reports.sheets import (
    FAULT_YELLOW,
    GREY,
    Book,
    Field,
    row_height,
    set_page,
    set_widths,
    text_of,
    write_head,
    write_note,
    write_title,
)

VERIFICATION_SHEET = "入户核查表"
CONTINUING_SHEET = "入户核查表（此前已交办）"
SAME_AS_ABOVE = "同上"

YES_NO = ["是", "否"]
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
HOUSEHOLD_FACTS = [
    ("家庭人口", 5.5),
    ("工资性收入", 7.5),
    ("经营性收入", 7.5),
    ("财产性收入", 7.5),
    ("转移性收入", 7.5),
    ("合规自付及刚性支出", 8.0),
    ("人均纯收入", 7.5),
    ("三保障及饮水情况", 8.0),
]
FORM_SIZE = 12.0


def _verification_fields() -> tuple[list[Field], list[Field], list[Field]]:
    """Prefilled, household and finding columns of the verification sheet; the contract's columns bear the contract's names."""
    label = {column.name: column.label for column in contract("town__verification").columns}
    given = [
        Field("户次", 4.5, "centre"),
        Field(label["warning_id"], 15.5, "code"),
        Field(label["village_name"], 7.5, "centre"),
        Field(label["head_name"], 8.8, "centre"),
        Field("预警对象", 8.8, "centre"),
        Field("身份证号", 22.5, "code"),
        Field("预警类型", 8.8, "centre"),
        Field("预警事实", 27),
        Field("标注", 5.5, "mark"),
    ]
    household = [Field(name, width, "centre") for name, width in HOUSEHOLD_FACTS]
    findings = [
        Field(label["is_true"], 5.5, "centre"),
        Field(label["meets_criteria"], 7.5, "centre"),
        Field(label["situation"], 18),
        Field(label["exclusion_reason"], 11),
        Field("拟纳入类别", 7.5, "centre"),
        Field("拟采取措施", 12),
        Field(label["verifier_name"], 7.5, "centre"),
        Field(label["second_verifier_name"], 8.2, "centre"),
        Field(label["verified_date"], 13, "date"),
        Field(label["reviewer_name"], 7.5, "centre"),
    ]
    return given, household, findings


def write_verification(book: Book, notice: Notice, town_name: str, name: str, warnings: pd.DataFrame) -> None:
    """The sheet to fill: grey columns given and locked, white ones open, one household's warnings under one thick line."""
    given, household, findings = _verification_fields()
    fields = [*given, *household, *findings]
    sheet = book.workbook.add_worksheet(name)
    earlier = name == CONTINUING_SHEET
    title = f"{town_name}{VERIFICATION_SHEET}" + ("（此前已交办、本期仍有新数据）" if earlier else "")
    set_page(sheet, name=title, note=notice.number)
    set_widths(sheet, fields)
    write_title(book, sheet, 0, title, len(fields) - 1)
    rule = "已反馈的不必再填；尚未反馈或情况有变化的请填写。" if earlier else f"请于{notice.deadline}前逐户核查、审核上报。"
    text = f"{rule}灰色栏已填好、不要改动，白色栏由核查人填写，金额单位为元；户次相同的是同一户，一次入户一并核查。"
    write_note(book, sheet, 1, text, [entry.width for entry in fields], font_size=14)
    write_head(book, sheet, 2, fields, size=11)
    first, row, visit, before = 3, 3, 0, None
    for warning in warnings.to_dict("records"):
        starts = warning["household"] != before
        visit, before = visit + starts, warning["household"]
        facts: list[object] = [
            visit,
            warning["warning_id"],
            "" if warning["subject"] == "area" else text_of(warning["village_name"]) or NO_VILLAGE,
            warning["head_name"],
            subject_text(warning),
            warning["id_number"],
            short_type_name(warning["warning_type"]),
            _facts(warning, earlier),
            "\n".join(marks_of(warning).split("、")),
        ]
        _verification_row(book, sheet, row, given, household, findings, facts, starts)
        row += 1
    last = len(fields) - 1
    if row == first:
        write_note(book, sheet, row, "本次没有需要入户核查的预警。", [entry.width for entry in fields])
    else:
        sheet.set_row(row, 6)
        for column in range(len(fields)):
            sheet.write_blank(row, column, None, book.style(top=2))
        _drop_downs(book, sheet, first, row - 1, fields, notice)
    sheet.freeze_panes(first, 4)
    sheet.repeat_rows(2)
    sheet.print_area(0, 0, max(row - 1, first), last)
    allowed = (
        "format_cells",
        "format_columns",
        "format_rows",
        "sort",
        "autofilter",
        "select_locked_cells",
        "select_unlocked_cells",
    )
    sheet.protect("", dict.fromkeys(allowed, True))


def _facts(warning: Mapping[Any, Any], earlier: bool) -> str:
    """What the visit is about; for an earlier warning also when it was issued and where it stands."""
    text = text_of(warning["evidence"]) or CAUSES.get(warning["cause"], text_of(warning["cause"]))
    notes = [f"{period_text(text_of(warning.get('issued_in')))}已交办"] if earlier and text_of(warning.get("issued_in")) else []
    state = text_of(warning.get("state"))
    if earlier and state not in ("", "issued"):
        notes.append(STATES[state])
    return text + (f"（{'，'.join(notes)}）" if notes else "")


def _verification_row(
    book: Book,
    sheet: Worksheet,
    row: int,
    given: Sequence[Field],
    household: Sequence[Field],
    findings: Sequence[Field],
    facts: Sequence[object],
    starts: bool,
) -> None:
    edge = {"top": 2 if starts else 1, "top_color": "#000000" if starts else "#808080"}
    look = {"font_size": FORM_SIZE} | edge
    sheet.set_row(row, row_height(given, facts, least=44, size=FORM_SIZE))
    for column, (entry, value) in enumerate(zip(given, facts, strict=True)):
        book.put(sheet, row, column, value, book.cell_style(entry.kind, bg_color=GREY, locked=True, **look), entry.kind)
    for column, entry in enumerate(household, start=len(given)):
        if starts:
            style = {"num_format": "General", "align": "center", "text_wrap": True}
            book.put(sheet, row, column, None, book.cell_style(entry.kind, locked=False, **style, **look))
        else:
            book.put(sheet, row, column, SAME_AS_ABOVE, book.cell_style("centre", bg_color=GREY, locked=True, **look))
    for column, entry in enumerate(findings, start=len(given) + len(household)):
        book.put(sheet, row, column, None, book.cell_style(entry.kind, locked=False, **look))


def _drop_downs(book: Book, sheet: Worksheet, first: int, last: int, fields: Sequence[Field], notice: Notice) -> None:
    """The lists and checks of the white columns, over all rows."""
    at = {entry.label: column for column, entry in enumerate(fields)}
    label = {column.name: column.label for column in contract("town__verification").columns}

    def check(column: int, rule: dict[str, Any]) -> None:
        sheet.data_validation(first, column, last, column, {"ignore_blank": True, **rule})

    def choose(column: int, choices: Sequence[str], strict: bool = True) -> None:
        rule: dict[str, Any] = {"validate": "list", "source": list(choices), "error_type": "stop" if strict else "information"}
        check(
            column,
            {
                **rule,
                "error_title": "请从下拉框中选择",
                "error_message": "请从下拉框中选择。" if strict else "不在下拉框中，确实需要可以保留。",
            },
        )

    for name in ("is_true", "meets_criteria"):
        choose(at[label[name]], YES_NO)
    choose(at[label["exclusion_reason"]], EXCLUSION_REASONS, strict=False)
    choose(at["拟纳入类别"], MONITORED_TYPES)
    choose(at["三保障及饮水情况"], [*THREE_GUARANTEES], strict=False)
    day = {"validate": "date", "criteria": "between", "minimum": datetime(notice.issued_on.year, 1, 1)}
    day |= {
        "maximum": datetime(notice.issued_on.year + 1, 12, 31),
        "error_title": "核查日期",
        "error_message": "请填写日期，如 2024-03-12。",
    }
    check(at[label["verified_date"]], day)
    people = {"validate": "integer", "criteria": "between", "minimum": 1, "maximum": 30}
    check(at["家庭人口"], {**people, "error_title": "家庭人口", "error_message": "请填写人数（整数）。"})
    for column_name in (name for name, _ in HOUSEHOLD_FACTS if name.endswith(("收入", "支出"))):
        money = {"validate": "decimal", "criteria": "between", "minimum": -10_000_000, "maximum": 100_000_000}
        check(at[column_name], {**money, "error_title": column_name, "error_message": "请填写金额，单位元，只填数字。"})
    meets, reason = at[label["meets_criteria"]], at[label["exclusion_reason"]]
    missing = f'=AND(${_letter(meets)}{first + 1}="否",${_letter(reason)}{first + 1}="")'
    sheet.conditional_format(first, reason, last, reason, {"type": "formula", "criteria": missing, "format": _fault(book)})


def _fault(book: Book) -> Any:
    return book.workbook.add_format({"bg_color": FAULT_YELLOW})


def _letter(column: int) -> str:
    return chr(ord("A") + column) if column < 26 else "A" + chr(ord("A") + column - 26)
