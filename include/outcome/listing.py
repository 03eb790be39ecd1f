"""What there is to tell: to which department, of which of its rows and of whose measures.

With a monthly dispatch a department is told of every row since the last such report, and of those that something was recorded of
since, whatever the clock said.
Between two of them only of registered households. That rests on the ledger and on rows as published, never on when a screening
last computed what: so a rebuild writes the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb

from include.clocks.owed_outcomes import CLOSED, concerned, named_in
from include.reports.outcome_workbook import count_of
from include.site import Site
from include.site.calendar import Calendar

Told = dict[str, dict[str, str]]
"""Department → warning → as what it is told of: ``registered`` or ``closed``."""
Row = dict[str, Any]
RESULTS_VIEW = "int_warning_results"


@dataclass(frozen=True)
class Draft:
    """What one department is to be told; ``since``: up to when its report before counted rows, None where there was none."""

    department: str
    since: datetime | None
    counts: list[Row]
    rows: list[Row]
    measures: list[Row]
    told: Mapping[str, str]


def is_ready(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the models were built by this release; before the first screening, and just after an upgrade, they were not."""
    known = "select 1 from duckdb_views() where view_name = ? and database_name = current_catalog()"
    return connection.execute(known, [RESULTS_VIEW]).fetchone() is not None


def as_told(lines: Iterable[tuple[str, str, str]]) -> Told:
    """Department, warning and state, line by line, by department."""
    told: Told = {}
    for department, warning_id, state in lines:
        told.setdefault(department, {})[warning_id] = state
    return told


def owed(connection: duckdb.DuckDBPyConnection, site: Site, *, is_whole: bool) -> Told:
    """Who is to be told of which registered warnings now; ``is_whole``: also of those whose last day is still to come."""
    today = date.max if is_whole else site.now().date()
    found = concerned(connection, Calendar.of(site), site.now())
    return as_told((each.department, each.warning_id, each.state) for each in found if each.is_due(today))


def of_dispatch(connection: duckdb.DuckDBPyConnection, site: Site, dispatch_id: str, told: Told) -> list[Draft]:
    """What goes with a monthly dispatch, department by department."""
    given: dict[str, Any] = {"dispatch": dispatch_id, "told": sorted({name for mine in told.values() for name in mine})}
    since = {department: cutoff for department, cutoff, _ in _fetch(connection, _SINCE, given)}
    rows, counts = _by_department(connection, _ROWS, given), _by_department(connection, _COUNTS, given)
    measures = _measures(connection, site, told, {name: _warnings(mine) for name, mine in rows.items()})
    found = []
    for department in _in_order(site, {*rows, *counts, *measures}):
        mine = [_closed(row, site.now()) for row in rows.get(department, [])]
        counted = {row["feed"]: row for row in counts.get(department, [])}
        feeds = sorted({*counted, *(row["feed"] for row in mine)})
        lines = [{**_NOTHING, "feed": feed, **counted.get(feed, {}), **count_of(mine, feed)} for feed in feeds]
        found.append(
            Draft(department, since.get(department), lines, mine, measures.get(department, []), told.get(department, {}))
        )
    return found


def of_registrations(connection: duckdb.DuckDBPyConnection, site: Site, told: Told) -> list[Draft]:
    """What is told of registered households between two months."""
    given = {"told": sorted({name for mine in told.values() for name in mine})}
    rows = {
        department: [row for row in mine if row["warning_id"] in told.get(department, {})]
        for department, mine in _by_department(connection, _SIGNAL_ROWS, given).items()
    }
    measures = _measures(connection, site, told, {name: _warnings(mine) for name, mine in rows.items()})
    found = []
    for department in _in_order(site, set(told)):
        mine = [_closed(row, site.now()) for row in rows.get(department, [])]
        lines = [{**_NOTHING, "feed": feed, **count_of(mine, feed)} for feed in sorted({row["feed"] for row in mine})]
        found.append(Draft(department, None, lines, mine, measures.get(department, []), told[department]))
    return found


_NOTHING = dict.fromkeys(("row_count", "accepted_count", "rejected_count", "duplicate_count"), 0)


def _measures(connection: duckdb.DuckDBPyConnection, site: Site, told: Told, own: Mapping[str, set[str]]) -> dict[str, list[Row]]:
    """The measures that name a department, and those of warnings told to it that rest on none of its rows."""
    given = {"told": sorted({name for mine in told.values() for name in mine})}
    known = {row["warning_id"]: row for row in _rows(connection, _MEASURES, given)}
    found: dict[str, list[Row]] = {}
    for department, mine in told.items():
        households: dict[tuple[Any, ...], list[str]] = {}
        for warning_id in sorted(mine):
            row = known.get(warning_id)
            if row is None:
                continue
            is_named = department in named_in(row["measures"] or "", site.county)
            if (is_named and mine[warning_id] == CLOSED) or warning_id not in own.get(department, set()):
                household = tuple((name, value) for name, value in row.items() if name != "warning_id")
                households.setdefault(household, []).append(warning_id)
        if households:
            found[department] = [{**dict(household), "warning_id": "\n".join(ids)} for household, ids in households.items()]
    return found


