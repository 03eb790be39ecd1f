"""Yes or no, in any words."""

from __future__ import annotations

import pytest

from include.checking.kinds.reading import Reading
from tests.checking.kinds.cells import code, read

YES = ["是", "有", "√", "✓", "Y", "yes", 1, 1.0, "1", "对", "TRUE", True, "属实,已纳入", "是(已办理)", " 是 "]
NO = ["否", "无", "×", "x", "N", "no", 0, 0.0, "0", "FALSE", False, "不属实", "没有", "不符合", "不是"]


@pytest.mark.parametrize(("cell", "value"), [*((cell, True) for cell in YES), *((cell, False) for cell in NO)])
def test_flags(cell: object, value: bool) -> None:
    assert read("flag", cell).value is value


@pytest.mark.parametrize(
    ("label", "cell", "value"),
    [
        ("劳动能力", "有劳动能力", True), ("劳动能力", "无劳动能力", False), ("劳动能力", "没有劳动能力", False),
        ("劳动能力", "弱劳动力", None),
        ("就业意愿", "有意愿", True), ("就业意愿", "无就业意愿", False), ("是否缺少劳动力", "缺少劳动力", True),
        ("是否缺少劳动力", "不缺少劳动力", False),
        ("是否缺少劳动力", "不缺劳动力", False), ("是否缺少劳动力", "有劳动力", None), ("救助后是否仍有困难", "仍有困难", True),
        ("救助后是否仍有困难", "无困难", False), ("基本生活是否困难", "困难", True), ("基本生活是否困难", "不困难", False),
        ("是否属实", "也许", None),
    ],
)  # fmt: skip
def test_flags_in_the_columns_own_words(label: str, cell: str, value: bool | None) -> None:
    reading = read("flag", cell, label=label)
    assert reading.value is value
    assert code(reading) == ("unknown_value" if value is None else None)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("☑", True), ("□", False), ("☐", False), ("√", True), ("×", False), ("☑是 □否", True), ("□是 ☑否", False),
        ("是☑ 否□", True), ("是□ 否√", False), ("■有 □无", True),
    ],
)  # fmt: skip
def test_ticks_and_boxes(cell: str, value: bool) -> None:
    assert read("flag", cell) == Reading(value)


@pytest.mark.parametrize("cell", ["□是 □否", "☑是 ☑否", "是，否"])
def test_no_tick_or_two_answers_are_no_answer(cell: str) -> None:
    assert code(read("flag", cell)) == "unknown_value"


@pytest.mark.parametrize(
    ("cell", "value"), [("否，但有病", False), ("否（但需关注）", False), ("是，不过已缓解", True), ("否但是有困难", False)]
)
def test_an_answer_that_is_taken_back_waits(cell: str, value: bool) -> None:
    reading = read("flag", cell, label="是否缺少劳动力")
    assert (reading.value, code(reading), reading.problem and reading.problem.level) == (value, "answer_qualified", "waiting")


def test_a_remark_that_takes_nothing_back_is_none() -> None:
    assert read("flag", "是，已核实").problem is None
