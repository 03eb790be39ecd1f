"""Whether the product made of the towns' returns what the key says: every state, every line, every overdue list of every day."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from itertools import pairwise

from include.clocks.duties import duties
from include.rehearsal.returns.faults import ACCEPTED, BACK, DUPLICATE, MEASURE_OF_ANOTHER, WAITS
from include.rehearsal.returns.key import Case, Key
from include.rehearsal.returns.plan import Return
from include.rehearsal.returns.truth import DAY
from include.rehearsal.year.table import Difference
from include.site import Site
from include.site.calendar import Calendar
from include.storage import ledger
from include.storage.warehouse import connect

REASONS = {
    "no_reason": {"reason_missing"},
    "no_category": {"category_missing"},
    "no_second_visitor": {"visitor_missing"},
    "same_visitor_twice": {"same_visitor"},
    "before_issue": {"before_issue"},
    "after_receipt": {"day_to_come"},
    "changed_fact": {"facts_changed"},
    "other_town": {"other_town"},
    "unknown_number": {"unknown_warning", "facts_changed"},
    "other_name": {"other_household", "facts_changed"},
    MEASURE_OF_ANOTHER: {"not_qualifying"},
}
"""By what is wrong with a line the reasons it may go back with; an overtyped grey cell breaks the row's check code too."""

Change = tuple[str, str]
"""The day and the new state."""


def compare_loop(site: Site, key: Key, until: datetime) -> list[Difference]:
    """Everything of the loop up to a time, by the key."""
    return [
        *compare_states(site, key, until),
        *compare_lines(site, [item for item in key.returns if item.at <= until]),
        *compare_overdue(site, key, until),
    ]


def compare_states(site: Site, key: Key, until: datetime) -> Iterator[Difference]:
    """Each warning has changed on the days and into the states of the key, and is now where the last change left it."""
    with connect(site) as connection:
        rows = connection.execute(
            """select changes.warning_id, cast(changes.happened_at as date), changes.to_state,
                if(returned.household_id is null, null, returned.warning_id || '|' || returned.household_id)
            from intermediate.int_warning_changes as changes
            left join raw.town__verification as returned on changes.source = returned.row_id
            where changes.from_state <> changes.to_state and changes.happened_at <= ?
            order by changes.warning_id, changes.step""",
            [until],
        ).fetchall()
        now = dict(connection.execute("select warning_id, state from intermediate.int_warning_states").fetchall())
    actual: dict[str, list[Change]] = defaultdict(list)
    numbers: dict[str, str] = {}
    for warning_id, day, state, found in rows:
        actual[warning_id].append((str(day), state))
        if found:
            numbers[found] = warning_id
    expected = {numbers.get(name, name): changes_of(case, until) for name, case in key.cases.items()}
    for name in sorted(expected.keys() | actual.keys()):
        wanted, given = expected.get(name, []), actual.get(name, [])
        if wanted != given:
            yield Difference(f"预警 {name} 的状态", _in_words(wanted), _in_words(given))
        elif given and now.get(name) != given[-1][1]:
            yield Difference(f"预警 {name} 现在的状态", given[-1][1], now.get(name, ""))


def changes_of(case: Case, until: datetime) -> list[Change]:
    """The key's steps of a warning up to a time, without those that changed nothing."""
    steps = [step for step in case.steps if step.at <= until]
    kept = steps[:1] + [after for before, after in pairwise(steps) if before.state != after.state]
    return [(str(step.at.date()), step.state) for step in kept]


def compare_lines(site: Site, returns: Iterable[Return]) -> Iterator[Difference]:
    """Each line of each return was accepted, went back, waits or was a repetition, and those that went back for its reason."""
    with connect(site) as connection:
        issues = connection.execute(
            """select deliveries.file_name, issues.level, coalesce(issues.sheet, ''), issues.row_number, issues.reason_code
            from raw.row_issues as issues inner join ledger.deliveries as deliveries using (delivery_id)
            where issues.feed in ('town__verification', 'town__measure') and issues.level in ('rejected', 'waiting')"""
        ).fetchall()
        counted = connection.execute(
            """select deliveries.file_name, outcomes.accepted_count, outcomes.rejected_count, outcomes.duplicate_count
            from ledger.outcomes as outcomes inner join ledger.deliveries as deliveries using (delivery_id)
            where outcomes.feed in ('town__verification', 'town__measure')"""
        ).fetchall()
    reasons: dict[tuple[str, str, int], set[str]] = defaultdict(set)
    for name, level, _, row, code in issues:
        reasons[name, level, row].add(code)
    counts = {name: tuple(rest) for name, *rest in counted}
    for item in returns:
        name = item.path.rpartition("/")[2]
        by_outcome = Counter(line.outcome for line in item.lines)
        wanted = (by_outcome[ACCEPTED] + by_outcome[WAITS], by_outcome[BACK], by_outcome[DUPLICATE])
        if counts.get(name) != wanted:
            yield Difference(f"《{name}》接收、退回、重复的行", str(wanted), str(counts.get(name, "")))
        for line in item.lines:
            back, waits = reasons.pop((name, "rejected", line.row), set()), reasons.pop((name, "waiting", line.row), set())
            where = f"《{name}》第 {line.row} 行（{line.wrong or '无误'}）"
            if line.outcome == BACK and not back & REASONS[line.wrong]:
                yield Difference(f"{where}退回的理由", "、".join(sorted(REASONS[line.wrong])), "、".join(sorted(back)))
            if (line.outcome != BACK and back) or (line.outcome == WAITS) != bool(waits):
                yield Difference(where, line.outcome, "、".join(sorted(back | waits)))
    for name, level, row in sorted(reasons):
        yield Difference(f"《{name}》第 {row} 行 {level}", "", "、".join(sorted(reasons[name, level, row])))


def compare_overdue(site: Site, key: Key, until: datetime) -> Iterator[Difference]:
    """On the evening of every day the towns are overdue with as many visits and measures as the key says."""
    with connect(site) as connection:
        ledger.create_tables(connection)
        names = {row["town_code"]: row["town_name"] for row in site.county_rows("divisions.csv")}
        calendar = Calendar.of(site)
        for day in _days(key, until):
            evening = datetime.combine(day, time(23, 59))
            actual: Counter[tuple[str, str]] = Counter()
            for duty in duties(connection, calendar, evening):
                if duty.clock in ("verify", "measure") and duty.due_on and duty.due_on < day and duty.open:
                    actual[duty.clock, names.get(duty.owner, duty.owner)] += duty.open
            expected = {(clock, town): count for clock, town, count in key.overdue(day)}
            for clock, town in sorted(expected.keys() | actual.keys()):
                if expected.get((clock, town), 0) != actual[clock, town]:
                    wanted = str(expected.get((clock, town), 0))
                    yield Difference(f"{day} {town} {clock} 逾期件数", wanted, str(actual[clock, town]))


def _days(key: Key, until: datetime) -> Iterator[date]:
    day = min(at for at, _ in key.issues.values()).date() if key.issues else until.date()
    while day < until.date():
        yield day
        day += DAY


def _in_words(changes: list[Change]) -> str:
    return "、".join(f"{day} {state}" for day, state in changes)
