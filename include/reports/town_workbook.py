"""One town's workbook: what it has to visit, why, and the sheet its villages fill in and send back.

Whole identity numbers stand here and in no other report, because the villages need them at the door. No sheet but the
verification sheets holds all columns a contract requires (none has a town column), so it comes back as a verification.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from xlsxwriter.worksheet import Worksheet

from include.contracts import contract
from include.reports.labels import (
    CAUSES,
    MARKS,
    STATES,
    WARNING_TYPES,
    date_text,
    feed_title,
    period_text,
    short_type_name,
    type_name,
)
from include.reports.notice import NO_VILLAGE, WHOLE_TOWN, Notice, marks_of, notice_of, split_listing, subject_text
from include.reports.sheets import (
    ALERT_RED,
    FAULT_YELLOW,
    GREY,
    HEAD_FONT,
    Book,
    Field,
    TableSheet,
    merge,
    new_book,
    row_height,
    set_page,
    set_widths,
    text_of,
    write_head,
    write_note,
    write_rows,
    write_title,
)
from include.site import County

SUMMARY_SHEET = "汇总"
SELF_PAY_SHEET = "医疗自付情况"
VERIFICATION_SHEET = "入户核查表"
CONTINUING_SHEET = "入户核查表（此前已交办）"
AFFECTED_SHEET = "受影响地区名单户"
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

TYPE_FIELDS = [
    Field("序号", 5, "centre"),
    Field("预警编号", 15.5, "code"),
    Field("行政村", 11, "centre"),
    Field("户主姓名", 9, "centre"),
    Field("预警对象", 9, "centre"),
    Field("身份证号", 20.5, "code"),
    Field("户编号", 14, "code"),
    Field("名单登记情况", 18, "centre"),
    Field("预警原因", 16),
    Field("预警事实", 40),
    Field("金额(元)", 12, "amount"),
    Field("发生日期", 11, "date"),
    Field("最近预警日期", 11, "date"),
    Field("标注", 10, "mark"),
    Field("依据条款", 13, "centre"),
    Field("数据来源", 20),
]


def write_town_workbook(
    path: Path,
    *,
    county: County,
    town_name: str,
    dispatch: Mapping[str, Any],
    warnings: pd.DataFrame,
    signals: pd.DataFrame,
    self_pay: pd.DataFrame,
    affected: pd.DataFrame | None = None,
) -> None:
    """Write the workbook of one town.

    ``dispatch``: the ``ledger.dispatches`` row. ``warnings``: that town's ``ledger.dispatched_warnings`` of it.
    ``signals``: ``risk_signals``, others' are ignored. ``self_pay``: that town's ``report_self_pay_information``.
    ``affected``: the registry households where an epidemic or a disaster was, in the order of a visit.
    Raises ValueError when another town's warning is among them.
    """
    if not warnings.empty and "town_name" in warnings and set(warnings["town_name"].dropna()) - {town_name}:
        raise ValueError(f"{town_name}的工作簿中混入了其他镇的预警")
    notice = notice_of(dispatch, county)
    issued, continuing = split_listing(warnings)
    sources = _sources(signals, set(warnings["warning_id"]), county)
    title = f"{county.name}防止返贫动态监测部门筛查预警{'即时' if notice.is_instant else ''}交办（{town_name})"
    with new_book(path, title=title, author=notice.bureau, created=notice.issued_at) as book:
        _summary(book, notice, town_name, title, issued, continuing, self_pay)
        for warning_type in WARNING_TYPES:
            new, old = (frame[frame["warning_type"] == warning_type] for frame in (issued, continuing))
            if len(new) or len(old):
                _type_sheet(book, notice, town_name, warning_type, new, old, sources)
        if len(self_pay) or not notice.is_instant:
            _self_pay_sheet(book, notice, town_name, self_pay)
        if affected is not None and len(affected):
            _affected_sheet(book, notice, town_name, affected)
        _verification_sheet(book, notice, town_name, VERIFICATION_SHEET, issued)
        if len(continuing):
            _verification_sheet(book, notice, town_name, CONTINUING_SHEET, continuing)


def _sources(signals: pd.DataFrame, wanted: set[str], county: County) -> dict[str, str]:
    """Warning → who raised it and for which period: 县医保局 2024年3月."""
    found: dict[str, dict[str, None]] = {}
    if len(signals):
        columns = ["warning_id", "feed", "period"]
        mine = signals.loc[signals["warning_id"].isin(wanted), columns].drop_duplicates().sort_values(columns)
        for warning_id, feed, period in mine.itertuples(index=False):
            department = county.departments.get(str(feed).split("__")[0], "")
            found.setdefault(warning_id, {})[f"{department} {period_text(text_of(period))}".strip()] = None
    return {warning_id: "\n".join(texts) for warning_id, texts in found.items()}


def _summary(
    book: Book, notice: Notice, town_name: str, title: str, issued: pd.DataFrame, continuing: pd.DataFrame, self_pay: pd.DataFrame
) -> None:
    types = [key for key in WARNING_TYPES if key in set(issued["warning_type"]) | set(continuing["warning_type"])]
    counted = [Field(short_type_name(key), 12.5 if len(types) < 6 else 9, "count") for key in types]
    counted = [Field("入户户数", 9, "count"), *counted, Field("合计", 8, "count")]
    fields = [Field("行政村", max(14.0, 100 - sum(entry.width for entry in counted)), "centre"), *counted]
    widths = [entry.width for entry in fields]
    sheet = book.workbook.add_worksheet(SUMMARY_SHEET)
    set_page(sheet, name=f"{town_name} 汇总", note=notice.number, landscape=False)
    set_widths(sheet, fields)
    write_title(book, sheet, 0, title, len(fields) - 1)
    row = 1
    registry = f"    防贫名单数据日期：{date_text(notice.registry_date)}" if notice.registry_date else ""
    write_note(book, sheet, row, f"交办编号：{notice.number}    交办日期：{date_text(notice.issued_on)}{registry}", widths)
    deadline = f"请于{notice.deadline}前完成入户核查，审核后报{notice.bureau}（交办之日起{notice.verify_days}日内）"
    write_note(book, sheet, row + 1, deadline, widths, bold=True, font_color=ALERT_RED, font_size=12)
    row += 3
    row = _matrix(book, sheet, row, f"一、本次新交办：{_count_text(issued)}", fields, types, issued)
    if len(continuing):
        heading = f"二、此前已交办、本期仍有新数据：{_count_text(continuing)}（已核查反馈的不必重复核查）"
        row = _matrix(book, sheet, row + 1, heading, fields, types, continuing)
    write_note(book, sheet, row + 1, "填写说明", widths, font_name=HEAD_FONT, bold=True)
    row += 2
    for number, text in enumerate(_instructions(notice, issued, continuing, self_pay), start=1):
        write_note(book, sheet, row, f"{number}. {text}", widths)
        row += 1
    sheet.print_area(0, 0, row - 1, len(fields) - 1)


def _count_text(warnings: pd.DataFrame) -> str:
    visits = warnings.loc[warnings["subject"] != "area", "household"].nunique()
    areas = int((warnings["subject"] == "area").sum())
    return f"{len(warnings)}件，涉及{visits}户" + (f"、区域性事件{areas}件" if areas else "")


def _matrix(
    book: Book, sheet: Worksheet, row: int, heading: str, fields: Sequence[Field], types: Sequence[str], warnings: pd.DataFrame
) -> int:
    """Villages × types with sums; returns the row after it."""
    write_note(book, sheet, row, heading, [entry.width for entry in fields], font_name=HEAD_FONT, bold=True)
    if warnings.empty:
        write_note(book, sheet, row + 1, "本次没有新交办的预警。", [entry.width for entry in fields])
        return row + 2
    write_head(book, sheet, row + 1, fields)
    households = warnings[warnings["subject"] != "area"]
    body: list[list[object]] = []
    for place in dict.fromkeys(warnings["place"]):
        here = warnings[warnings["place"] == place]
        visits = households.loc[households["place"] == place, "household"].nunique()
        body.append([place, visits or None, *(int((here["warning_type"] == key).sum()) or None for key in types), len(here)])
    after = write_rows(book, sheet, row + 2, fields, body)
    sums = [int((warnings["warning_type"] == key).sum()) or None for key in types]
    return write_rows(
        book, sheet, after, fields, [["合计", households["household"].nunique(), *sums, len(warnings)]], bold=True, bg_color=GREY
    )


def _instructions(notice: Notice, issued: pd.DataFrame, continuing: pd.DataFrame, self_pay: pd.DataFrame) -> list[str]:
    example = (notice.issued_on + timedelta(days=1)).isoformat()
    texts = [
        f"请按“{VERIFICATION_SHEET}”逐户入户核查。同一户的几条预警排在一起、户次相同，一次入户一并核查；"
        f"家庭人口、收入支出等只在该户第一行填写，其余行为“{SAME_AS_ABOVE}”。",
        "灰色栏目由系统填好并已锁定，请不要改动，特别是预警编号；白色栏目由核查人填写。"
        "“是否属实”“是否符合监测条件”“未纳入理由”“拟纳入类别”请从下拉框中选择。",
        "“是否符合监测条件”填“否”的，必须填写“未纳入理由”；该格变黄表示漏填。填“是”的，请选“拟纳入类别”并填写“拟采取措施”。",
        f"核查日期按 {example} 的格式填写。核查人须两名，分别填入“核查人”“核查人2”；审核人为镇审核人员。三栏都请写姓名。"
        "该表印在A4纸上字较小，可用A3纸打印。",
        f"核查完成并经审核后，将本工作簿（不改表头、不删列）于{notice.deadline}前报{notice.bureau}备案。",
        f"符合监测条件的农户，请及时履行监测程序，审定后录入全国防返贫监测信息系统，{notice.measure_days}日内制定帮扶措施。",
    ]
    if len(continuing):
        texts.append(
            f"“{CONTINUING_SHEET}”所列为以前批次已交办、本期仍有新数据的预警。已反馈的不必再填；尚未反馈或情况有变化的，请在该表填写。"
        )
    if len(self_pay):
        texts.append(f"“{SELF_PAY_SHEET}”是全部监测对象的医疗自付信息，供日常掌握，不需反馈。")
    shown = {mark for frame in (issued, continuing) for row in frame.to_dict("records") for mark in marks_of(row).split("、")}
    texts += [f"标注“{mark}”：{meaning}" for mark, meaning in MARKS.items() if mark in shown]
    places = set(issued["place"]) | set(continuing["place"])
    if NO_VILLAGE in places:
        texts.append(f"“{NO_VILLAGE}”：部门数据中的村名无法确认，请镇先核实所在村再安排入户。")
    if WHOLE_TOWN in places:
        texts.append(
            "区域性事件（疫情、灾害）不对应单户，请核实受影响的农户，把结果写入“核查情况”；"
            f"所涉村在防贫名单内的户列在“{AFFECTED_SHEET}”，请先走访。"
        )
    texts.append("本工作簿含身份证号等敏感个人信息，只供本镇、村入户核查使用，不得转发、公开；用后按规定保管或销毁。")
    return texts


def _type_sheet(
    book: Book,
    notice: Notice,
    town_name: str,
    warning_type: str,
    issued: pd.DataFrame,
    continuing: pd.DataFrame,
    sources: Mapping[str, str],
) -> None:
    """The warnings of one type: the newly issued ones, below them those from earlier dispatches."""
    fields = TYPE_FIELDS
    widths = [entry.width for entry in fields]
    title = f"{town_name}{type_name(warning_type)}"
    sheet = book.workbook.add_worksheet(type_name(warning_type))
    set_page(sheet, name=title, note=notice.number)
    set_widths(sheet, fields)
    write_title(book, sheet, 0, f"{title}名单", len(fields) - 1)
    write_note(
        book,
        sheet,
        1,
        f"交办编号：{notice.number}    交办日期：{date_text(notice.issued_on)}    核查时限：{notice.deadline}前",
        widths,
    )
    write_head(book, sheet, 2, fields)
    row = 3
    blocks = [
        (f"本次新交办（{len(issued)}件）", issued, {}),
        (f"此前已交办、本期仍有新数据（{len(continuing)}件）", continuing, {"bg_color": GREY}),
    ]
    for heading, frame, look in blocks:
        if frame.empty:
            continue
        sheet.set_row(row, 22)
        band = book.style(font_name=HEAD_FONT, bold=True, font_size=11, border=1, border_color="#808080", align="left", indent=1)
        merge(book, sheet, row, 0, len(fields) - 1, heading, band)
        rows = [_type_row(number, warning, sources) for number, warning in enumerate(frame.to_dict("records"), start=1)]
        row = write_rows(book, sheet, row + 1, fields, rows, **look)
    sheet.freeze_panes(3, 4)
    sheet.repeat_rows(2)
    sheet.print_area(0, 0, row - 1, len(fields) - 1)


def _type_row(number: int, warning: Mapping[Any, Any], sources: Mapping[str, str]) -> list[object]:
    area = warning["subject"] == "area"
    return [
        number,
        warning["warning_id"],
        "" if area else text_of(warning["village_name"]) or NO_VILLAGE,
        warning["head_name"],
        subject_text(warning),
        warning["id_number"],
        warning["household_id"],
        warning["registry_status"],
        CAUSES.get(warning["cause"], warning["cause"]),
        warning["evidence"],
        warning["amount_yuan"],
        warning["occurred_on"],
        warning["last_signalled_on"],
        marks_of(warning),
        warning["clause"],
        sources.get(warning["warning_id"])
        or "\n".join(feed_title(feed) for feed in text_of(warning["feeds"]).split("、") if feed),
    ]


def _self_pay_sheet(book: Book, notice: Notice, town_name: str, self_pay: pd.DataFrame) -> None:
    amounts = ["total_cost_yuan", "basic_insurance_yuan", "serious_illness_yuan", "medical_aid_yuan", "self_pay_yuan"]
    names = ["医疗总费用(元)", "基本医保报销(元)", "大病保险报销(元)", "医疗救助(元)", "个人自付费用(元)"]
    fields = [
        Field("序号", 6, "centre"),
        Field("行政村", 14, "centre"),
        Field("户编号", 15, "code"),
        Field("姓名", 10, "centre"),
        Field("身份证号", 21, "code"),
        Field("统计年度", 8, "centre"),
        Field("截至月份", 10, "centre"),
        *(Field(name, 14, "amount") for name in names),
        Field("已列入预警", 11, "centre"),
    ]
    keys = [key for key in ("village_code", "household_id", "id_number", "statistics_year") if key in self_pay]
    records = self_pay.sort_values(keys, kind="stable", na_position="last").to_dict("records") if len(self_pay) else []
    rows = [
        [
            number,
            text_of(entry["village_name"]) or NO_VILLAGE,
            entry["household_id"],
            entry["person_name"],
            entry["id_number"],
            entry["statistics_year"],
            entry["as_of_month"],
            *(entry[name] for name in amounts),
            "是" if entry["is_warning"] else "",
        ]
        for number, entry in enumerate(records, start=1)
    ]
    TableSheet(
        SELF_PAY_SHEET,
        f"{town_name}监测对象医疗费用个人自付情况",
        fields,
        rows,
        note="本表列出医保部门推送的全部监测对象当年累计自付费用，供掌握情况，不需逐户反馈。自付较高的已列入因病返贫致贫预警。",
        foot=notice.number,
        empty="本期没有收到监测对象自付费用数据。",
        freeze_columns=4,
    ).write(book)


def _affected_sheet(book: Book, notice: Notice, town_name: str, affected: pd.DataFrame) -> None:
    """Whom of the registry to visit first where an event concerns an area."""
    fields = [
        Field("序号", 6, "centre"),
        Field("预警编号", 15.5, "code"),
        Field("事件", 36),
        Field("行政村", 14, "centre"),
        Field("自然村", 12, "centre"),
        Field("户编号", 15, "code"),
        Field("户主姓名", 10, "centre"),
        Field("家庭人口", 8, "count"),
        Field("名单登记情况", 22, "centre"),
        Field("联系电话", 14, "code"),
    ]
    names = ("warning_id", "evidence", "village_name", "natural_village", "household_id", "head_name", "member_count")
    rows = [
        [number, *(entry[name] for name in (*names, "registry_status", "household_phone"))]
        for number, entry in enumerate(affected.to_dict("records"), start=1)
    ]
    TableSheet(
        AFFECTED_SHEET,
        f"{town_name}受影响地区在防贫名单内的户",
        fields,
        rows,
        note="本表列出疫情、灾害所涉村（未写明村的为全镇）在防贫名单内的户，风险未消除的排在前面，供先行走访，不需逐户反馈。",
        foot=notice.number,
        empty="",
        freeze_columns=4,
    ).write(book)


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


def _verification_sheet(book: Book, notice: Notice, town_name: str, name: str, warnings: pd.DataFrame) -> None:
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
