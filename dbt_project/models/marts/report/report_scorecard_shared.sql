-- A view, as the scorecard is.
{{ config(materialized='view') }}

{% set counts = [
    'warning_count', 'answered_count', 'true_count', 'qualifying_count', 'registered_count', 'visit_count',
    'found_household_count', 'miss_count',
] %}

with scorecard as (

    select * from {{ ref('report_scorecard') }}

),

shared as (

    select
        county_code,
        month,
        scope,
        scope_key,
        {% for name in counts %}
        {{ shared_count(name) }} as {{ name }},
        {% endfor %}
        due_count,
        late_count,
        days_late
    from scorecard

)

select
    county_code,
    month,
    scope,
    scope_key,
    {% for name in counts %}
    {{ name }},
    {% endfor %}
    cast(visit_count / nullif(found_household_count, 0) as decimal(9, 1)) as visits_per_household_found,
    due_count,
    late_count,
    days_late,
    {% for name in counts %}
    {{ 'or ' if not loop.first }}{{ name }} is null
    {% endfor %}
        as is_suppressed
from shared
order by county_code, month, scope, scope_key
