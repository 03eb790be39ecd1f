"""What was issued to the towns, as their returns are held against it."""

from __future__ import annotations

from include.checking.returns import Issued
from include.identity.proposals import name_key
from include.site import Site
from include.storage.warehouse import connect

LISTED = """
select listed.warning_id, arg_max(listed.town_name, dispatches.entry_no),
    list(distinct listed.head_name) filter (where listed.subject <> 'area'),
    list(distinct listed.person_name) filter (where listed.subject <> 'area')
from ledger.dispatched_warnings as listed inner join ledger.dispatches as dispatches using (dispatch_id)
where listed.town_name is not null group by listed.warning_id
"""
ANSWERED = """
select warning_id, arg_max(meets_criteria, (received_at, modified_at, delivery_id, row_number))
from raw.town__verification as returned
where waits_code is null or exists (
    select 1 from ledger.decisions as given
    where given.delivery_id = returned.delivery_id and given.sheet = returned.sheet
        and given.row_number = returned.row_number and given.decision <> '不采纳'
)
group by warning_id
"""


def issued_warnings(site: Site) -> dict[str, Issued]:
    """By warning number: the town it was last issued to, its names, and what the newest answer taken says."""
    with connect(site) as connection:
        answered = dict(connection.execute(ANSWERED).fetchall())
        return {
            number: Issued(town, _keys([*(heads or ()), *(persons or ())]), answered.get(number))
            for number, town, heads, persons in connection.execute(LISTED).fetchall()
        }


def _keys(names: list[str | None]) -> frozenset[str]:
    return frozenset(key for name in names if name and (key := name_key(name)))
