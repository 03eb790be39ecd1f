"""In which order what the ledger tells happened: entries of one table are in order, those of several are put together here.

A screening says after how many outcomes it came. A dispatch rests on the screening whose cut-off it has, and was issued before
whatever bears a later time. Times decide only where nothing else does, since a clock may have stood wrong.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb

from include.contracts import REGISTRY
from include.recovery.scratch import FACTS, MINE

WHOLE, PROMPT = "whole", "prompt"


@dataclass
class Decided:
    """A delivery was decided."""

    at: datetime
    entry_no: int
    delivery_id: str
    delivery_no: int
    feed: str | None
    status: str
    rejected_count: int
    received_at: datetime


@dataclass
class Screened:
    """What was accepted was screened. ``build``: how much of it is to be computed again; nothing where nothing came of it."""

    at: datetime
    entry_no: int
    cutoff_at: datetime
    outcome_count: int
    build: str | None = None


@dataclass
class Issued:
    """A dispatch was recorded as issued."""

    at: datetime
    dispatch_id: str


@dataclass
class Written:
    """The files of a dispatch were written, the last time."""

    at: datetime
    dispatch_id: str


@dataclass
class Told:
    """Departments were told what came of their rows: with a monthly dispatch, or of registered households."""

    at: datetime
    dispatch_id: str | None
    outcome_count: int
    first_no: int
    last_no: int


Step = Decided | Screened | Issued | Written | Told


@dataclass
class _Order:
    """Steps that are put among others: before the one with that number."""

    backbone: list[Decided | Screened]
    added: list[tuple[int, Step]] = field(default_factory=list)

    def add(self, after: int, step: Issued | Written | Told) -> int:
        """Put it after a number and before whatever bears its time or a later one; returns before which number that is."""
        place = after + 1
        while place < len(self.backbone) and self.backbone[place].at < step.at:
            place += 1
        self.added.append((place, step))
        return place

    def steps(self) -> list[Step]:
        places = [((number, 1, step.at, 0), step) for number, step in enumerate(self.backbone)]
        added = [((place, 0, step.at, number), step) for number, (place, step) in enumerate(self.added)]
        return [step for _, step in sorted([*added, *places], key=lambda item: item[0])]


def timeline(connection: duckdb.DuckDBPyConnection, complete_count: int | None) -> list[Step]:
    """Everything to be done again, in its order.

    ``complete_count``: how many outcomes there were when all tables of the kept warehouse were built together last, None where
    that is not known; what only a prompt screening brought up to date since is then as far behind here.
    """
    order = _Order(_backbone(connection))
    screenings = [number for number, step in enumerate(order.backbone) if isinstance(step, Screened)]
    written = dict(
        connection.execute(
            f"select dispatch_id, last(written_at order by entry_no) from {FACTS}.written_reports where {MINE} group by all"
        ).fetchall()
    )
    told = [Told(*row) for row in connection.execute(_TOLD).fetchall()]
    for dispatch_id, kind, cutoff_at, issued_at, needed in connection.execute(_DISPATCHES).fetchall():
        issued = Issued(issued_at, dispatch_id)
        own = _own(order.backbone, screenings, issued, cutoff_at, is_monthly=kind == "monthly", needed=needed)
        if own is not None:
            _ask(order.backbone[own], WHOLE if kind == "monthly" else PROMPT)
        place = order.add(-1 if own is None else own, issued)
        if dispatch_id in written:
            order.add(place - 1, Written(written[dispatch_id], dispatch_id))
        for step in (step for step in told if step.dispatch_id == dispatch_id):
            order.add(max(place - 1, _known_then(order.backbone, step)), step)
    for step in (step for step in told if step.dispatch_id is None):
        order.add(_known_then(order.backbone, step), step)
    _ask_what_is_kept(order.backbone, screenings, complete_count)
    return order.steps()


def _backbone(connection: duckdb.DuckDBPyConnection) -> list[Decided | Screened]:
    decided = [Decided(*row) for row in connection.execute(_OUTCOMES).fetchall()]
    screened = [Screened(*row) for row in connection.execute(_SCREENINGS).fetchall()]
    placed: list[tuple[int, int, int, Decided | Screened]] = [(number, 0, 0, step) for number, step in enumerate(decided, 1)]
    placed += [(step.outcome_count, 1, step.entry_no, step) for step in screened]
    return [step for *_, step in sorted(placed, key=lambda item: item[:3])]


def _own(
    backbone: list[Decided | Screened],
    screenings: Iterable[int],
    issued: Issued,
    cutoff_at: datetime,
    *,
    is_monthly: bool,
    needed: int,
) -> int | None:
    """The screening that a dispatch rests on: the first that saw all of its rows, of a month the last before it was asked."""
    mine = []
    for number in screenings:
        step = backbone[number]
        assert isinstance(step, Screened)
        if step.cutoff_at == cutoff_at and step.outcome_count >= needed:
            mine.append(number)
    if not mine:
        return max((number for number in screenings if backbone[number].at <= issued.at), default=None)
    return mine[-1] if is_monthly else mine[0]


def _known_then(backbone: list[Decided | Screened], told: Told) -> int:
    """The delivery decided last before departments were told; -1 where there was none."""
    decided = [number for number, step in enumerate(backbone) if isinstance(step, Decided)]
    return decided[told.outcome_count - 1] if told.outcome_count else -1


def _ask(step: Decided | Screened, build: str) -> None:
    assert isinstance(step, Screened)
    if step.build != WHOLE:
        step.build = build


def _ask_what_is_kept(backbone: list[Decided | Screened], screenings: list[int], complete_count: int | None) -> None:
    """Ask for the builds that tables of today hang on, whatever came of them."""
    if not screenings:
        return
    is_registry_new, last = False, None
    for step in backbone:
        if isinstance(step, Screened):
            if is_registry_new:  # each version of the registry goes into its history: a prompt screening is whole then
                _ask(step, PROMPT)
            is_registry_new, last = False, step
        elif step.feed == REGISTRY and step.status == "published":
            is_registry_new = True
        elif step.feed is None and step.rejected_count and last:  # it answers what then waited
            _ask(last, WHOLE)
    complete = [n for n in screenings if backbone[n].outcome_count == complete_count]  # type: ignore[union-attr]
    if complete:
        _ask(backbone[complete[-1]], WHOLE)
    _ask(backbone[screenings[-1]], PROMPT if complete else WHOLE)


_OUTCOMES = f"""
select outcomes.decided_at, outcomes.entry_no, outcomes.delivery_id, deliveries.entry_no, outcomes.feed, outcomes.status,
    outcomes.rejected_count, deliveries.received_at
