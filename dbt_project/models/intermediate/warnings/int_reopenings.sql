{{ config(materialized='view') }}

-- Warnings that were answered or withdrawn and have rows since that no dispatch has listed: what of it is worth another visit.
-- A view, as the listing that asks it.
with closed as (

    select
        states.county_code,
        states.warning_id,
        states.state,
        max(changes.happened_at) as answered_at
    from {{ ref('int_warning_states') }} as states
    inner join {{ ref('int_warning_changes') }} as changes
        on states.county_code = changes.county_code and states.warning_id = changes.warning_id
    where
        not states.is_open
        and changes.event in (
            'found_not_true', 'found_not_qualifying', 'found_qualifying', 'already_monitored', 'area_answered', 'withdrawn'
        )
    group by all

),

-- How bad a row says it is, on the scale of its own feed: 1 is the worst.
levels as (

    select
        row_id,
        strpos('DCBA', left(house_grade, 1)) as severity
    from {{ ref('stg_housing__hazard') }}
    where house_grade similar to '[ABCD].*'

    union all

    select
        row_id,
        strpos('DCBA', left(house_grade, 1)) as severity
    from {{ ref('stg_housing__renovation_plan') }}
    where house_grade similar to '[ABCD].*'

    union all

    select
        row_id,
        response_level as severity
    from {{ ref('stg_emergency__disaster_area') }}

),

signals as (

    select
        signals.warning_id,
        signals.row_id,
        signals.cause,
        signals.amount_yuan,
        signals.occurred_on,
        signals.received_at,
        levels.severity
    from {{ ref('int_signals') }} as signals
    left join levels on signals.row_id = levels.row_id

),

-- What the town had before it when it answered.
known as (

    select
        closed.warning_id,
        dispatched.row_id
    from closed
    inner join {{ source('ledger', 'dispatched_signals') }} as dispatched on closed.warning_id = dispatched.warning_id
    inner join {{ source('ledger', 'dispatches') }} as dispatches on dispatched.dispatch_id = dispatches.dispatch_id
    where dispatches.issued_at <= closed.answered_at

),

figures as (

    select
        closed.warning_id,
        arg_max(listed.amount_yuan, dispatches.issued_at) as amount_yuan
    from closed
    inner join {{ source('ledger', 'dispatched_warnings') }} as listed on closed.warning_id = listed.warning_id
    inner join {{ source('ledger', 'dispatches') }} as dispatches on listed.dispatch_id = dispatches.dispatch_id
    where dispatches.issued_at <= closed.answered_at
    group by closed.warning_id

),

before as (

    select
        known.warning_id,
        min(signals.severity) as severity,
        max(signals.occurred_on) as occurred_on
    from known
    inner join signals on known.warning_id = signals.warning_id and known.row_id = signals.row_id
    group by known.warning_id

),

-- Rows that no dispatch has listed yet.
fresh as (

    select signals.*
    from signals
    anti join {{ source('ledger', 'dispatched_signals') }} as dispatched on signals.row_id = dispatched.row_id

),

compared as (

    select
        closed.county_code,
        closed.warning_id,
        closed.state,
        closed.answered_at,
        figures.amount_yuan as amount_then_yuan,
        max(fresh.amount_yuan) as amount_yuan,
        bool_or(fresh.severity < before.severity) as is_worse,
        bool_or(
            causes.is_by_event and fresh.occurred_on > cast(closed.answered_at as date)
            and fresh.occurred_on > coalesce(before.occurred_on, fresh.occurred_on - 1)
        ) as is_another_event,
        max(fresh.received_at) as received_at
    from closed
    inner join fresh on closed.warning_id = fresh.warning_id
    left join figures on closed.warning_id = figures.warning_id
    left join before on closed.warning_id = before.warning_id
    left join {{ ref('reopening_causes') }} as causes on fresh.cause = causes.cause
    group by all

),

-- The county's own measure of what is worth another visit, or the one everybody starts from.
thresholds as (

    select
        coalesce(max(reopen_share), 0.5) as reopen_share,
        coalesce(max(reopen_months), 6) as reopen_months
    from {{ source('raw', 'county_settings') }}

)

select
    compared.county_code,
    compared.warning_id,
    compared.answered_at,
    compared.amount_then_yuan,
    compared.amount_yuan,
    case
        when compared.state = 'withdrawn' then 'withdrawn'
        when compared.is_another_event then 'another_event'
        when compared.is_worse then 'worse_level'
        when compared.amount_yuan >= compared.amount_then_yuan * (1 + thresholds.reopen_share) then 'higher_amount'
        when compared.received_at >= compared.answered_at + to_months(thresholds.reopen_months) then 'time_gone_by'
    end as reopened_for
from compared
cross join thresholds
