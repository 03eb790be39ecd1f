"""The contract's values, one or several."""

from __future__ import annotations

import pytest

from include.checking.kinds.reading import FINDING, UNREADABLE, Reading
from tests.checking.kinds.cells import code, read


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("低保对象", "低保对象"),
        ("低保", "低保对象"),
        (" 低 保 户 ", "低保对象"),
        ("低保对象(农村)", "低保对象"),
        ("特困", "特困人员"),
    ],
)
def test_choices_of_one(cell: str, value: str) -> None:
    assert read("choice", cell) == Reading(value)


def test_an_unknown_choice_is_unreadable_and_the_reason_lists_the_known_ones() -> None:
    reading = read("choice", "其他")
    assert reading.problem is not None
    assert (reading.value, reading.problem.level, reading.problem.code) == (None, UNREADABLE, "unknown_value")
    assert "支出型困难家庭" in reading.problem.reason
    assert code(read("choice", "低保对象(特困人员)")) == "unknown_value"


def test_an_unknown_choice_of_an_open_list_is_kept_with_a_finding() -> None:
    reading = read("choice", "其他", is_open=True)
    assert reading.problem is not None
    assert (reading.value, reading.problem.level) == ("其他", FINDING)


@pytest.mark.parametrize(
    "cell",
    [
        "支出较大、收入偏低",
        "收入偏低,支出较大",
        "收入偏低；支出较大",
        "收入偏低和支出较大",
        "1.收入偏低 2.支出较大",
        "收入偏低 支出较大",
    ],
)
def test_several_choices_come_in_the_contracts_order(cell: str) -> None:
    assert read("choices", cell) == Reading("收入偏低、支出较大")


def test_one_unknown_of_several_choices_is_unreadable() -> None:
    assert code(read("choices", "收入偏低、其他")) == "unknown_value"


@pytest.mark.parametrize("cell", ["低保，但已退出", "低保（但已死亡）", "低保对象。不过待复核"])
def test_a_value_that_is_taken_back_waits(cell: str) -> None:
    reading = read("choice", cell)
    assert (reading.value, code(reading)) == ("低保对象", "answer_qualified")
