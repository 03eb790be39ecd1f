-- A view, so that what is dispatched after a screening shows at once.
{{ config(materialized='view') }}

with registered as (

    select * from {{ ref('int_registered_households') }}

),

-- Before the first dispatch nobody could be warned of.
begun as (

    select
        county_code,
        cast(min(cutoff_at) as date) as began_on
    from {{ source('ledger', 'dispatches') }}
    group by county_code

),

warned as (

    select
        county_code,
        household_id,
        id_number,
        cast(issued_at as date) as warned_on
    from {{ source('ledger', 'dispatched_warnings') }}
    where subject <> 'area'

    union all

    select
        county_code,
        household_id,
        id_number,
        first_signalled_on as warned_on
    from {{ ref('int_warnings') }}
    where subject <> 'area'

),

handles as (

    select
        county_code,
        household_id,
        unnest(list_prepend(household_id, id_numbers)) as handle
    from registered

),

first_warned as (

    select
        handles.county_code,
        handles.household_id,
        min(warned.warned_on) as first_warned_on
    from handles
    inner join warned
        on
            handles.county_code = warned.county_code
            and handles.handle in (warned.household_id, warned.id_number)
    group by all

)

select
    registered.county_code,
    strftime(registered.registered_on, '%Y-%m') as month,
    registered.town_code,
    registered.town_name,
    registered.village_code,
    registered.village_name,
    registered.household_id,
    registered.head_name as person_name,
    registered.head_id_number as id_number,
    registered.monitored_type,
    registered.registry_status,
    registered.poverty_cause,
    registered.registered_on,
    first_warned.first_warned_on,
    registered.registry_date
from registered
inner join begun on registered.county_code = begun.county_code
left join first_warned
    on registered.county_code = first_warned.county_code and registered.household_id = first_warned.household_id
where
    registered.registered_on > begun.began_on
    and (first_warned.first_warned_on is null or first_warned.first_warned_on > registered.registered_on)
order by registered.registered_on, registered.town_code, registered.village_code, registered.household_id
