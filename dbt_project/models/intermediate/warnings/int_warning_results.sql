-- A view: what came of a warning shows as soon as it is recorded. What was found and done before it was issued last is history.
{{ config(materialized='view') }}

with happened as (

    select
        *,
        event in (
            'found_not_true', 'found_not_qualifying', 'found_qualifying', 'already_monitored', 'area_answered'
        ) as is_answer,
        max(if(event = 'issued', entry_no, null)) over (partition by county_code, warning_id) as issued_no
    from {{ source('ledger', 'events') }}

),

-- Of each kind the first says when, the last what holds now.
since_issue as (

    select
        county_code,
        warning_id,
        max(entry_no) as last_event_no,
        arg_max(source, entry_no) filter (where event = 'issued') as issued_in,
        max(happened_at) filter (where event = 'issued') as issued_at,
        min(happened_at) filter (where is_answer) as answered_at,
        arg_max(event, entry_no) filter (where is_answer) as answer,
        arg_max(source, entry_no) filter (where is_answer) as answer_row,
        min(happened_at) filter (where event in ('registered', 'already_monitored', 'measures_set')) as registered_at,
        arg_max(source, entry_no) filter (where event in ('registered', 'measures_set')) as registration_row,
        min(happened_at) filter (where event = 'measures_set') as measures_set_at,
        arg_max(source, entry_no) filter (where event = 'measures_set') as measures_row
    from happened
    where issued_no is null or entry_no >= issued_no
    group by county_code, warning_id

),

-- 政策宣传 may be told with a later answer than the one that decided.
explained as (

    select
        since_issue.county_code,
        since_issue.warning_id,
        max(answers.policy_explained_date) as policy_explained_date
    from since_issue
    inner join {{ ref('stg_town__verification') }} as answers
        on since_issue.county_code = answers.county_code and since_issue.warning_id = answers.warning_id
    where since_issue.issued_at is null or answers.received_at >= since_issue.issued_at
    group by all

),

-- What was registered by an answer that was corrected since is not registered.
registered as (

    select since_issue.*
    from since_issue
    inner join {{ ref('int_warning_states') }} as states
        on since_issue.county_code = states.county_code and since_issue.warning_id = states.warning_id
    where states.state in ('registered', 'measures_set', 'closed')

)

select
    since_issue.county_code,
    since_issue.warning_id,
    since_issue.last_event_no,
    since_issue.issued_in,
    since_issue.issued_at,
    states.state,
    states.since as state_since,
    since_issue.answered_at,
    case
        when since_issue.answer is not null
            then coalesce(answers.is_true, since_issue.answer <> 'found_not_true')
    end as is_true,
    case
        when since_issue.answer in ('found_not_true', 'found_not_qualifying') then 'no'
        when since_issue.answer = 'found_qualifying' then 'yes'
        when since_issue.answer = 'already_monitored' then 'already_monitored'
    end as meets_criteria,
    explained.policy_explained_date,
    registered.registered_at,
    registrations.enrolled_date,
    registrations.monitored_type,
    registered.measures_set_at,
    measures.measures,
    measures.responsible_person,
    measures.planned_date
from since_issue
inner join {{ ref('int_warning_states') }} as states
    on since_issue.county_code = states.county_code and since_issue.warning_id = states.warning_id
left join {{ ref('stg_town__verification') }} as answers on since_issue.answer_row = answers.row_id
left join registered
    on since_issue.county_code = registered.county_code and since_issue.warning_id = registered.warning_id
left join {{ ref('stg_town__measure') }} as registrations on registered.registration_row = registrations.row_id
left join {{ ref('stg_town__measure') }} as measures on registered.measures_row = measures.row_id
left join explained
    on since_issue.county_code = explained.county_code and since_issue.warning_id = explained.warning_id
