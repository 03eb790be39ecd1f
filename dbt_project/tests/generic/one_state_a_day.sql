{# On every day from a warning's first event on, it is in exactly one state at the day's end. #}
{% test one_state_a_day(model) %}

with spans as (

    select
        county_code,
        warning_id,
        cast(since as date) as first_day,
        cast(ended_at as date) as next_day
    from {{ model }}

),

days as (

    select
        county_code,
        warning_id,
        unnest(generate_series(min(first_day), coalesce(max(next_day), max(first_day)), interval 1 day)) as day
    from spans
    group by county_code, warning_id

)

select
    days.county_code,
    days.warning_id,
    days.day,
    count(spans.warning_id) as state_count
from days
left join spans
    on
        days.county_code = spans.county_code and days.warning_id = spans.warning_id
        and spans.first_day <= days.day and (spans.next_day is null or spans.next_day > days.day)
group by days.county_code, days.warning_id, days.day
having count(spans.warning_id) <> 1

{% endtest %}
