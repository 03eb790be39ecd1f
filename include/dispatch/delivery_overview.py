"""Who sent what, when, how much of it could be used, and who has not sent: the bureau's sheet on the departments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from include.clocks.cycle import Window, late
from include.clocks.duties import STATES, Duty
from include.contracts import load_contracts
from include.identity.masks import mask_numbers
from include.reports.labels import DELIVERY_STATUSES, OUTCOMES, SKIPPED_KINDS, feed_title, period_text
from include.reports.notice import Notice, notice_of
from include.reports.sheets import Book, Field, TableSheet, is_blank, new_book, text_of
from include.site import County

FEED_FIELDS = [
    Field("部门", 14, "centre"),
    Field("数据表", 34),
    Field("所属期", 16, "centre"),
    Field("应报日期", 12, "date"),
    Field("首次收到", 18, "code"),
    Field("份数", 7, "count"),
    Field("收到行数", 10, "count"),
    Field("采用", 10, "count"),
    Field("退回", 10, "count"),
    Field("重复", 10, "count"),
    Field("逾期天数", 9, "count"),
    Field("结论", 24, "centre"),
]
LATE_FIELDS = [
    Field("部门", 14, "centre"),
    Field("数据表", 34),
    Field("所属期或发生日期", 18, "centre"),
    Field("应报日期", 12, "date"),
    Field("收到时间", 18, "code"),
    Field("件数", 7, "count"),
    Field("其中迟报", 9, "count"),
    Field("逾期天数", 9, "count"),
]
DELIVERY_FIELDS = [
    Field("报送编号", 16, "code"),
    Field("部门", 14, "centre"),
    Field("文件名", 34),
    Field("数据表", 28),
    Field("所属期", 15, "centre"),
    Field("收到时间", 18, "code"),
    Field("收到行数", 9, "count"),
    Field("采用", 8, "count"),
    Field("退回", 8, "count"),
    Field("重复", 8, "count"),
    Field("结论", 14, "centre"),
    Field("说明", 44),
]
SKIPPED_FIELDS = [
    Field("报送编号", 16, "code"),
    Field("部门", 14, "centre"),
    Field("文件名", 38),
    Field("工作表", 20),
    Field("行号", 14, "centre"),
    Field("类别", 18, "centre"),
    Field("说明", 40),
]
COUNTS = ["row_count", "accepted_count", "rejected_count", "duplicate_count"]
OUTCOME_COUNTS = [f"{name}_count" for name in OUTCOMES]
FEED_COLUMNS = ["feed", "department", "period", "due_on", "first_received_at", "delivery_count"]
DELIVERED = ("published", "zero_report")
SILENT = "未报送"
REFUSED = "已退回，待重新报送"
ONLY_DUPLICATE = "只有重复文件"
UNMET = {"missing": SILENT, "silent": SILENT, "refused": REFUSED, "stale": STATES["stale"]}


def write_delivery_overview(
    path: Path,
    *,
    mark: str,
    county: County,
    dispatch: Mapping[str, Any],
    deliveries: pd.DataFrame,
    skipped: pd.DataFrame,
    owed: Sequence[Duty],
    feed_summary: pd.DataFrame | None = None,
) -> None:
    """Write the overview that goes with a dispatch.

    ``deliveries``: ``report_deliveries``; only those received after ``previous_cutoff_at`` of ``dispatch``, if it has one, and
    up to its ``cutoff_at``. ``skipped``: ``raw.skipped_rows``, the rows of these deliveries that are no data (row number 0: a
    whole sheet). ``owed``: the duties as they stood at the cut-off; who is late, and by how many days, is theirs to say.
    ``feed_summary``: ``report_feed_summary``, for what became of the rows.
    Raises ValueError when rows in are not accepted + rejected + duplicate.
    """
    check_balance(deliveries)
    notice = notice_of(dispatch, county)
    window = _window(dispatch, notice)
    deliveries = deliveries[np.array([window.holds(at) for at in deliveries["received_at"]], bool)]
    feeds = feed_verdicts(deliveries, owed, window, feed_summary)
    with new_book(path, mark=mark, title=f"{county.name}部门报送情况", author=notice.bureau, created=notice.issued_at) as book:
        _feeds(book, notice, county, feeds)
        _deliveries(book, notice, county, deliveries)
        _silent(book, notice, county, feeds)
        _late(book, notice, county, late(owed, window))
        _skipped(book, notice, county, deliveries, skipped)


def _window(dispatch: Mapping[str, Any], notice: Notice) -> Window:
    since, until = (dispatch.get(name) for name in ("previous_cutoff_at", "cutoff_at"))
    return Window(None if is_blank(since) else _moment(since), notice.issued_at if is_blank(until) else _moment(until))


def _moment(value: Any) -> datetime:
    return pd.Timestamp(value).to_pydatetime()


def check_balance(deliveries: pd.DataFrame) -> None:
    """Rows in = accepted + rejected + duplicate, for every published delivery."""
    published = deliveries[deliveries["status"] == "published"]
    wrong = published[published["row_count"] != published[COUNTS[1:]].sum(axis=1)]
    if len(wrong):
        raise ValueError(f"报送 {'、'.join(wrong['delivery_id'])} 的行数不平：收到行数应等于采用、退回、重复之和")


def feed_verdicts(
    deliveries: pd.DataFrame, owed: Sequence[Duty], window: Window, feed_summary: pd.DataFrame | None = None
) -> pd.DataFrame:
    """One row per feed and period, owed in the window or received, with its sums, days late and verdict.

    A feed without a due day is one row, whatever its events; like all rows it counts only what ``deliveries`` brought. A zero
    report counts as delivered.
    """
    periods = {(duty.feed, duty.period): duty for duty in owed if duty.clock == "feed" and duty.due_on}
    due = [pair for pair, duty in periods.items() if window.falls_due(duty)]
    at_will = {feed for feed in _without_due_day() if feed not in {feed for feed, _ in due}}
    received = _pairs(deliveries, at_will)
    brought = set(_pairs(deliveries, set()))
    if feed_summary is not None:
        feed_summary = feed_summary[_are(_pairs(feed_summary, set()), brought)]
    summarised = _pairs(feed_summary, at_will) if feed_summary is not None else []
    late_events = [duty for duty in late(owed, window) if duty.clock == "event"]
    known = dict.fromkeys([*due, *((feed, "") for feed in at_will)])
    others = sorted({pair for pair in received if pair[0] and pair not in known})
    rows = []
    for pair in [*sorted(known, key=_in_contract_order), *others]:
        mine = deliveries[_are(received, {pair})]
        duty = periods.get(pair)
        mine_late = [duty] if duty and window.came_late(duty) else [each for each in late_events if each.feed == pair[0]]
        row: dict[str, Any] = {"feed": pair[0], "department": pair[0].split("__")[0], "period": pair[1]}
        row["due_on"] = duty.due_on if duty else None
        good = mine[mine["status"].isin(DELIVERED)]
        row["first_received_at"] = duty.came_at if duty and pair in due else good["received_at"].min() if len(good) else None
        row["delivery_count"] = len(mine)
        row |= {name: int(mine[name].fillna(0).sum()) for name in COUNTS}
        if feed_summary is not None:
            chosen = feed_summary[_are(summarised, {pair})]
            row |= {name: int(chosen[name].fillna(0).sum()) for name in OUTCOME_COUNTS}
        today = window.until.date()
        unmet = [duty] if duty and pair in due and duty.is_overdue else []
        row["days_late"] = max((each.days_late(today) for each in (*mine_late, *unmet)), default=0) or None
        row["verdict"] = _verdict(mine, duty if pair in due else None, mine_late, row["days_late"], is_known=pair in known)
        rows.append(row)
    return pd.DataFrame(rows, columns=[*FEED_COLUMNS, *COUNTS, *OUTCOME_COUNTS, "days_late", "verdict"], dtype=object)


def _without_due_day() -> list[str]:
    """Feeds that nobody can be late with beforehand: events, and the registry."""
    return [
        contract.feed
        for contract in load_contracts()
        if contract.department != "town" and (contract.cadence == "event" or contract.due_rule == "none")
    ]


def _in_contract_order(pair: tuple[str, str]) -> tuple[int, str]:
    feeds = [contract.feed for contract in load_contracts()]
    return feeds.index(pair[0]), pair[1]


def _are(pairs: Sequence[tuple[str, str]], wanted: set[tuple[str, str]]) -> npt.NDArray[np.bool_]:
    """Which rows of a frame these are; an array even for a frame without rows, of which an empty list would choose columns."""
    return np.array([pair in wanted for pair in pairs], bool)


def _pairs(frame: pd.DataFrame, at_will: set[str]) -> list[tuple[str, str]]:
    """Feed and period of each row; the period is left out for feeds without a due day."""
    named = [(text_of(feed), text_of(period)) for feed, period in frame[["feed", "period"]].itertuples(index=False)]
    return [(feed, "" if feed in at_will else period) for feed, period in named]


def _verdict(mine: pd.DataFrame, due: Duty | None, late: Sequence[Duty], days: int | None, *, is_known: bool) -> str:
    """What the bureau reads: of a duty that fell due its state, of anything else what came of it."""
    good = mine[mine["status"].isin(DELIVERED)]
    if due and due.state in UNMET:
        return UNMET[due.state]
    if due and due.state == "waiting":
        return STATES["waiting"]
    if not due and good.empty:
        if "refused" in set(mine["status"]):
            return REFUSED
        if len(mine):
            return STATES["waiting"] if "waiting" in set(mine["status"]) else ONLY_DUPLICATE
        return "没有报送"
    is_zero = due.state == "zero_report" if due else bool((good["status"] == "zero_report").all())
    text = "零报告" if is_zero else "已报送"
    if late and late[0].clock == "event":
        text += f"（迟报{sum(duty.late for duty in late)}件，最多{days}天）"
    elif late:
        text += f"（逾期{days}天）"
    elif not is_known:
        text += "（非本期应报）"
    return text + ("，部分行退回" if int(good["rejected_count"].fillna(0).sum()) else "")


def _feeds(book: Book, notice: Notice, county: County, feeds: pd.DataFrame) -> None:
    has_outcomes = bool(feeds[OUTCOME_COUNTS].notna().any(axis=None))
    extra = [Field(OUTCOMES[name.removesuffix("_count")], 9, "count") for name in OUTCOME_COUNTS] if has_outcomes else []
    fields = [*FEED_FIELDS[:-2], *extra, *FEED_FIELDS[-2:]]
    rows = [
        [
            county.departments.get(entry["department"], entry["department"]),
            feed_title(entry["feed"]),
            period_text(entry["period"]) or "随时",
            entry["due_on"],
            text_of(entry["first_received_at"]),
            *(entry[name] for name in ("delivery_count", *COUNTS, *(OUTCOME_COUNTS if has_outcomes else ()))),
            entry["days_late"],
            entry["verdict"],
        ]
        for entry in feeds.to_dict("records")
    ]
    note = "收到行数 = 采用 + 退回 + 重复。零报告算已报送。没有应报日期的表，有事件或有更新时才报送，逾期从事件发生之日起算。"
    title = f"{county.name}{notice.subject}部门报送情况"
    TableSheet("各表情况", title, fields, rows, note=note, foot=notice.number, freeze_columns=2).write(book)


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
    TableSheet(
        "逐份明细",
        f"{county.name}{notice.subject}报送明细",
        DELIVERY_FIELDS,
        rows,
        note=note,
        foot=notice.number,
        freeze_columns=1,
    ).write(book)


def delivery_verdict(delivery: Mapping[Any, Any]) -> str:
    """What became of one file, in the department's words."""
    status = text_of(delivery["status"])
    if status == "published" and not is_blank(delivery["rejected_count"]) and delivery["rejected_count"]:
        return "已入库，部分行退回"
    return DELIVERY_STATUSES.get(status, status or "处理中")


