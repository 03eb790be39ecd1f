"""Every model builds on an empty warehouse, every unit test of a rule holds, and the documents come out as one file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from include.screening.screen import run_dbt, write_docs
from include.site import PROJECT, current_site
from include.storage import ledger
from include.storage.warehouse import connect

pytestmark = pytest.mark.models


@pytest.fixture
def empty_warehouse(home: Path) -> Path:
    with connect(current_site()) as connection:
        ledger.create_tables(connection)
        ledger.load_county(connection, current_site())
    return home


def test_every_model_builds_and_every_rule_s_unit_tests_hold(empty_warehouse: Path) -> None:
    run_dbt("build", site=current_site())
    results = json.loads((empty_warehouse / "dbt" / "target" / "run_results.json").read_text("utf-8"))["results"]
    assert {node["status"] for node in results} <= {"success", "pass", "no-op"}
    written = {
        test["name"]
        for path in (PROJECT / "dbt_project" / "models").rglob("*.yml")
        for test in (yaml.safe_load(path.read_text("utf-8")) or {}).get("unit_tests", [])
    }
    ran = {node["unique_id"].rsplit(".", 1)[-1] for node in results if node["unique_id"].startswith("unit_test.")}
    assert ran == written and len(ran) >= 40
    write_docs(current_site())
    page = (empty_warehouse / "docs" / "models" / "index.html").read_text("utf-8")
    assert "risk_illness" in page
    assert (empty_warehouse / "docs" / "quality" / "index.html").exists()
