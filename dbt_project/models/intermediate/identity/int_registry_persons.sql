with registry as (

    select * from {{ ref('int_registry_in_force') }}

),

households as (

    select * from {{ ref('int_registry_households') }}

),

memberships as (

    select * from registry
    where id_number is not null
    qualify
        row_number() over (partition by county_code, id_number, household_id order by {{ newest_first('registry') }}) = 1

)

select
    memberships.county_code,
    memberships.id_number,
    memberships.household_id,
    memberships.person_name,
    {{ name_key('memberships.person_name') }} as name_key,
    memberships.relation_to_head,
    memberships.id_number = households.head_id_number as is_head,
    memberships.person_phone,
    coalesce(memberships.town_code, households.town_code) as town_code,
    if(memberships.town_code is null and households.town_code is not null, households.town_name, memberships.town_name)
        as town_name,
    if(memberships.town_code is null, households.village_code, memberships.village_code) as village_code,
    if(memberships.town_code is null and households.town_code is not null, households.village_name, memberships.village_name)
        as village_name,
    households.head_name,
    households.head_id_number,
    households.member_count,
    households.is_lifted,
    households.is_monitored,
    households.monitored_type,
    households.risk_removed,
    households.registry_status,
    memberships.person_identified_date,
    memberships.household_first_identified_date,
    count(*) over (partition by memberships.county_code, memberships.id_number) as household_count,
    rank() over (
        partition by memberships.county_code, memberships.id_number
        order by
            coalesce(memberships.person_identified_date, memberships.household_first_identified_date) desc nulls last,
            memberships.household_first_identified_date desc nulls last
    ) as identification_rank,
    memberships.registry_date,
    memberships.row_id,
    memberships.delivery_id,
    memberships.sheet,
    memberships.row_number
from memberships
inner join households
    on memberships.county_code = households.county_code and memberships.household_id = households.household_id
