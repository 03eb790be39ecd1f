with persons as (

    {{ current_rows('medical_insurance__self_pay_high') }}

),

settled as (

    select given.* replace ({{ settled_amounts('medical_insurance__self_pay_high') }})
    from persons as given
    left join {{ ref('int_decisions') }} as decisions on given.row_id = decisions.row_id

),

ruled as (

    select
        settled.*,
        rules.comparison,
        try_cast(rules.threshold as decimal(18, 2)) as threshold,
        rules.threshold_unit
    from settled
    left join {{ ref('rules') }} as rules
        on rules.rule_id = 'illness.self_pay_high' and {{ in_force('rules', 'cast(settled.received_at as date)') }}

),

known as (

    select
        ruled.*,
        subjects.identity,
        subjects.is_in_registry,
        subjects.is_lifted,
        subjects.is_monitored
    from ruled
    left join {{ ref('int_subjects') }} as subjects
        on ruled.row_id = subjects.row_id and subjects.feed = 'medical_insurance__self_pay_high'

),

judged as (

    select
        row_id,
        'illness.self_pay_high' as rule_id,
        threshold,
        case when not {{ meets_threshold('self_pay_yuan') }} then 'below_mark' end as verdict,
        cast(statistics_year as varchar) as qualifier,
        self_pay_yuan || '元' as observed_value,
        self_pay_yuan as amount_yuan,
        last_day({{ month_start('as_of_month') }}) as occurred_on,
        statistics_year || '年度截至' || as_of_month || '累计个人自付费用' || self_pay_yuan || '元，'
        || {{ threshold_text() }} as evidence,
        cast(null as varchar) as row_marks,
        {{ category_finding() }} as finding_codes
    from known

)

select * from judged
