"""What two rows about the same thing say differently, as the person who must choose reads it.

It stands in the bureau's review workbook and in ``fangpin export queue``, so whom a cell names is masked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from include.contracts import Column
from include.contracts.model import PERSONAL_KINDS
from include.identity.masks import mask_name, mask_number, mask_numbers
from include.reports.sheets import text_of

HUNDREDTHS = "DECIMAL(18,2)"


def differences(columns: Sequence[Column], mine: Sequence[Any], others: Mapping[str, Sequence[Any]]) -> str | None:
    """A line for each column in which a row and the ``others`` (by where they stand) differ; None when none does.

    Values are as ``normalise_column`` gives them, amounts and areas in hundredths. In 元 and 亩:

    经济损失(元)：本行 20000；第 3 行 18000
    """
    lines = []
    for at, column in enumerate(columns):
        if any(values[at] != mine[at] for values in others.values()):
            said = [
                f"本行 {_told(column, mine[at])}",
                *(f"{place} {_told(column, cells[at])}" for place, cells in others.items()),
            ]
            lines.append(f"{_head(column)}：{'；'.join(said)}")
    return "\n".join(lines) or None


def _head(column: Column) -> str:
    return f"{column.label}({column.header_unit})" if column.header_unit else column.label


def _told(column: Column, value: Any) -> str:
    text = text_of(Decimal(value) / 100 if value is not None and column.sql_type == HUNDREDTHS else value)
    if column.kind in PERSONAL_KINDS and text:
        return mask_name(text) if column.kind == "name" else mask_number(text)
    return mask_numbers(text) or "空白"
