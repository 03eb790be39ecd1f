"""Who sent what, and who has not: a zero report is a delivery, silence is not."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from include.clocks.cycle import Window, duties_at, late
from include.clocks.duties import Duty
from include.dispatch.delivery_overview import feed_verdicts, write_delivery_overview
from include.site import County, current_site
from include.storage import ledger
from include.storage.warehouse import connect

COLUMNS = ["delivery_id", "file_name", "department", "feed", "period", "received_at", "status", "reason"]
COLUMNS += ["row_count", "accepted_count", "rejected_count", "duplicate_count"]
UNINSURED = "medical_insurance__uninsured"


SKIPPED = pd.DataFrame(
    [
        ("20240305-0001", "名单", 9, "repeated_header", "重复的表头"),
        ("20240305-0001", "名单", 1, "title", "表格上方的标题"),
        ("20240305-0001", "名单", 34, "total", "合计行"),
        *(("20240305-0001", "名单", row, "blank", "空行") for row in (37, 35, 36, 39)),
        ("20240305-0001", "旧表", 0, "hidden_sheet", "隐藏的工作表,未读取"),
        ("20240305-0003", "名单", 2, "zero_report", "零报告"),
        ("20240305-0009", "名单", 1, "title", "在截止以后收到"),
    ],
    columns=["delivery_id", "sheet", "row_number", "kind", "note"],
)


def delivery(
    serial: int, feed: str | None, period: str | None, status: str, counts: tuple[Any, ...], day: int = 5
) -> dict[str, Any]:
    department = feed.split("__")[0] if feed else "housing"
    received = datetime(2024, 3, day, 7)
    head = (f"20240305-{serial:04d}", f"文件{serial}.xlsx", department, feed, period, received, status, None)
    return dict(zip(COLUMNS, (*head, *counts), strict=True))


@pytest.fixture
def deliveries() -> pd.DataFrame:
    none = (None, None, None, None)
    return pd.DataFrame(
        [
            delivery(1, UNINSURED, "2024-03", "published", (30, 27, 2, 1)),
            delivery(2, UNINSURED, "2024-03", "duplicate", (0, 0, 0, 0)),
            delivery(3, "water__drinking_water", "2024-03", "zero_report", (0, 0, 0, 0), day=10),
            delivery(4, "human_resources__unemployed", "2024-03", "refused", none),
            delivery(5, None, None, "refused", none),
            delivery(6, "emergency__disaster_area", "ZH2024-01", "published", (2, 2, 0, 0)),
            delivery(7, "housing__hazard", "2023-Q4", "published", (4, 4, 0, 0)),
        ]
    )


RECEIVED = ("delivery_id", "department", "feed", "period", "received_at")
DECIDED = ("delivery_id", "feed", "period", "status")
CUTOFF = datetime(2024, 3, 10, 8)
WINDOW = Window(datetime(2024, 2, 10, 8), CUTOFF)


@pytest.fixture
def owed(home: Path, deliveries: pd.DataFrame) -> list[Duty]:
    """The duties at the cut-off, by a ledger that holds these deliveries and one of February: the clocks run since then."""
    earlier = {"delivery_id": "20240201-0001", "received_at": datetime(2024, 2, 1), "feed": "petition__case", "period": "X1"}
    with connect(current_site()) as connection:
        ledger.create_tables(connection)
        rows = [
            {str(key): None if pd.isna(value) else value for key, value in row.items()} for row in deliveries.to_dict("records")
        ]
        received = ("delivery_id", "department", "feed", "period", "received_at")
        ledger.append(connection, "ledger.deliveries", [{name: row[name] for name in received} for row in rows] + [earlier])
        ledger.append(
            connection,
            "ledger.outcomes",
            [{name: row[name] for name in ("delivery_id", "feed", "period", "status")} for row in rows],
        )
        event = {"row_id": "e", "disaster_id": "ZH2024-01", "town_name": "旌阳镇", "started_date": date(2024, 3, 1)}
        ledger.append(connection, "raw.emergency__disaster_area", [{**event, "received_at": datetime(2024, 3, 5, 7)}])
        return duties_at(connection, current_site(), CUTOFF)


def test_rows_are_the_months_dues_and_the_feeds_that_report_events(deliveries: pd.DataFrame, owed: list[Duty]) -> None:
    feeds = feed_verdicts(deliveries.iloc[:0], owed, WINDOW)
    due = feeds[feeds["due_on"].notna()]
    assert set(due["period"]) == {"2024-03"} and set(due["due_on"]) == {date(2024, 3, 9)} and len(due) == 5
    assert len(feeds) == 5 + 7


@pytest.mark.parametrize(
    ("feed", "verdict"),
    [
        (UNINSURED, "已报送，部分行退回"),
        ("water__drinking_water", "零报告（逾期1天）"),
        ("human_resources__unemployed", "已退回，待重新报送"),
        ("medical_insurance__self_pay_high", "未报送"),
        ("emergency__disaster_area", "已报送（迟报1件，最多4天）"),
        ("petition__case", "没有报送"),
        ("housing__hazard", "已报送（非本期应报）"),
    ],
)
def test_verdict_of_each_feed(deliveries: pd.DataFrame, owed: list[Duty], feed: str, verdict: str) -> None:
    feeds = feed_verdicts(deliveries, owed, WINDOW).set_index("feed")
    assert feeds.loc[feed, "verdict"] == verdict


def test_workbook(tmp_path: Path, county: County, dispatch: dict[str, Any], deliveries: pd.DataFrame, owed: list[Duty]) -> None:
    path = tmp_path / "overview.xlsx"
    summary = pd.DataFrame(
        {
            "feed": [UNINSURED],
            "period": ["2024-03"],
            "signal_count": [20],
            "information_count": [0],
            "no_signal_count": [6],
            "waiting_count": [1],
            "routing_count": [0],
        }
    )
    write_delivery_overview(
        path, mark="", county=county, dispatch=dispatch, deliveries=deliveries, skipped=SKIPPED, owed=owed, feed_summary=summary
    )
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["各表情况", "逐份明细", "未报送", "迟报", "跳过的行"]
    heads = [cell.value for cell in book["各表情况"][3]]
    first = dict(zip(heads, [cell.value for cell in book["各表情况"][4]], strict=True))
    assert (first["收到行数"], first["采用"], first["退回"], first["重复"], first["形成预警信号"]) == (30, 27, 2, 1, 20)
    verdicts = [row[10] for row in book["逐份明细"].iter_rows(min_row=4, values_only=True)]
    assert verdicts == ["已入库，部分行退回", "重复文件", "零报告", "整份退回", "整份退回", "已入库", "已入库"]
    skipped = [row[:7] for row in book["跳过的行"].iter_rows(min_row=4, values_only=True)]
    assert {row[:3] for row in skipped[:-1]} == {("20240305-0001", "县医保局", "文件1.xlsx")}
    assert [row[3:] for row in skipped] == [
        ("名单", "第 1 行", "标题", "表格上方的标题"),
        ("名单", "第 9 行", "重复的表头", "重复的表头"),
        ("名单", "第 34 行", "合计", "合计行"),
        ("名单", "第 35 至 37 行", "空行", "空行"),
        ("名单", "第 39 行", "空行", "空行"),
        ("旧表", "整张工作表", "隐藏的工作表", "隐藏的工作表,未读取"),
        ("名单", "第 2 行", "零报告", "零报告"),
    ]
    silent = {row[1] for row in book["未报送"].iter_rows(min_row=4, values_only=True)}
    assert "当年度未就业人员名单" in silent and "饮水安全问题农户名单" not in silent and len(silent) == 3


def test_only_this_cycles_deliveries(
    tmp_path: Path, county: County, dispatch: dict[str, Any], deliveries: pd.DataFrame, owed: list[Duty]
) -> None:
    path = tmp_path / "overview.xlsx"
    cycle = {**dispatch, "previous_cutoff_at": datetime(2024, 3, 6)}
    write_delivery_overview(path, mark="", county=county, dispatch=cycle, deliveries=deliveries, skipped=SKIPPED, owed=owed)
    book = openpyxl.load_workbook(path)
    assert book["逐份明细"].max_row == 4
    assert [cell.value for cell in book["跳过的行"]["A"][3:]] == ["20240305-0003"]


def test_rows_must_balance(
    tmp_path: Path, county: County, dispatch: dict[str, Any], deliveries: pd.DataFrame, owed: list[Duty]
) -> None:
    deliveries.loc[0, "accepted_count"] = 26
    with pytest.raises(ValueError, match="20240305-0001 的行数不平"):
        write_delivery_overview(
            tmp_path / "x.xlsx", mark="", county=county, dispatch=dispatch, deliveries=deliveries, skipped=SKIPPED, owed=owed
        )


def test_nothing_skipped_is_said(
    tmp_path: Path, county: County, dispatch: dict[str, Any], deliveries: pd.DataFrame, owed: list[Duty]
) -> None:
    path = tmp_path / "overview.xlsx"
    write_delivery_overview(
        path, mark="", county=county, dispatch=dispatch, deliveries=deliveries, skipped=SKIPPED[:0], owed=owed
    )
    assert openpyxl.load_workbook(path)["跳过的行"]["A4"].value == "本期的文件没有跳过任何行。"


def test_earlier_events_are_not_counted_again(deliveries: pd.DataFrame, owed: list[Duty]) -> None:
    """A year of events is in the summary; the month's overview has only those its own deliveries brought."""
    area = "emergency__disaster_area"
    summary = pd.DataFrame(
        [{"feed": area, "period": "ZH2024-01", "signal_count": 2}, {"feed": area, "period": "ZH2023-09", "signal_count": 40}]
    ).assign(information_count=0, no_signal_count=0, waiting_count=0, routing_count=0)
    feeds = feed_verdicts(deliveries, owed, WINDOW, summary).set_index("feed")
    assert feeds.loc[area, "signal_count"] == 2
    nothing = feed_verdicts(deliveries.iloc[:1], owed, WINDOW, summary).set_index("feed")
    assert nothing.loc[area, "signal_count"] == 0


