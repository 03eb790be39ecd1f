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

# A household found in need at an area event: a warning of its own with the area's cause and event (``int_signals`` numbers
# warnings in the same way), listed with the area's dispatch. Its registry is that of the day it was found.
_WITH_FOUND = f"""
with taken as ({_TAKEN.format(feed=VERIFICATION)}),
areas as (
    select * from ledger.dispatched_warnings where subject = 'area'
    qualify row_number() over (partition by warning_id order by entry_no desc) = 1
),
told as (
    select taken.* exclude (warning_id), taken.warning_id as area_id,
        if(taken.household_id is null, taken.warning_id, 'W' || upper(left(
            md5(concat_ws('|', areas.county_code, areas.cause, taken.household_id, areas.qualifier)), 12
        ))) as warning_id
    from taken left join areas using (warning_id)
)
"""

_FOUND = """
select areas.* exclude (county_code, entry_no) replace (
    'found' as listing_kind, told.warning_id as warning_id, told.received_at as issued_at, 'household' as subject,
    told.household_id as household_id, told.household_id as subject_key, 'matched' as identity,
    'household_number' as identity_method, coalesce(homes.head_name, told.head_name) as person_name,
    coalesce(homes.head_name, told.head_name) as head_name, homes.head_id_number as id_number,
    coalesce(homes.village_code, areas.village_code) as village_code,
    coalesce(homes.village_name, areas.village_name) as village_name, homes.registry_status as registry_status,
    homes.registry_date as registry_date, told.received_at::date as first_signalled_on,
    told.received_at::date as last_signalled_on, told.received_at as last_received_at, null as amount_yuan, null as marks
)
from told
inner join areas on told.area_id = areas.warning_id
left join {homes} as homes on told.household_id = homes.household_id
where told.household_id is not null and told.meets_criteria in ('yes', 'already_monitored')
    and told.warning_id not in (select warning_id from ledger.dispatched_warnings)
qualify row_number() over (partition by told.warning_id order by told.delivery_no, told.sheet, told.row_number) = 1
order by told.delivery_no, told.sheet, told.row_number
"""

_NO_HOMES = """(
    select '' as household_id, null::varchar as head_name, null::varchar as head_id_number, null::varchar as village_code,
        null::varchar as village_name, null::varchar as registry_status, null::date as registry_date
    where false
)"""

_ISSUED = """
select warning_id, any_value(town_name) as town_name, bool_or(subject = 'area') as is_area,
    arg_max(coalesce('1' || household_id, '2' || town_code || coalesce(village_code, '') || head_name, warning_id), entry_no)
        as household
from ledger.dispatched_warnings group by warning_id
"""

_ANSWERS = f"""
{_WITH_FOUND}, issued as ({_ISSUED})
select told.warning_id, case
        when issued.is_area then if(told.is_true, 'area_answered', 'found_not_true')
        when told.meets_criteria = 'yes' then 'found_qualifying'
        when told.meets_criteria = 'already_monitored' then 'already_monitored'
        when told.is_true then 'found_not_qualifying'
        else 'found_not_true'
    end as event, told.received_at as happened_at, issued.town_name as done_by, told.row_id as source
from told inner join issued using (warning_id)
order by told.delivery_no, told.sheet, told.row_number
"""

# 纳入 is of the household: one row registers all of its warnings that qualify by then and are not closed, and the measures are
# for all of them.
_MEASURES = f"""
with taken as ({_TAKEN.format(feed=MEASURE)}), issued as ({_ISSUED}),
together as (
    select taken.*, other.warning_id as concerned_id, other.town_name
    from taken
    inner join issued as named using (warning_id)
    inner join issued as other on named.household = other.household
),
answered as (
    select together.row_id, together.concerned_id, arg_max(told.event, told.entry_no) as answer
    from together
    inner join ledger.events as told on told.warning_id = together.concerned_id and told.happened_at <= together.received_at
    where told.event in (
        'found_qualifying', 'already_monitored', 'found_not_qualifying', 'found_not_true', 'issued', 'outcome_told', 'withdrawn'
    )
    group by together.row_id, together.concerned_id
),
concerned as (
    select together.* from together left join answered using (row_id, concerned_id)
    where together.concerned_id = together.warning_id or answered.answer in ('found_qualifying', 'already_monitored')
)
select concerned_id as warning_id, unnest(if(measures is null, ['registered'], ['registered', 'measures_set'])) as event,
    received_at as happened_at, town_name as done_by, row_id as source
from concerned
order by delivery_no, sheet, row_number, concerned_id, event desc
"""


def record_returns(connection: duckdb.DuckDBPyConnection) -> None:
    """Append the events of all rows of returns that are taken and have not told theirs yet; running it again adds nothing.

    Households found in need at an area event are listed first, as warnings of their own (listing kind ``found``).
    """
    homes = "intermediate.int_registry_households" if _has_registry(connection) else _NO_HOMES
    ledger.append_selected(connection, "ledger.dispatched_warnings", _WITH_FOUND + _FOUND.format(homes=homes))
    for query in (_ANSWERS, _MEASURES):
        ledger.append_selected(connection, "ledger.events", query)


def _has_registry(connection: duckdb.DuckDBPyConnection) -> bool:
    """False before the first screening, when nothing was issued either."""
    found = connection.execute(
        """select 1 from information_schema.tables
        where table_schema = 'intermediate' and table_name = 'int_registry_households'"""
    )
    return found.fetchone() is not None
