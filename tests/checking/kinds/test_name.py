"""People's names."""

from __future__ import annotations

import pytest

from include.checking.kinds.reading import FINDING, Reading
from tests.checking.kinds.cells import code, read


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("张三", "张三"), ("张　三", "张三"), (" 张 三 ", "张三"), ("张三\u200b", "张三"),
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


@pytest.mark.parametrize(
    "cell",
    ["【户主】张三", "户主：张三", "张三（户主）", "张三。", "户主姓名:张三", "张三（已迁出）", "【张三】", "学生：张三，"],
)
def test_remarks_around_a_name_are_taken_off_and_recorded(cell: str) -> None:
    assert read("name", cell) == Reading("张三", "去掉姓名前后的说明或标点")


@pytest.mark.parametrize("cell", ["王（龙天）", "户主", "阿卜杜·热合曼"])
def test_what_belongs_to_a_name_stays(cell: str) -> None:
    assert read("name", cell).repair is None


@pytest.mark.parametrize(
    ("private", "standard"), [("\ue863", "\u4dae"), ("\ue81a", "\u3473"), ("\ue854", "\u9fba"), ("\ue816", "\U00020087")]
)
def test_private_characters_of_old_fonts_are_the_standards(private: str, standard: str) -> None:
    """䶮 was U+E863; GB 18030-2022 moved U+E854; U+E816 has a code of Extension B."""
    assert read("name", f"李{private}") == Reading(f"李{standard}", "旧字库的自造字改为标准汉字")
