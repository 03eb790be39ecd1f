"""即时交办: the warnings that by the county's rule do not wait for the month, and the brake: a flood does not go out unasked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import duckdb

from include.contracts import contract
from include.dispatch.issue import record_issue, write_reports
from include.dispatch.propose import Proposal, list_warnings, seal
from include.site import Site
from include.storage import ledger
from include.storage.warehouse import connect

HOUR = timedelta(hours=1)
_INSTANT = "from report.report_listing__instant where list_has_any(string_split(feeds, '、'), $feeds)"
_AT_ONCE = f"{_INSTANT} and not list_has_any(string_split(feeds, '、'), $held)"
"""One that also rests on a feed held back waits with it."""


def dispatch_at_once(site: Site) -> list[str]:
    """Issue the warnings that by the bureau's rule do not wait for the month, and write the towns' notices.

    Those whose rule is ``after_approval``, and those of a feed that brings more in an hour than the county lets out unasked, are
    frozen; returns the ids of the dispatches frozen since the last screening, to be approved. Nothing is proposed or issued
    twice; notices that an interruption left unwritten are written.
    """
    at_once, after_approval = (list(site.county.instant_feeds(rule)) for rule in ("at_once", "after_approval"))
    with connect(site) as connection:
        ledger.create_tables(connection)
        connection.execute("begin")
        held = _held_back(connection, site, at_once)
        if proposal := _freeze(connection, site, _AT_ONCE, feeds=at_once, held=list(held)):
            record_issue(connection, site, proposal, None)
        _freeze(connection, site, _AT_ONCE, feeds=after_approval, held=list(held))
        if proposal := _freeze(connection, site, _INSTANT, notes=_notes(site, held), feeds=list(held)):
            _record_held(connection, site, proposal, held)
        connection.execute("commit")
        unwritten = connection.execute(  # what a person approved, the ``instant`` run writes
            """select dispatch_id from ledger.dispatches
            where kind = 'instant' and rule_of_issue = 'at_once'
                and dispatch_id not in (select dispatch_id from ledger.written_reports)
            order by all"""
        ).fetchall()
        waiting = connection.execute(
            """select distinct dispatch_id from ledger.proposals
            where kind = 'instant' and dispatch_id not in (select dispatch_id from ledger.dispatches)
                and dispatch_id not in (select dispatch_id from ledger.approvals)
                and proposed_at >= (select last(screened_at order by entry_no) from ledger.screenings)
            order by all"""
        ).fetchall()
    for (dispatch_id,) in unwritten:
        write_reports(site, dispatch_id)
    return [dispatch_id for (dispatch_id,) in waiting]


def _freeze(
    connection: duckdb.DuckDBPyConnection,
    site: Site,
    listing: str,
    *,
    feeds: list[str],
    notes: Sequence[str] = (),
    **given: Any,
) -> Proposal | None:
    """Freeze the next instant dispatch of these feeds; None, and nothing recorded, when there is nothing new."""
    if not feeds:
        return None
    dispatch_id = _next_instant(connection, site)
    number, count = list_warnings(connection, dispatch_id, listing, feeds=feeds, **given)
    return seal(connection, site, dispatch_id, number, "instant", notes) if count else None


def _held_back(connection: duckdb.DuckDBPyConnection, site: Site, feeds: list[str]) -> dict[str, int]:
    """Feed → warnings of the last hour with those that would go out now, where that is more than the county lets out unasked."""
    counted = connection.execute(
        f"""with fresh as (select feeds from ({_INSTANT})),
        issued as (
            select listed.feeds from ledger.dispatched_warnings as listed
            inner join ledger.dispatches as dispatches on dispatches.dispatch_id = listed.dispatch_id
            where dispatches.kind = 'instant' and listed.listing_kind = 'issued' and dispatches.rule_of_issue = 'at_once'
                and dispatches.issued_at > $since::timestamp
        ),
        counted as (
            select unnest(string_split(feeds, '、')) as feed, true as is_fresh from fresh
            union all
            select unnest(string_split(feeds, '、')) as feed, false as is_fresh from issued
        )
        select feed, count(*) as warning_count from counted where list_contains($feeds, feed)
        group by feed having bool_or(is_fresh) and count(*) > $most order by feed""",
        {"feeds": feeds, "since": site.now() - HOUR, "most": site.county.at_once_per_hour},
    ).fetchall()
    return {str(feed): int(count) for feed, count in counted}


def _notes(site: Site, held: Mapping[str, int]) -> list[str]:
    limit = site.county.at_once_per_hour
    return [
        f"**《{contract(feed).title}》一小时内有 {count} 条预警，超过县设置的每小时 {limit} 条，没有立即交办，改为须经批准；"
        "请先核实数据。不批准的随月度交办。**"
        for feed, count in held.items()
    ]


def _record_held(connection: duckdb.DuckDBPyConnection, site: Site, proposal: Proposal, held: Mapping[str, int]) -> None:
    rows = [
        {
            "dispatch_id": proposal.dispatch_id,
            "proposal_no": proposal.number,
            "feed": feed,
            "warning_count": count,
            "hourly_limit": site.county.at_once_per_hour,
            "held_at": site.now(),
        }
        for feed, count in held.items()
    ]
    ledger.append(connection, "ledger.held_back", rows)


def _next_instant(connection: duckdb.DuckDBPyConnection, site: Site) -> str:
    """The next serial of the year: ``instant-2024-007``."""
    prefix = f"instant-{site.now().year}-"
    (last,) = connection.execute(
        "select coalesce(max(cast(right(dispatch_id, -len($prefix)) as integer)), 0) from ledger.proposals "
        "where starts_with(dispatch_id, $prefix)",
        {"prefix": prefix},
    ).fetchone() or (0,)
    return f"{prefix}{last + 1:03d}"
