{{ config(materialized='table') }}

with identity as (

    select * from {{ ref('int_identity') }}

),

subject_of_feed as (

    select distinct
        rules.feed,
        causes.subject
    from {{ ref('rules') }} as rules
    inner join {{ ref('causes') }} as causes on rules.cause = causes.cause

),

claims as (

    select
        identity.*,
        subject_of_feed.subject,
        first_value(identity.given_name) over (row_people) as row_person_name,
        first_value(identity.given_id_number) over (row_people) as row_id_number
    from identity
    inner join subject_of_feed on identity.feed = subject_of_feed.feed
    where identity.claim_role <> 'guardian'
    window row_people as (
        partition by identity.feed, identity.row_id order by identity.claim_role in ('person', 'child') desc
    )

),

-- Who stands for the row: whoever the registry knows best, else the head. A head without a number, named like the person, is
-- the person.
chosen as (

    select * from claims
    qualify
        row_number() over (
            partition by feed, row_id
            order by
                identity = 'matched' desc,
                identity = 'matched' and identity_method in ('number', 'former_number', 'confirmed') desc,
                claim_role = 'head' and (given_id_number is not null or given_name <> row_person_name) desc,
                claim_role desc
        ) = 1

),

-- A child the registry does not list belongs to the household of a guardian it does list.
guardians as (

    select * from identity
    where claim_role = 'guardian' and identity = 'matched'

)

select
    chosen.feed,
    chosen.row_id,
    chosen.subject,
    chosen.identity,
    if(chosen.identity = 'new' and guardians.row_id is not null, 'guardian', chosen.identity_method) as identity_method,
    case
        when chosen.identity = 'matched' and chosen.subject = 'household' then chosen.head_name
        when chosen.identity = 'matched' then chosen.person_name
        else chosen.given_name
    end as subject_name,
    case
        when chosen.identity = 'matched' and chosen.subject = 'household' then chosen.head_id_number
        when chosen.identity = 'matched' then chosen.id_number
        else chosen.given_id_number
    end as subject_id_number,
    case
        when chosen.identity = 'matched' then chosen.head_name
        when chosen.subject = 'household' then chosen.given_name
        else guardians.head_name
    end as subject_head_name,
    coalesce(chosen.household_id, guardians.household_id) as subject_household_id,
    case
        when chosen.identity = 'unresolved' then if(chosen.is_number_unlisted, chosen.given_id_number, null)
        when chosen.subject = 'household' then coalesce(chosen.household_id, chosen.given_id_number)
        else coalesce(chosen.id_number, chosen.given_id_number)
    end as known_key,
    coalesce(guardians.registry_status, chosen.registry_status) as registry_status,
    chosen.registry_date,
    chosen.identity = 'matched' as is_in_registry,
    chosen.is_lifted,
    chosen.is_monitored,
    chosen.registry_town_code as home_town_code,
    chosen.registry_town_name as home_town_name,
    chosen.registry_village_code as home_village_code,
    chosen.registry_village_name as home_village_name,
    chosen.given_name as stated_name,
    chosen.given_id_number as stated_id_number,
    chosen.row_person_name,
    chosen.row_id_number,
    chosen.name_differs,
    chosen.village_differs,
    chosen.household_count,
    chosen.claim_role || '_name' as name_column,
    chosen.candidates
from chosen
left join guardians on chosen.feed = guardians.feed and chosen.row_id = guardians.row_id and chosen.identity <> 'matched'
