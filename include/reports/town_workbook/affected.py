"""The sheet of the registry's households where an epidemic or a disaster was."""

from __future__ import annotations

import pandas as pd

from include.reports.notice import Notice
from include.reports.sheets import Book, Field, TableSheet

AFFECTED_SHEET = "受影响地区名单户"


def write_affected(book: Book, notice: Notice, town_name: str, affected: pd.DataFrame) -> None:
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
