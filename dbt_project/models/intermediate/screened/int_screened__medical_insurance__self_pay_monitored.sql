with persons as (

    {{ rows_to_screen('medical_insurance__self_pay_monitored', 'illness.self_pay_monitored') }}

),

-- Every 监测对象 is information for the town. Above the line anybody counts, as an insured resident.
judged as (

    select
        *,
        case
            when {{ meets_threshold('self_pay_yuan') }} then null
            when identity = 'new' or (is_in_registry and not is_monitored) then 'not_in_registry'
            else 'self_pay_information'
        end as verdict,
        statistics_year as qualifier,
        self_pay_yuan || '元' as observed_value,
        self_pay_yuan as amount_yuan,
        last_day({{ month_start('as_of_month') }}) as occurred_on,
        statistics_year || '年度截至' || as_of_month || '累计个人自付费用' || self_pay_yuan || '元,'
        || {{ threshold_text() }} as evidence,
        '' as row_marks,
        case
            when identity = 'new' then 'monitored_not_listed'
            when is_in_registry and not is_monitored then 'not_monitored'
        end as finding_codes
    from persons

)
{{ screened('medical_insurance__self_pay_monitored') }}