def _silent(book: Book, notice: Notice, county: County, feeds: pd.DataFrame) -> None:
    missing = feeds[feeds["verdict"].isin([*UNMET.values(), ONLY_DUPLICATE])]
    fields = [*FEED_FIELDS[:4], *FEED_FIELDS[-2:]]
    rows = [
        [
            county.departments.get(entry["department"], entry["department"]),
            feed_title(entry["feed"]),
            period_text(entry["period"]),
            entry["due_on"],
            entry["days_late"],
            entry["verdict"],
        ]
        for entry in missing.to_dict("records")
    ]
    TableSheet(
        "未报送",
        f"{county.name}{notice.subject}未按要求报送的部门",
        fields,
        rows,
        note="没有数据的也要报零报告；没有报送不等于没有数据。",
        foot=notice.number,
        empty="应报送的部门都已报送。",
    ).write(book)


def _late(book: Book, notice: Notice, county: County, found: Sequence[Duty]) -> None:
    """Each period or day of events that was late, as the clocks have it."""
    rows = [
        [
            duty.owner_name,
            duty.title,
            duty.period_text,
            duty.due_on,
            text_of(duty.came_at),
            duty.total,
            duty.late,
            duty.days_late(notice.issued_on),
        ]
        for duty in found
    ]
    TableSheet(
        "迟报",
        f"{county.name}{notice.subject}迟报情况",
        LATE_FIELDS,
        rows,
        note="收到时间为该期首次报送的时间；同一天发生的事件写在一行，收到时间为其中最后报来的一件。",
        foot=notice.number,
        empty="本期没有迟报。",
    ).write(book)


