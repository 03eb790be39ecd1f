-- A view, as it speaks of the ledger and of the calendar only.
{{ config(materialized='view') }}

with feeds as (

    select * from {{ ref('feeds') }}

),

due_dates as (

    select * from {{ source('raw', 'due_dates') }}

),

until as (

    select cast(max(cutoff_at) as date) as last_day from {{ source('raw', 'cutoff') }}

),

begun as (

    select
        county_code,
        date_trunc('month', min(received_at)) as began_on
    from {{ source('ledger', 'deliveries') }}
    group by county_code

),

-- A refused or repeated file is no delivery.
came as (

    select
        deliveries.county_code,
        coalesce(outcomes.feed, deliveries.feed) as feed,
        coalesce(outcomes.period, deliveries.period) as period,
        cast(min(deliveries.received_at) as date) as came_on
    from {{ source('ledger', 'deliveries') }} as deliveries
    inner join {{ source('ledger', 'outcomes') }} as outcomes
        on deliveries.county_code = outcomes.county_code and deliveries.delivery_id = outcomes.delivery_id
    where outcomes.status in ('published', 'zero_report')
    group by all

),

-- What is owed by the calendar, whether it came or not.
owed as (

    select
        due_dates.county_code,
        due_dates.feed,
        due_dates.period,
        due_dates.due_on,
        came.came_on
    from due_dates
    inner join feeds on due_dates.feed = feeds.feed
    inner join begun on due_dates.county_code = begun.county_code
    cross join until
    left join came
        on
            due_dates.county_code = came.county_code
            and due_dates.feed = came.feed
            and due_dates.period = came.period
    where feeds.cadence <> 'event' and due_dates.due_on >= begun.began_on and due_dates.due_on <= until.last_day

),

-- An event is known only once it is sent; its first report counts.
events as (

    {% for feed, facts in feeds().items() if facts.clock_column %}
    select
        county_code,
        '{{ feed }}' as feed,
        cast({{ facts.clock_column }} as date) as event_on,
        row_key,
        cast(min(received_at) as date) as came_on
    from {{ ref('stg_' ~ feed) }}
    group by all
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

happened as (

    select
        events.county_code,
        events.feed,
        cast(events.event_on as varchar) as period,
        coalesce(due_dates.due_on, events.event_on) as due_on,
        max(events.came_on) as came_on
    from events
    inner join begun on events.county_code = begun.county_code
    left join due_dates
        on
            events.county_code = due_dates.county_code
            and events.feed = due_dates.feed
            and cast(events.event_on as varchar) = due_dates.period
    where events.event_on >= begun.began_on
    group by all

),

known as (

    select * from owed

    union all

    select * from happened

)

select
    known.county_code,
    known.feed,
    feeds.department,
    known.period,
    known.due_on,
    known.came_on,
    strftime(known.due_on, '%Y-%m') as month,
    greatest(0, date_diff('day', known.due_on, coalesce(known.came_on, until.last_day))) as days_late
from known
inner join feeds on known.feed = feeds.feed
cross join until
