with persons as (

    {{ rows_to_screen('medical_insurance__uninsured', 'illness.uninsured') }}

),

judged as (

    select
        *,
        case
            when identity = 'new' or (is_in_registry and not (is_lifted or is_monitored)) then 'not_in_registry'
            when insured_year <> cast(left(period, 4) as integer) then 'other_year'
        end as verdict,
        insured_year as qualifier,
        registry_status as observed_value,
        null as amount_yuan,
        {{ month_start('period') }} as occurred_on,
        insured_year || '年度未参加基本医疗保险'
        || coalesce('(原因:' || nullif({{ free_text('uninsured_reason') }}, '') || ')', '') as evidence,
        '' as row_marks,
        {{ category_finding() }} as finding_codes
    from persons

)
{{ screened('medical_insurance__uninsured') }}