def _skipped(book: Book, notice: Notice, county: County, deliveries: pd.DataFrame, skipped: pd.DataFrame) -> None:
    rows = [
        [
            entry["delivery_id"],
            county.departments.get(entry["department"], entry["department"]),
            mask_numbers(text_of(entry["file_name"])),
            mask_numbers(text_of(entry["sheet"])),
            _row_numbers(entry["first_row"], entry["last_row"]),
            SKIPPED_KINDS.get(entry["kind"], entry["kind"]),
            entry["note"],
        ]
        for entry in skipped_runs(deliveries, skipped).to_dict("records")
    ]
    note = "标题、表头、合计、重复的表头、说明、落款、空行不是数据，不计入收到行数；如误跳过了数据行，请报送部门改后重报。"
    TableSheet(
        "跳过的行",
        f"{county.name}{notice.subject}跳过的行",
        SKIPPED_FIELDS,
        rows,
        note=note + "“行号”是原文件中的行号，连续的同类行写在一起。",
        foot=notice.number,
        empty="本期的文件没有跳过任何行。",
        freeze_columns=1,
    ).write(book)


def skipped_runs(deliveries: pd.DataFrame, skipped: pd.DataFrame) -> pd.DataFrame:
    """Skipped rows of these deliveries, those that follow each other for the same reason as one: first_row and last_row."""
    place = ["delivery_id", "sheet"]
    lines = deliveries[["delivery_id", "department", "file_name"]].merge(skipped, on="delivery_id")
    lines = lines.sort_values([*place, "row_number", "kind", "note"]).reset_index(drop=True)
    same = lines[[*place, "kind", "note"]]
    starts = same.ne(same.shift()).any(axis=1) | lines["row_number"].ne(lines["row_number"].shift() + 1)
    runs = lines.groupby(starts.cumsum())
    return runs.first().assign(first_row=runs["row_number"].min(), last_row=runs["row_number"].max())


def _row_numbers(first: int, last: int) -> str:
    if first == 0:
        return "整张工作表"
    return f"第 {first} 行" if first == last else f"第 {first} 至 {last} 行"
