with persons as (

    {{ rows_to_screen('human_resources__unemployed', 'employment_income.unemployed') }}

),

judged as (

    select
        persons.*,
        case
            when
                persons.identity = 'new' or (persons.is_in_registry and not (persons.is_lifted or persons.is_monitored))
                then 'not_in_registry'
            when not persons.has_labour_ability then 'no_labour_ability'
            when not persons.has_job_intention then 'no_job_intention'
            else statuses.reason_code
        end as verdict,
        left(persons.period, 4) as qualifier,
        persons.employment_status as observed_value,
        null as amount_yuan,
        {{ month_start('persons.period') }} as occurred_on,
        left(persons.period, 4) || '年有劳动能力和就业意愿而' || persons.employment_status
        || coalesce(',最近一次就业至' || persons.last_employment_end_date || '止', '') as evidence,
        '' as row_marks,
        {{ category_finding() }} as finding_codes
    from persons
    left join {{ ref('rule_values') }} as statuses
        on
            persons.rule_id = statuses.rule_id
            and statuses.column_name = 'employment_status'
            and statuses.outcome <> 'signal'
            and persons.employment_status = statuses.value

)
{{ screened('human_resources__unemployed') }}
