with persons as (

    {{ current_rows('disabled_federation__new_certificate') }}

),

-- A certificate's number is the identity number, the category, the level and, for a re-issue, a suffix.
marked as (

    select
        persons.*,
        coalesce(marks.outcome, 'no_signal') as mark,
        substr(persons.certificate_number, 21) <> '' as is_reissue,
        left(persons.certificate_number, 18) <> persons.id_number
        or substr(persons.certificate_number, 19, 1) <> coalesce(categories.category_code, '')
        or substr(persons.certificate_number, 20, 1) <> cast(persons.disability_level as varchar) as is_number_different
    from persons
    left join {{ ref('disability_marks') }} as marks
        on persons.disability_level = marks.disability_level and persons.disability_category = marks.disability_category
    left join {{ ref('disability_categories') }} as categories on persons.disability_category = categories.disability_category

),

judged as (

    select
        row_id,
        'disability.new_certificate' as rule_id,
        cast(null as decimal(18, 2)) as threshold,
        case
            when is_reissue then 'reissued'
            when not ({{ in_quarter('issued_date', 'period') }}) then 'issued_outside_quarter'
            when mark = 'no_signal' then 'below_mark'
            when not is_short_of_labour then 'labour_sufficient'
            when poverty_risk <> '高' then 'risk_not_high'
            when mark = 'waiting' then 'multiple_disability_level_3'
        end as verdict,
        certificate_number as qualifier,
        disability_category || disability_level || '级' as observed_value,
        cast(null as decimal(18, 2)) as amount_yuan,
        issued_date as occurred_on,
        issued_date || '新办残疾人证：' || disability_category || '残疾' || disability_level || '级，缺少劳动力'
        || if(poverty_risk is null, '', '，返贫致贫风险' || poverty_risk) as evidence,
        cast(null as varchar) as row_marks,
        nullif(concat_ws(
            '、',
            if(is_number_different, 'certificate_differs', null),
            if(not is_short_of_labour and poverty_risk = '高', 'risk_high_with_labour', null)
        ), '') as finding_codes
    from marked

)

select * from judged
