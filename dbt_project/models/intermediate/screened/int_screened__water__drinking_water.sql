with households as (

    {{ rows_to_screen('water__drinking_water', 'water.drinking_water') }}

),

judged as (

    select
        *,
        null as verdict,
        '' as qualifier,
        water_problem as observed_value,
        null as amount_yuan,
        found_date as occurred_on,
        found_date || '发现饮水安全问题:' || water_problem || coalesce(',影响' || affected_count || '人', '') as evidence,
        '' as row_marks,
        '' as finding_codes
    from households

)
{{ screened('water__drinking_water') }}
