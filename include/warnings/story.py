"""What happened to a warning, in the order in which it was recorded: issued, visited, registered, helped, told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb

from include.errors import FangpinError
from include.site import Site
from include.storage import ledger
from include.storage.warehouse import connect


@dataclass(frozen=True)
class Step:
    """One event and the state it led to. ``file_name`` … ``row_number``: the row of a workbook that says so, else None."""

    warning_id: str
    warning_type: str
    event: str
    to_state: str
    happened_at: datetime
    done_by: str | None
    source: str | None
    reason: str | None
    file_name: str | None
    sheet: str | None
    row_number: int | None


class NoStory(FangpinError, LookupError):
    """No such household among the warnings issued; the message says what to check."""


_STEPS = """
select changes.warning_id, listed.warning_type, changes.event, changes.to_state, changes.happened_at, changes.done_by,
    changes.source, changes.reason, deliveries.file_name,
    if(deliveries.file_name is null, null, split_part(changes.source, '/', 2)) as sheet,
    if(deliveries.file_name is null, null, cast(split_part(changes.source, '/', 3) as integer)) as row_number
from intermediate.int_warning_changes as changes
inner join (
    select county_code, warning_id, any_value(warning_type) as warning_type from (
        select county_code, warning_id, warning_type from ledger.dispatched_warnings
        union all select county_code, warning_id, warning_type from ledger.proposed_warnings
    ) group by all
) as listed on changes.county_code = listed.county_code and changes.warning_id = listed.warning_id
left join ledger.deliveries as deliveries
    on contains(changes.source, '/') and split_part(changes.source, '/', 1) = deliveries.delivery_id
where {which} order by changes.happened_at, changes.warning_id, changes.step
"""


def story_of(connection: duckdb.DuckDBPyConnection, warning_id: str) -> list[Step]:
    """A warning's steps; none for one that nothing was done about."""
    found = connection.execute(_STEPS.format(which="changes.warning_id = ?"), [warning_id])
    return [Step(*row) for row in found.fetchall()]


def explain_household(site: Site, household_id: str) -> list[Step]:
    """All that happened to a household's warnings, one after the other. Raises NoStory when none was issued for it."""
    with connect(site) as connection:
        ledger.create_tables(connection)
        which = "changes.warning_id in (select warning_id from ledger.dispatched_warnings where household_id = ?)"
        steps = [Step(*row) for row in connection.execute(_STEPS.format(which=which), [household_id]).fetchall()]
    if not steps:
        raise NoStory("没有交办过这个户编号的预警", remedy="请核对户编号，或用 fangpin export warnings 查找")
    return steps
