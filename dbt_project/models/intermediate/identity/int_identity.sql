with claims as (

    select
        *,
        {{ name_key('given_name') }} as name_key
    from {{ ref('int_identity_claims') }}

),

persons as (

    select * from {{ ref('int_registry_persons') }}

),

registry as (

    select
        county_code,
        max(registry_date) as registry_date
    from persons
    group by county_code

),

-- A number that the registry once had for somebody means that person, by the number the registry has now.
numbered as (

    select
        claims.*,
        coalesce(former.id_number, claims.given_id_number) as current_number,
        former.former_number is not null as is_former
    from claims
    left join {{ ref('int_registry_numbers') }} as former
        on claims.county_code = former.county_code and claims.given_id_number = former.former_number

),

-- Without a number that the registry lists: the one person with this name in this village, if there is only one.
namesakes as (

    select
        numbered.claim_id,
        min(persons.id_number) as id_number
    from numbered
    inner join persons
        on
            numbered.county_code = persons.county_code
            and numbered.name_key = persons.name_key
            and numbered.village_code = persons.village_code
    where
        numbered.name_key <> ''
        and not exists (
            select 1 from persons as holder
            where holder.county_code = numbered.county_code and holder.id_number = numbered.current_number
        )
    group by numbered.claim_id
    having count(distinct persons.id_number) = 1

),

sought as (

    select
        numbered.*,
        coalesce(numbered.current_number, namesakes.id_number) as sought_number,
        case
            when numbered.is_confirmed then 'confirmed'
            when numbered.is_former then 'former_number'
            when numbered.given_id_number is not null then 'number'
            when namesakes.id_number is not null then 'name_village'
            else 'none'
        end as sought_by,
        -- A valid number that nobody listed has, under the name of the one person listed there: perhaps that person, perhaps not.
        numbered.given_id_number is not null
        and namesakes.id_number is not null
        and not coalesce(numbered.is_confirmed, false)
        and not coalesce(numbered.is_found_in_nobody, false) as is_perhaps_listed
    from numbered
    left join namesakes on numbered.claim_id = namesakes.claim_id

),

-- The number's holder, once for each household the registry lists the person in.
holders as (

    select
        sought.claim_id,
        coalesce(sought.is_confirmed, false) as is_confirmed,
        persons.id_number,
        persons.household_id,
        persons.household_count,
        not {{ names_agree('sought.name_key', 'persons.name_key') }} as name_differs,
        sought.home_elsewhere or {{ places_differ('sought', 'persons') }} as village_differs,
        row_number() over (
            partition by sought.claim_id
            order by
                persons.identification_rank asc,
                coalesce(persons.household_id = sought.given_household_id, false) desc,
                coalesce(persons.village_code = sought.village_code, false) desc,
                coalesce(persons.town_code = sought.town_code, false) desc,
                persons.household_id asc
        ) as choice
    from sought
    inner join persons on sought.county_code = persons.county_code and sought.sought_number = persons.id_number

),

-- Another name alone, or another village alone, is a finding. Both together, in every household of the person: unresolved, unless
-- somebody has confirmed the person.
found as (

    select
        claim_id,
        arg_min(id_number, choice) as id_number,
        arg_min(household_id, choice) as household_id,
        arg_min(name_differs, choice) as name_differs,
        arg_min(village_differs, choice) as village_differs,
        bool_and(name_differs and village_differs and not is_confirmed) as is_contradicted
    from holders
    group by claim_id

),

decided as (

    select
        sought.*,
        case
            when not found.is_contradicted then 'matched'
            when found.claim_id is null and not sought.is_perhaps_listed and sought.given_id_number is not null then 'new'
            else 'unresolved'
        end as identity,
        if(coalesce(found.is_contradicted, sought.is_perhaps_listed), 'none', sought.sought_by) as identity_method,
        sought.given_id_number is not null and found.claim_id is null as is_number_unlisted,
        if(found.is_contradicted, null, found.id_number) as found_id_number,
        if(found.is_contradicted, null, found.household_id) as found_household_id,
        coalesce(found.name_differs, false) as name_differs,
        coalesce(found.village_differs, false) as village_differs
    from sought
    left join found on sought.claim_id = found.claim_id

),

