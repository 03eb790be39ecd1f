"""Telephone numbers."""

from __future__ import annotations

import pytest

from include.checking.kinds.reading import Reading
from tests.checking.kinds.cells import code, read


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (13800138000.0, "13800138000"), ("138 0013 8000", "13800138000"), ("+86 138-0013-8000", "13800138000"),
        ("0563-8601234", "05638601234"),
        ("13800138000/13900139000", "13800138000、13900139000"), ("13800138000 13900139000", "13800138000、13900139000"),
    ],
)  # fmt: skip
def test_phones(cell: object, value: str) -> None:
    assert read("phone", cell) == Reading(value)


@pytest.mark.parametrize("cell", ["张三", "1.38E+10", 1.38e17, "123"])
def test_phones_that_cannot_be_read(cell: object) -> None:
    assert code(read("phone", cell)) == "phone_format"
