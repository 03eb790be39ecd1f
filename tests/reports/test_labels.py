"""The glossary knows every type, cause and status the rest of the project uses."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from include.contracts import load_contracts
from include.reports.labels import CAUSES, STATES, WARNING_TYPES, column_label, feed_title, period_text

SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds"


def test_types_and_causes_are_those_of_the_contracts() -> None:
    warned = [entry for entry in load_contracts() if entry.warning_type]
    assert {entry.warning_type for entry in warned} == set(WARNING_TYPES) and len(WARNING_TYPES) == 11
    assert {entry.cause for entry in warned} == set(CAUSES)


def test_states_are_those_of_the_seed_and_each_transition_leads_to_one() -> None:
    with (SEEDS / "states" / "warning_transitions.csv").open(encoding="utf-8") as lines:
        transitions = list(csv.DictReader(lines))
    assert {row["to_state"] for row in transitions} == {*STATES, "new"}, "what is released is as it was before"
    assert {row["from_state"] for row in transitions} <= {*STATES, "new"}


@pytest.mark.parametrize(
    ("period", "text"),
    [
        ("2024-03", "2024年3月"),
        ("2024-Q1", "2024年第一季度"),
        ("2024-autumn", "2024年秋季学期"),
        ("2024", "2024年"),
        ("ZH2024-01", "ZH2024-01"),
        ("", ""),
    ],
)
def test_period_text(period: str, text: str) -> None:
    assert period_text(period) == text


def test_unknown_codes_show_as_they_are() -> None:
    assert feed_title("nobody__nothing") == "nobody__nothing"
    assert column_label("petition__case", "case_id") == "信访编号" and column_label("petition__case", "odd") == "odd"
