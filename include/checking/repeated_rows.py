"""Rows of one key in one delivery: equal ones are duplicates, different ones wait for a person."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pyarrow as pa

from include.checking.delivery_rows import DeliveryRows, coded
from include.checking.differences import differences
from include.checking.reasons import said
from include.checking.row_places import texts
from include.contracts import Column

NOT_COMPARED = frozenset({"sequence"})


def find_repeated(rows: DeliveryRows, keys: pa.LargeStringArray) -> pa.LargeStringArray:
    """Says which rows repeat or contradict each other. Returns the keys.

    Rows of an area event that name different villages of one town are different rows: from the second on, the key names them.
    """
    _, which = coded(keys)
    groups: dict[int, list[int]] = defaultdict(list)
    for position in np.flatnonzero(np.bincount(which)[which] > 1).tolist():
        if position not in rows.rejected:
            groups[int(which[position])].append(position)
    compared = [column for column in rows.contract.columns if column.name not in NOT_COMPARED]
    apart: dict[int, str] = {}
    for positions in groups.values():
        if len(positions) > 1:
            if rows.contract.subject == "area":
                positions = _apart_by_village(rows, apart, positions, compared)
            _compare(rows, positions, compared)
    if not apart:
        return keys
    return texts(f"{key}|{apart[at]}" if at in apart else key for at, key in enumerate(keys.to_pylist()))


def _apart_by_village(rows: DeliveryRows, apart: dict[int, str], positions: list[int], compared: list[Column]) -> list[int]:
    """The rows that really share the first one's key; the others are set apart, by village, and compared among themselves."""
    villages = rows.values["village_name"]
    by_village: dict[Any, list[int]] = defaultdict(list)
    for position in positions:
        by_village[villages[position].as_py()].append(position)
    first, *others = by_village.values()
    for group in others:
        for position in group:
            apart[position] = villages[position].as_py() or ""
        _compare(rows, group, compared)
    return first


def _compare(rows: DeliveryRows, positions: list[int], compared: list[Column]) -> None:
    kept: dict[tuple[Any, ...], int] = {}
    for position in positions:
        content = (*(rows.values[column.name][position].as_py() for column in compared), tuple(rows.waits.get(position, ())))
        if content in kept:
            rows.duplicates.add(position)
            rows.say(position, None, "duplicate", said("same_row", other=rows.seen_from(position, kept[content])))
        else:
            kept[content] = position
    if len(kept) > 1:
        _contradict(rows, kept, compared)


def _contradict(rows: DeliveryRows, kept: dict[tuple[Any, ...], int], compared: list[Column]) -> None:
    """``kept``: content -> position of rows of one key that say different things."""
    first = next(iter(kept.values()))
    differing = [column.label for column, values in zip(compared, zip(*kept, strict=True), strict=False) if len(set(values)) > 1]
    columns = "、".join(differing) or "内容"
    for content, position in kept.items():
        other = first if position != first else list(kept.values())[1]
        others = {rows.seen_from(position, at): cells for cells, at in kept.items() if at != position}
        words = said("conflict", other=rows.seen_from(position, other), columns=columns)
        rows.wait(position, None, words, differences(compared, content, others))
