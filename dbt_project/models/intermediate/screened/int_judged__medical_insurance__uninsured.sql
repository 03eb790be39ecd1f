with persons as (

    {{ current_rows('medical_insurance__uninsured') }}

),

known as (

    select
        persons.*,
        subjects.identity,
        subjects.registry_status,
        subjects.is_in_registry,
        subjects.is_lifted,
        subjects.is_monitored
    from persons
    left join {{ ref('int_subjects') }} as subjects
        on persons.row_id = subjects.row_id and subjects.feed = 'medical_insurance__uninsured'

),

-- Insured somewhere else, or cared for by the army, in the department's own words; not where they deny it or say that it ended.
reasons as (

    select distinct uninsured_reason from persons
    where uninsured_reason <> ''

),

elsewhere as (

    select distinct reasons.uninsured_reason
    from reasons
    inner join {{ ref('insured_elsewhere') }} as ways
        on
            regexp_matches(reasons.uninsured_reason, ways.pattern)
            and not regexp_matches(reasons.uninsured_reason, {{ denied('ways.pattern') }})

),

told as (

    select
        known.*,
        elsewhere.uninsured_reason is not null as is_said_elsewhere
    from known
    left join elsewhere on known.uninsured_reason = elsewhere.uninsured_reason

),

judged as (

    select
        row_id,
        'illness.uninsured' as rule_id,
        cast(null as decimal(18, 2)) as threshold,
        case
            when identity = 'new' or (is_in_registry and not (is_lifted or is_monitored)) then 'not_in_registry'
            when insured_year <> cast(left(period, 4) as integer) then 'other_year'
        end as verdict,
        cast(insured_year as varchar) as qualifier,
        registry_status as observed_value,
        cast(null as decimal(18, 2)) as amount_yuan,
        {{ month_start('period') }} as occurred_on,
        insured_year || '年度未参加基本医疗保险'
        || coalesce('（原因：' || nullif({{ free_text('uninsured_reason') }}, '') || '）', '') as evidence,
        if(is_said_elsewhere, '可先电话核实', null) as row_marks,
        {{ category_finding() }} as finding_codes
    from told

)

select * from judged
