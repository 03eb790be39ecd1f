"""Whole numbers."""

from __future__ import annotations

import pytest

from tests.checking.kinds.cells import code, read


@pytest.mark.parametrize(
    ("cell", "value"), [(3, 3), (3.0, 3), ("3", 3), ("3人", 3), ("12户", 12), ("1,200", 1200), ("三", 3), ("十二人", 12), (0, 0)]
)
def test_counts(cell: object, value: int) -> None:
    assert read("count", cell).value == value


@pytest.mark.parametrize("cell", [2.5, -1, "约30", "30余户", "多", True, float("inf"), 1e12])
def test_counts_that_cannot_be_read(cell: object) -> None:
    assert code(read("count", cell)) == "not_a_count"
