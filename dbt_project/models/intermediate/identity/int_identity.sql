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

-- The number's holder, once for each household the registry lists the person in.
holders as (

    select
        claims.claim_id,
        persons.id_number,
        persons.household_id,
        persons.household_count,
        not {{ names_agree('claims.name_key', 'persons.name_key') }} as name_differs,
        claims.home_elsewhere or {{ places_differ('claims', 'persons') }} as village_differs,
        row_number() over (
            partition by claims.claim_id
            order by
                persons.identification_rank,
                coalesce(persons.household_id = claims.given_household_id, false) desc,
                coalesce(persons.village_code = claims.village_code, false) desc,
                coalesce(persons.town_code = claims.town_code, false) desc,
                persons.household_id
        ) as choice
    from claims
    inner join persons on claims.county_code = persons.county_code and claims.given_id_number = persons.id_number

),

-- Another name alone, or another village alone, is a finding. Both together, and in every household of the person: not sure.
numbers as (

    select
        claim_id,
        bool_or(name_differs) and bool_and(village_differs) as is_contradicted
    from holders
    group by claim_id

),

-- Without a number: who has this name in this village.
namesakes as (

    select
        claims.claim_id,
        persons.id_number,
        persons.household_id,
        min(persons.id_number) over (partition by claims.claim_id)
        = max(persons.id_number) over (partition by claims.claim_id) as is_only_one,
        row_number() over (
            partition by claims.claim_id order by persons.identification_rank, persons.household_id
        ) as choice
    from claims
    inner join persons
        on
            claims.county_code = persons.county_code
            and claims.name_key = persons.name_key
            and claims.village_code = persons.village_code
    where claims.given_id_number is null and claims.name_key <> ''

),

found as (

    select
        holders.claim_id,
        holders.id_number,
        holders.household_id,
        holders.name_differs,
        holders.village_differs,
        'number' as identity_method
    from holders
    inner join numbers on holders.claim_id = numbers.claim_id and not numbers.is_contradicted
    where holders.choice = 1

    union all

    select
        claim_id,
        id_number,
        household_id,
        false as name_differs,
        false as village_differs,
        'name_village' as identity_method
    from namesakes
    where choice = 1 and is_only_one

),

decided as (

    select
        claims.*,
        case
            when found.claim_id is not null then 'matched'
            when claims.given_id_number is not null and numbers.claim_id is null then 'new'
            else 'unresolved'
        end as identity,
        case
            when found.claim_id is not null then found.identity_method
            when claims.given_id_number is not null and numbers.claim_id is null then 'number'
            else 'none'
        end as identity_method,
        found.id_number as found_id_number,
        found.household_id as found_household_id,
        coalesce(found.name_differs, numbers.is_contradicted, false) as name_differs,
        coalesce(found.village_differs, numbers.is_contradicted, false) as village_differs
    from claims
    left join found on claims.claim_id = found.claim_id
    left join numbers on claims.claim_id = numbers.claim_id

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

eligible as (

    select
        claim_id,
        id_number,
        household_id
    from nearest

    union

    select
        holders.claim_id,
        holders.id_number,
        holders.household_id
    from holders
    inner join decided on holders.claim_id = decided.claim_id
    where decided.identity = 'unresolved' or holders.household_count > 1

    union

    select
        namesakes.claim_id,
        namesakes.id_number,
        namesakes.household_id
    from namesakes
    inner join found on namesakes.claim_id = found.claim_id
    qualify count(*) over (partition by namesakes.claim_id) > 1

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
