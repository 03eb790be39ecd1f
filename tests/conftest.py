"""Every test gets a home of its own; nothing is written into the source tree."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

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
