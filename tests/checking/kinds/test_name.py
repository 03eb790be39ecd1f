"""People's names."""

from __future__ import annotations

import pytest

from include.checking.kinds.reading import FINDING, Reading
from tests.checking.kinds.cells import code, read


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("张三", "张三"), ("张　三", "张三"), (" 张 三 ", "张三"), ("张三(户主)", "张三"), ("张三\u200b", "张三"),
        ("阿依古丽•买买提", "阿依古丽·买买提"),
        ("阿依古丽.买买提", "阿依古丽·买买提"), ("阿依古丽 ・ 买买提", "阿依古丽·买买提"), ("John  Smith", "John Smith"),
        ("䶮某", "䶮某"),
    ],
)  # fmt: skip
def test_names(cell: str, value: str) -> None:
    assert read("name", cell) == Reading(value)


@pytest.mark.parametrize(
    ("cell", "problem"),
    [("王?", "name_damaged"), ("李□", "name_damaged"), ("张*三", "name_damaged"), ("张\ue123", "name_private_use")],
)
def test_damaged_names_are_kept_with_a_finding(cell: str, problem: str) -> None:
    reading = read("name", cell)
    assert reading.value == cell
    assert reading.problem is not None
    assert (reading.problem.level, reading.problem.code) == (FINDING, problem)


@pytest.mark.parametrize("cell", [123456.0, "341825194901010010", "12", "=1+1"])
def test_what_is_no_name(cell: object) -> None:
    assert code(read("name", cell)) == "not_a_name"
