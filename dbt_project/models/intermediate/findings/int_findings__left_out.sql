-- 第二条(一): every 监测对象 is to be in the list of the month, whatever they paid.
{% set feed = 'medical_insurance__self_pay_monitored' %}
with delivered as (

    select
        outcomes.delivery_id,
        outcomes.period,
        deliveries.received_at
    from {{ source('ledger', 'outcomes') }} as outcomes
    inner join {{ source('ledger', 'deliveries') }} as deliveries on outcomes.delivery_id = deliveries.delivery_id
    where
        outcomes.feed = '{{ feed }}'
        and outcomes.status in ('published', 'zero_report')
        and deliveries.received_at <= {{ cutoff_at() }}

),

-- The newest month's list: its figures hold those of the months before.
lists as (

    select
        max(period) as period,
        arg_max(delivery_id, (period, received_at, delivery_id)) as delivery_id
    from delivered
    having max(period) is not null

),

monitored as (

    select * from {{ ref('int_registry_persons') }}
    where is_monitored

),

departed as (

    select distinct registry.row_id
    from {{ ref('int_registry_in_force') }} as registry
    inner join {{ ref('departed_words') }} as words
        on contains(
            concat_ws(
                '|', registry.household_type, registry.monitored_type, registry.relation_to_head, registry.health_status,
                registry.labour_skill
            ),
            words.word
        )

),

listed as (

    select
        identity.county_code,
        identity.id_number,
        identity.identity,
        {{ name_key('identity.given_name') }} as name_key,
        identity.town_code
    from {{ ref('int_screened') }} as screened
    inner join {{ ref('int_identity') }} as identity on screened.row_id = identity.row_id
    inner join lists on screened.period = lists.period
    where screened.feed = '{{ feed }}'

),

-- A row of which nobody knows whose it is may be that of anybody with this name in the town.
perhaps_listed as (

    select distinct
        monitored.county_code,
        monitored.id_number
    from monitored
    inner join listed on monitored.county_code = listed.county_code and monitored.name_key = listed.name_key
    where
        listed.identity = 'unresolved'
        and coalesce(listed.town_code, monitored.town_code) is not distinct from monitored.town_code

),

-- Somebody in two households is asked for once.
left_out as (

    select
        monitored.*,
        'monitored_left_out' as finding_code
    from monitored
    anti join departed on monitored.row_id = departed.row_id
    anti join listed on monitored.county_code = listed.county_code and monitored.id_number = listed.id_number
    anti join perhaps_listed
        on monitored.county_code = perhaps_listed.county_code and monitored.id_number = perhaps_listed.id_number
    qualify
        row_number() over (
            partition by monitored.county_code, monitored.id_number
            order by monitored.identification_rank, monitored.household_id
        ) = 1

)

-- Who it is stands in the registry's row: a finding names nobody.
select
    lists.delivery_id,
    cast(null as varchar) as sheet,
    cast(null as integer) as row_number,
    '{{ feed }}' as feed,
    kinds.column_name,
    kinds.severity,
    left_out.finding_code,
    kinds.finding || '（' || lists.period || '期；数据日期' || left_out.registry_date || '的名册，工作表“' || left_out.sheet || '”第'
    || left_out.row_number || '行）' as finding,
    left_out.town_code
from left_out
-- A registry of a later month than the list is not what the list was to hold.
inner join lists on strftime(left_out.registry_date, '%Y-%m') <= lists.period
inner join {{ ref('finding_kinds') }} as kinds on left_out.finding_code = kinds.finding_code
