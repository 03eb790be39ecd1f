{{ config(materialized='view') }}

-- Rows of returns that were taken are those that told an event, and those of households found at an area event.
with taken as (

    select distinct source as row_id
    from {{ source('ledger', 'events') }}

),

-- A household found at an area event has a warning of its own, which the row that told of it made.
own as (

    select
        source as row_id,
        any_value(warning_id) as warning_id
    from {{ source('ledger', 'events') }}
    group by source

),

-- The town that was asked: a row names none.
asked as (

    select
        county_code,
        warning_id,
        arg_max(town_code, entry_no) as town_code
    from {{ source('ledger', 'dispatched_warnings') }}
    group by all

),

answers as (

    select
        answers.* exclude (warning_id),
        if(answers.household_id is null, answers.warning_id, coalesce(own.warning_id, answers.warning_id)) as warning_id,
        asked.town_code
    from {{ ref('stg_town__verification') }} as answers
    left join taken on answers.row_id = taken.row_id
    left join own on answers.row_id = own.row_id
    left join asked on answers.county_code = asked.county_code and answers.warning_id = asked.warning_id
    where taken.row_id is not null or (answers.household_id is not null and answers.waits_code is null)

)

select
    *,
    min(received_at) over (partition by county_code, warning_id, household_id) as answered_at
from answers
qualify
    row_number() over (
        partition by county_code, warning_id, household_id
        order by {{ place_of('answers.delivery_id') }} desc nulls last, received_at desc, row_id desc
    ) = 1
