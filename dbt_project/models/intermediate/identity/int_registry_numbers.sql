with received as (

    select distinct
        county_code,
        person_id,
        id_number,
        {{ name_key('person_name') }} as name_key
    from {{ ref('stg_rural_revitalization__registry') }}
    where received_at <= {{ cutoff_at() }} and person_id <> '' and id_number <> ''

),

in_force as (

    select distinct
        county_code,
        person_id,
        id_number,
        {{ name_key('person_name') }} as name_key
    from {{ ref('int_registry_in_force') }}
    where id_number <> ''

)

-- The registry's 人编号 is the person. Where the name is another one too, the numbers were given out anew: that is nobody's
-- earlier number. Neither is one that the registry in force still lists, or that would lead to two people.
select
    received.county_code,
    received.id_number as former_number,
    min(in_force.id_number) as id_number
from received
inner join in_force
    on
        received.county_code = in_force.county_code
        and received.person_id = in_force.person_id
        and {{ names_agree('received.name_key', 'in_force.name_key') }}
where
    not exists (
        select 1 from in_force as listed
        where listed.county_code = received.county_code and listed.id_number = received.id_number
    )
group by received.county_code, received.id_number
having count(distinct in_force.id_number) = 1