def test_a_month_without_any_delivery_names_who_was_silent(
    tmp_path: Path, county: County, dispatch: dict[str, Any], deliveries: pd.DataFrame, owed: list[Duty]
) -> None:
    """Seen: KeyError 'status' after the month had been issued."""
    path = tmp_path / "overview.xlsx"
    summary = pd.DataFrame(columns=["feed", "period", *(f"{name}_count" for name in ("signal", "information", "no_signal"))])
    summary = summary.assign(waiting_count=None, routing_count=None)
    april = {
        **dispatch,
        "dispatch_id": "2024-04",
        "cutoff_at": datetime(2024, 4, 10, 8),
        "issued_at": datetime(2024, 4, 10, 9),
        "previous_cutoff_at": CUTOFF,
    }
    with connect(current_site()) as connection:
        owed = duties_at(connection, current_site(), april["cutoff_at"])
    write_delivery_overview(
        path, mark="", county=county, dispatch=april, deliveries=deliveries, skipped=SKIPPED, owed=owed, feed_summary=summary
    )
    book = openpyxl.load_workbook(path)
    silent = {(row[0], row[1], row[2]): row[4] for row in book["未报送"].iter_rows(min_row=4, values_only=True)}
    assert silent["县医保局", "未参加基本医疗保险人员名单", "2024年4月"] == 1
    assert {("县残联", "2024年第一季度"), ("县教体局", "2024年春季学期")} <= {(who, period) for who, _, period in silent}
    assert book["逐份明细"]["A4"].value == "本期没有。" and book["迟报"]["A4"].value == "本期没有迟报。"


