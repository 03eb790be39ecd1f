"""What the county knew besides its warnings: households registered without one, and what somebody may be entitled to."""

from __future__ import annotations

import pandas as pd

from include.identity.masks import mask_number, mask_numbers
from include.reports.labels import feed_title
from include.reports.notice import NO_VILLAGE, Notice
from include.reports.sheets import Book, Field, TableSheet, text_of
from include.site import County

MISS_FIELDS = [
    Field("序号", 6, "centre"),
    Field("识别日期", 11, "date"),
    Field("镇", 9, "centre"),
    Field("行政村", 13, "centre"),
    Field("户编号", 16, "code"),
    Field("户主姓名", 9, "centre"),
    Field("身份证号（遮蔽）", 20.5, "code"),
    Field("监测对象类别", 15, "centre"),
    Field("名单登记情况", 26, "centre"),
    Field("致贫原因", 13, "centre"),
    Field("识别后才有的预警", 13, "date"),
    Field("名单数据日期", 12, "date"),
]
ADVISORY_FIELDS = [
    Field("序号", 6, "centre"),
    Field("情形", 38),
    Field("镇", 9, "centre"),
    Field("行政村", 13, "centre"),
    Field("户编号", 16, "code"),
    Field("姓名", 9, "centre"),
    Field("身份证号（遮蔽）", 20.5, "code"),
    Field("名单登记情况", 22, "centre"),
    Field("事实", 26),
    Field("数据来源", 24),
    Field("期次", 10, "centre"),
    Field("没有见到的名单", 22),
    Field("报送编号", 15, "code"),
    Field("工作表", 14),
    Field("行号", 7, "count"),
]


def write_misses(book: Book, notice: Notice, county: County, misses: pd.DataFrame) -> None:
    """The sheet of ``report_misses``, the newest first."""
    frame = misses.sort_values(
        ["registered_on", "town_code", "village_code", "household_id"], ascending=[False, True, True, True]
    )
    rows = [
        [
            number,
            entry["registered_on"],
            entry["town_name"],
            text_of(entry["village_name"]) or NO_VILLAGE,
            entry["household_id"],
            entry["person_name"],
            mask_number(text_of(entry["id_number"])),
            entry["monitored_type"],
            entry["registry_status"],
            entry["poverty_cause"],
            entry["first_warned_on"],
            entry["registry_date"],
        ]
        for number, entry in enumerate(frame.to_dict("records"), start=1)
    ]
    note = (
        "现行名单中新识别为监测对象，而识别之前户内没有任何预警的户。请查明各部门当时有没有数据、规则为什么没有发现。"
        "只看本系统第一次交办之后识别的户。"
    )
    _sheet("未预警已纳入", f"{county.name}{notice.subject}未经预警而纳入监测的户", MISS_FIELDS, rows, note, notice).write(book)


def write_advisory(book: Book, notice: Notice, county: County, advisory: pd.DataFrame) -> None:
    """The sheet of ``report_advisory``."""
    frame = advisory.sort_values(["advisory_code", "town_code", "village_code", "row_id"], kind="stable")
    rows = [
        [
            number,
            entry["advisory"],
            entry["town_name"],
            text_of(entry["village_name"]) or NO_VILLAGE,
            entry["household_id"],
            entry["person_name"],
            mask_number(text_of(entry["id_number"])),
            entry["registry_status"],
            mask_numbers(text_of(entry["fact"])),
            feed_title(entry["feed"]),
            entry["period"],
            feed_title(entry["compared_feed"]),
            entry["delivery_id"],
            entry["sheet"],
            entry["row_number"],
        ]
        for number, entry in enumerate(frame.to_dict("records"), start=1)
    ]
    note = (
        "一个部门的数据表明可能应当享受，而另一个部门的名单中没有见到。是提示，不是预警，不交办入户，请与主管部门核实。"
        "低收入人口名单只有各季度新增的人，早已享受的不在其中。"
    )
    _sheet("应享未享提示", f"{county.name}{notice.subject}应享未享提示", ADVISORY_FIELDS, rows, note, notice).write(book)


def _sheet(name: str, title: str, fields: list[Field], rows: list[list[object]], note: str, notice: Notice) -> TableSheet:
    return TableSheet(name, title, fields, rows, note=note, foot=notice.number, empty="没有。")
