"""Screening waits for the registry and says who must bring it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from include.deliveries.examine import check_feed
from include.deliveries.publish import publish_feed
from include.deliveries.receive import receive_inbox
from include.screening import screen as screening
from include.screening.screen import ScreeningError, has_news, is_screening_due, screen
from include.site import current_site
from include.storage import ledger
from include.storage.warehouse import connect
from tests.deliveries.test_receive import ingest
from tests.files import person, registry_rows, uninsured_rows, write_xlsx
from tests.screening.build import build_risk_tables


def test_without_a_registry_screening_stops_and_deliveries_wait(home: Path) -> None:
    write_xlsx(home / "inbox" / "县医保局" / "未参保2024年3月.xlsx", *uninsured_rows("张三"))
    ingest()
    assert has_news(current_site()) and not is_screening_due(current_site()), "没有名单,唤醒了也无法筛查"
    with pytest.raises(ScreeningError, match=r"名单.*请县乡村振兴局"):
        build_risk_tables(current_site())
    with connect(current_site()) as connection:
        assert connection.execute("select count(*) from raw.medical_insurance__uninsured").fetchone() == (1,)
        assert connection.execute("select count(*) from ledger.screenings").fetchone() == (0,)
        assert ledger.count_outcomes(connection) == 1


def test_news_waits_a_moment_for_what_is_under_way_but_not_for_ever(home: Path) -> None:
    write_xlsx(home / "inbox" / "县医保局" / "未参保2024年3月.xlsx", *uninsured_rows("张三"))
    ingest()
    loss = ("户主姓名", "户主身份证号", "乡镇", "行政村", "产业类型", "损失原因", "经济损失(元)", "发生日期")
    row = ("李四", person("李四"), "旌阳镇", "华丰村", "水稻", "洪涝", "20000", "2024-03-01")
    write_xlsx(home / "inbox" / "县农水局" / "产业受损.xlsx", loss, row)
    receive_inbox(current_site())  # and nobody ingests it
    started = time.monotonic()
    assert has_news(current_site(), patience=0.6)
    assert time.monotonic() - started >= 0.6
    publish_feed(current_site(), "water__industry_loss", check_feed(current_site(), "water__industry_loss"))
    started = time.monotonic()
    assert has_news(current_site(), patience=60)
    assert time.monotonic() - started < 10


def test_a_screening_that_is_interrupted_before_its_tables_are_judged_is_news_still(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_xlsx(home / "inbox" / "县乡村振兴局" / "名单.xlsx", *registry_rows("张三"))
    ingest()
    assert is_screening_due(current_site())

    def cut_off(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(screening, "gate_risk_tables", cut_off)
        screen(current_site())
    assert is_screening_due(current_site())
    assert set(screen(current_site(), is_prompt=True).values()) == {"通过"}
    assert not is_screening_due(current_site())
