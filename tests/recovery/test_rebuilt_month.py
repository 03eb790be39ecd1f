"""A month with a notice at once, answered reviews and a dispatch comes out the same again, cell by cell and page by page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from include.recovery.compare import KEPT, compare_tables
from include.recovery.papers import compare_files
from include.screening.screen import complete_tables
from include.site import Site, current_site
from include.storage.warehouse import attach_beside, connect
from tests.recovery.conftest import run
from tests.recovery.homes import copy_of, live_a_month

pytestmark = pytest.mark.whole


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("month")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FANGPIN_HOME", str(folder / "home"))
        patch.setenv("FANGPIN_KEY", "key")
        live_a_month(folder / "home", patch)
        yield folder / "home"


def test_nothing_differs(month: Path) -> None:
    code, said = run("rebuild")
    assert code == 0 and "没有不同" in said, said


def test_everything_comes_back(month: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it as of the last screening, a prompt one, after which the service too completes the tables."""
    home = copy_of(month, tmp_path / "home")
    monkeypatch.setenv("FANGPIN_HOME", str(home))
    (home / "warehouse" / "fangpin.duckdb").unlink()
    for name in ("reports", "returns", "docs", "quality"):
        shutil.rmtree(home / name)
    code, said = run("rebuild", "--swap")
    assert code == 0, said
    before = Site(month)
    with monkeypatch.context() as patched:
        patched.setenv("FANGPIN_HOME", str(month))
        complete_tables(current_site())
    with connect(current_site()) as connection:
        attach_beside(connection, current_site(), before.warehouse, KEPT)
        assert [line for line in compare_tables(connection) if not line.is_none] == []
    for name, count in (("reports", 32), ("returns", 21)):
        compared = compare_files(name, month / name, home / name)
        assert compared.is_none and compared.kept == count
    assert (home / "docs" / "quality" / "index.html").exists() and (home / "docs" / "models" / "index.html").exists()
