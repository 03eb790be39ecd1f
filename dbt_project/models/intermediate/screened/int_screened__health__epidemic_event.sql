with events as (

    {{ area_rows_to_screen('health__epidemic_event', 'epidemic.epidemic_event') }}

),

judged as (

    select
        *,
        null as verdict,
        event_id as qualifier,
        {{ free_text('event_type') }} || coalesce(nullif({{ free_text('event_level') }}, ''), '') as observed_value,
        occurred_date as occurred_on,
        occurred_date || '发生' || {{ free_text('event_name') }} || '(' || {{ free_text('event_type') }} || ')'
        || coalesce(',波及' || household_count || '户', '') || coalesce(',波及' || person_count || '人', '') as evidence
    from events

)
{{ screened_area('health__epidemic_event') }}
