"""Free text."""

from __future__ import annotations

import pytest

from include.checking.kinds.reading import Reading
from tests.checking.kinds.cells import read


@pytest.mark.parametrize(
    ("cell", "value"),
    [("=1+1", "=1+1"), ("@x", "@x"), (" a\u200b\x00b ", "ab"), ("甲　乙", "甲 乙"), (12.0, "12"), ("无", "无"), ("/", None)],
)
def test_text_stays_text(cell: object, value: str | None) -> None:
    assert read("text", cell) == Reading(value)
