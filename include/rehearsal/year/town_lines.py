"""What the clocks must say of the towns at the end of a walk: visits by dispatch, measures by the day their time began.

And of the bureau, which tells the departments what came of whom: by the day of registration (第三条(四)).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from itertools import pairwise

from include.rehearsal.returns.key import MEASURE_DAYS, VERIFY_DAYS, Case, Key
from include.rehearsal.year.scenario import DAY, STEPS, SWEPT_AT, Line, reminded
from include.site import Site

TOLD_OF = ("registered", "measures_set", "closed")
EVER = datetime(1, 1, 1), datetime(9999, 12, 31)


def town_lines(site: Site, key: Key, until: datetime) -> list[Line]:
    """A line a town and dispatch, a line a town and day on which measures began to be owed, and a line a day of registration."""
    codes = {row["town_name"]: row["town_code"] for row in site.county_rows("divisions.csv")}
    return [*_visits(key, codes, until), *_measures(key, codes, until), *_outcomes(key, site.county.bureau, until)]


def _visits(key: Key, codes: dict[str, str], until: datetime) -> Iterator[Line]:
    for name, (at, issued) in key.issues.items():
        due = at.date() + VERIFY_DAYS
        for town, lines in issued.asked.items():
            came = [_answered(key.cases[line.warning_id], at) for line in lines]
            known = [day for day in came if day]
            done = max(known) if len(known) == len(came) else None
            late = any(day.date() > due for day in known)
            state = ("late" if late else "on_time") if done else "missing" if until.date() > due else "not_due"
            came_on = str(max(known).date()) if known else ""
            yield Line(
                "verify", codes[town], "town__verification", name, str(due), came_on, state, str(len(lines)),
                reminded(due, done, until),
            )  # fmt: skip


def _answered(case: Case, issued_at: datetime) -> datetime | None:
    """When the issue of that time was answered."""
    number = case.issued_at.index(issued_at)
    return case.answered_at[number] if number < len(case.answered_at) else None


def _measures(key: Key, codes: dict[str, str], until: datetime) -> Iterator[Line]:
    """Each round of a warning stands under the day from which its ten days count at last; a reminder under the day of then."""
    groups: dict[tuple[str, date], list[datetime | None]] = defaultdict(list)
    for case in key.cases.values():
        for begins, ends in _rounds(case):
            if due := next((due for at, due in reversed(case.owed) if due and begins <= at < ends), None):
                groups[case.town, due].append(_set_at(case, begins, ends))
    for (town, due), times in sorted(groups.items()):
        set_at = [at for at in times if at]
        state = "missing" if until.date() > due else "not_due"
        if len(set_at) == len(times):
            state = "late" if any(at.date() > due for at in set_at) else "on_time"
        chased = "、".join(_chased(key, town, due, until))
        yield Line(
            "measure", codes[town], "town__measure", str(due - MEASURE_DAYS), str(due), str(max(set_at).date()) if set_at else "",
            state, str(len(times)), chased,
        )  # fmt: skip


def _outcomes(key: Key, bureau: str, until: datetime) -> Iterator[Line]:
    """The morning after its measures came a household's outcome is told, with the next month's dispatch before that, and on the
    last of its ten days in any case.
    """
    told: dict[date, list[datetime | None]] = defaultdict(list)
    months = [at for at, issued in key.issues.values() if issued.is_monthly]
    for case in key.cases.values():
        due = next((due for _, due in reversed(case.owed) if due), None)
        if due and case.state in TOLD_OF:
            last_day = datetime.combine(due, SWEPT_AT)
            issued_at = max(case.issued_at, default=case.steps[0].at)
            closed = [step.at for step in case.steps if step.event == "outcome_told" and step.at > issued_at]
            registered_at = next(step.at for step in case.steps if step.state in TOLD_OF and step.at > issued_at)
            with_a_month = [at for at in months if at > registered_at]
            told[due - MEASURE_DAYS].append(min((at for at in (*closed, *with_a_month, last_day) if at <= until), default=None))
    for registered_on, times in sorted(told.items()):
        due, came = registered_on + MEASURE_DAYS, [at for at in times if at]
        state = "late" if any(at.date() > due for at in came) else "on_time"
        if len(came) < len(times):
            state = "missing" if until.date() > due else "not_due"
        came_on = str(max(came).date()) if came else ""
        yield Line("outcome", bureau, "outcome", str(registered_on), str(due), came_on, state, str(len(times)))


def _rounds(case: Case) -> Iterator[tuple[datetime, datetime]]:
    """From each issue to the next; the only one of what nobody issued has no bounds."""
    yield from pairwise([*(case.issued_at or [EVER[0]]), EVER[1]])


def _set_at(case: Case, begins: datetime, ends: datetime) -> datetime | None:
    return next((step.at for step in reversed(case.steps) if step.state == "measures_set" and begins <= step.at < ends), None)


def _chased(key: Key, town: str, due: date, until: datetime) -> Iterator[str]:
    for step in STEPS:
        at = datetime.combine(due + step * DAY, SWEPT_AT)
        if at <= until and any(case.town == town and case.measures_by(at) == due for case in key.cases.values()):
            yield f"{step:+d}日（{at.date()}）"
