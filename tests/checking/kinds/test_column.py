"""A whole column: order, places, and that it is its cells one by one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.checking.kinds.column import READERS, normalise_column
from include.checking.kinds.reading import FINDING, UNREADABLE, WAITING, Reading
from tests.checking.kinds.cells import context, read


def test_a_column_keeps_order_and_says_where() -> None:
    column = normalise_column([3.2, "约3万", None, "x", 30000.005], context("amount"))
    assert column.values.to_pylist() == [320, None, None, None, 3000001], "hundredths"
    assert {position: problem.level for position, problem in column.problems.items()} == {1: WAITING, 3: UNREADABLE}
    assert list(column.repairs) == [4]


def test_true_is_not_the_figure_one() -> None:
    assert normalise_column([1, True, 1.0], context("count")).values.to_pylist() == [1, None, 1]


LIKELY = "0123456789年月日.-/,万元约至（）()级ⅣIV是否有无 \u3000春秋季学第二一·?"
CELLS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.dates(), st.datetimes(), st.times(), st.timedeltas(),
    st.text(max_size=20), st.text(LIKELY, max_size=14),
)  # fmt: skip


@pytest.mark.parametrize("kind", sorted(READERS))
@settings(max_examples=100, deadline=None)
@given(cell=CELLS)
def test_nothing_raises_and_reading_again_changes_nothing(kind: str, cell: object) -> None:
    given_context = context(kind, is_open=True)
    reading = READERS[kind](cell, given_context)
    if reading.value is not None:
        assert READERS[kind](reading.value, given_context).value == reading.value
    if reading.problem is not None:
        assert reading.problem.reason
        assert (reading.value is None) == (reading.problem.level != FINDING)


@pytest.mark.parametrize("kind", sorted(READERS))
@settings(max_examples=30, deadline=None)
@given(cells=st.lists(CELLS, max_size=6))
def test_a_column_is_its_cells(kind: str, cells: Sequence[object]) -> None:
    column = normalise_column(cells, context(kind))
    assert len(column.values) == len(cells)
    assert all(0 <= position < len(cells) for position in (*column.repairs, *column.problems))
    read = [READERS[kind](cell, context(kind)) for cell in cells]
    values = [reading.value for reading in read]
    if kind in ("amount", "area"):
        values = [None if value is None else int(value * 100) for value in values]
    assert column.values.to_pylist() == values
    assert column.repairs == {at: reading.repair for at, reading in enumerate(read) if reading.repair}
    assert column.problems == {at: reading.problem for at, reading in enumerate(read) if reading.problem}


@pytest.mark.parametrize("cell", [None, "", "-", "—", "/", " / ", "无", "\\", float("nan")])
@pytest.mark.parametrize("kind", ["amount", "area", "count", "date", "year", "month", "choice", "phone", "name", "village"])
def test_an_empty_cell_has_no_value_and_no_problem(kind: str, cell: object) -> None:
    assert read(kind, cell) == Reading()
