-- A view, so that what the towns answer after a screening shows at once.
{{ config(materialized='view') }}

{% set counts = [
    'warning_count', 'answered_count', 'true_count', 'qualifying_count', 'registered_count', 'visit_count',
    'found_household_count',
] %}

with rounds as (

    select * from {{ ref('int_warning_rounds') }}

),

feeds as (

    select * from {{ ref('feeds') }}

),

rules as (

    select distinct
        rule_id,
        warning_type,
        feed
    from {{ ref('rules') }}

),

-- A warning counts for its rule, for each department whose rows it rests on, and once for the county.
counted_for as (

    select
        'rule' as scope,
        rounds.rule_id as scope_key,
        rounds.*
    from rounds

    union all

    select distinct
        'department' as scope,
        feeds.department as scope_key,
        rounds.*
    from rounds
    inner join feeds on list_contains(string_split(rounds.feeds, '、'), feeds.feed)

    union all

    select
        'county' as scope,
        rounds.county_code as scope_key,
        rounds.*
    from rounds

),

outcomes as (

    select
        county_code,
        month,
        scope,
        scope_key,
        count(*) as warning_count,
        count(answer) as answered_count,
        count(*) filter (where is_true) as true_count,
        count(*) filter (where is_qualifying) as qualifying_count,
        count(*) filter (where is_qualifying and registered_at is not null) as registered_count,
        count(distinct visit_key) filter (where answer is not null) as visit_count,
        count(distinct visit_key) filter (where is_qualifying) as found_household_count
    from counted_for
    group by all

),

-- What the registry calls the cause says which rules should have seen it coming.
misses as (

    select
        misses.county_code,
        misses.month,
        misses.household_id,
        causes.warning_type
    from {{ ref('report_misses') }} as misses
    left join {{ ref('poverty_causes') }} as causes on contains(misses.poverty_cause, causes.term)

),

missed_by as (

    select
        misses.county_code,
        misses.month,
        'rule' as scope,
        rules.rule_id as scope_key,
        misses.household_id
    from misses
    inner join rules on misses.warning_type = rules.warning_type

    union all

    select
        misses.county_code,
        misses.month,
        'department' as scope,
        feeds.department as scope_key,
        misses.household_id
    from misses
    inner join feeds on misses.warning_type = feeds.warning_type

    union all

    select
        county_code,
        month,
        'county' as scope,
        county_code as scope_key,
        household_id
    from misses

),

missed as (

    select
        county_code,
        month,
        scope,
        scope_key,
        count(distinct household_id) as miss_count
    from missed_by
    group by all

),

lateness as (

    select * from {{ ref('int_feed_lateness') }}

),

late_for as (

    select
        'rule' as scope,
        rules.rule_id as scope_key,
        lateness.*
    from lateness
    inner join rules on lateness.feed = rules.feed

    union all

    select
        'department' as scope,
        department as scope_key,
        lateness.*
    from lateness

    union all

    select
        'county' as scope,
        county_code as scope_key,
        lateness.*
    from lateness

),

late as (

    select
        county_code,
        month,
        scope,
        scope_key,
        count(*) as due_count,
        count(*) filter (where days_late > 0) as late_count,
        max(days_late) as days_late
    from late_for
    group by all

),

together as (

    select * from outcomes

    union all by name

    select * from missed

    union all by name

    select * from late

)

select
    county_code,
    month,
    scope,
    scope_key,
    {% for name in counts + ['miss_count'] %}
    cast(coalesce(max({{ name }}), 0) as integer) as {{ name }},
    {% endfor %}
    cast(max(visit_count) / nullif(max(found_household_count), 0) as decimal(9, 1)) as visits_per_household_found,
    cast(coalesce(max(due_count), 0) as integer) as due_count,
    cast(coalesce(max(late_count), 0) as integer) as late_count,
    cast(max(days_late) as integer) as days_late
from together
group by county_code, month, scope, scope_key
order by county_code, month, scope, scope_key
