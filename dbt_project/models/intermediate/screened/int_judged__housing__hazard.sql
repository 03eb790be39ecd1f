with households as (

    {{ current_rows('housing__hazard') }}

),

judged as (

    select
        row_id,
        'housing.hazard' as rule_id,
        cast(null as decimal(18, 2)) as threshold,
        cast(null as varchar) as verdict,
        '' as qualifier,
        {{ free_text('hazard_type') }} as observed_value,
        cast(null as decimal(18, 2)) as amount_yuan,
        found_date as occurred_on,
        found_date || '发现住房安全隐患：' || {{ free_text('hazard_type') }} || '，房屋鉴定等级' || house_grade as evidence,
        cast(null as varchar) as row_marks,
        cast(null as varchar) as finding_codes
    from households

)

select * from judged
