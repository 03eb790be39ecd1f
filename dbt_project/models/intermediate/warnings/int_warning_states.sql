{{ config(materialized='view') }}

with changes as (

    select * from {{ ref('int_warning_changes') }}

),

since as (

    select
        county_code,
        warning_id,
        max(step) as step,
        arg_max(happened_at, step) filter (where from_state <> to_state or step = 1) as since
    from changes
    group by county_code, warning_id

)

select
    changes.county_code,
    changes.warning_id,
    changes.to_state as state,
    since.since,
    states.is_open
from changes
inner join since
    on changes.county_code = since.county_code and changes.warning_id = since.warning_id and changes.step = since.step
inner join {{ ref('warning_states') }} as states on changes.to_state = states.state
