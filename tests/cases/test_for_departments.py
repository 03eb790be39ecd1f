"""The page for departments says what the cases show."""

from __future__ import annotations

import re

from tests.cases.for_departments import PAGE, outcomes_explained, page
from tests.cases.outcomes import CASES


def test_the_committed_page_is_the_generated_one() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: python -m tests.cases.for_departments"


def test_the_page_explains_every_outcome_and_lists_every_case() -> None:
    assert outcomes_explained() == {case.outcome for case in CASES}
    assert sum(line.startswith("| ") for line in page().split("## 各种情况与结果")[1].splitlines()) == len(CASES) + 14


def test_the_page_holds_no_number_of_anybody() -> None:
    assert not re.search(r"\d{15,}", page())
