"""A feed is described in four places; whatever one of them has, the others have too, both ways."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from include.contracts import Contract, load_contracts
from include.dispatch.screen import WARNING_TYPES
from include.ledger import PLACE_COLUMNS, RISK_COLUMNS, ROW_COLUMNS, raw_columns
from include.settings import PROJECT

STAGING = PROJECT / "dbt_project" / "models" / "staging"
SCREENED = PROJECT / "dbt_project" / "models" / "intermediate" / "screened"
CONTRACTS = {contract.feed: contract for contract in load_contracts()}
EVERY_FEED = pytest.mark.parametrize("contract", CONTRACTS.values(), ids=lambda contract: contract.feed)


def staging_file(contract: Contract, suffix: str) -> Path:
    return STAGING / contract.department / f"stg_{contract.feed}.{suffix}"


def feeds_in(folder: Path, pattern: str, prefix: str = "") -> set[str]:
    return {path.stem.removeprefix(prefix) for path in folder.glob(pattern) if not path.stem.startswith("_")}


def test_the_same_feeds_everywhere() -> None:
    feeds = set(CONTRACTS)
    assert feeds_in(PROJECT / "include" / "contracts" / "feeds", "*.yaml") == feeds
    assert feeds_in(STAGING, "*/stg_*.sql", "stg_") == feeds
    assert feeds_in(STAGING, "*/stg_*.yml", "stg_") == feeds
    assert feeds_in(PROJECT / "expectations" / "deliveries", "*.yaml") == feeds


def test_the_same_warning_types_everywhere() -> None:
    types = set(WARNING_TYPES)
    assert feeds_in(PROJECT / "expectations" / "risk", "*.yaml", "risk_") == types
    models = feeds_in(PROJECT / "dbt_project" / "models" / "marts" / "risk", "risk_*.sql", "risk_")
    assert models - {"warnings", "signals"} == types
    assert {contract.warning_type for contract in CONTRACTS.values()} - {None} == types


@EVERY_FEED
def test_source_and_staging_have_the_contract_s_columns_and_types(contract: Contract) -> None:
    described = yaml.safe_load(staging_file(contract, "yml").read_text("utf-8"))
    (table,) = [table for source in described["sources"] for table in source["tables"]]
    (model,) = described["models"]
    assert table["name"] == contract.feed
    for columns in (table["columns"], model["columns"]):
        own = [column for column in columns if column["name"] not in {**ROW_COLUMNS, **PLACE_COLUMNS}]
        assert [(column["name"], column["data_type"].upper()) for column in own] == [
            (column.name, column.sql_type) for column in contract.columns
        ]
        assert [column["config"]["meta"]["classification"] for column in own] == [
            column.classification for column in contract.columns
        ]


@EVERY_FEED
def test_staging_selects_every_raw_column_once(contract: Contract) -> None:
    (selected,) = re.findall(
        r"renamed as \(\s*select\s+(.*?)\s+from source", staging_file(contract, "sql").read_text("utf-8"), re.DOTALL
    )
    assert [name.strip() for name in selected.split(",")] == list(raw_columns(contract))


def test_risk_tables_have_the_ledger_s_columns() -> None:
    described = yaml.safe_load((PROJECT / "dbt_project" / "models" / "marts" / "risk" / "risk.yml").read_text("utf-8"))
    tables = {model["name"]: [column["name"] for column in model["columns"]] for model in described["models"]}
    for name in ("risk_warnings", *(f"risk_{warning_type}" for warning_type in WARNING_TYPES)):
        assert tables[name] == list(RISK_COLUMNS), name


def test_event_feeds_are_those_of_the_contracts() -> None:
    project = yaml.safe_load((PROJECT / "dbt_project" / "dbt_project.yml").read_text("utf-8"))
    assert set(project["vars"]["event_feeds"]) == {
        feed for feed, contract in CONTRACTS.items() if contract.period_kind == "event"
    }


def test_rules_name_known_feeds_types_and_causes() -> None:
    lines = (PROJECT / "dbt_project" / "seeds" / "rules.csv").read_text("utf-8-sig").splitlines()
    head = lines[0].split(",")
    feed_at, type_at = head.index("feed"), head.index("warning_type")
    for line in lines[1:]:
        cells = line.split(",")
        contract = CONTRACTS[cells[feed_at]]
        assert contract.warning_type == cells[type_at], line
    signalling = {feed for feed, contract in CONTRACTS.items() if contract.warning_type}
    assert {line.split(",")[feed_at] for line in lines[1:]} == signalling


def test_every_feed_that_warns_has_its_rule_in_the_same_eleven_columns() -> None:
    """A feed that int_judged does not gather would warn of nothing, and nobody would see it."""
    signalling = {feed for feed, contract in CONTRACTS.items() if contract.warning_type}
    assert feeds_in(SCREENED, "int_judged__*.sql", "int_judged__") == signalling
    gathered = re.findall(r"'(\w+__\w+)',", (SCREENED / "int_judged.sql").read_text("utf-8"))
    assert sorted(gathered) == sorted(signalling)
    contracts = {}
    for feed in signalling:
        described = yaml.safe_load((SCREENED / f"int_judged__{feed}.yml").read_text("utf-8"))
        (model,) = described["models"]
        assert model["config"] == {"contract": {"enforced": True}} and described["unit_tests"], feed
        contracts[feed] = [(column["name"], column["data_type"]) for column in model["columns"]]
    (columns,) = {tuple(columns) for columns in contracts.values()}
    assert len(columns) == 11
