"""What a town's accepted rows say happened to their warnings: recorded as events, once a row, by the row's own number.

Both tables of a return are read here and nowhere else for their meaning: 通知第三条第三款 (核查) and 第四款 (纳入、措施).
"""

from __future__ import annotations

import duckdb

from include.storage import ledger

VERIFICATION, MEASURE = "town__verification", "town__measure"
RETURNED = (
    "found_not_true", "found_not_qualifying", "found_qualifying", "already_monitored", "area_answered", "registered",
    "measures_set",
)  # fmt: skip
"""The events that rows of returns bring."""

_TAKEN = """
select answers.*, deliveries.entry_no as delivery_no from raw.{feed} as answers
inner join ledger.deliveries as deliveries using (county_code, delivery_id)
where not exists (select 1 from ledger.events as told where told.source = answers.row_id)
    and (answers.waits_code is null or exists (
        select 1 from ledger.decisions as given
        where given.delivery_id = answers.delivery_id and given.sheet = answers.sheet
            and given.row_number = answers.row_number
        having arg_max(given.decision, given.entry_no) <> '不采纳'
    ))
"""
"""Rows that have told nothing yet: one that waits for a person counts when somebody says so."""

_ISSUED = """
select warning_id, any_value(town_name) as town_name, bool_or(subject = 'area') as is_area,
    arg_max(coalesce('1' || household_id, '2' || town_code || coalesce(village_code, '') || head_name, warning_id), entry_no)
        as household
from ledger.dispatched_warnings group by warning_id
"""

_ANSWERS = f"""
with taken as ({_TAKEN.format(feed=VERIFICATION)}), issued as ({_ISSUED})
select taken.warning_id, case
        when issued.is_area then if(taken.is_true, 'area_answered', 'found_not_true')
        when taken.meets_criteria = 'yes' then 'found_qualifying'
        when taken.meets_criteria = 'already_monitored' then 'already_monitored'
        when taken.is_true then 'found_not_qualifying'
        else 'found_not_true'
    end as event, taken.received_at as happened_at, issued.town_name as done_by, taken.row_id as source
from taken inner join issued using (warning_id)
where taken.household_id is null
order by taken.delivery_no, taken.sheet, taken.row_number
"""

# 纳入 is of the household: one row registers all of its warnings that qualify, and the measures are for all of them.
_MEASURES = f"""
with taken as ({_TAKEN.format(feed=MEASURE)}), issued as ({_ISSUED}),
answered as (
    select warning_id, arg_max(event, entry_no) as answer from ledger.events
    where event in ('found_qualifying', 'already_monitored', 'found_not_qualifying', 'found_not_true', 'issued')
    group by warning_id
),
concerned as (
    select taken.*, other.warning_id as concerned_id, other.town_name
    from taken
    inner join issued as named using (warning_id)
    inner join issued as other on named.household = other.household
    left join answered on other.warning_id = answered.warning_id
    where other.warning_id = taken.warning_id or answered.answer in ('found_qualifying', 'already_monitored')
)
select concerned_id as warning_id, unnest(if(measures is null, ['registered'], ['registered', 'measures_set'])) as event,
    received_at as happened_at, town_name as done_by, row_id as source
from concerned
order by delivery_no, sheet, row_number, concerned_id, event desc
"""


def record_returns(connection: duckdb.DuckDBPyConnection) -> None:
    """Append the events of all rows of returns that are taken and have not told theirs yet; running it again adds nothing."""
    for query in (_ANSWERS, _MEASURES):
        ledger.append_selected(connection, "ledger.events", query)
