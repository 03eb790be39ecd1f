"""Identity numbers in a column."""

from __future__ import annotations

from include.checking.kinds.column import normalise_column
from tests.checking.kinds.cells import context


def test_numbers_in_a_column_are_repaired_and_refused() -> None:
    column = normalise_column(["11010519491231002x", 3.4e17, None, "11010519491231002X"], context("id_number"))
    assert column.values.to_pylist() == ["11010519491231002X", None, None, "11010519491231002X"]
    assert column.repairs[0]
    assert column.problems[1].code == "float_number"
