with persons as (

    {{ current_rows('human_resources__unemployed') }}

),

known as (

    select
        persons.*,
        subjects.identity,
        subjects.is_in_registry,
        subjects.is_lifted,
        subjects.is_monitored
    from persons
    left join {{ ref('int_subjects') }} as subjects
        on persons.row_id = subjects.row_id and subjects.feed = 'human_resources__unemployed'

),

judged as (

    select
        known.row_id,
        'employment_income.unemployed' as rule_id,
        cast(null as decimal(18, 2)) as threshold,
        case
            when known.identity = 'new' or (known.is_in_registry and not (known.is_lifted or known.is_monitored))
                then 'not_in_registry'
            when not known.has_labour_ability then 'no_labour_ability'
            when not known.has_job_intention then 'no_job_intention'
            else statuses.reason_code
        end as verdict,
        left(known.period, 4) as qualifier,
        known.employment_status as observed_value,
        cast(null as decimal(18, 2)) as amount_yuan,
        {{ month_start('known.period') }} as occurred_on,
        left(known.period, 4) || '年有劳动能力和就业意愿而' || known.employment_status
        || coalesce('，最近一次就业至' || known.last_employment_end_date || '止', '') as evidence,
        cast(null as varchar) as row_marks,
        {{ category_finding() }} as finding_codes
    from known
    left join {{ ref('rule_values') }} as statuses
        on
            statuses.rule_id = 'employment_income.unemployed'
            and statuses.column_name = 'employment_status'
            and statuses.outcome <> 'signal'
            and known.employment_status = statuses.value

)

select * from judged
