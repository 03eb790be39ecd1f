with disasters as (

    {{ area_rows_to_screen('emergency__disaster_area', 'disaster.disaster_area') }}

),

judged as (

    select
        *,
        case when not {{ meets_threshold('response_level') }} then 'below_mark' end as verdict,
        disaster_id as qualifier,
        response_level || '级' as observed_value,
        started_date as occurred_on,
        started_date || '因' || {{ free_text('disaster_name') }} || '启动' || response_level || '级救灾应急响应'
        || coalesce(',受灾' || affected_count || '人', '') as evidence
    from disasters

)
{{ screened_area('emergency__disaster_area') }}
