"""The accepted rows of a delivery as a frame, typed as the raw tables are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from include.checking.delivery_rows import DeliveryRows
from include.checking.kinds.column import ARROW_TYPES
from include.checking.row_places import Places

TYPES: dict[str, Any] = {
    "VARCHAR": "str",
    "INTEGER": "Int32",
    "BOOLEAN": "boolean",
    "DATE": pd.ArrowDtype(pa.date32()),
    "DECIMAL(18,2)": pd.ArrowDtype(pa.decimal128(18, 2)),
}


def accepted_frame(rows: DeliveryRows, places: Places, periods: pa.Array, keys: pa.Array) -> pd.DataFrame:
    """The rows that are neither rejected nor duplicates; takes the values out of ``rows``."""
    left_out = rows.rejected | rows.duplicates
    kept = np.delete(np.arange(len(rows)), sorted(left_out)) if left_out else None

    def series(values: Sequence[Any] | pa.Array, sql_type: str) -> pd.Series[Any]:
        whole = values if isinstance(values, pa.Array) else pa.array(values, ARROW_TYPES[sql_type])
        return _series(whole if kept is None else whole.take(pa.array(kept)), sql_type)

    waits: list[Any] = [None] * len(rows)
    reasons: list[Any] = [None] * len(rows)
    for position, wait in rows.waits.items():
        waits[position] = wait[0][0]
        reasons[position] = "；".join(reason for _, reason, _ in wait)
    repairs: list[Any] = [None] * len(rows)
    for position, names in rows.repairs.items():
        repairs[position] = "、".join(names)
    frame = {column.name: series(rows.values.pop(column.name), column.sql_type) for column in rows.contract.columns}
    frame |= {
        "sheet": series(rows.sheets, "VARCHAR"),
        "row_number": series(rows.row_numbers, "INTEGER").astype("int32"),
        "row_key": series(keys, "VARCHAR"),
        "period": series(periods, "VARCHAR"),
        "town_code": series(places.towns, "VARCHAR"),
        "village_code": series(places.villages, "VARCHAR"),
        "home_elsewhere": series(pa.array(places.elsewhere), "BOOLEAN").astype("bool"),
        "waits_code": series(waits, "VARCHAR"),
        "waits_reason": series(reasons, "VARCHAR"),
        "repairs": series(repairs, "VARCHAR"),
    }
    return pd.DataFrame(frame)


def _series(values: pa.Array, sql_type: str) -> pd.Series[Any]:
    dtype = TYPES[sql_type]
    if sql_type in ("INTEGER", "BOOLEAN"):
        missing = values.is_null().to_numpy(zero_copy_only=False)
        made = pd.arrays.IntegerArray if sql_type == "INTEGER" else pd.arrays.BooleanArray
        return pd.Series(made(values.fill_null(0 if sql_type == "INTEGER" else False).to_numpy(zero_copy_only=False), missing))
    if sql_type == "DECIMAL(18,2)":
        values = _decimals(values, dtype.pyarrow_dtype)
    return pd.Series(pd.array(values, dtype=dtype))


def _decimals(hundredths: pa.Int64Array, kind: pa.Decimal128Type) -> pa.Array:
    """Whole hundredths as decimals, laid out directly: 128 bits each, the upper 64 only carry the sign."""
    low = hundredths.fill_null(0).to_numpy()
    words = np.stack([low, low >> 63], axis=1)
    validity = pa.array(hundredths.is_valid()).buffers()[1] if hundredths.null_count else None
    return pa.Array.from_buffers(kind, len(hundredths), [validity, pa.py_buffer(words)])
