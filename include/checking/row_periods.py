"""The period each row belongs to."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from include.checking.delivery_rows import DeliveryRows, coded
from include.checking.period import next_month
from include.checking.reasons import said


def row_periods(rows: DeliveryRows, period: str) -> pa.LargeStringArray:
    """The delivery's period for every row; for event feeds the row's own event number or day."""
    contract = rows.contract
    own = contract.event_column or contract.period_column
    if contract.period_kind == "event" and own:
        return written(rows.values[own])
    if contract.period_column and period:
        column = contract.column(contract.period_column)
        values, which = coded(rows.values[column.name])
        differs = np.array([value is not None and _stated(column.kind, value) != period for value in values])
        words = said("period_mismatch", period=period)
        for position in np.flatnonzero(differs[which]).tolist():
            rows.say(position, column, "finding", words)
    return pa.repeat(pa.scalar(period, pa.large_string()), len(rows))


def written(values: pa.Array) -> pa.LargeStringArray:
    """Values as text, a day as 2024-03-01; a missing one is empty."""
    if pa.types.is_boolean(values.type):
        values = pc.if_else(values, "True", "False")
    return values.cast(pa.string()).cast(pa.large_string()).fill_null("")


def _stated(kind: str, value: Any) -> str:
    """The period a value of the period column speaks of: figures to the end of a month are the next month's delivery."""
    if kind == "month":
        year, month = next_month(int(value[:4]), int(value[5:7]))
        return f"{year}-{month:02}"
    return value.isoformat() if isinstance(value, date) else str(value)
