"""A changed fact changes a row's check code; what only looks different does not."""

from __future__ import annotations

import re

import pytest

from include.reports.town_workbook.checksum import CHECKED_HEADS, row_checksum

FACTS = ("W0001A2B3C4D5", "王大一", "华丰村委会", "2024年截至2月底个人自付医疗费用 36,512.50 元，超过 30,000 元")


def test_is_eight_characters_that_nobody_mistakes() -> None:
    assert re.fullmatch(r"[A-Z2-7]{8}", row_checksum(FACTS)) and len(FACTS) == len(CHECKED_HEADS)


@pytest.mark.parametrize(
    "same",
    [
        tuple(reversed(FACTS)),
        (*FACTS[:3], FACTS[3].replace("，", ",").replace("2024", "２０２４")),
        (FACTS[0], "王 大　一", FACTS[2] + "\u200b", FACTS[3].replace(" ", "").replace("，", "，\n")),
        (*FACTS, "", "　"),
    ],
    ids=["order", "widths", "blanks", "empty cells"],
)
def test_what_only_looks_different_does_not_matter(same: tuple[str, ...]) -> None:
    assert row_checksum(same) == row_checksum(FACTS)


@pytest.mark.parametrize("at", range(len(FACTS)))
def test_a_changed_fact_shows(at: int) -> None:
    changed = [*FACTS]
    changed[at] = changed[at].replace("1", "7").replace("王大", "王小").replace("华丰", "华半").replace("36,512", "16,512")
    assert changed[at] != FACTS[at] and row_checksum(changed) != row_checksum(FACTS)


def test_a_fact_that_was_wiped_shows() -> None:
    assert row_checksum([*FACTS[:3], ""]) != row_checksum(FACTS)
