"""Real-time deliveries are taken in as they are received: a burst in one go, each counted, large ones left to their ingest."""

from __future__ import annotations

from pathlib import Path

import pytest

from include.deliveries import examine as check_delivery
from include.deliveries import publish
from include.deliveries.examine import check_feed
from include.deliveries.publish import ingest_feed, ingest_small_events, publish_feed
from include.deliveries.receive import receive_inbox, wake_ups
from include.site import current_site
from include.storage.warehouse import connect
from include.warnings.export import export
from tests.files import person, uninsured_rows, write_xlsx
from tests.privacy import leaks, numbers_in

INCIDENT = ("案事件编号", "类别", "发生日期", "姓名", "身份证号", "乡镇", "行政村", "后果")
FEED = "public_security__incident"


def incident(number: str, name: str, consequence: str = "重伤") -> tuple[str, ...]:
    return (number, "交通事故", "2024-03-01", name, person(name), "旌阳镇", "华丰村", consequence)


def report(home: Path, file_name: str, *rows: tuple[str, ...]) -> None:
    write_xlsx(home / "inbox" / "县公安局" / file_name, INCIDENT, *rows)


def stored() -> list[tuple[str, str]]:
    with connect(current_site()) as connection:
        return connection.execute(
            f"select incident_id, consequence from raw.{FEED} order by received_at, delivery_id, row_number"
        ).fetchall()


def counts() -> list[tuple[int, ...]]:
    found = export(current_site(), "deliveries").sort_values("delivery_id")
    return [tuple(map(int, row)) for row in found[["rows", "accepted", "rejected", "duplicates"]].itertuples(index=False)]


def test_a_burst_is_taken_in_at_once_and_a_month_s_list_is_not(home: Path) -> None:
    for number, name in enumerate(("张三", "李四", "王五")):
        report(home, f"{number}.xlsx", incident(f"A{number}", name))
    write_xlsx(home / "inbox" / "县医保局" / "未参保2024年3月.xlsx", *uninsured_rows("张三"))
    arrivals = receive_inbox(current_site())
    taken = ingest_small_events(current_site())
    assert [number for number, _ in stored()] == ["A0", "A1", "A2"] and len(taken) == 3
    assert wake_ups(arrivals, taken) == [("medical_insurance__uninsured", "2024-03")]
    statuses = export(current_site(), "deliveries").set_index("feed")["status"]
    assert set(statuses[FEED]) == {"published"} and statuses["medical_insurance__uninsured"] != "published"
    assert not list((home / "work").glob("20240310-*/rows.parquet"))


def test_each_of_a_burst_is_counted_by_itself(home: Path) -> None:
    report(home, "1.xlsx", incident("A1", "张三"), incident("A1", "张三"))
    report(home, "2.xlsx", incident("A2", "李四"), ("A3", "交通事故", "2024-03-01", "王五", "123", "旌阳镇", "华丰村", "重伤"))
    report(home, "3.xlsx", incident("A4", "王五"))
    receive_inbox(current_site())
    ingest_small_events(current_site())
    assert counts() == [(2, 1, 0, 1), (2, 1, 1, 0), (1, 1, 0, 0)]
    assert [number for number, _ in stored()] == ["A1", "A2", "A4"]


def test_two_reports_of_one_event_in_a_burst_are_merged_in_their_order(home: Path) -> None:
    report(home, "1.xlsx", incident("A1", "张三"))
    report(home, "2.xlsx", incident("A1", "张三", "死亡"))
    report(home, "3.xlsx", incident("A1", "张三", "死亡"), incident("A2", "李四"))
    receive_inbox(current_site())
    ingest_small_events(current_site())
    assert counts() == [(1, 1, 0, 0), (1, 1, 0, 0), (2, 1, 0, 1)]
    assert stored() == [("A1", "重伤"), ("A1", "死亡"), ("A2", "重伤")]


def test_a_large_one_waits_for_the_ingest_of_its_feed_which_one_wake_up_starts(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "LARGEST_AT_ONCE", 10)
    for number, name in enumerate(("张三", "李四")):
        report(home, f"{number}.xlsx", incident(f"A{number}", name))
    arrivals = receive_inbox(current_site())
    assert ingest_small_events(current_site()) == frozenset()
    assert wake_ups(arrivals) == [(FEED, arrivals[-1].delivery_id)]
    assert publish_feed(current_site(), FEED, check_feed(current_site(), FEED)) == [
        item.delivery_id for item in arrivals
    ]  # not the events' numbers


