"""What a town sends back is held against what was issued to it: its own warnings, the right household, the right days.

Rows of a return that fail go back with the reason (通知第三条第三款、第四款); what an answer itself needs is `return_answers`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from include.checking.delivery_rows import DeliveryRows
from include.checking.given_facts import filled_in
from include.checking.kinds.answer import ALREADY_MONITORED, YES
from include.checking.reasons import said
from include.checking.return_answers import check_answers, check_measures
from include.identity.proposals import name_key, names_agree

WARNING, HEAD, HOUSEHOLD, ANSWER = "warning_id", "head_name", "household_id", "meets_criteria"
MEASURES, VERIFIED, ENROLLED, PLANNED = "measures", "verified_date", "enrolled_date", "planned_date"
NOT_OF_AN_AREA = "户编号只在区域性预警中发现困难户时填，此处不用"
IS_MONITORED = "该户已是监测对象、风险未消除，“是”按“已在监测”登记"


@dataclass(frozen=True)
class Issued:
    """What a warning was issued as: to which town, under which names, when last, and what the answer taken says.

    ``is_qualifying``: None while nobody has answered. ``is_monitored``: a 监测对象 whose risk is not removed.
    """

    town_name: str
    names: frozenset[str] = frozenset()
    is_qualifying: bool | None = None
    issued_on: date | None = None
    is_area: bool = False
    is_monitored: bool = False


def check_returns(rows: DeliveryRows, issued: Mapping[str, Issued], received: date) -> None:
    """Reject what cannot be an answer to what was issued; ``issued`` by warning number. Other feeds' rows are left alone."""
    if WARNING not in rows.values:
        return
    known = [issued.get(number or "") for number in rows.values[WARNING].to_pylist()]
    _reject_unknown(rows, known)
    _reject_other_towns(rows, known)
    filled = filled_in(rows)
    _reject_other_names(rows, known, filled)
    if ANSWER in rows.values:
        _take_household(rows, known)
        _take_monitored(rows, known)
        check_answers(rows, filled)
        _reject_other_days(rows, known, VERIFIED, received)
    if MEASURES in rows.values:
        _reject_unqualified(rows, known)
        check_measures(rows)
        for name in (ENROLLED, PLANNED):
            _reject_other_days(rows, [None] * len(known), name, received)


def _reject_unknown(rows: DeliveryRows, known: list[Issued | None]) -> None:
    """A number that was issued to nobody: mistyped, or from a list that was never issued."""
    for position, (number, warning) in enumerate(zip(rows.values[WARNING].to_pylist(), known, strict=True)):
        if number and warning is None:
            rows.reject(position, rows.column(WARNING), said("unknown_warning"))


def _take_household(rows: DeliveryRows, known: list[Issued | None]) -> None:
    """The number of a household tells who was found at an area event; beside any other warning it says nothing new."""
    given = rows.values.get(HOUSEHOLD)
    if given is None:
        return
    households = given.to_pylist()
    for position, warning in enumerate(known):
        if warning and not warning.is_area and households[position]:
            households[position] = None
            rows.repair(position, rows.contract.column(HOUSEHOLD), NOT_OF_AN_AREA)
    rows.values[HOUSEHOLD] = pa.array(households, given.type)


def _take_monitored(rows: DeliveryRows, known: list[Issued | None]) -> None:
    """符合 of somebody who is a 监测对象 already, risk not removed: there is nothing to register."""
    answers = rows.values[ANSWER].to_pylist()
    for position, warning in enumerate(known):
        if warning and warning.is_monitored and answers[position] == YES:
            answers[position] = ALREADY_MONITORED
            rows.repair(position, rows.contract.column(ANSWER), IS_MONITORED)
    rows.values[ANSWER] = pa.array(answers, rows.values[ANSWER].type)


def _reject_other_days(rows: DeliveryRows, known: list[Issued | None], name: str, received: date) -> None:
    """A visit is after the issue and nothing is reported before it was done; a day that was not is somebody's slip."""
    for position, (day, warning) in enumerate(zip(rows.values[name].to_pylist(), known, strict=True)):
        if day and day > received:
            rows.reject(position, rows.contract.column(name), said("day_to_come"))
        elif day and warning and warning.issued_on and day < warning.issued_on:
            rows.reject(position, rows.contract.column(name), said("before_issue", issued=f"{warning.issued_on:%Y-%m-%d}"))


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


def _reject_other_names(rows: DeliveryRows, known: list[Issued | None], filled: Sequence[frozenset[str] | None]) -> None:
    """Beside a right number stands the name of another household: one of the two is wrong, and nobody here knows which.

    A head that the bureau did not know is filled in beside a number that the row's check code confirms.
    """
    if HEAD not in rows.values:
        return
    names = rows.values[HEAD].to_pylist()
    for position, warning in _named(rows, known):
        stated = name_key(names[position] or "")
        is_new = HEAD in (filled[position] or ())
        if stated and warning.names and not is_new and not any(names_agree(stated, name) for name in warning.names):
            rows.reject(position, rows.column(HEAD), said("other_household"))


def _reject_unqualified(rows: DeliveryRows, known: list[Issued | None]) -> None:
    """Measures are for those who qualify; the answer may have come in the same drop."""
    for position, warning in _named(rows, known):
        if not warning.is_qualifying:
            how = "unanswered" if warning.is_qualifying is None else "answered"
            rows.reject(position, rows.column(WARNING), said("not_qualifying", how))
