"""A rehearsal's files come when the sample's plan says, everything else when the clock says."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path

import pytest

from include.deliveries.receive import receive_inbox
from include.site import current_site
from include.site.arrivals import PLAN
from include.site.home import make_real, make_rehearsal
from include.storage import ledger
from include.storage.warehouse import connect
from include.warnings.export import export
from tests.files import uninsured_rows, write_xlsx

NAME = "县医保局/未参保名单.xlsx"
PLANNED, NOW = datetime(2024, 3, 7, 9, 5), datetime(2024, 3, 10, 8)


def drop(home: Path, *people: str, arrives_at: datetime = PLANNED, name: str = NAME) -> Path:
    """A file in the inbox, and a plan that knows this file."""
    path = write_xlsx(home / "inbox" / name, *uninsured_rows(*people))
    line = {"path": name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "arrives_at": arrives_at.isoformat()}
    home.joinpath(PLAN).write_text(json.dumps([line]), "utf-8")
    return path


def received() -> list[tuple[str, datetime, str]]:
    receive_inbox(current_site())
    found = export(current_site(), "deliveries")[["delivery_id", "received_at", "period"]].itertuples(index=False, name=None)
    return [(delivery_id, at.to_pydatetime(), period) for delivery_id, at, period in found]


@pytest.fixture
def rehearsal(home: Path) -> Path:
    make_rehearsal(current_site())
    return home


def test_a_file_of_the_plan_came_when_the_plan_says(rehearsal: Path) -> None:
    drop(rehearsal, "张三")
    assert received() == [("20240307-0001", PLANNED, "2024-03")]


def test_another_file_under_a_planned_name_came_now(rehearsal: Path) -> None:
    drop(rehearsal, "张三")
    write_xlsx(rehearsal / "inbox" / NAME, *uninsured_rows("李四"))
    assert [at for _, at, _ in received()] == [NOW]


def test_a_planned_file_elsewhere_came_now(rehearsal: Path) -> None:
    path = drop(rehearsal, "张三")
    path.rename(path.with_name("改名.xlsx"))
    assert [at for _, at, _ in received()] == [NOW]


def test_a_countys_own_home_has_no_plan(home: Path) -> None:
    make_real(current_site())
    drop(home, "张三")
    assert [at for _, at, _ in received()] == [NOW]


def test_nothing_came_in_the_future(rehearsal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FANGPIN_NOW", "2024-03-05T08:00:00")
    drop(rehearsal, "张三")
    assert [at for _, at, _ in received()] == [datetime(2024, 3, 5, 8)]


def test_nothing_slips_in_before_a_screening_that_did_not_see_it(rehearsal: Path) -> None:
    with connect(current_site()) as connection:
        ledger.create_tables(connection)
        ledger.append(connection, "ledger.screenings", [{"cutoff_at": datetime(2024, 3, 8)}])
    drop(rehearsal, "张三")
    assert [at for _, at, _ in received()] == [NOW]
