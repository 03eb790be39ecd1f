"""What makes a row the same row in a later delivery: number and event; name and village where there is no number."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from include.checking.delivery_rows import SUBJECT_NUMBERS, DeliveryRows
from include.checking.row_periods import written
from include.checking.row_places import Places


def row_keys(rows: DeliveryRows, places: Places) -> pa.LargeStringArray:
    """The key of each row, its parts joined by |."""
    parts: list[pa.LargeStringArray] = []
    for name in rows.contract.row_key:
        values = rows.values[name]
        if name in SUBJECT_NUMBERS:
            parts.append(_subject_keys(rows, places, values, SUBJECT_NUMBERS[name]))
        elif name == "town_name":
            parts.append(_either(places.towns, values))
        else:
            parts.append(written(values))
    return pc.binary_join_element_wise(*parts, pa.scalar("|", pa.large_string()))


def _either(first: pa.LargeStringArray, second: pa.LargeStringArray) -> pa.LargeStringArray:
    """The first text, where it is missing or empty the second."""
    return pc.if_else(pc.not_equal(first.fill_null(""), ""), first, second).fill_null("")


def _subject_keys(rows: DeliveryRows, places: Places, numbers: pa.LargeStringArray, name_column: str) -> pa.LargeStringArray:
    """The identity number; without one the name and the village (its code, else town and village as written)."""
    if not numbers.null_count:
        return numbers
    blank = pa.nulls(len(rows), pa.large_string())
    names, villages = (rows.values.get(name, blank).fill_null("") for name in (name_column, "village_name"))
    place = pc.binary_join_element_wise(places.towns.fill_null(""), villages, pa.scalar("", pa.large_string()))
    by_name = pc.binary_join_element_wise(names, _either(places.villages, place), pa.scalar("@", pa.large_string()))
    return pc.coalesce(numbers, by_name)