def _closed(row: Row, now: datetime) -> Row:
    """The row as it stands once this is told: a warning with its measures is closed by that."""
    if row["state"] == "measures_set":
        return {**row, "state": "closed", "closed_on": now.date()}
    return {**row, "closed_on": row["state_since"].date() if row["state"] == "closed" else None}


def _warnings(rows: list[Row]) -> set[str]:
    return {row["warning_id"] for row in rows if row["warning_id"]}


def _in_order(site: Site, departments: set[str]) -> Iterator[str]:
    """The departments as the county lists them; one that it does not know is nobody to write to."""
    return (department for department in site.county.departments if department in departments)


def _fetch(connection: duckdb.DuckDBPyConnection, query: str, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    named = {name: value for name, value in given.items() if f"${name}" in query}
    return connection.execute(query, named).fetchall()


def _rows(connection: duckdb.DuckDBPyConnection, query: str, given: Mapping[str, Any]) -> list[Row]:
    found = _fetch(connection, query, given)
    names = [column[0] for column in connection.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found]


def _by_department(connection: duckdb.DuckDBPyConnection, query: str, given: Mapping[str, Any]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in _rows(connection, query, given):
        found.setdefault(row["department"], []).append(row)
    return found


_SINCE = """
select reports.department, max(dispatches.cutoff_at) as cutoff_at, max(reports.event_count) as event_count
from ledger.outcome_reports as reports
inner join ledger.dispatches as dispatches
    on reports.county_code = dispatches.county_code and reports.dispatch_id = dispatches.dispatch_id
where reports.dispatch_id <> $dispatch
group by reports.department
"""
_UNTIL = "(select cutoff_at from ledger.dispatches where dispatch_id = $dispatch)"
_ROWS = f"""
with since as ({_SINCE})
select outcomes.*
from report.report_outcomes as outcomes
left join since on outcomes.department = since.department
where outcomes.received_at <= {_UNTIL} and (
    since.department is null or outcomes.received_at > since.cutoff_at or outcomes.last_event_no > since.event_count
    or list_contains($told, outcomes.warning_id)
)
order by outcomes.feed, outcomes.received_at, outcomes.delivery_id, outcomes.sheet, outcomes.row_number, outcomes.warning_id
"""
_COUNTS = f"""
with since as ({_SINCE})
select deliveries.department, outcomes.feed,
    sum(outcomes.row_count)::bigint as row_count, sum(outcomes.accepted_count)::bigint as accepted_count,
    sum(outcomes.rejected_count)::bigint as rejected_count, sum(outcomes.duplicate_count)::bigint as duplicate_count
from ledger.outcomes as outcomes
inner join ledger.deliveries as deliveries
    on outcomes.county_code = deliveries.county_code and outcomes.delivery_id = deliveries.delivery_id
inner join reference.feeds as feeds on outcomes.feed = feeds.feed
left join since on deliveries.department = since.department
where coalesce(feeds.warning_type, '') <> '' and deliveries.received_at <= {_UNTIL}
    and (since.department is null or deliveries.received_at > since.cutoff_at)
group by all order by all
"""
_LISTED = """
select warning_id, arg_max(town_name, entry_no) as town_name, arg_max(village_name, entry_no) as village_name,
    arg_max(coalesce(head_name, person_name), entry_no) as head_name
from ledger.dispatched_warnings where list_contains($told, warning_id) group by warning_id
"""
_SIGNAL_ROWS = f"""
select sent.* exclude (county_code), 'signal' as outcome, null as reason, listed.town_name, listed.village_name,
    results.* exclude (county_code)
from (select distinct warning_id, row_id from ledger.dispatched_signals where list_contains($told, warning_id)) as signals
inner join report.report_sent_rows as sent on signals.row_id = sent.row_id
inner join intermediate.{RESULTS_VIEW} as results on signals.warning_id = results.warning_id
inner join ({_LISTED}) as listed on signals.warning_id = listed.warning_id
order by sent.feed, sent.received_at, sent.row_id, results.warning_id
"""
_MEASURES = f"""
select results.warning_id, listed.town_name, listed.village_name, listed.head_name, results.monitored_type,
    coalesce(results.enrolled_date, cast(results.registered_at as date)) as enrolled_date, results.measures,
    results.responsible_person, results.planned_date
from intermediate.{RESULTS_VIEW} as results
left join ({_LISTED}) as listed on results.warning_id = listed.warning_id
where list_contains($told, results.warning_id)
order by listed.town_name, listed.village_name, listed.head_name, results.warning_id
"""
