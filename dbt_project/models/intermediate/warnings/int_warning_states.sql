{{ config(materialized='view') }}

-- A view, so that what is recorded after a screening shows at once.
with recursive happened as (

    select
        county_code,
        warning_id,
        event,
        happened_at,
        row_number() over (partition by county_code, warning_id order by entry_no) as step
    from {{ source('ledger', 'events') }}

),

-- What happened is taken one by one; what the seed does not know from a state leaves it as it is.
walked as (

    select
        happened.county_code,
        happened.warning_id,
        happened.step,
        happened.happened_at as since,
        coalesce(transitions.to_state, 'new') as state
    from happened
    left join {{ ref('warning_transitions') }} as transitions
        on transitions.from_state = 'new' and happened.event = transitions.event
    where happened.step = 1

    union all

    select
        happened.county_code,
        happened.warning_id,
        happened.step,
        if(transitions.to_state is null, walked.since, happened.happened_at) as since,
        coalesce(transitions.to_state, walked.state) as state
    from walked
    inner join happened
        on
            walked.county_code = happened.county_code and walked.warning_id = happened.warning_id
            and happened.step = walked.step + 1
    left join {{ ref('warning_transitions') }} as transitions
        on walked.state = transitions.from_state and happened.event = transitions.event

)

select
    walked.county_code,
    walked.warning_id,
    walked.state,
    walked.since,
    states.is_open
from walked
inner join {{ ref('warning_states') }} as states on walked.state = states.state
qualify row_number() over (partition by walked.county_code, walked.warning_id order by walked.step desc) = 1