-- Whom the bureau may choose from: the number's holder, and the namesakes nearest to the place given.
nearest as (

    select
        decided.claim_id,
        persons.id_number,
        persons.household_id
    from decided
    inner join persons on decided.county_code = persons.county_code and decided.name_key = persons.name_key
    where decided.identity = 'unresolved' and decided.name_key <> ''
    qualify
        rank() over (
            partition by decided.claim_id
            order by
                coalesce(decided.village_code = persons.village_code, false) desc,
                coalesce(decided.town_code = persons.town_code, false) desc
        ) = 1

),

-- Where no namesake lives in the village: those there whose name is one slip away.
lookalikes as (

    select
        decided.claim_id,
        persons.id_number,
        persons.household_id
    from decided
    inner join persons on decided.county_code = persons.county_code and decided.village_code = persons.village_code
    where
        decided.identity = 'unresolved' and {{ names_similar('decided.name_key', 'persons.name_key') }}
        and not exists (
            select 1 from persons as namesake
            where
                namesake.county_code = decided.county_code
                and namesake.village_code = decided.village_code
                and namesake.name_key = decided.name_key
        )

),

eligible as (

    select
        claim_id,
        id_number,
        household_id
    from nearest

    union

    select
        claim_id,
        id_number,
        household_id
    from lookalikes

    union

    select
        holders.claim_id,
        holders.id_number,
        holders.household_id
    from holders
    inner join decided on holders.claim_id = decided.claim_id
    where decided.identity = 'unresolved' or holders.household_count > 1

),

candidates as (

    select
        eligible.claim_id,
        cast(to_json(list(
            {
                'household_id': persons.household_id,
                'person_name': persons.person_name,
                'village_name': persons.village_name,
                'id_number': {{ masked_number('persons.id_number') }}
            }
            order by persons.village_code, persons.household_id, persons.id_number
        )[:{{ var('candidate_limit') }}]) as varchar) as candidates
    from eligible
    inner join decided on eligible.claim_id = decided.claim_id
    inner join persons
        on
            decided.county_code = persons.county_code
            and eligible.id_number = persons.id_number
            and eligible.household_id = persons.household_id
    group by eligible.claim_id

)

select
    decided.claim_id,
    decided.feed,
    decided.row_id,
    decided.claim_role,
    decided.county_code,
    decided.given_name,
    decided.given_id_number,
    decided.given_household_id,
    decided.town_code,
    decided.village_code,
    decided.identity,
    decided.identity_method,
    decided.is_number_unlisted,
    persons.person_name,
    persons.id_number,
    persons.household_id,
    persons.relation_to_head,
    coalesce(persons.is_head, false) as is_head,
    persons.head_name,
    persons.head_id_number,
    persons.member_count,
    persons.town_code as registry_town_code,
    persons.town_name as registry_town_name,
    persons.village_code as registry_village_code,
    persons.village_name as registry_village_name,
    case decided.identity when 'matched' then persons.registry_status when 'new' then '一般农户' end as registry_status,
    coalesce(persons.is_lifted, false) as is_lifted,
    coalesce(persons.is_monitored, false) as is_monitored,
    persons.monitored_type,
    persons.risk_removed,
    registry.registry_date,
    decided.name_differs,
    decided.village_differs,
    coalesce(persons.household_count, 0) as household_count,
    candidates.candidates
from decided
left join persons
    on
        decided.county_code = persons.county_code
        and decided.found_id_number = persons.id_number
        and decided.found_household_id = persons.household_id
left join registry on decided.county_code = registry.county_code
left join candidates on decided.claim_id = candidates.claim_id
