"""School terms."""

from __future__ import annotations

import pytest

from tests.checking.kinds.cells import code, read


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("2024年春季", "2024-spring"), ("2024年春季学期", "2024-spring"), ("2024春", "2024-spring"),
        ("2024-spring", "2024-spring"),
        ("2023-2024学年第二学期", "2024-spring"), ("2023—2024学年度下学期", "2024-spring"), ("2023-2024学年(下)", "2024-spring"),
        ("2023学年第二学期", "2024-spring"), ("2023-2024学年第一学期", "2023-autumn"), ("2024年秋季", "2024-autumn"),
        ("春季", "2024-spring"),
        ("二〇二四年春季", "2024-spring"), ("2023-2024学年第2学期", "2024-spring"),
    ],
)  # fmt: skip
def test_terms(cell: str, value: str) -> None:
    assert read("term", cell, period="2024-spring").value == value


@pytest.mark.parametrize("cell", ["2023-2025学年第一学期", "2023-2024学年第三学期", "学期", 5, True])
def test_what_is_no_term(cell: object) -> None:
    assert code(read("term", cell)) == "not_a_term"
