with persons as (

    {{ rows_to_screen('medical_insurance__self_pay_high', 'illness.self_pay_high') }}

),

judged as (

    select
        *,
        case when not {{ meets_threshold('self_pay_yuan') }} then 'below_mark' end as verdict,
        statistics_year as qualifier,
        self_pay_yuan || '元' as observed_value,
        self_pay_yuan as amount_yuan,
        last_day({{ month_start('as_of_month') }}) as occurred_on,
        statistics_year || '年度截至' || as_of_month || '累计个人自付费用' || self_pay_yuan || '元,'
        || {{ threshold_text() }} as evidence,
        '' as row_marks,
        {{ category_finding() }} as finding_codes
    from persons

)
{{ screened('medical_insurance__self_pay_high') }}
