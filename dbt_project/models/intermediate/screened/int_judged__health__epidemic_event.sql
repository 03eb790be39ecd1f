with events as (

    {{ current_rows('health__epidemic_event') }}

),

judged as (

    select
        row_id,
        'epidemic.epidemic_event' as rule_id,
        cast(null as decimal(18, 2)) as threshold,
        cast(null as varchar) as verdict,
        event_id as qualifier,
        {{ free_text('event_type') }} || coalesce(nullif({{ free_text('event_level') }}, ''), '') as observed_value,
        cast(null as decimal(18, 2)) as amount_yuan,
        occurred_date as occurred_on,
        occurred_date || '发生' || {{ free_text('event_name') }} || '（' || {{ free_text('event_type') }} || '）'
        || coalesce('，波及' || household_count || '户', '') || coalesce('，波及' || person_count || '人', '') as evidence,
        cast(null as varchar) as row_marks,
        cast(null as varchar) as finding_codes
    from events

)

select * from judged
