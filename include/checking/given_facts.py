"""The grey cells of a returned row against its check code: none that was given may be changed, a blank one may be filled in."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from include.checking.delivery_rows import DeliveryRows
from include.checking.kinds.reading import NOTHING
from include.reports.notice import NO_VILLAGE
from include.reports.town_workbook.checksum import row_checksum

CHECKSUM, HEAD, VILLAGE = "checksum", "head_name", "village_name"
FACTS = ("warning_id", HEAD, VILLAGE, "evidence")
WITHOUT_VALUE = {HEAD: ("",), VILLAGE: ("", NO_VILLAGE, *sorted(NOTHING - {""}))}
"""What a grey cell may have held where nothing was known; a village is in a department's words, which are read as blank again."""
FILLED_IN = "交办时灰色栏没有填这一项，采用镇填写的"


def filled_in(rows: DeliveryRows) -> list[frozenset[str] | None]:
    """Of each row the grey columns that the town filled in; None where a fact that was given has been changed.

    A row without a code, as in a town's own table, has nothing to be held against.
    """
    if CHECKSUM not in rows.values:
        return [frozenset()] * len(rows)
    facts = zip(*(rows.values[name].to_pylist() for name in FACTS), strict=True)
    sums = rows.values[CHECKSUM].to_pylist()
    return [_filled_in(checksum, row) if checksum else frozenset() for checksum, row in zip(sums, facts, strict=True)]


def take_filled_in(rows: DeliveryRows, filled: Sequence[frozenset[str] | None]) -> None:
    """Say of each cell that was filled in that it is taken."""
    for position, names in enumerate(filled):
        for name in sorted(names or ()):
            rows.repair(position, rows.contract.column(name), FILLED_IN)


def _filled_in(checksum: str, row: Sequence[str | None]) -> frozenset[str] | None:
    """The row as it came, else as it was if some of its cells had been without a value."""
    came = dict(zip(FACTS, (fact or "" for fact in row), strict=True))
    for head, village in product(*((came[name], *words) for name, words in WITHOUT_VALUE.items())):
        issued = {**came, HEAD: head, VILLAGE: village}
        if row_checksum(list(issued.values())) == checksum.upper():
            return frozenset(name for name in WITHOUT_VALUE if issued[name] != came[name] and came[name] not in ("", NO_VILLAGE))
    return None
