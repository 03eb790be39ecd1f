with persons as (

    {{ current_rows('petition__case') }}

),

settled as (

    select given.* replace ({{ settled_amounts('petition__case') }})
    from persons as given
    left join {{ ref('int_decisions') }} as decisions on given.row_id = decisions.row_id

),

-- The threshold is the income line of the day of acceptance.
ruled as (

    select
        settled.*,
        rules.comparison,
        income_lines.yuan as threshold,
        rules.threshold_unit
    from settled
    left join {{ ref('rules') }} as rules
        on rules.rule_id = 'petition.case' and {{ in_force('rules', 'cast(settled.received_at as date)') }}
    left join {{ ref('int_income_line') }} as income_lines on {{ in_force('income_lines', 'settled.accepted_date') }}

),

judged as (

    select
        row_id,
        'petition.case' as rule_id,
        threshold,
        case
            when not is_in_difficulty then 'not_in_difficulty'
            when threshold is null then 'no_income_line'
            when not {{ meets_threshold('income_yuan') }} then 'not_below_income_line'
        end as verdict,
        case_id as qualifier,
        income_yuan || '元' as observed_value,
        income_yuan as amount_yuan,
        accepted_date as occurred_on,
        accepted_date || '受理信访：人均纯收入' || income_yuan || '元，' || {{ threshold_text() }}
        || '（监测收入线），基本生活困难' as evidence,
        cast(null as varchar) as row_marks,
        cast(null as varchar) as finding_codes
    from ruled

)

select * from judged
