"""减轻基层负担: how often towns were sent to households, how often not and by which rule; whom nobody explained the policy to."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from include.reports.labels import period_text
from include.reports.sheets import Book, Field, TableSheet

FIELDS = [
    Field("期次", 13, "centre"),
    Field("镇", 13, "centre"),
    Field("交办预警", 10, "count"),
    Field("其中再次交办", 10, "count"),
    Field("入户次数", 10, "count"),
    Field("少跑次数", 10, "count"),
    Field("同户并为一次", 13, "count"),
    Field("未办结不重跑", 13, "count"),
    Field("无实质变化不重跑", 16, "count"),
]
COUNTS = (
    "warning_count", "reopened_count", "visit_count", "saved_count", "one_household_count", "open_warning_count",
    "asked_once_count",
)  # fmt: skip
NOTE = (
    "一次交办中一户计一次入户；即时交办的计入随后的一期；区域性事件不计。少跑的次数按条数计，各归一条办法：同户并为一次，是同一户的几条预警一次看完；"
    "未办结不重跑，是预警还没有办结、又报来新数据；无实质变化不重跑，是已有核查结论、新数据没有实质变化，只作动态监测。"
)


def write_visits_sheet(book: Book, county_name: str, number: str, visits: pd.DataFrame) -> None:
    """The sheet of ``report_visits``, the newest month first, each month with its sum."""
    rows: list[list[object]] = []
    for month, mine in reversed(list(visits.groupby("month", sort=True))):
        ordered = mine.sort_values("town_code")
        subject = period_text(str(month))
        rows += [[subject, row["town_name"], *(row[name] or None for name in COUNTS)] for row in ordered.to_dict("records")]
        rows.append([subject, "合计", *(int(mine[name].sum()) or None for name in COUNTS)])
    TableSheet("入户次数", f"{county_name}入户次数", FIELDS, rows, note=NOTE, foot=number, empty="还没有交办。").write(book)


def visits_line(visits: pd.DataFrame, month: str) -> str:
    """A month's figures in one sentence for the summary; empty where nothing was listed."""
    mine = visits[visits["month"] == month]
    if mine.empty:
        return ""
    total = {name: int(mine[name].sum()) for name in COUNTS}
    text = f"本期（含此前的即时交办）请各镇入户{total['visit_count']}次，少跑{total['saved_count']}次"
    saved = {
        "同户并为一次": total["one_household_count"],
        "未办结不重跑": total["open_warning_count"],
        "无实质变化不重跑": total["asked_once_count"],
    }
    parts = "，".join(f"{name}{count}次" for name, count in saved.items() if count)
    return text + (f"（{parts}）。" if parts else "。")


def policy_line(unexplained: Mapping[str, int]) -> str:
    """By town how many households that were not registered nobody explained the policy to; empty where there are none.

    The notice asks for it (第三条(四)).
    """
    if not unexplained:
        return ""
    towns = "、".join(f"{town}{count}件" for town, count in unexplained.items())
    return f"属实未纳入、还没有政策宣传记录的{sum(unexplained.values())}件：{towns}。请各镇补做并在核查表中填报政策宣传日期。"
