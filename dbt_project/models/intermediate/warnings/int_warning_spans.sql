{{ config(materialized='view') }}

-- Each warning's states one after the other by recording, and at the day each began; what another of the same day follows
-- lasted no day. A change recorded later with an earlier moment begins where the one before it ended.
with changes as (

    select
        county_code,
        warning_id,
        step,
        to_state as state,
        max(happened_at) over (partition by county_code, warning_id order by step) as since
    from {{ ref('int_warning_changes') }}
    where from_state <> to_state

)

select
    county_code,
    warning_id,
    state,
    since,
    lead(since) over (partition by county_code, warning_id order by step) as ended_at
from changes
