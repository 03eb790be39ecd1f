with households as (

    {{ current_rows('water__drinking_water') }}

),

judged as (

    select
        row_id,
        'water.drinking_water' as rule_id,
        cast(null as decimal(18, 2)) as threshold,
        cast(null as varchar) as verdict,
        '' as qualifier,
        water_problem as observed_value,
        cast(null as decimal(18, 2)) as amount_yuan,
        found_date as occurred_on,
        found_date || '发现饮水安全问题：' || water_problem || coalesce('，影响' || affected_count || '人', '') as evidence,
        cast(null as varchar) as row_marks,
        cast(null as varchar) as finding_codes
    from households

)

select * from judged
