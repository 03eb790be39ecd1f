with households as (

    {{ rows_to_screen('housing__renovation_plan', 'housing.renovation_plan') }}

),

judged as (

    select
        *,
        case when plan_year <> cast(left(period, 4) as integer) then 'other_year' end as verdict,
        '' as qualifier,
        house_grade as observed_value,
        null as amount_yuan,
        make_date(plan_year, 1, 1) as occurred_on,
        '纳入' || plan_year || '年度危房改造计划,房屋鉴定等级' || house_grade as evidence,
        '' as row_marks,
        '' as finding_codes
    from households

)
{{ screened('housing__renovation_plan') }}
