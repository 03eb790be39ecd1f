"""The bureau's workbook of a dispatch: towns × types, every warning (masked), what looks wrong, what waits for a person, and what
was known besides."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from include.identity.masks import mask_number, mask_numbers
from include.reports.comparison_sheets import write_advisory, write_misses
from include.reports.labels import (
    CAUSES,
    IDENTITIES,
    LISTED,
    LISTINGS,
    QUEUE_REASONS,
    STATES,
    WARNING_TYPES,
    column_label,
    date_text,
    feed_title,
    short_type_name,
    type_name,
)
from include.reports.notice import (
    CONCERNED,
    NO_VILLAGE,
    VISITED,
    Notice,
    in_visit_order,
    is_continuing,
    is_monitored,
    marks_of,
    notice_of,
    subject_text,
)
from include.reports.sheets import (
    GREY,
    HEAD_FONT,
    Book,
    Field,
    TableSheet,
    new_book,
    set_page,
    set_widths,
    text_of,
    write_head,
    write_note,
    write_rows,
    write_title,
)
from include.reports.visits_sheet import policy_line, visits_line, write_visits_sheet
from include.site import County

WARNING_FIELDS = [
    Field("序号", 6, "centre"),
    Field("镇", 9, "centre"),
    Field("预警编号", 15.5, "code"),
    Field("交办情况", 11, "centre"),
    Field("状态", 9, "centre"),
    Field("行政村", 11, "centre"),
    Field("户主姓名", 9, "centre"),
    Field("预警对象", 9, "centre"),
    Field("身份证号（遮蔽）", 20.5, "code"),
    Field("身份认定", 13, "centre"),
    Field("名单登记情况", 19, "centre"),
    Field("预警类型", 13, "centre"),
    Field("预警原因", 15),
    Field("预警事实", 38),
    Field("金额(元)", 12, "amount"),
    Field("发生日期", 11, "date"),
    Field("首次预警日期", 12, "date"),
    Field("标注", 10, "mark"),
    Field("可能的对象", 18),
    Field("依据条款", 13, "centre"),
    Field("数据来源", 29),
]
FINDING_FIELDS = [
    Field("序号", 6, "centre"),
    Field("程度", 7, "centre"),
    Field("镇", 10, "centre"),
    Field("数据表", 26),
    Field("栏目", 16),
    Field("疑点", 60),
    Field("报送编号", 15, "code"),
    Field("工作表", 14),
    Field("行号", 7, "count"),
]
QUEUE_FIELDS = [
    Field("序号", 6, "centre"),
    Field("类别", 16, "centre"),
    Field("数据表", 26),
    Field("栏目", 16),
    Field("原因", 46),
    Field("系统建议", 40),
    Field("报送编号", 15, "code"),
    Field("工作表", 14),
    Field("行号", 7, "count"),
]
SEVERITIES = ("严重", "警告", "提示")


def write_county_workbook(
    path: Path,
    *,
    mark: str,
    county: County,
    dispatch: Mapping[str, Any],
    warnings: pd.DataFrame,
    findings: pd.DataFrame,
    queue: pd.DataFrame,
    misses: pd.DataFrame,
    advisory: pd.DataFrame,
    visits: pd.DataFrame,
    unexplained: Mapping[str, int],
    towns: Sequence[tuple[str, str]] = (),
) -> None:
    """Write the county workbook of one dispatch.

    ``warnings``: all its ``ledger.dispatched_warnings``; ``findings``: ``report_findings``; ``queue``: ``report_queue``;
    ``misses``: ``report_misses``; ``advisory``: ``report_advisory``; ``visits``: ``report_visits``; ``unexplained``: town →
    warnings found not to qualify, without a 政策宣传; ``towns``: (town_code, town_name) of the county, so that a town without a
    warning shows with zeros.
    """
    notice = notice_of(dispatch, county)
    names = dict(towns) | dict(warnings[["town_code", "town_name"]].dropna().drop_duplicates().itertuples(index=False))
    with new_book(
        path, mark=mark, title=f"{county.name}防止返贫预警县级汇总", author=notice.bureau, created=notice.issued_at
    ) as book:
        asked = [line for line in (visits_line(visits, notice.dispatch_id), policy_line(unexplained)) if line]
        _summary(book, notice, county, warnings, findings, queue, names, asked)
        _warnings(book, notice, county, warnings)
        _findings(book, notice, county, findings, names)
        _queue(book, notice, county, queue)
        write_misses(book, notice, county, misses)
        write_advisory(book, notice, county, advisory)
        write_visits_sheet(book, county.name, notice.number, visits)


def _summary(
    book: Book,
    notice: Notice,
    county: County,
    warnings: pd.DataFrame,
    findings: pd.DataFrame,
    queue: pd.DataFrame,
    names: Mapping[str, str],
    asked: Sequence[str],
) -> None:
    fields = [Field("镇", 14, "centre"), Field(VISITED, 9, "count")]
    fields += [Field(short_type_name(key), 12.5, "count") for key in WARNING_TYPES]
    fields += [Field("合计", 9, "count")]
    concerned = [replace(entry, label=CONCERNED) if entry.label == VISITED else entry for entry in fields]
    widths = [entry.width for entry in fields]
    title = f"{county.name}{notice.subject}防止返贫动态监测部门筛查预警汇总表"
    sheet = book.workbook.add_worksheet("汇总")
    set_page(sheet, name=title, note=notice.number)
    set_widths(sheet, fields)
    write_title(book, sheet, 0, title, len(fields) - 1)
    registry = f"    防贫名单数据日期：{date_text(notice.registry_date)}" if notice.registry_date else ""
    head = f"交办编号：{notice.number}    交办日期：{date_text(notice.issued_on)}    核查时限：{notice.deadline}前{registry}"
    write_note(book, sheet, 1, head, widths)
    unroutable = int((queue["reason_code"] == "unroutable").sum())
    severe = int((findings["severity"] == SEVERITIES[0]).sum())
    waiting = f"待落实到镇 {unroutable} 件；其他待人工核定 {len(queue) - unroutable} 件；"
    waiting += f"数据疑点 {len(findings)} 条（其中严重 {severe} 条）。"
    write_note(book, sheet, 2, waiting, widths, bold=True)
    for line, text in enumerate(asked, start=3):
        write_note(book, sheet, line, text, widths)
    ordered = in_visit_order(warnings)
    row = 4 + len(asked)
    old, watched = is_continuing(ordered), is_monitored(ordered)
    blocks = [("一、本次新交办", ordered[~old]), ("二、此前已交办、本期仍有新数据", ordered[old & ~watched])]
    if watched.any():
        blocks.append(("三、动态监测（已核查，没有须再次入户的变化）", ordered[watched]))
    for heading, frame in blocks:
        write_note(book, sheet, row, f"{heading}（{len(frame)}件）", widths, font_name=HEAD_FONT, bold=True)
        if frame.empty:
            write_note(book, sheet, row + 1, "没有。", widths)
            row += 3
            continue
        write_head(book, sheet, row + 1, fields if frame["listing_kind"].eq("issued").all() else concerned)
        body = [_counts(name, frame[frame["town_code"] == code]) for code, name in sorted(names.items())]
        row = write_rows(book, sheet, row + 2, fields, body)
        row = write_rows(book, sheet, row, fields, [_counts("合计", frame)], bold=True, bg_color=GREY) + 1
    write_note(
        book,
        sheet,
        row,
        f"{VISITED}、{CONCERNED}按户计，同一户多条预警只计一次；区域性事件（疫情、灾害）计入件数，不计入户数。",
        widths,
    )
    sheet.print_area(0, 0, row, len(fields) - 1)


def _counts(name: str, warnings: pd.DataFrame) -> list[object]:
    homes = warnings[warnings["subject"] != "area"]
    visits = homes[["town_code", "household"]].drop_duplicates().shape[0]
    return [name, visits, *(int((warnings["warning_type"] == key).sum()) or None for key in WARNING_TYPES), len(warnings)]


def _warnings(book: Book, notice: Notice, county: County, warnings: pd.DataFrame) -> None:
    ordered = in_visit_order(warnings)
    listing = is_continuing(ordered).map({True: "continuing", False: "issued"}).mask(is_monitored(ordered), "monitoring")
    ordered = ordered.assign(listing=listing).sort_values(["town_code"], kind="stable")
    rows = [_warning_row(number, warning) for number, warning in enumerate(ordered.to_dict("records"), start=1)]
    TableSheet(
        "全部预警",
        f"{county.name}{notice.subject}预警信息",
        WARNING_FIELDS,
        rows,
        note="身份证号已遮蔽；姓名与末四位仍可能认出个人，请勿外传。完整证件号只在各镇工作簿中。",
        foot=notice.number,
        empty="本期没有预警。",
        freeze_columns=3,
    ).write(book)


def _warning_row(number: int, warning: Mapping[Any, Any]) -> list[object]:
    state = text_of(warning.get("state"))
    return [
        number,
        warning["town_name"],
        warning["warning_id"],
        LISTINGS[warning["listing"]],
        STATES[state] if state not in ("", "issued") else LISTED[warning["listing"]],
        "" if warning["subject"] == "area" else text_of(warning["village_name"]) or NO_VILLAGE,
        warning["head_name"],
        subject_text(warning),
        mask_number(text_of(warning["id_number"])),
        IDENTITIES.get(warning["identity"], warning["identity"]),
        warning["registry_status"],
        type_name(warning["warning_type"]).removesuffix("预警"),
        CAUSES.get(warning["cause"], warning["cause"]),
        mask_numbers(text_of(warning["evidence"])),
        warning["amount_yuan"],
        warning["occurred_on"],
        warning["first_signalled_on"],
        marks_of(warning),
        _candidates(text_of(warning["candidates"])),
        warning["clause"],
        "\n".join(feed_title(feed) for feed in text_of(warning["feeds"]).split("、") if feed),
    ]


def _candidates(proposed: str) -> str:
    """Proposals as text; a JSON list of people (``candidates`` of a warning) one a line. Numbers come out masked."""
    if not proposed.startswith("["):
        return mask_numbers(proposed)
    names = ("person_name", "village_name", "household_id", "id_number")
    people = (" ".join(text_of(found.get(name)) for name in names if found.get(name)) for found in json.loads(proposed))
    return mask_numbers("\n".join(people))


def _findings(book: Book, notice: Notice, county: County, findings: pd.DataFrame, names: Mapping[str, str]) -> None:
    order = {severity: position for position, severity in enumerate(SEVERITIES)}
    frame = findings.assign(order=findings["severity"].map(order).fillna(len(order)))
    frame = frame.sort_values(
        ["order", "feed", "delivery_id", "sheet", "row_number", "finding_code"], kind="stable", na_position="first"
    )
    rows = [
        [
            number,
            entry["severity"],
            names.get(text_of(entry["town_code"]), ""),
            feed_title(text_of(entry["feed"])),
            _columns(text_of(entry["feed"]), text_of(entry["column_name"])),
            mask_numbers(text_of(entry["finding"])),
            entry["delivery_id"],
            entry["sheet"],
            entry["row_number"],
        ]
        for number, entry in enumerate(frame.to_dict("records"), start=1)
    ]
    note = "部门数据中互相矛盾、与防贫名单不一致或不合常理之处，不影响预警交办，请与报送部门核对。“行号”是原文件中的行号。"
    TableSheet("数据疑点", f"{county.name}{notice.subject}数据疑点", FINDING_FIELDS, rows, note=note, foot=notice.number).write(
        book
    )


def _queue(book: Book, notice: Notice, county: County, queue: pd.DataFrame) -> None:
    frame = queue.sort_values(["reason_code", "feed", "delivery_id", "sheet", "row_number"], kind="stable", na_position="first")
    rows = [
        [
            number,
            QUEUE_REASONS.get(text_of(entry["reason_code"]), text_of(entry["reason_code"])),
            feed_title(text_of(entry["feed"])),
            _columns(text_of(entry["feed"]), text_of(entry["column_name"])),
            mask_numbers(text_of(entry["reason"])),
            _candidates(text_of(entry["proposals"])),
            entry["delivery_id"],
            entry["sheet"],
            entry["row_number"],
        ]
        for number, entry in enumerate(frame.to_dict("records"), start=1)
    ]
    note = "这些行需要人工判断；除“身份待核”的已带标注交办外，其余在判断之前不形成预警。"
    TableSheet("待人工核定", f"{county.name}{notice.subject}待人工核定", QUEUE_FIELDS, rows, note=note, foot=notice.number).write(
        book
    )


def _columns(feed: str, names: str) -> str:
    return "、".join(column_label(feed, name) for name in names.split("、") if name)
