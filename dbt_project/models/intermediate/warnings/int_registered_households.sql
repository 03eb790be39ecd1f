-- A view: the tables it reads are built by the screening.
{{ config(materialized='view') }}

with registry as (

    select * from {{ ref('int_registry_in_force') }}

),

members as (

    select
        county_code,
        household_id,
        max(risk_identified_date) as risk_identified_on,
        max(household_first_identified_date) as first_identified_on,
        first(poverty_cause order by row_id) filter (where poverty_cause <> '') as poverty_cause,
        list(distinct id_number) as id_numbers
    from registry
    group by county_code, household_id

)

select
    households.county_code,
    households.household_id,
    members.id_numbers,
    households.head_name,
    households.head_id_number,
    households.town_code,
    households.town_name,
    households.village_code,
    households.village_name,
    households.monitored_type,
    households.registry_status,
    members.poverty_cause,
    -- 首次识别时间 of a household once lifted is that of its poverty, years ago.
    coalesce(
        members.risk_identified_on,
        if(households.is_lifted, null, members.first_identified_on)
    ) as registered_on,
    households.registry_date
from {{ ref('int_registry_households') }} as households
inner join members using (county_code, household_id)
where households.is_monitored
