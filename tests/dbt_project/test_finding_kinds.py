"""Every kind of finding that a model gives is known."""

from __future__ import annotations

import csv
import re

from include.site import PROJECT

DBT = PROJECT / "dbt_project"
FINDINGS = DBT / "models" / "intermediate" / "findings"


def seed(name: str) -> list[dict[str, str]]:
    with (DBT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_models_give_known_kinds_of_findings_only() -> None:
    """A code without its line in the seed would be dropped without a word."""
    known = {row["finding_code"] for row in seed("finding_kinds")}
    given = set()
    for path in FINDINGS.glob("*.sql"):
        text = path.read_text("utf-8")
        given |= set(re.findall(r"'(\w+)' as finding_code", text))
        for condition in re.findall(r"if\(([^()]*)\) as finding_code", text):
            given |= {code for code in re.findall(r"'(\w+)'", condition) if "_" in code and code != "no_signal"}
    assert len(given) >= 9
    assert given <= known
