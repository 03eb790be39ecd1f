"""A clock that stood in 2030 and is right again: nothing is shut out, the correction received last wins, notices go out."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from include.deliveries.receive import receive_inbox
from include.dispatch.instant import dispatch_at_once
from include.dispatch.propose import propose_dispatch
from include.screening.screen import has_news, is_screening_due, prepare_screening, screen
from include.site import current_site
from include.storage import ledger
from include.storage.warehouse import connect
from tests.deliveries.test_receive import ingest
from tests.files import person, registry_rows, uninsured_rows, write_xlsx

LOSS = ("户主姓名", "户主身份证号", "乡镇", "行政村", "产业类型", "损失原因", "经济损失(元)", "发生日期")
WRONG, RIGHT = "2030-01-01T08:00:00", "2024-03-10T09:00:00"


def loss(name: str, yuan: int) -> tuple[str, ...]:
    return (name, person(name), "旌阳镇", "华丰村", "水稻", "洪涝", str(yuan), "2024-03-01")


def screened() -> list[tuple[str, int]]:
    screen(current_site(), is_prompt=True)
    with connect(current_site()) as connection:
        rows = connection.execute("select person_name, amount_yuan::integer from risk.risk_industry order by all").fetchall()
    return [(str(name), int(yuan)) for name, yuan in rows]


def test_a_clock_that_stood_in_2030_shuts_nothing_out_once_it_is_right(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = home / "inbox"
    write_xlsx(inbox / "县乡村振兴局" / "名单.xlsx", *registry_rows("张三", "李四"))
    ingest()
    monkeypatch.setenv("FANGPIN_NOW", WRONG)
    write_xlsx(inbox / "县农水局" / "产业受损.xlsx", LOSS, loss("张三", 20000))
    ingest()
    assert is_screening_due(current_site()) and screened() == [("张三", 20000)]
    dispatch_at_once(current_site())
    assert not is_screening_due(current_site())

    monkeypatch.setenv("FANGPIN_NOW", RIGHT)
    write_xlsx(inbox / "县农水局" / "更正.xlsx", LOSS, loss("张三", 30000), loss("李四", 40000))
    ingest()
    assert is_screening_due(current_site())
    assert screened() == [("张三", 30000), ("李四", 40000)]
    assert not is_screening_due(current_site()) and not has_news(current_site())
    dispatch_at_once(current_site())
    with connect(current_site()) as connection:
        issued = connection.execute(
            "select dispatch_id, person_name from ledger.dispatched_warnings where listing_kind = 'issued' order by all"
        ).fetchall()
        ids = connection.execute("select count(*), count(distinct delivery_id) from ledger.deliveries").fetchone()
    assert issued == [("instant-2024-001", "李四"), ("instant-2030-001", "张三")]
    assert ids == (3, 3)

    write_xlsx(inbox / "县农水局" / "改回.xlsx", LOSS, loss("张三", 20000), loss("李四", 20000))
    ingest()
    assert screened() == [("张三", 20000), ("李四", 20000)], "改回去的也是更正,不是重复"

    write_xlsx(inbox / "县医保局" / "未参保2024年3月.xlsx", *uninsured_rows("李四"))
    ingest()
    screen(current_site())
    assert propose_dispatch(current_site(), "2024-03")
    with connect(current_site()) as connection:
        proposed = connection.execute(
            "select person_name, warning_type from ledger.proposed_warnings where dispatch_id = '2024-03' order by all"
        ).fetchall()
        taken = connection.execute("select count(*) from report.report_deliveries").fetchone()
    assert proposed == [("张三", "industry"), ("李四", "illness"), ("李四", "industry")] and taken == (5,)


def test_an_old_month_run_again_does_not_turn_the_present_back(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FANGPIN_NOW", "2024-05-10T08:00:00")
    write_xlsx(home / "inbox" / "县乡村振兴局" / "名单.xlsx", *registry_rows("张三"))
    write_xlsx(home / "inbox" / "县农水局" / "产业受损.xlsx", LOSS, loss("张三", 20000))
    ingest()
    assert screened() == [("张三", 20000)]
    monkeypatch.setenv("FANGPIN_NOW", "2024-03-10T08:00:00")
    assert screened() == [("张三", 20000)]
    with connect(current_site()) as connection:
        cutoff, _ = prepare_screening(connection, current_site(), current_site().now())
        kept = connection.execute("select cutoff_at from ledger.screenings").fetchall()
    assert {cutoff, *(at for (at,) in kept)} == {datetime(2024, 5, 10, 8)}


def test_what_was_announced_in_the_future_is_announced_again(home: Path) -> None:
    write_xlsx(home / "inbox" / "县医保局" / "未参保2024年3月.xlsx", *uninsured_rows("李四"))
    (arrival,) = receive_inbox(current_site())
    assert receive_inbox(current_site()) == []
    with connect(current_site()) as connection:
        line = {"delivery_id": arrival.delivery_id, "announced_at": "2030-01-01"}
        ledger.append(connection, "ledger.announcements", [line])
    assert receive_inbox(current_site()) == [arrival]


def test_deliveries_are_taken_in_the_order_they_were_recorded(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for now, name in (("2030-01-01T08:00:00", "一"), ("2024-03-10T08:00:00", "二"), ("2024-03-09T08:00:00", "三")):
        monkeypatch.setenv("FANGPIN_NOW", now)
        write_xlsx(home / "inbox" / "县医保局" / f"未参保2024年3月{name}.xlsx", *uninsured_rows("李四", reason=name))
        receive_inbox(current_site())
    with connect(current_site()) as connection:
        assert [delivery.file_name[-6] for delivery in ledger.pending(connection)] == ["一", "二", "三"]
