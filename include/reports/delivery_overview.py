"""Who sent what, when, how much of it could be used, and who has not sent: the bureau's sheet on the departments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from include.reports.labels import DELIVERY_STATUSES, feed_title, mask_numbers, period_text
from include.reports.notice import Notice, notice_of
from include.reports.sheets import Book, Field, TableSheet, is_blank, new_book, text_of
from include.settings import County

FEED_FIELDS = [
    Field("部门", 14, "centre"),
    Field("数据表", 34),
    Field("所属期", 16, "centre"),
    Field("应报日期", 12, "date"),
    Field("首次收到", 17, "centre"),
    Field("份数", 7, "count"),
    Field("收到行数", 10, "count"),
    Field("采用", 10, "count"),
    Field("退回", 10, "count"),
    Field("重复", 10, "count"),
    Field("结论", 22, "centre"),
]
DELIVERY_FIELDS = [
    Field("报送编号", 16, "centre"),
    Field("部门", 14, "centre"),
    Field("文件名", 34),
    Field("数据表", 28),
    Field("所属期", 15, "centre"),
    Field("收到时间", 17, "centre"),
    Field("收到行数", 9, "count"),
    Field("采用", 8, "count"),
    Field("退回", 8, "count"),
    Field("重复", 8, "count"),
    Field("结论", 14, "centre"),
    Field("说明", 44),
]
COUNTS = ["row_count", "accepted_count", "rejected_count", "duplicate_count"]
DELIVERED = ("published", "zero_report")


def write_delivery_overview(
    path: Path, *, county: County, dispatch: Mapping[str, Any], deliveries: pd.DataFrame, expected: pd.DataFrame
) -> None:
    """Write the overview that goes with a dispatch.

    ``deliveries``: ``ledger.deliveries`` joined with ``ledger.outcomes``, one row per delivery of the cycle. ``expected``: feed, period, due_on (DATE, NULL for
    real-time feeds that report when something happens). Raises ValueError when rows in are not accepted + rejected + duplicate.
    """
    check_balance(deliveries)
    notice = notice_of(dispatch, county)
    with new_book(path, title=f"{county.name}部门报送情况", author=notice.bureau, created=notice.issued_at) as book:
        feeds = feed_verdicts(deliveries, expected)
        _feeds(book, notice, county, feeds)
        _deliveries(book, notice, county, deliveries)
        _silent(book, notice, county, feeds)


def check_balance(deliveries: pd.DataFrame) -> None:
    """Rows in = accepted + rejected + duplicate, for every published delivery."""
    published = deliveries[deliveries["status"] == "published"]
    wrong = published[published["row_count"] != published[COUNTS[1:]].sum(axis=1)]
    if len(wrong):
        raise ValueError(f"报送 {'、'.join(wrong['delivery_id'])} 的行数不平:收到行数应等于采用、退回、重复之和")


def feed_verdicts(deliveries: pd.DataFrame, expected: pd.DataFrame) -> pd.DataFrame:
    """One row per feed and period, expected or received, with its sums and verdict; a zero report counts as delivered."""
    known = [(text_of(feed), text_of(period)) for feed, period in deliveries[["feed", "period"]].itertuples(index=False) if text_of(feed)]
    due = {(text_of(feed), text_of(period)): day for feed, period, day in expected[["feed", "period", "due_on"]].itertuples(index=False)}
    pairs = list(due) + [pair for pair in sorted(set(known)) if pair not in due]
    feeds, periods = deliveries["feed"].map(text_of), deliveries["period"].map(text_of)
    rows = []
    for feed, period in pairs:
        mine = deliveries[(feeds == feed) & (periods == period)]
        good = mine[mine["status"].isin(DELIVERED)]
        day = due.get((feed, period))
        row: dict[str, Any] = {"feed": feed, "department": feed.split("__")[0], "period": period, "due_on": None if is_blank(day) else day}
        row["first_received_at"] = good["received_at"].min() if len(good) else None
        row["delivery_count"] = len(mine)
        row |= {name: int(good[name].fillna(0).sum()) for name in COUNTS}
        row["verdict"] = _verdict(mine, good, row["due_on"], is_due=(feed, period) in due)
        rows.append(row)
    names = ["feed", "department", "period", "due_on", "first_received_at", "delivery_count", *COUNTS, "verdict"]
    return pd.DataFrame(rows, columns=names, dtype=object)


def _verdict(mine: pd.DataFrame, good: pd.DataFrame, due_on: date | None, *, is_due: bool) -> str:
    if good.empty:
        if len(mine[mine["status"] == "refused"]):
            return "已退回,待重新报送"
        if len(mine):
            return "只有重复文件"
        return "未报送" if due_on is not None else "无事件"
    late = due_on is not None and good["received_at"].min().date() > pd.Timestamp(due_on).date()
    zero = bool((good["status"] == "zero_report").all())
    text = ("零报告" if zero else "已报送") + (",逾期" if late else "")
    if int(good["rejected_count"].fillna(0).sum()):
        text += ",部分行退回"
    return text if is_due else text + "(非本期)"


def _feeds(book: Book, notice: Notice, county: County, feeds: pd.DataFrame) -> None:
    rows = [
        [
            county.departments.get(entry["department"], entry["department"]),
            feed_title(entry["feed"]),
            period_text(entry["period"]),
            entry["due_on"],
            text_of(entry["first_received_at"]),
            *(entry[name] for name in ("delivery_count", *COUNTS)),
            entry["verdict"],
        ]
        for entry in feeds.to_dict("records")
    ]
    note = "收到行数 = 采用 + 退回 + 重复。零报告算已报送。实时报送的表没有事件时不必报送,列为“无事件”。"
    TableSheet("各表情况", f"{county.name}{notice.subject}部门报送情况", FEED_FIELDS, rows, note=note, foot=notice.number, freeze_columns=2).write(book)


def _deliveries(book: Book, notice: Notice, county: County, deliveries: pd.DataFrame) -> None:
    rows = [
        [
            entry["delivery_id"],
            county.departments.get(entry["department"], entry["department"]),
            mask_numbers(text_of(entry["file_name"])),
            feed_title(text_of(entry["feed"])) or "无法识别",
            period_text(text_of(entry["period"])),
            text_of(entry["received_at"]),
            *(entry[name] for name in COUNTS),
            delivery_verdict(entry),
            mask_numbers(text_of(entry["reason"])),
        ]
        for entry in deliveries.sort_values("delivery_id").to_dict("records")
    ]
    note = "每收到一份文件记一行。退回的行和整份退回的文件已连同原因放入该部门的退回文件夹。"
    TableSheet("逐份明细", f"{county.name}{notice.subject}报送明细", DELIVERY_FIELDS, rows, note=note, foot=notice.number, freeze_columns=1).write(book)


def delivery_verdict(delivery: Mapping[Any, Any]) -> str:
    """What became of one file, in the department's words."""
    status = text_of(delivery["status"])
    if status == "published" and not is_blank(delivery["rejected_count"]) and delivery["rejected_count"]:
        return "已入库,部分行退回"
    return DELIVERY_STATUSES.get(status, status or "处理中")


def _silent(book: Book, notice: Notice, county: County, feeds: pd.DataFrame) -> None:
    missing = feeds[feeds["verdict"].isin(["未报送", "已退回,待重新报送", "只有重复文件"])]
    fields = [FEED_FIELDS[0], FEED_FIELDS[1], FEED_FIELDS[2], FEED_FIELDS[3], FEED_FIELDS[-1]]
    rows = [
        [
            county.departments.get(entry["department"], entry["department"]),
            feed_title(entry["feed"]),
            period_text(entry["period"]),
            entry["due_on"],
            entry["verdict"],
        ]
        for entry in missing.to_dict("records")
    ]
    TableSheet(
        "未报送", f"{county.name}{notice.subject}未按要求报送的部门", fields, rows, note="没有数据的也要报零报告;没有报送不等于没有数据。",
        foot=notice.number, empty="应报送的部门都已报送。",
    ).write(book)  # fmt: skip
