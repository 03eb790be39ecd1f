"""The first sheet: how many warnings of each type in which village, by when, and how to fill in the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pandas as pd
from xlsxwriter.worksheet import Worksheet

from include.reports.labels import MARKS, WARNING_TYPES, date_text, short_type_name
from include.reports.notice import CONCERNED, NO_VILLAGE, VISITED, WHOLE_TOWN, Notice, marks_of
from include.reports.sheets import (
    ALERT_RED,
    GREY,
    HEAD_FONT,
    Book,
    Field,
    set_page,
    set_widths,
    write_head,
    write_note,
    write_rows,
    write_title,
)
from include.reports.town_workbook.monitoring import MONITORING_SHEET
from include.reports.town_workbook.self_pay import SELF_PAY_SHEET
from include.reports.town_workbook.verification import CONTINUING_SHEET, VERIFICATION_SHEET

SUMMARY_SHEET = "汇总"


def write_summary(
    book: Book,
    notice: Notice,
    town_name: str,
    title: str,
    issued: pd.DataFrame,
    continuing: pd.DataFrame,
    watched: pd.DataFrame,
    self_pay: pd.DataFrame,
    has_affected: bool,
) -> None:
    """Villages × types with sums, the deadline, and what to do; the sheets it speaks of are the book's own."""
    types = [key for key in WARNING_TYPES if key in set(issued["warning_type"]) | set(continuing["warning_type"])]
    counted = [Field(short_type_name(key), 12.5 if len(types) < 6 else 9, "count") for key in types]
    counted = [Field(VISITED, 9, "count"), *counted, Field("合计", 8, "count")]
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
        concerned = [replace(entry, label=CONCERNED) if entry.label == VISITED else entry for entry in fields]
        row = _matrix(book, sheet, row + 1, heading, concerned, types, continuing)
    if len(watched):
        heading = (
            f"{'三' if len(continuing) else '二'}、动态监测：{_count_text(watched)}（已核查、没有须再次入户的变化，不需入户）"
        )
        write_note(book, sheet, row + 1, heading, widths, font_name=HEAD_FONT, bold=True)
        write_note(book, sheet, row + 2, f"名单见“{MONITORING_SHEET}”，只供掌握情况，不需反馈。", widths)
        row += 3
    write_note(book, sheet, row + 1, "填写说明", widths, font_name=HEAD_FONT, bold=True)
    row += 2
    for number, text in enumerate(_instructions(notice, issued, continuing, self_pay, has_affected), start=1):
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


def _instructions(
    notice: Notice, issued: pd.DataFrame, continuing: pd.DataFrame, self_pay: pd.DataFrame, has_affected: bool
) -> list[str]:
    example = (notice.issued_on + timedelta(days=1)).isoformat()
    texts = [
        "入户带打印的“入户核查表”（PDF，一户一页，各村清单在前，页上的“第几户”与本工作簿的“户次”一致），当场填写、签字、盖章；"
        f"再录入“{VERIFICATION_SHEET}”报回。也可以把“分村”文件夹中的工作簿发给各村填写，分别报回，不要两处重复填写。",
        "同一户的几条预警排在一起、户次相同，一次入户一并核查；家庭人口、收入支出等只在该户第一行填写。",
        "灰色栏目由系统填好并已锁定，请不要改动，特别是预警编号；改动过的，“校验码”对不上，会退回核对。白色栏目由核查人填写。"
        "“是否属实”“是否符合监测条件”“未纳入理由”“拟纳入类别”请从下拉框中选择。",
        "属实但不符合监测条件的，必须填写“未纳入理由”，做好政策宣传并填“政策宣传日期”；符合的，请选“拟纳入类别”并填写“拟采取措施”。"
        "该填未填的格变黄。已经是监测对象、风险未消除的户，选“已在监测”。",
        f"核查日期按 {example} 的格式填写。核查人须两名，分别填入“核查人”“核查人2”；审核人为镇审核人员。三栏都请写姓名。",
        f"核查完成并经审核后，将工作簿（不改表头、不删列）于{notice.deadline}前报{notice.bureau}备案。",
        f"符合监测条件的农户，请及时履行监测程序，审定后录入全国防返贫监测信息系统，{notice.measure_days}日内制定帮扶措施，按“帮扶措施表”报回。",
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
            "区域性事件（疫情、灾害）不对应单户，请核实受影响的农户，把结果写入“核查情况”。"
            + "所涉村在防贫名单内的户列在另一个文件“受影响农户”，请先走访风险未消除的户。" * has_affected
        )
    texts.append("本工作簿含身份证号等敏感个人信息，只供本镇、村入户核查使用，不得转发、公开；用后按规定保管或销毁。")
    return texts
