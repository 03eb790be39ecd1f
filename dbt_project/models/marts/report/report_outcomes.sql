-- A view: what came of a warning shows as soon as it is recorded. Which rows make a warning is as of the last screening.
{{ config(materialized='view') }}

with screened as (

    select * from {{ ref('report_screened_rows') }}

),

signals as (

    select distinct
        row_id,
        warning_id,
        town_name,
        village_name
    from {{ ref('int_signals') }}

),

-- A row that a later one replaced is in no screening any more.
accepted as (

    select
        sent.*,
        coalesce(screened.outcome, 'superseded') as outcome,
        screened.reason,
        signals.warning_id,
        coalesce(signals.town_name, screened.town_name) as town_name,
        coalesce(signals.village_name, screened.village_name) as village_name
    from {{ ref('report_sent_rows') }} as sent
    left join screened on sent.row_id = screened.row_id
    left join signals on sent.row_id = signals.row_id
    where sent.received_at <= {{ cutoff_at() }}

),

-- Of rows that were not taken it is known where they stood and why, not what they said. The place stands in columns of its own.
issues as (

    select * replace (regexp_replace(reason, '^《[^》]*》(工作表“[^”]*”)?第 [0-9]+ [行条]', '') as reason)
    from {{ source('raw', 'row_issues') }}
    where level in ('rejected', 'duplicate') and row_number is not null

),

not_taken as (

    select
        concat_ws('/', issues.delivery_id, issues.sheet, issues.row_number) as row_id,
        issues.feed,
        deliveries.county_code,
        deliveries.department,
        issues.delivery_id,
        deliveries.file_name,
        issues.sheet,
        issues.row_number,
        deliveries.received_at,
        if(bool_or(issues.level = 'rejected'), 'rejected', 'duplicate') as outcome,
        string_agg(distinct issues.reason, '；' order by issues.reason) as reason
    from issues
    inner join {{ source('ledger', 'deliveries') }} as deliveries on issues.delivery_id = deliveries.delivery_id
    inner join {{ ref('feeds') }} as feeds on issues.feed = feeds.feed
    where
        coalesce(feeds.warning_type, '') <> ''
        and deliveries.received_at <= {{ cutoff_at() }}
    group by all

),

rows_sent as (

    select * from accepted

    union all by name

    select * from not_taken

)

select
    rows_sent.row_id,
    rows_sent.feed,
    rows_sent.department,
    rows_sent.delivery_id,
    rows_sent.file_name,
    rows_sent.sheet,
    rows_sent.row_number,
    rows_sent.received_at,
    rows_sent.person_name,
    rows_sent.id_number,
    rows_sent.outcome,
    rows_sent.reason,
    rows_sent.warning_id,
    rows_sent.town_name,
    rows_sent.village_name,
    results.last_event_no,
    results.issued_at,
    results.state,
    results.state_since,
    results.answered_at,
    results.is_true,
    results.meets_criteria,
    results.policy_explained_date,
    results.registered_at,
    results.enrolled_date,
    results.monitored_type,
    results.measures_set_at,
    results.measures,
    results.responsible_person,
    results.planned_date
from rows_sent
left join {{ ref('int_warning_results') }} as results
    on rows_sent.county_code = results.county_code and rows_sent.warning_id = results.warning_id
