"""The page for departments and its annex say what the cases show."""

from __future__ import annotations

import re

from include.checking.reasons import reasons
from include.contracts import load_contracts
from tests.cases.for_departments import ANNEX, PAGE, annex, outcomes_explained, page
from tests.cases.outcomes import ACCEPTED, CASES, FILE, ROW, WAITS


def test_the_committed_pages_are_the_generated_ones() -> None:
    written = PAGE.read_text("utf-8")
    assert ANNEX.read_text("utf-8") == annex(), "run: python -m tests.cases.for_departments"
    assert written == page(written), "run: python -m tests.cases.for_departments"
    assert sum(f"| {each.title} |" in written for each in load_contracts()) == 17


def test_the_page_is_one_page_that_leads_to_its_annex() -> None:
    written = PAGE.read_text("utf-8")
    assert f"]({ANNEX.name})" in written and f"]({PAGE.name})" in annex()
    assert len(written.splitlines()) < 80


def test_the_page_explains_every_outcome_and_lists_every_case() -> None:
    assert outcomes_explained() == {case.outcome for case in CASES}
    cases = annex().split("## 各种情况与结果")[1].split("## 所有原因与办法")[0]
    assert sum(line.startswith("| ") for line in cases.splitlines()) == len(CASES) + 14


def test_the_page_lists_every_reason_for_which_something_comes_back() -> None:
    listed = annex().split("## 所有原因与办法")[1]
    told = [each for each in reasons().values() if each.levels & {"refused", "rejected", "waiting", "set_aside"}]
    assert len(told) > 60
    assert [each.code for each in told if f"| {each.label} |" not in listed or f"| {each.remedy} |" not in listed] == []


def test_a_case_has_the_outcome_that_the_catalogue_gives_its_reason() -> None:
    levels = {FILE: "refused", ROW: "rejected", WAITS: "waiting", ACCEPTED: "finding"}
    coded = [case for case in CASES if case.code and case.outcome in levels]
    assert [case.name for case in coded if levels[case.outcome] not in reasons()[case.code].levels] == []


def test_the_page_holds_no_number_of_anybody() -> None:
    assert not re.search(r"\d{15,}", annex() + PAGE.read_text("utf-8"))
