"""The answer key: what the planned returns must come to, by the county's rules written a second time.

Nothing here is shared with the product's seeds, models or clocks: the transitions, the five days and the ten days stand here as
the notice and the county's design say them (第三条(三)(四)), so that agreement between the two proves something.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import zip_longest
from typing import Any

from include.rehearsal.returns.faults import ACCEPTED, BACK
from include.rehearsal.returns.issued import HOUSEHOLD, NUMBER, Issued
from include.rehearsal.returns.plan import ENROLLED, MEASURES, VERIFICATION, Return
from include.rehearsal.returns.truth import ALREADY, AREA_ANSWERED, DAY, NOT_QUALIFYING, NOT_TRUE, QUALIFYING, Line

VERIFY_DAYS = timedelta(days=5)  # 第三条(三): 5日内
MEASURE_DAYS = timedelta(days=10)  # 第三条(四): 10日内
STATE_AFTER = {
    "issued": "issued", NOT_TRUE: "not_true", NOT_QUALIFYING: "not_qualifying", QUALIFYING: "qualifying",
    ALREADY: "registered", "registered": "registered", "measures_set": "measures_set", "outcome_told": "closed",
    AREA_ANSWERED: "closed",
}  # fmt: skip
OWES_MEASURES = ("qualifying", "registered")


@dataclass(frozen=True)
class Step:
    """One thing that happened to a warning, and the state after it."""

    at: datetime
    event: str
    state: str


@dataclass
class Case:
    """One warning, or a household found in an area event (``area_id`` is then the event's number, the own one is not known)."""

    town: str
    joint: str
    area_id: str = ""
    steps: list[Step] = field(default_factory=list)
    issued_at: list[datetime] = field(default_factory=list)
    answered_at: list[datetime] = field(default_factory=list)
    """For each issue the receipt of the first answer taken."""
    owed: list[tuple[datetime, date | None]] = field(default_factory=list)
    """From when on measures were owed by which day, None: not any more."""

    @property
    def state(self) -> str:
        return self.steps[-1].state if self.steps else ""

    def state_on(self, day: date) -> str:
        """The state at the end of a day; empty before the first event."""
        return next((step.state for step in reversed(self.steps) if step.at.date() <= day), "")

    def measures_by(self, end: datetime) -> date | None:
        """Until when measures are owed, as things stood at a time; None when they are not."""
        return next((due for at, due in reversed(self.owed) if at <= end), None)

    def happens(self, at: datetime, event: str, measures_by: date | None = None) -> None:
        self.steps.append(Step(at, event, STATE_AFTER[event]))
        self.owed.append((at, measures_by))


class Key:
    """Takes issues, returns and closings in the order of time, and says what each warning has come to."""

    def __init__(self) -> None:
        self.cases: dict[str, Case] = {}
        self.returns: list[Return] = []
        self.issues: dict[str, tuple[datetime, Issued]] = {}

    def issue(self, issued: Issued, at: datetime) -> None:
        """A dispatch: the outcome of what had its measures is told with a monthly one, then its own warnings are issued."""
        self.issues[issued.dispatch_id] = (at, issued)
        for case in self.cases.values():
            if issued.is_monthly and case.state == "measures_set":
                case.happens(at, "outcome_told")
        for town, lines in issued.asked.items():
            for line in lines:
                case = self.cases.setdefault(line.warning_id, Case(town, line.joint))
                case.happens(at, "issued")
                case.issued_at.append(at)

    def sweep(self, at: datetime) -> None:
        """The daily round: whoever had measures set since has its outcome told to the departments."""
        for case in self.cases.values():
            if case.state == "measures_set":
                case.happens(at, "outcome_told")

    def take(self, item: Return) -> None:
        """A return received: what is accepted happens at that time. Returns must come in the order of time."""
        self.returns.append(item)
        for line in (line for line in item.lines if line.outcome == ACCEPTED):
            if item.kind == VERIFICATION:
                self._answered(item, line)
            else:
                self._measured(item, line)

    def _answered(self, item: Return, line: Line) -> None:
        if area_household := line.cells.get(HOUSEHOLD):
            case = self.cases.setdefault(f"{line.warning_id}|{area_household}", Case(item.town, line.joint, line.warning_id))
        else:
            case = self.cases[line.warning_id]
            if len(case.answered_at) < len(case.issued_at):
                case.answered_at.append(item.at)
        case.happens(item.at, line.event, item.at.date() + MEASURE_DAYS if STATE_AFTER[line.event] in OWES_MEASURES else None)

    def _measured(self, item: Return, line: Line) -> None:
        """纳入日期 registers all that qualifies in the household; the three columns set the measures of all it has registered."""
        for case in [case for case in self.cases.values() if case.joint == line.joint]:
            if case.state == "qualifying":
                case.happens(item.at, "registered", line.cells[ENROLLED] + MEASURE_DAYS)
            if line.cells.get(MEASURES) and case.state == "registered":
                case.happens(item.at, "measures_set")

    def overdue(self, day: date) -> Iterator[tuple[str, str, int]]:
        """At the end of a day: clock, town and how many warnings are past their last day and still owed."""
        end = datetime.combine(day, time.max)
        found: Counter[tuple[str, str]] = Counter()
        for case in self.cases.values():
            for issued_at, answered_at in zip_longest(case.issued_at, case.answered_at):
                if day > issued_at.date() + VERIFY_DAYS and (answered_at is None or answered_at > end):
                    found["verify", case.town] += 1
            due = case.measures_by(end)
            if due and day > due:
                found["measure", case.town] += 1
        for (clock, town), count in sorted(found.items()):
            yield clock, town, count


def key_of(issues: Iterable[tuple[datetime, Issued]], returns: Iterable[Return], sweeps: Iterable[datetime] = ()) -> Key:
    """What these issues, returns and daily rounds must come to, each taken at its time."""
    key = Key()
    happened: list[tuple[datetime, int, Issued | Return | None]] = [(at, 0, issued) for at, issued in issues]
    happened += [(item.at, 1, item) for item in returns]
    happened += [(at, 2, None) for at in sweeps]
    for at, _, item in sorted(happened, key=lambda entry: entry[:2]):
        if isinstance(item, Issued):
            key.issue(item, at)
        elif item is None:
            key.sweep(at)
        else:
            key.take(item)
    return key


@dataclass(frozen=True)
class Tally:
    """A dispatch in one town: warnings issued, answered, of them late and qualifying (or further); lines that went back."""

    town: str
    issued: int
    answered: int
    late: int
    back: int
    qualifying: int


def tally(key: Key, dispatch_id: str, until: datetime) -> list[Tally]:
    """How a dispatch stands in each town at a time."""
    _, issued = key.issues[dispatch_id]
    found = []
    for town, lines in issued.asked.items():
        cases = [key.cases[line.warning_id] for line in lines]
        answered = [case for case in cases if case.answered_at and case.answered_at[-1] <= until]
        late = sum(case.answered_at[-1].date() > case.issued_at[-1].date() + VERIFY_DAYS for case in answered)
        sent = [item for item in key.returns if (item.town, item.dispatch_id) == (town, dispatch_id) and item.at <= until]
        back = sum(line.outcome == BACK for item in sent for line in item.lines)
        qualifying = sum(case.state_on(until.date()) in (*OWES_MEASURES, "measures_set") for case in answered)
        found.append(Tally(town, len(lines), len(answered), late, back, qualifying))
    return found


def as_json(key: Key, seed: int, until: date) -> dict[str, Any]:
    """The key as the file holds it: files with their lines, warnings with their events, and who was overdue on which day."""
    first, end = min(at for at, _ in key.issues.values()).date(), datetime.combine(until, time.max)
    days = [first + number * DAY for number in range((until - first).days + 1)]
    return {
        "seed": seed,
        "until": str(until),
        "dispatches": {name: str(at.date()) for name, (at, _) in sorted(key.issues.items())},
        "files": [
            {
                "path": item.path, "town": item.town, "dispatch": item.dispatch_id, "at": item.at.isoformat(),
                "kind": item.kind, "form": item.form, "behaviour": item.behaviour,
                "outcomes": dict(sorted(Counter(line.outcome for line in item.lines).items())),
                "lines": [_line(line) for line in item.lines],
            }
            for item in key.returns
        ],
        "warnings": {name: _case(case) for name, case in sorted(key.cases.items())},
        "overdue": [
            {"day": str(day), "clock": clock, "town": town, "warnings": count}
            for day in days
            for clock, town, count in key.overdue(day)
        ],
        "towns": {name: [asdict(line) for line in tally(key, name, end)] for name in sorted(key.issues)},
    }  # fmt: skip


def _line(line: Line) -> dict[str, Any]:
    return {
        "sheet": line.sheet, "row": line.row, "warning_id": line.cells[NUMBER], "household_id": line.cells.get(HOUSEHOLD),
        "outcome": line.outcome, "wrong": line.wrong, "event": line.event if line.outcome == ACCEPTED else "",
    }  # fmt: skip


def _case(case: Case) -> dict[str, Any]:
    steps = [{"at": step.at.isoformat(), "event": step.event, "state": step.state} for step in case.steps]
    return {"town": case.town, "area_id": case.area_id, "state": case.state, "events": steps}
