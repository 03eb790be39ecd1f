with disasters as (

    {{ current_rows('emergency__disaster_area') }}

),

ruled as (

    select
        disasters.*,
        rules.comparison,
        try_cast(rules.threshold as decimal(18, 2)) as threshold
    from disasters
    left join {{ ref('rules') }} as rules
        on rules.rule_id = 'disaster.disaster_area' and {{ in_force('rules', 'cast(disasters.received_at as date)') }}

),

judged as (

    select
        row_id,
        'disaster.disaster_area' as rule_id,
        threshold,
        case when not {{ meets_threshold('response_level') }} then 'below_mark' end as verdict,
        disaster_id as qualifier,
        response_level || '级' as observed_value,
        cast(null as decimal(18, 2)) as amount_yuan,
        started_date as occurred_on,
        started_date || '因' || {{ free_text('disaster_name') }} || '启动' || response_level || '级救灾应急响应'
        || coalesce('，受灾' || affected_count || '人', '') as evidence,
        cast(null as varchar) as row_marks,
        cast(null as varchar) as finding_codes
    from ruled

)

select * from judged
