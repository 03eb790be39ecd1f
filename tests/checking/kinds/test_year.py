"""Years."""

from __future__ import annotations

from datetime import date

import pytest

from tests.checking.kinds.cells import code, read


@pytest.mark.parametrize(
    "cell", [2024, 2024.0, "2024", "2024年", "2024年度", "2024.0", "二〇二四年", date(2024, 5, 1), "24年", "本年度"]
)
def test_years(cell: object) -> None:
    assert read("year", cell).value == 2024


@pytest.mark.parametrize("cell", ["2023-2024", "x", 45292, 24, True])
def test_what_is_no_year(cell: object) -> None:
    assert code(read("year", cell)) == "not_a_year"
