"""Areas in 亩."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.checking.kinds.cells import read


@pytest.mark.parametrize(
    ("cell", "unit", "value"),
    [(5, None, "5.00"), ("5.5亩", None, "5.50"), ("1.5公顷", None, "22.50"), (2, "公顷", "30.00"), ("667平方米", None, "1.00")],
)
def test_areas_are_in_mu(cell: object, unit: str | None, value: str) -> None:
    assert read("area", cell, unit=unit).value == Decimal(value)


@pytest.mark.parametrize("cell", ["约3亩", -1, "三五亩", "x"])
def test_areas_that_cannot_be_read(cell: object) -> None:
    assert read("area", cell).problem is not None
