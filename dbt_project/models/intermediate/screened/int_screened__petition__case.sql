with persons as (

    {{ rows_to_screen('petition__case', 'petition.case') }}

),

measured as (

    select persons.* replace (income_lines.yuan as threshold)
    from persons
    left join {{ ref('int_income_line') }} as income_lines on {{ in_force('income_lines', 'persons.accepted_date') }}

),

judged as (

    select
        *,
        case
            when not is_in_difficulty then 'not_in_difficulty'
            when threshold is null then 'no_income_line'
            when not {{ meets_threshold('income_yuan') }} then 'not_below_income_line'
        end as verdict,
        case_id as qualifier,
        income_yuan || '元' as observed_value,
        income_yuan as amount_yuan,
        accepted_date as occurred_on,
        accepted_date || '受理信访:人均纯收入' || income_yuan || '元,' || {{ threshold_text() }} || '(监测收入线),基本生活困难' as evidence,
        '' as row_marks,
        '' as finding_codes
    from measured

)
{{ screened('petition__case') }}
