"""What an answer needs so that it can be filed: two visitors, a reason, a category; measures that are whole.

The notice asks for every household to be visited and what was found to be reviewed and filed (第三条第三款).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow as pa

from include.checking.delivery_rows import DeliveryRows
from include.checking.given_facts import CHECKSUM, take_filled_in
from include.checking.kinds.answer import NO, YES
from include.checking.reasons import said
from include.identity.proposals import name_key

VISITOR, SECOND_VISITOR = "verifier_name", "second_verifier_name"
ANSWER, IS_TRUE, REASON, CATEGORY = "meets_criteria", "is_true", "exclusion_reason", "monitored_type"
TOGETHER = ("measures", "responsible_person", "planned_date")
_NAMES = re.compile(r"[、，,；;/／&]+|(?<=[\u4e00-\u9fff]{2})[和与及](?=[\u4e00-\u9fff]{2})")
TWO_IN_ONE_CELL = "一格写了两名核查人，第二人归入“核查人2”"


def check_answers(rows: DeliveryRows, filled: Sequence[frozenset[str] | None]) -> None:
    """Reject verifications that lack what their answer needs, or whose given facts were changed: ``filled_in`` says it."""
    _check_visitors(rows)
    _check_facts(rows, filled)
    given = {name: rows.values[name].to_pylist() for name in (ANSWER, IS_TRUE, REASON, CATEGORY)}
    for position, answer in enumerate(given[ANSWER]):
        if answer == NO and given[IS_TRUE][position] and not given[REASON][position]:
            rows.reject(position, rows.contract.column(REASON), said("reason_missing"))
        if answer == YES and not given[CATEGORY][position]:
            rows.reject(position, rows.contract.column(CATEGORY), said("category_missing"))


def check_measures(rows: DeliveryRows) -> None:
    """措施, 责任人 and 制定日期 come all three or none: the day of registration alone registers."""
    given = [rows.values[name].to_pylist() for name in TOGETHER]
    for position, cells in enumerate(zip(*given, strict=True)):
        if any(cells) and not all(cells):
            for name, cell in zip(TOGETHER, cells, strict=True):
                if not cell:
                    rows.reject(position, rows.contract.column(name), said("measure_incomplete"))


def _check_visitors(rows: DeliveryRows) -> None:
    """Two names in one cell are two visitors; one name twice is one, and the notice asks for two."""
    first, second = rows.values[VISITOR], rows.values[SECOND_VISITOR]
    firsts, seconds = first.to_pylist(), second.to_pylist()
    for position, (written, other) in enumerate(zip(firsts, seconds, strict=True)):
        names = [name for name in _NAMES.split(written or "") if name]
        if len(names) > 1 and not other:
            firsts[position], seconds[position] = names[0], "、".join(names[1:])
            rows.repair(position, rows.contract.column(VISITOR), TWO_IN_ONE_CELL)
            other = seconds[position]
        people = {name_key(name) for text in (firsts[position], other) for name in _NAMES.split(text or "") if name}
        if written and not other:
            rows.reject(position, rows.contract.column(SECOND_VISITOR), said("visitor_missing"))
        elif other and len(people) < 2:
            rows.reject(position, rows.contract.column(SECOND_VISITOR), said("same_visitor"))
    rows.values[VISITOR], rows.values[SECOND_VISITOR] = pa.array(firsts, first.type), pa.array(seconds, second.type)


def _check_facts(rows: DeliveryRows, filled: Sequence[frozenset[str] | None]) -> None:
    """The checksum of a row is over the facts it was issued with; a town's own table may have none."""
    for position, names in enumerate(filled):
        if names is None:
            rows.reject(position, rows.contract.column(CHECKSUM), said("facts_changed"))
    take_filled_in(rows, filled)
