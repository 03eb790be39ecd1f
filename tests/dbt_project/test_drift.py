"""A feed is declared in its contract: what is rendered from it lies here as it renders, and what a person writes is there."""

from __future__ import annotations

from pathlib import Path

import yaml

from include.contracts import load_contracts
from include.contracts.render import differences
from include.screening.screen import WARNING_TYPES
from include.site import PROJECT

SCREENED = PROJECT / "dbt_project" / "models" / "intermediate" / "screened"


def stems_in(folder: Path, pattern: str, prefix: str = "") -> set[str]:
    return {path.stem.removeprefix(prefix) for path in folder.glob(pattern) if not path.stem.startswith("_")}


def test_what_is_rendered_is_checked_in() -> None:
    changed = [str(path) for path in differences(PROJECT, load_contracts())]
    assert changed == [], "与契约不符;请运行 fangpin contracts render,并把结果一并提交"


def test_the_same_warning_types_everywhere() -> None:
    types = set(WARNING_TYPES)
    assert stems_in(PROJECT / "expectations" / "risk", "*.yaml", "risk_") == types
    models = stems_in(PROJECT / "dbt_project" / "models" / "marts" / "risk", "risk_*.sql", "risk_")
    assert models - {"warnings", "signals"} == types
    assert {contract.warning_type for contract in load_contracts()} - {None} == types


def test_every_feed_that_warns_has_its_rule_in_the_same_eleven_columns() -> None:
    """Each is gathered by int_judged, which takes the feeds from the contracts."""
    signalling = {contract.feed for contract in load_contracts() if contract.warning_type}
    assert stems_in(SCREENED, "int_judged__*.sql", "int_judged__") == signalling
    contracts = {}
    for feed in signalling:
        described = yaml.safe_load((SCREENED / f"int_judged__{feed}.yml").read_text("utf-8"))
        (model,) = described["models"]
        assert model["config"] == {"contract": {"enforced": True}} and described["unit_tests"], feed
        contracts[feed] = [(column["name"], column["data_type"]) for column in model["columns"]]
    (columns,) = {tuple(columns) for columns in contracts.values()}
    assert len(columns) == 11
