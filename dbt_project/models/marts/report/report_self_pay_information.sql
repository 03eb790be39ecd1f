with screened as (

    select * from {{ ref('int_screened') }}
    where
        feed = 'medical_insurance__self_pay_monitored'
        and (is_monitored or identity = 'unresolved')
        and outcome in ('signal', 'information')

),

figures as (

    {{ current_rows('medical_insurance__self_pay_monitored') }}

),

-- Year-to-date figures: the newest holds the earlier ones.
newest as (

    select
        screened.*,
        figures.statistics_year,
        figures.as_of_month,
        figures.total_cost_yuan,
        figures.basic_insurance_yuan,
        figures.serious_illness_yuan,
        figures.medical_aid_yuan,
        figures.self_pay_yuan
    from screened
    inner join figures on screened.row_id = figures.row_id
    qualify
        row_number() over (
            partition by screened.county_code, screened.subject_key
            order by screened.period desc, screened.received_at desc, screened.row_id desc
        ) = 1

),

warned as (

    select distinct
        county_code,
        subject_key,
        qualifier
    from {{ ref('int_warnings') }}
    where cause = 'illness.self_pay'

)

select
    newest.town_code,
    newest.town_name,
    newest.village_code,
    newest.village_name,
    newest.household_id,
    newest.person_name,
    newest.id_number,
    newest.statistics_year,
    newest.as_of_month,
    newest.total_cost_yuan,
    newest.basic_insurance_yuan,
    newest.serious_illness_yuan,
    newest.medical_aid_yuan,
    newest.self_pay_yuan,
    warned.subject_key is not null as is_warning,
    newest.period,
    newest.received_at,
    newest.row_id
from newest
left join warned
    on
        newest.county_code = warned.county_code
        and newest.subject_key = warned.subject_key
        and newest.qualifier = warned.qualifier
order by newest.town_code, newest.village_code, newest.row_id
