with screened as (

    select * from {{ ref('int_screened') }}
    where outcome not in ('waiting', 'routing') and coalesce(reason_code, '') not in ('declined', 'home_elsewhere')

),

kinds as (

    select
        *,
        string_split(marked, '、') as marks
    from {{ ref('advisories') }}

),

hazards as (

    select
        screened.*,
        kinds.advisory_code,
        '鉴定为' || given.house_grade || '级的住房' as fact,
        cast(left(screened.period, 4) as integer) as hazard_year
    from screened
    inner join {{ ref('stg_housing__hazard') }} as given on screened.row_id = given.row_id
    inner join kinds on list_contains(kinds.marks, given.house_grade)
    where screened.feed = 'housing__hazard' and kinds.advisory_code = 'house_without_plan'

),

plans as (

    select
        screened.county_code,
        screened.subject_key,
        given.plan_year
    from screened
    inner join {{ ref('stg_housing__renovation_plan') }} as given on screened.row_id = given.row_id
    where screened.feed = 'housing__renovation_plan'

),

certificates as (

    select
        screened.*,
        kinds.advisory_code,
        given.disability_level || '级残疾人证' as fact
    from screened
    inner join {{ ref('stg_disabled_federation__new_certificate') }} as given on screened.row_id = given.row_id
    inner join kinds on list_contains(kinds.marks, cast(given.disability_level as varchar))
    where
        screened.feed = 'disabled_federation__new_certificate'
        and kinds.advisory_code = 'severe_disability_without_low_income'

),

high_costs as (

    select
        screened.*,
        kinds.advisory_code,
        screened.qualifier || '年度自付费用' || screened.observed_value as fact,
        kinds.marks
    from screened
    inner join kinds on kinds.advisory_code = 'self_pay_without_spending_type'
    where screened.cause = 'illness.self_pay' and screened.outcome = 'signal'

),

-- A family is known by its 户编号, or by the number of whoever a row names.
low_income as (

    select
        screened.county_code,
        given.low_income_type,
        unnest([
            'household:' || screened.household_id, 'number:' || screened.id_number, 'number:' || screened.row_id_number
        ]) as handle
    from screened
    inner join {{ ref('stg_civil_affairs__new_low_income') }} as given on screened.row_id = given.row_id
    where screened.feed = 'civil_affairs__new_low_income'

),

-- Without the other department's list nothing can be compared.
houses as (

    select hazards.* exclude (hazards.hazard_year)
    from hazards
    semi join plans
        on hazards.county_code = plans.county_code and hazards.hazard_year <= plans.plan_year
    anti join plans as own
        on
            hazards.county_code = own.county_code
            and hazards.subject_key = own.subject_key
            and hazards.hazard_year <= own.plan_year

),

disabled as (

    select certificates.*
    from certificates
    semi join low_income on certificates.county_code = low_income.county_code
    anti join low_income as own
        on
            certificates.county_code = own.county_code
            and own.handle in ('household:' || certificates.household_id, 'number:' || certificates.id_number)

),

spending as (

    select high_costs.* exclude (high_costs.marks)
    from high_costs
    semi join low_income on high_costs.county_code = low_income.county_code
    anti join low_income as own
        on
            high_costs.county_code = own.county_code
            and own.handle in ('household:' || high_costs.household_id, 'number:' || high_costs.id_number)
            and list_contains(high_costs.marks, own.low_income_type)

),

found as (

    select * from houses

    union all

    select * from disabled

    union all

    select * from spending

),

-- Said once of a subject, from its newest row.
newest as (

    select * from found
    qualify
        row_number() over (
            partition by county_code, advisory_code, subject_key
            order by {{ period_order('period') }} desc, received_at desc, row_id desc
        ) = 1

)

select
    newest.county_code,
    newest.advisory_code,
    kinds.advisory,
    newest.town_code,
    newest.town_name,
    newest.village_code,
    newest.village_name,
    newest.household_id,
    newest.person_name,
    newest.id_number,
    newest.registry_status,
    newest.fact,
    kinds.compared_feed,
    newest.feed,
    newest.period,
    newest.delivery_id,
    newest.sheet,
    newest.row_number,
    newest.row_id
from newest
inner join kinds on newest.advisory_code = kinds.advisory_code
order by newest.advisory_code, newest.town_code, newest.village_code, newest.row_id
