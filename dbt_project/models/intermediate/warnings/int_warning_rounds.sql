-- A view, so that what is recorded after a screening shows at once.
{{ config(materialized='view') }}

{% set answers = "('found_not_true', 'found_not_qualifying', 'found_qualifying', 'already_monitored', 'area_answered')" %}

with events as (

    select * from {{ source('ledger', 'events') }}

),

issued as (

    select
        county_code,
        warning_id,
        entry_no,
        source as dispatch_id,
        happened_at as issued_at,
        row_number() over (of_warning) as round_no,
        lead(entry_no) over (of_warning) as next_entry_no
    from events
    where event = 'issued'
    window of_warning as (partition by county_code, warning_id order by entry_no)

),

-- What happened until the warning was issued again, if it was. A later answer corrects an earlier one.
told as (

    select
        issued.county_code,
        issued.warning_id,
        issued.round_no,
        arg_max(events.event, events.entry_no) filter (where events.event in {{ answers }}) as answer,
        arg_max(events.source, events.entry_no) filter (where events.event in {{ answers }}) as answer_row_id,
        min(events.happened_at) filter (where events.event in {{ answers }}) as answered_at,
        min(events.happened_at) filter (where events.event = 'registered') as registered_at,
        min(events.happened_at) filter (where events.event = 'measures_set') as measures_at
    from issued
    inner join events
        on
            issued.county_code = events.county_code
            and issued.warning_id = events.warning_id
            and issued.entry_no < events.entry_no
            and coalesce(issued.next_entry_no, events.entry_no + 1) > events.entry_no
    group by all

),

listed as (

    select
        listings.*,
        if(dispatches.kind = 'monthly', listings.dispatch_id, strftime(dispatches.issued_at, '%Y-%m')) as month
    from {{ source('ledger', 'dispatched_warnings') }} as listings
    inner join {{ source('ledger', 'dispatches') }} as dispatches
        on listings.county_code = dispatches.county_code and listings.dispatch_id = dispatches.dispatch_id
    where listings.listing_kind = 'issued'

)

select
    issued.county_code,
    issued.warning_id,
    issued.round_no,
    issued.dispatch_id,
    listed.month,
    issued.issued_at,
    listed.town_code,
    listed.town_name,
    listed.village_code,
    listed.village_name,
    listed.subject,
    listed.household_id,
    listed.id_number,
    {{ visit_key('listed') }} as visit_key,
    listed.warning_type,
    listed.cause,
    listed.rule_id,
    listed.feeds,
    told.answer,
    told.answered_at,
    case
        when told.answer = 'found_not_true' then false
        when told.answer is not null then coalesce(verifications.is_true, true)
    end as is_true,
    coalesce(
        told.answer = 'found_qualifying' or (told.answer is null and told.registered_at is not null), false
    ) as is_qualifying,
    if(coalesce(told.answer, '') in ('found_not_true', 'found_not_qualifying'), null, told.registered_at) as registered_at,
    told.measures_at
from issued
inner join listed
    on
        issued.county_code = listed.county_code
        and issued.warning_id = listed.warning_id
        and issued.dispatch_id = listed.dispatch_id
left join told
    on
        issued.county_code = told.county_code and issued.warning_id = told.warning_id and issued.round_no = told.round_no
left join {{ ref('stg_town__verification') }} as verifications on told.answer_row_id = verifications.row_id
