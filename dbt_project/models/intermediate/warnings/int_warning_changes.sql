{{ config(materialized='view') }}

-- A view, so that what is recorded after a screening shows at once.
with recursive happened as (

    select
        county_code,
        warning_id,
        event,
        happened_at,
        done_by,
        source,
        reason,
        row_number() over (partition by county_code, warning_id order by entry_no) as step
    from {{ source('ledger', 'events') }}

),

-- What happened is taken one by one; what the seed does not know from a state leaves it as it is.
walked as (

    select
        happened.*,
        'new' as from_state,
        coalesce(transitions.to_state, 'new') as to_state
    from happened
    left join {{ ref('warning_transitions') }} as transitions
        on transitions.from_state = 'new' and happened.event = transitions.event
    where happened.step = 1

    union all

    select
        happened.*,
        walked.to_state as from_state,
        coalesce(transitions.to_state, walked.to_state) as to_state
    from walked
    inner join happened
        on
            walked.county_code = happened.county_code and walked.warning_id = happened.warning_id
            and happened.step = walked.step + 1
    left join {{ ref('warning_transitions') }} as transitions
        on walked.to_state = transitions.from_state and happened.event = transitions.event

)

select * from walked
