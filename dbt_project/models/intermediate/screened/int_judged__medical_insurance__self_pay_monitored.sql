with persons as (

    {{ current_rows('medical_insurance__self_pay_monitored') }}

),

settled as (

    select given.* replace ({{ settled_amounts('medical_insurance__self_pay_monitored') }})
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
        on rules.rule_id = 'illness.self_pay_monitored' and {{ in_force('rules', 'cast(settled.received_at as date)') }}

),

known as (

    select
        ruled.*,
        subjects.identity,
        subjects.is_in_registry,
        subjects.is_monitored
    from ruled
    left join {{ ref('int_subjects') }} as subjects
        on ruled.row_id = subjects.row_id and subjects.feed = 'medical_insurance__self_pay_monitored'

),

-- Every 监测对象 is information for the town. Above the line anybody counts, as an insured resident.
judged as (

    select
        row_id,
        'illness.self_pay_monitored' as rule_id,
        threshold,
        case
            when {{ meets_threshold('self_pay_yuan') }} then null
            when identity = 'new' or (is_in_registry and not is_monitored) then 'not_in_registry'
            else 'self_pay_information'
        end as verdict,
        cast(statistics_year as varchar) as qualifier,
        self_pay_yuan || '元' as observed_value,
        self_pay_yuan as amount_yuan,
        last_day({{ month_start('as_of_month') }}) as occurred_on,
        statistics_year || '年度截至' || as_of_month || '累计个人自付费用' || self_pay_yuan || '元，'
        || {{ threshold_text() }} as evidence,
        cast(null as varchar) as row_marks,
        case
            when identity = 'new' then 'monitored_not_listed'
            when is_in_registry and not is_monitored then 'not_monitored'
        end as finding_codes
    from known

)

select * from judged
