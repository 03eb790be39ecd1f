"""What was issued to the towns, as their returns are held against it."""

from __future__ import annotations

from include.checking.returns import Issued
from include.identity.proposals import name_key
from include.site import Site
from include.storage.warehouse import connect

LISTED = """
select listed.warning_id, arg_max(listed.town_name, dispatches.entry_no),
    list(distinct listed.head_name) filter (where listed.subject <> 'area'),
    list(distinct listed.person_name) filter (where listed.subject <> 'area'),
    max(listed.issued_at)::date, bool_or(listed.subject = 'area'),
    contains(arg_max(coalesce(listed.registry_status, ''), dispatches.entry_no), '风险未消除')
from ledger.dispatched_warnings as listed inner join ledger.dispatches as dispatches using (dispatch_id)
where listed.town_name is not null group by listed.warning_id
"""
ANSWERED = """
select warning_id, arg_max(event, entry_no) in ('found_qualifying', 'already_monitored') from ledger.events
where starts_with(event, 'found_') or event = 'already_monitored' group by warning_id
"""


def issued_warnings(site: Site) -> dict[str, Issued]:
    """By warning number: the town it was last issued to, its names, and what the newest answer taken says."""
    with connect(site) as connection:
        answered = dict(connection.execute(ANSWERED).fetchall())
        return {
            number: Issued(town, _keys([*(heads or ()), *(persons or ())]), answered.get(number), *others)
            for number, town, heads, persons, *others in connection.execute(LISTED).fetchall()
        }


def _keys(names: list[str | None]) -> frozenset[str]:
    return frozenset(key for name in names if name and (key := name_key(name)))
