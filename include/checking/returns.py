"""What a town sends back is held against what was issued to it: its own warnings, the right household, two visitors.

Rows of a return that fail go back with the reason; nothing here decides what an answer means.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa

from include.checking.delivery_rows import DeliveryRows
from include.checking.reasons import said
from include.identity.proposals import name_key, names_agree

WARNING, HEAD, VISITOR, SECOND_VISITOR = "warning_id", "head_name", "verifier_name", "second_verifier_name"
MEASURES = "measures"
_NAMES = re.compile(r"[、，,；;/／&]+|(?<=[\u4e00-\u9fff]{2})[和与及](?=[\u4e00-\u9fff]{2})")
TWO_IN_ONE_CELL = "一格写了两名核查人，第二人归入“核查人2”"


@dataclass(frozen=True)
class Issued:
    """What a warning was issued as: to which town, under which names, and whether the answer taken says 符合监测条件."""

    town_name: str
    names: frozenset[str] = frozenset()
    is_qualifying: bool | None = None
    """None while nobody has answered."""


def check_returns(rows: DeliveryRows, issued: Mapping[str, Issued]) -> None:
    """Reject what cannot be an answer to what was issued; ``issued`` by warning number. Other feeds' rows are left alone."""
    if WARNING not in rows.values:
        return
    _check_visitors(rows)
    known = [issued.get(number or "") for number in rows.values[WARNING].to_pylist()]
    _reject_other_towns(rows, known)
    _reject_other_names(rows, known)
    _reject_unqualified(rows, known)


def _check_visitors(rows: DeliveryRows) -> None:
    """Two names in one cell are two visitors; one name twice is one, and the notice asks for two."""
    if VISITOR not in rows.values or SECOND_VISITOR not in rows.values:
        return
    first, second = rows.values[VISITOR], rows.values[SECOND_VISITOR]
    firsts, seconds = first.to_pylist(), second.to_pylist()
    for position, (written, other) in enumerate(zip(firsts, seconds, strict=True)):
        names = [name for name in _NAMES.split(written or "") if name]
        if len(names) > 1 and not other:
            firsts[position], seconds[position] = names[0], "、".join(names[1:])
            rows.repair(position, rows.contract.column(VISITOR), TWO_IN_ONE_CELL)
            other = seconds[position]
        people = {name_key(name) for text in (firsts[position], other) for name in _NAMES.split(text or "") if name}
        if other and len(people) < 2:
            rows.reject(position, rows.contract.column(SECOND_VISITOR), said("same_visitor"))
    rows.values[VISITOR], rows.values[SECOND_VISITOR] = pa.array(firsts, first.type), pa.array(seconds, second.type)


def _named(rows: DeliveryRows, known: list[Issued | None]) -> Iterator[tuple[int, Issued]]:
    """Rows that are not going back yet, with the warning they name."""
    return ((position, warning) for position, warning in enumerate(known) if warning and position not in rows.rejected)


def _reject_other_towns(rows: DeliveryRows, known: list[Issued | None]) -> None:
    """The return is of the town that more than half of it is about."""
    towns = [warning.town_name if warning else None for warning in known]
    own, count = Counter(town for town in towns if town).most_common(1)[0] if any(towns) else ("", 0)
    if count * 2 <= sum(town is not None for town in towns):
        return
    for position, town in enumerate(towns):
        if town and town != own:
            rows.reject(position, rows.column(WARNING), said("other_town", town=town, own=own))


def _reject_other_names(rows: DeliveryRows, known: list[Issued | None]) -> None:
    """Beside a right number stands the name of another household: one of the two is wrong, and nobody here knows which."""
    if HEAD not in rows.values:
        return
    names = rows.values[HEAD].to_pylist()
    for position, warning in _named(rows, known):
        stated = name_key(names[position] or "")
        if stated and warning.names and not any(names_agree(stated, name) for name in warning.names):
            rows.reject(position, rows.column(HEAD), said("other_household"))


def _reject_unqualified(rows: DeliveryRows, known: list[Issued | None]) -> None:
    """Measures are for those who qualify; the answer may have come in the same drop."""
    if MEASURES not in rows.values:
        return
    for position, warning in _named(rows, known):
        if not warning.is_qualifying:
            how = "unanswered" if warning.is_qualifying is None else "answered"
            rows.reject(position, rows.column(WARNING), said("not_qualifying", how))
