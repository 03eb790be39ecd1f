-- A view: what is issued at once after a screening is no longer new to the month.
{{ config(materialized='view') }}

with warnings as (

    select * from {{ ref('risk_warnings') }}

),

listed as (

    select * from {{ ref('int_listed_warnings') }}

),

states as (

    select * from {{ ref('int_warning_states') }}

),

-- Held back from the month that waits for approval; what was held back from another dispatch is asked again with this one.
held as (

    select events.warning_id
    from {{ source('ledger', 'events') }} as events
    anti join {{ source('ledger', 'dispatches') }} as dispatches on events.dispatch_id = dispatches.dispatch_id
    where events.event in ('held', 'released') and not starts_with(events.dispatch_id, 'instant-')
    group by events.warning_id, events.dispatch_id
    having arg_max(events.event, events.entry_no) = 'held'

),

-- With a row that no dispatch has listed: new figures (第三条第二款).
renewed as (

    select distinct signals.warning_id
    from {{ ref('risk_signals') }} as signals
    anti join {{ source('ledger', 'dispatched_signals') }} as dispatched on signals.row_id = dispatched.row_id

),

listings as (

    select
        case
            when listed.warning_id is null or reopenings.reopened_for is not null then 'issued'
            when not listed.is_in_a_month then 'issued_at_once'
            when states.is_open then 'continuing'
            else 'monitoring'
        end as listing_kind,
        listed.issued_in,
        listed.issued_at,
        warnings.*
    from warnings
    left join listed on warnings.warning_id = listed.warning_id
    left join states on warnings.warning_id = states.warning_id
    left join renewed on warnings.warning_id = renewed.warning_id
    left join {{ ref('int_reopenings') }} as reopenings on warnings.warning_id = reopenings.warning_id
    where
        (listed.warning_id is null or not listed.is_in_a_month or renewed.warning_id is not null)
        -- Withdrawn while it was held back: only a new row brings it again.
        and not (
            listed.warning_id is null
            and coalesce(states.state = 'withdrawn' and warnings.last_received_at <= states.since, false)
        )

)

select
    listings.* replace (
        if(listings.listing_kind = 'issued', null, listings.issued_in) as issued_in,
        if(listings.listing_kind = 'issued', null, listings.issued_at) as issued_at
    )
from listings
anti join held on listings.warning_id = held.warning_id
