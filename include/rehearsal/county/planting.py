"""Who is drawn for which file, and the faults every department makes: planted one by one, each with its fate.

A Rehearsal is one month of one county. Lists of neighbouring months overlap, so that signals repeat as they do in life; whoever
carries a planted fault is fresh each time.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Generic, TypeVar

from include.rehearsal.county.divisions import NOT_IN_COUNTY, Place, Village
from include.rehearsal.county.people import County, Household, Person
from include.rehearsal.county.schedule import Schedule
from include.rehearsal.county.tables import DUPLICATE, FEEDS, REJECTED, ROUTING, Row
from include.rehearsal.county.writing import ID_WRITINGS, as_float, can_write, lost_tail, wrong_check
from include.site import SettingsError

Subject = TypeVar("Subject", Person, Household)
FRESH_PER_PERIOD = 40


class Stock(Generic[Subject]):
    """A feed's candidates in a lasting order: the first half for regular rows, the second for planted ones."""

    def __init__(self, candidates: Sequence[Subject], label: str, ordinal: int) -> None:
        order = list(candidates)
        random.Random(label).shuffle(order)
        half = len(order) // 2
        self.steady: list[Subject] = order[:half]
        start = ordinal * max(FRESH_PER_PERIOD, half // 7) % max(1, len(order) - half)
        self.reserve: list[Subject] = order[half:][start:] + order[half:][:start]
        self.ordinal = ordinal

    def regular(self, count: int, *, kept: float = 0.75) -> list[Subject]:
        """`count` subjects, of whom the share `kept` was on the list of the period before."""
        count = min(count, len(self.steady))
        step = max(1, round(count * (1 - kept)))
        start = self.ordinal * step % max(1, len(self.steady))
        return (self.steady[start:] + self.steady[:start])[:count]

    def fresh(self, fits: Callable[[Subject], bool] = lambda subject: True) -> Subject:
        """The next candidate in reserve who fits; nobody is handed out twice in a period."""
        for index, subject in enumerate(self.reserve):
            if fits(subject):
                return self.reserve.pop(index)
        raise SettingsError("演练县人口太少,凑不齐埋设的情形", remedy="请换一个种子或更大的规模")


@dataclass
class Rehearsal:
    """One month of one county, and what the departments' modules ask of it."""

    county: County
    schedule: Schedule
    seed: int
    size: str
    people: dict[str, list[Person]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        twice = {number for person, _, _ in self.county.second_homes for number in (person.number,)}
        twice_homes = {id(home) for person, home, _ in self.county.second_homes for home in (person.household, home)}
        namesakes = {home.head.name for home in self.county.namesakes}
        self.listed_homes = [
            home
            for home in self.county.registry
            if id(home) not in twice_homes and home.head.name not in namesakes and "·" not in home.head.name
        ]
        self.ordinary_homes = self.county.ordinary
        self.people["registry"] = [p for home in self.county.registry for p in home.members if p.number not in twice]
        self.people["monitored"] = [
            p for home in self.county.registry if home.is_monitored for p in home.members if p.number not in twice
        ]
        self.people["lifted"] = [
            p for home in self.county.registry if not home.is_monitored for p in home.members if p.number not in twice
        ]
        self.people["ordinary"] = [p for home in self.county.ordinary for p in home.members]

    def many(self, small: int, county: int, large: int) -> int:
        """A number of rows by the size of the rehearsal."""
        return {"small": small, "county": county, "large": large}[self.size]

    def rng(self, label: str) -> random.Random:
        return random.Random(f"{self.seed}|{self.size}|{self.schedule.dispatch}|{label}")

    def stock(self, candidates: Sequence[Subject], label: str, ordinal: int) -> Stock[Subject]:
        return Stock(candidates, f"{self.seed}|{self.size}|{label}", ordinal)

    def at(self, day: date, hour: int, minute: int = 0) -> datetime:
        """When a file was last saved."""
        return datetime.combine(day, time(hour, minute))

    def due_day(self, back: int = 1) -> date:
        """A working day before the 9th of the month."""
        return self.schedule.first_day.replace(day=9 - back)

    def villages(self) -> list[Village]:
        return self.county.villages


def number_of(subject: Person | Household) -> str:
    """The number a row about this subject gives: the person's own, or the head's."""
    return subject.number if isinstance(subject, Person) else subject.head.number


@dataclass
class Draft:
    """The rows of one file in the making."""

    feed: str
    rng: random.Random
    rows: list[Row] = field(default_factory=list)
    repeated: list[Row] = field(default_factory=list)

    def add(self, row: Row, kind: str = "", **changes: Any) -> Row:
        """Append a row under the name of what it shows."""
        row.kind = kind or row.kind
        for key, value in changes.items():
            setattr(row, key, value)
        self.rows.append(row)
        return row

    def repeat(self, row: Row, kind: str, **shown: Any) -> None:
        """The same row once more, perhaps written otherwise: a duplicate."""
        self.repeated.append(row.again(kind=kind, fate=DUPLICATE, shown={**row.shown, **shown}))

    def finished(self) -> list[Row]:
        """All rows in a clerk's order; duplicates come after what they repeat."""
        self.rng.shuffle(self.rows)
        return self.rows + self.repeated


@dataclass
class Faults(Generic[Subject]):
    """The faults every feed about people can have, and where they sit in this feed's table."""

    build: Callable[[Subject], Row]
    listed: Stock[Subject]
    outside: Stock[Subject] | None
    id_column: str
    name_column: str
    missing_column: str
    unknown_choice: tuple[str, str] | None = None

    def plant(self, draft: Draft, rehearsal: Rehearsal) -> None:
        """Plant every kind; in the small county the kinds are shared out among the feeds."""
        feed_number = list(FEEDS).index(draft.feed)
        kinds: list[str] = [*ID_WRITINGS, *self._rejections(), "name_spaced", "name_box", "moved", "wrong_town"]
        if rehearsal.size == "small":
            kinds = kinds[feed_number % 3 :: 3]
        for kind in kinds:
            self._plant_one(draft, kind, rehearsal)
        for kind in ("unknown_village", "unplaceable", "wrong_town_outside") if self.outside else ():
            self._plant_outside(draft, kind, rehearsal)
        draft.repeat(draft.add(self.build(self.listed.fresh())), "duplicate_equal")
        twice = draft.add(self.build(self.listed.fresh()))
        village = twice.place.village
        assert village is not None
        number = str(twice.values[self.id_column])
        rewritten = {self.id_column: ID_WRITINGS["id_spaces"](number), "village_name": village.writings(3)[1]}
        draft.repeat(twice, "duplicate_rewritten", **rewritten)

    def _rejections(self) -> list[str]:
        kinds: list[str] = ["id_float", "id_lost_tail", "id_wrong_check", "missing_value"]
        return [*kinds, "unknown_choice"] if self.unknown_choice else kinds

    def _plant_one(self, draft: Draft, kind: str, rehearsal: Rehearsal) -> None:
        if not any(_suits(kind, subject) for subject in self.listed.reserve):
            return  # no child has a number of the 20th century, and few numbers of a small county end in X
        row = self.build(self.listed.fresh(lambda subject: _suits(kind, subject)))
        number = str(row.values[self.id_column])
        if kind in ID_WRITINGS:
            row.shown[self.id_column] = ID_WRITINGS[kind](number)
        elif kind in ("name_spaced", "name_box"):
            name = str(row.values[self.name_column])
            row.shown[self.name_column] = "　".join(name) if kind == "name_spaced" else f"{name[0]}□{name[2:]}"
        elif kind == "moved":
            other = draft.rng.choice([v for v in rehearsal.villages() if v is not row.place.village])
            row.place = Place.of(other)
        elif kind == "wrong_town":
            _write_wrong_town(row, draft.rng, rehearsal)
        else:
            self._spoil(row, kind, number)
        draft.add(row, kind)

    def _spoil(self, row: Row, kind: str, number: str) -> None:
        """Make the row one that goes back to the department."""
        row.fate, row.why, row.fault_column = REJECTED, kind, self.id_column
        if kind == "id_float":
            row.shown[self.id_column] = as_float(number)
        elif kind == "id_lost_tail":
            row.shown[self.id_column] = lost_tail(number)
        elif kind == "id_wrong_check":
            row.shown[self.id_column] = wrong_check(number)
        elif kind == "missing_value":
            row.fault_column = self.missing_column
            row.shown[self.missing_column] = None
        elif self.unknown_choice:
            row.fault_column = self.unknown_choice[0]
            row.shown[self.unknown_choice[0]] = self.unknown_choice[1]

    def _plant_outside(self, draft: Draft, kind: str, rehearsal: Rehearsal) -> None:
        assert self.outside is not None
        row = draft.add(self.build(self.outside.fresh()), kind)
        if kind == "unknown_village":
            row.place = Place(row.place.town)
            row.shown["village_name"] = draft.rng.choice(NOT_IN_COUNTY)
        elif kind == "wrong_town_outside":
            _write_wrong_town(row, draft.rng, rehearsal)
        else:
            row.place, row.fate, row.why = Place(), ROUTING, "unroutable"
            row.shown["town_name"], row.shown["village_name"] = "丰收公社", "红旗大队"


def _write_wrong_town(row: Row, rng: random.Random, rehearsal: Rehearsal) -> None:
    """Another town beside the right village: the village decides."""
    row.shown["town_name"] = rng.choice([town for town in rehearsal.county.towns if town is not row.place.town]).name


def _suits(kind: str, subject: Person | Household) -> bool:
    """Whether the planted writing works for this subject's number and name."""
    number = number_of(subject)
    name = subject.name if isinstance(subject, Person) else subject.head.name
    if kind in ("name_spaced", "name_box"):
        return 2 <= len(name) <= 3
    if kind == "id_float":
        return number[:15].isdigit()
    return can_write(kind, number)


def titled(office: str, title: str, filled_on: date | None) -> list[str]:
    """The lines above a table: its title, who filled it in and when."""
    if filled_on is None:
        return [title]
    return [title, f"填报单位：{office}（盖章）　　填报日期：{filled_on.year}年{filled_on.month}月{filled_on.day}日"]


SIGNED = "填报人：（演练）江某某　　审核人：（演练）吕某某　　联系电话：0563-0000000"
