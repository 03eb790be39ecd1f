"""Screening waits for the registry and says who must bring it."""

from __future__ import annotations

from pathlib import Path

import pytest

from include import ledger
from include.dispatch.screen import ScreeningError, build_risk_tables, has_news
from include.settings import settings
from include.warehouse import connect
from tests.files import uninsured_rows, write_xlsx
from tests.ingest.test_receive import ingest


def test_without_a_registry_screening_stops_and_deliveries_wait(home: Path) -> None:
    write_xlsx(home / "inbox" / "县医保局" / "未参保2024年3月.xlsx", *uninsured_rows("张三"))
    ingest()
    assert has_news()
    with pytest.raises(ScreeningError, match=r"名单.*请县乡村振兴局"):
        build_risk_tables()
    with connect(settings()) as connection:
        assert connection.execute("select count(*) from raw.medical_insurance__uninsured").fetchone() == (1,)
        assert connection.execute("select count(*) from ledger.screenings").fetchone() == (0,)
        assert ledger.count_outcomes(connection) == 1
