"""Levels in any writing."""

from __future__ import annotations

import pytest

from include.checking.kinds.reading import Reading
from tests.checking.kinds.cells import code, read


@pytest.mark.parametrize(
    "cell",
    [
        "Ⅳ",
        "ⅳ",
        "IV",
        "iv",
        "4",
        4,
        4.0,
        "四级",
        "4级",
        "Ⅳ级",
        "Ⅳ级响应",
        "四级应急响应",
        "省级Ⅳ级响应",
        "国家Ⅳ级救灾应急响应",
        "４级",
    ],
)
def test_levels(cell: object) -> None:
    assert read("level", cell) == Reading(4)


@pytest.mark.parametrize("cell", ["六级", "0", "IIII", "VI", "44", "四五级", "x", True, "重大"])
def test_levels_nobody_knows(cell: object) -> None:
    assert code(read("level", cell)) == "unknown_value"


@pytest.mark.parametrize("cell", ["Ⅱ级（终止）", "已终止", "二级响应终止", "Ⅳ级救灾应急响应（已解除）"])
def test_a_response_that_ended_is_none_that_is_in_force(cell: str) -> None:
    reading = read("level", cell, label="响应级别")
    assert reading.value == 5 and reading.repair