from {FACTS}.outcomes as outcomes inner join {FACTS}.deliveries as deliveries using (county_code, delivery_id)
where {MINE} order by outcomes.entry_no
"""
_SCREENINGS = f"""
select screened_at, entry_no, cutoff_at, coalesce(outcome_count, (
    select count(*) from {FACTS}.outcomes as outcomes
    where outcomes.county_code = screenings.county_code and outcomes.decided_at <= screenings.screened_at
))
from {FACTS}.screenings as screenings where {MINE} order by entry_no
"""
_DISPATCHES = f"""
select dispatch_id, kind, cutoff_at, issued_at, coalesce((
    select max(outcomes.entry_no) from {FACTS}.dispatched_signals as signals
    inner join {FACTS}.outcomes as outcomes on outcomes.delivery_id = split_part(signals.row_id, '/', 1)
    where signals.dispatch_id = dispatches.dispatch_id
), 0)
from {FACTS}.dispatches as dispatches where {MINE} order by entry_no
"""

_TOLD = f"""
select written_at, dispatch_id, outcome_count, min(entry_no), max(entry_no)
from {FACTS}.outcome_reports where {MINE} group by all order by min(entry_no)
"""


def in_groups(steps: list[Step]) -> list[list[Any]]:
    """Deliveries of one feed decided one after the other are checked together, as they came; all else is by itself."""
    groups: list[list[Any]] = []
    for step in steps:
        before = groups[-1][-1] if groups else None
        is_alike = isinstance(step, Decided) and isinstance(before, Decided) and step.feed and step.feed == before.feed
        if is_alike:
            groups[-1].append(step)
        else:
            groups.append([step])
    return groups