def test_what_came_before_the_window_but_for_it_is_no_silence(deliveries: pd.DataFrame, owed: list[Duty]) -> None:
    """A quarter's list sent early, before the cut-off of the month before, was called 未报送."""
    early = delivery(8, "housing__hazard", "2024-Q1", "published", (3, 3, 0, 0), day=6)
    with connect(current_site()) as connection:
        ledger.append(connection, "ledger.deliveries", [{name: early[name] for name in RECEIVED}])
        ledger.append(connection, "ledger.outcomes", [{name: early[name] for name in DECIDED}])
        owed = duties_at(connection, current_site(), datetime(2024, 4, 10, 8))
    feeds = feed_verdicts(deliveries.iloc[:0], owed, Window(CUTOFF, datetime(2024, 4, 10, 8))).set_index(["feed", "period"])
    assert feeds.loc[("housing__hazard", "2024-Q1"), "verdict"] == "已报送"
    assert feeds.loc[("housing__hazard", "2024-Q1"), "first_received_at"] == early["received_at"]


def test_late_ones_are_listed_as_the_clocks_have_them(
    tmp_path: Path, county: County, dispatch: dict[str, Any], deliveries: pd.DataFrame, owed: list[Duty]
) -> None:
    path = tmp_path / "overview.xlsx"
    write_delivery_overview(path, mark="", county=county, dispatch=dispatch, deliveries=deliveries, skipped=SKIPPED, owed=owed)
    book = openpyxl.load_workbook(path)
    listed = [(row[1], row[2], row[6], row[7]) for row in book["迟报"].iter_rows(min_row=4, values_only=True)]
    mine = late(owed, Window(None, CUTOFF))
    assert (
        listed == [(duty.title, duty.period_text, duty.late, duty.days_late(CUTOFF.date())) for duty in mine] and len(mine) == 2
    )
