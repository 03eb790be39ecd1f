with children as (

    {{ current_rows('education__dropout') }}

),

dated as (

    select
        children.*,
        statuses.reason_code as status_reason,
        compulsory.school_stage is not null as is_compulsory_stage,
        cast(try_strptime(substr(children.child_id_number, 7, 8), '%Y%m%d') as date) as birth_date,
        make_date(cast(left(children.period, 4) as integer), terms.start_month, terms.start_day) as term_start,
        terms.term_name
    from children
    left join {{ ref('rule_values') }} as statuses
        on
            statuses.rule_id = 'schooling.dropout'
            and statuses.column_name = 'attendance_status'
            and statuses.outcome <> 'signal'
            and children.attendance_status = statuses.value
    left join {{ ref('compulsory_school_stages') }} as compulsory on children.school_stage = compulsory.school_stage
    left join {{ ref('school_terms') }} as terms on substr(children.period, 6) = terms.term_code

),

-- Of compulsory-school age when the term began, or when the absence began; the school stage decides only without a birth date.
aged as (

    select
        dated.*,
        case
            when dated.birth_date is null then dated.is_compulsory_stage
            else
                (
                    dated.birth_date + to_years(ages.from_age) <= dated.term_start
                    and dated.birth_date + to_years(ages.below_age) > dated.term_start
                )
                or coalesce(
                    dated.birth_date + to_years(ages.from_age) <= dated.absence_date
                    and dated.birth_date + to_years(ages.below_age) > dated.absence_date,
                    false
                )
        end as is_of_school_age
    from dated
    left join {{ ref('compulsory_school_age') }} as ages on {{ in_force('ages', 'dated.term_start') }}

),

judged as (

    select
        row_id,
        'schooling.dropout' as rule_id,
        cast(null as decimal(18, 2)) as threshold,
        case
            when status_reason is not null then status_reason
            when not is_of_school_age then if(birth_date is null, 'not_school_stage', 'not_school_age')
        end as verdict,
        '' as qualifier,
        attendance_status as observed_value,
        cast(null as decimal(18, 2)) as amount_yuan,
        coalesce(absence_date, term_start) as occurred_on,
        left(period, 4) || '年' || term_name || coalesce(school_stage, '') || attendance_status
        || coalesce('，自' || absence_date || '起', '') as evidence,
        cast(null as varchar) as row_marks,
        cast(null as varchar) as finding_codes
    from aged

)

select * from judged
