"""A home of an earlier release opens, says what it said, and goes on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from include.dispatch.approve import dispatch_lines
from include.dispatch.issue import issue_dispatch
from include.dispatch.propose import propose_dispatch
from include.site import current_site
from include.site.home import is_rehearsal
from include.storage import ledger
from include.storage.warehouse import connect
from include.warnings.export import export
from tests.dispatch.approvals import approval
from tests.releases import FOLDER, unpack

RELEASES = sorted(path.name.removesuffix(".tar.xz") for path in FOLDER.glob("*.tar.xz"))


@pytest.fixture(scope="module", params=RELEASES)
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp(f"release-{request.param}") / "home"
    unpack(request.param, home, "key")
    return home


@pytest.fixture
def old_home(kept: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FANGPIN_HOME", str(kept))
    monkeypatch.setenv("FANGPIN_KEY", "key")
    monkeypatch.setenv("FANGPIN_NOW", "2024-03-12T08:00:00")
    return kept


def test_its_warnings_are_those_it_issued(old_home: Path) -> None:
    answers = json.loads((old_home / "answers.json").read_text("utf-8"))
    assert len(export(current_site(), "warnings", dispatch="2024-03")) == len(answers["warnings"]) == 319


def test_its_tables_have_every_column_of_today(old_home: Path) -> None:
    with connect(current_site()) as connection:
        ledger.create_tables(connection)
        for table, columns in ledger.FIXED_TABLES.items():
            assert columns.keys() <= {name for name, *_ in connection.execute(f"describe {table}").fetchall()}, table


def test_it_is_a_rehearsal_because_it_holds_answers(old_home: Path) -> None:
    assert is_rehearsal(current_site())


def test_its_dispatches_stand_and_the_next_month_is_frozen_approved_and_issued(old_home: Path) -> None:
    with connect(current_site()) as connection:
        ledger.create_tables(connection)
        lines = dispatch_lines(connection)
    assert any(line.startswith("2024-03 期：") and line.endswith("由 bureau 批准交办") for line in lines)
    assert all(line.endswith("按县设置立即交办") for line in lines if line.startswith("instant-"))
    propose_dispatch(current_site(), "2024-04")
    assert issue_dispatch(current_site(), "2024-04", approval("2024-04")).number == 1
    assert len(export(current_site(), "warnings", dispatch="2024-03")) == 319
