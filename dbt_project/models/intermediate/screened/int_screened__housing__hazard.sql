with households as (

    {{ rows_to_screen('housing__hazard', 'housing.hazard') }}

),

judged as (

    select
        *,
        null as verdict,
        '' as qualifier,
        {{ free_text('hazard_type') }} as observed_value,
        null as amount_yuan,
        found_date as occurred_on,
        found_date || '发现住房安全隐患:' || {{ free_text('hazard_type') }} || ',房屋鉴定等级' || house_grade as evidence,
        '' as row_marks,
        '' as finding_codes
    from households

)
{{ screened('housing__hazard') }}
