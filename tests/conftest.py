"""Every test gets a home of its own; nothing is written into the source tree."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from include.screening import screen
from include.site import Site, current_site

os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="fangpin-airflow-")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["AIRFLOW__CORE__UNIT_TEST_MODE"] = "True"
for name in ("FANGPIN_NOW", "FANGPIN_KEY", "FANGPIN_HOME"):
    os.environ.pop(name, None)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty FANGPIN_HOME with a key of its own, at eight o'clock on the day the March dispatch is screened."""
    monkeypatch.setenv("FANGPIN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FANGPIN_KEY_FILE", str(tmp_path / "key" / "warehouse.key"))
    monkeypatch.setenv("FANGPIN_NOW", "2024-03-10T08:00:00")
    return tmp_path / "home"


@pytest.fixture(scope="session", autouse=True)
def project_parsed_once() -> Iterator[None]:
    """dbt reads the whole project for every new home; the tests' homes get what it read for the first (8 of 22 seconds)."""
    run_dbt, parsed = screen.run_dbt, bytearray()

    def run_with_the_project_parsed(*arguments: str, site: Site | None = None) -> Any:
        kept = (site or current_site()).dbt / "target" / "partial_parse.msgpack"
        if parsed and not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(parsed)
        done = run_dbt(*arguments, site=site)
        if not parsed and kept.exists():
            parsed.extend(kept.read_bytes())
        return done

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(screen, "run_dbt", run_with_the_project_parsed)
        yield
