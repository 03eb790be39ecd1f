"""Numbers in characters."""

from __future__ import annotations

import pytest

from include.checking.kinds.chinese_number import chinese_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("三", 3), ("十", 10), ("十二", 12), ("二十", 20), ("一百零五", 105), ("三百二十", 320), ("两万五千", 25000),
        ("三万二", None),
        ("一千五", None), ("叁万伍仟", 35000), ("万", None), ("一二三", None), ("三三十", None), ("", None),
        ("一万零五十", 10050),
    ],
)  # fmt: skip
def test_numbers_in_characters(text: str, number: int | None) -> None:
    assert chinese_number(text) == number