@pytest.mark.parametrize("is_large", [False, True], ids=["small", "large"])
def test_a_number_given_as_event_number_file_or_sheet_name_stays_where_it_belongs(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, is_large: bool
) -> None:
    """Keys, what the gate keeps for auditors, work files and logs: wherever somebody reads who may not read the rows."""
    number = person("李四")
    for name in ("张三", "王五"):
        rows = [INCIDENT, incident(number, name), incident(person("赵六"), name)]
        write_xlsx(home / "inbox" / "县公安局" / f"{number}{name}.xlsx", *rows, sheet=number)
    write_xlsx(home / "inbox" / number / "x.xlsx", INCIDENT)
    with caplog.at_level("DEBUG"):
        arrivals = receive_inbox(current_site())
        keys = [*wake_ups(arrivals), *(ingest_feed(current_site(), FEED) if is_large else ingest_small_events(current_site()))]
        monkeypatch.setattr(check_delivery, "_check_rows", lambda *_: int(number + "年"))
        report(home, f"再次{number}.xlsx", incident(number, "张三"))
        keys += [*wake_ups(receive_inbox(current_site())), *ingest_small_events(current_site())]
    known = {number, person("赵六")}
    assert "核对时出错" in caplog.text
    assert not numbers_in((caplog.text + repr(keys)).encode(), known)
    shown = [path for path in home.iterdir() if path.name not in ("inbox", "returns", "warehouse", "archive", "work")]
    assert shown and not leaks(shown, known)
    assert not [path for folder in shown for path in folder.rglob("*") if numbers_in(path.name.encode(), known)]


def test_what_cannot_be_checked_stays_waiting_and_the_other_feeds_go_on(home: Path) -> None:
    report(home, "1.xlsx", incident("A1", "张三"))
    loss = ("户主姓名", "户主身份证号", "乡镇", "行政村", "产业类型", "损失原因", "经济损失(元)", "发生日期")
    row = ("李四", person("李四"), "旌阳镇", "华丰村", "水稻", "洪涝", "20000", "2024-03-01")
    write_xlsx(home / "inbox" / "县农水局" / "产业受损.xlsx", loss, row)
    arrivals = receive_inbox(current_site())
    (broken,) = [item for item in arrivals if item.feed == FEED]
    (home / "work" / broken.delivery_id).rename(home / "elsewhere")
    (home / "work" / broken.delivery_id).write_text("不是文件夹")
    taken = ingest_small_events(current_site())
    assert taken == {item.delivery_id for item in arrivals} - {broken.delivery_id}
    assert wake_ups(arrivals, taken) == [(FEED, broken.delivery_id)]


def test_what_an_interrupted_receiving_left_is_taken_in_and_announced_by_its_retry(home: Path) -> None:
    report(home, "1.xlsx", incident("A1", "张三"))
    write_xlsx(home / "inbox" / "县医保局" / "未参保2024年3月.xlsx", *uninsured_rows("张三"))
    receive_inbox(current_site())  # and was killed here, before anybody was told
    assert receive_inbox(current_site()) == [] and len(ingest_small_events(current_site())) == 1
    assert wake_ups(receive_inbox(current_site(), is_retry=True)) == [("medical_insurance__uninsured", "2024-03")]


def test_a_finding_about_a_whole_delivery_and_one_about_a_cell_come_in_either_order(home: Path) -> None:
    heads = (
        "灾害编号",
        "户主姓名",
        "户主身份证号",
        "乡镇",
        "行政村",
        "受灾情况",
        "已获救助(元)",
        "救助后是否仍有困难",
        "核定日期",
    )
    for number, (name, relief) in enumerate((("张三", ""), ("李四", "1,200元"), ("王五", ""))):
        spaced = f"{person(name)[:6]} {person(name)[6:]}"
        row = ("D1", name, spaced if relief else person(name), "旌阳镇", "华丰村", "房屋进水", relief, "是", "2024-03-01")
        write_xlsx(home / "inbox" / "县应急管理局" / f"{number}.xlsx", heads, row)
    receive_inbox(current_site())
    assert len(ingest_small_events(current_site())) == 3
    with connect(current_site()) as connection:
        levels = connection.execute("select level, count(*) from raw.row_issues group by all order by all").fetchall()
    assert dict(levels)["finding"] == 2 and dict(levels)["repaired"] >= 1
