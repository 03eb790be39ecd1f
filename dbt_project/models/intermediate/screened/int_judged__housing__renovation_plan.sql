with households as (

    {{ current_rows('housing__renovation_plan') }}

),

judged as (

    select
        row_id,
        'housing.renovation_plan' as rule_id,
        cast(null as decimal(18, 2)) as threshold,
        case when plan_year <> cast(left(period, 4) as integer) then 'other_year' end as verdict,
        '' as qualifier,
        house_grade as observed_value,
        cast(null as decimal(18, 2)) as amount_yuan,
        make_date(plan_year, 1, 1) as occurred_on,
        '纳入' || plan_year || '年度危房改造计划，房屋鉴定等级' || house_grade as evidence,
        cast(null as varchar) as row_marks,
        cast(null as varchar) as finding_codes
    from households

)

select * from judged
