"""Identity numbers in a column."""

from __future__ import annotations

import pytest

from include.checking.kinds.column import NormalisedColumn, normalise_column
from include.identity.numbers import check_character
from tests.checking.kinds.cells import code, context, read


def test_numbers_in_a_column_are_repaired_and_refused() -> None:
    column = normalise_column(["11010519491231002x", 3.4e17, None, "11010519491231002X"], context("id_number"))
    assert column.values.to_pylist() == ["11010519491231002X", None, None, "11010519491231002X"]
    assert column.repairs[0]
    assert column.problems[1].code == "float_number"


FIRSTS = (f"341825197001{day:02d}{place}00" for day in range(1, 29) for place in range(1, 10))
TAIL = next(first + "0" for first in FIRSTS if check_character(first) == "0")
"""A valid number that ends in 000."""


def column(*cells: object) -> NormalisedColumn:
    return normalise_column(list(cells), context("id_number"))


def others(count: int) -> list[str]:
    firsts = [f"34182519700102{index:03d}" for index in range(101, 101 + count)]
    return [first + check_character(first) for first in firsts]


def test_one_number_that_ends_in_000_is_its_persons() -> None:
    """In text, with the right check character, alone in its column: kept, with a note."""
    found = column(TAIL, *others(3))
    assert found.values[0].as_py() == TAIL
    assert found.problems[0].level == "finding" and found.problems[0].code == "tail_of_zeros"


def test_a_column_in_which_many_end_so_is_damaged() -> None:
    found = column(TAIL, others(1)[0][:15] + "000", *others(10))
    assert found.values.to_pylist()[:2] == [None, None]
    assert {problem.code for problem in found.problems.values()} == {"tail_lost"}


def test_two_in_a_long_column_are_a_chance() -> None:
    found = column(TAIL, TAIL, *others(30))
    assert found.values.to_pylist()[:2] == [TAIL, TAIL]


def test_a_cell_that_is_a_number_is_damaged_by_itself() -> None:
    assert column(float(TAIL)).problems[0].code == "float_number"


def test_a_wrong_check_character_is_a_lost_tail() -> None:
    assert column(others(1)[0][:15] + "000").problems[0].code == "tail_lost"


@pytest.mark.parametrize("cell", ["341825201001021", "341825200501021", "341825100102161"])
def test_fifteen_digits_of_nobody_alive_are_a_number_cut_short(cell: str) -> None:
    assert code(read("id_number", cell)) == "cut_short"


def test_fifteen_digits_of_an_adult_are_no_childs() -> None:
    assert code(read("id_number", "341825700102161", name="child_id_number")) == "cut_short"
    assert read("id_number", "341825700102161", name="guardian_id_number").value


@pytest.mark.parametrize("around", ["身份证号：{}", "{}（户主）", "【{}】", "{}。", "户主:{}", "（{}）", "{}，"])
def test_remarks_around_a_number_are_taken_off(around: str) -> None:
    number = others(1)[0]
    reading = read("id_number", around.format(number))
    assert reading.value == number and "说明或标点" in (reading.repair or "")
