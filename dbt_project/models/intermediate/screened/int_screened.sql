{{ config(materialized='table') }}

with subject_of_feed as (

    select distinct
        rules.feed,
        causes.subject
    from {{ ref('rules') }} as rules
    inner join {{ ref('causes') }} as causes on rules.cause = causes.cause

),

-- What a person has decided about a row holds in place of what the file says.
settled as (

    select
        given.* replace ({{ decided_place() }}),
        subject_of_feed.subject,
        coalesce(decisions.is_declined, false) as is_declined,
        coalesce(decisions.is_answered, false) as is_answered,
        coalesce(list_contains(string_split(decisions.accepted_codes, '、'), given.verdict), false) as is_accepted
    from {{ ref('int_judged') }} as given
    inner join subject_of_feed on given.feed = subject_of_feed.feed
    left join {{ ref('int_decisions') }} as decisions on given.row_id = decisions.row_id

),

-- A person or household stands where the registry has its home, else where the row says.
people as (

    select
        settled.* exclude (town_code, town_name, village_code, village_name),
        if(subjects.home_town_code is null, settled.town_code, subjects.home_town_code) as town_code,
        if(subjects.home_town_code is null, settled.town_name, subjects.home_town_name) as town_name,
        if(subjects.home_town_code is null, settled.village_code, subjects.home_village_code) as village_code,
        if(subjects.home_town_code is null, settled.village_name, subjects.home_village_name) as village_name,
        -- At home in another county is none of ours, unless the registry knows them.
        coalesce(settled.home_elsewhere, false) and coalesce(subjects.identity, '') <> 'matched' as is_not_ours,
        {{ place_key(
            'settled.town_code', 'settled.town_name', 'settled.village_code', 'settled.village_name', 'subjects.stated_name'
        ) }} as stated_key,
        subjects.known_key,
        coalesce(subjects.identity, 'unresolved') as identity,
        subjects.identity_method,
        subjects.subject_name as person_name,
        subjects.subject_id_number as id_number,
        subjects.subject_head_name as head_name,
        subjects.subject_household_id as household_id,
        subjects.registry_status,
        subjects.registry_date,
        coalesce(subjects.is_monitored, false) as is_monitored,
        subjects.stated_name,
        subjects.stated_id_number,
        subjects.row_person_name,
        subjects.row_id_number,
        nullif(concat_ws(
            '、',
            if(subjects.identity_method = 'former_number', 'former_number', null),
            if(subjects.name_differs, 'name_differs', null),
            if(subjects.village_differs, 'village_differs', null),
            if(subjects.household_count > 1, 'in_two_households', null)
        ), '') as subject_finding_codes,
        subjects.name_column,
        subjects.candidates
    from settled
    left join {{ ref('int_subjects') }} as subjects on settled.feed = subjects.feed and settled.row_id = subjects.row_id
    where settled.subject <> 'area'

),

-- An area event stands once for each town it names; one without any known town stays one row. Codes and names come joined by 、
-- in the same order.
towns as (

    select
        *,
        unnest(coalesce(nullif({{ code_names('town_code', 'town_name') }}, []), [null])) as town,
        {{ code_names('village_code', 'village_name') }} as villages
    from settled
    where subject = 'area'

),

of_towns as (

    select
        *,
        list_filter(villages, lambda village: starts_with(village['code'], coalesce(town['code'], ''))) as town_villages
    from towns

),

areas as (

    select
        * exclude (town_code, town_name, village_code, village_name, town, villages, town_villages),
        town['code'] as town_code,
        coalesce(town['name'], town_name) as town_name,
        nullif(array_to_string(list_transform(town_villages, lambda village: village['code']), '、'), '') as village_code,
        case
            when coalesce(town_code, '') not like '%、%' then village_name
            else nullif(array_to_string(list_transform(town_villages, lambda village: village['name']), '、'), '')
        end as village_name,
        coalesce(home_elsewhere, false) and town['code'] is null as is_not_ours,
        coalesce(town['code'], town['name'], town_name, '') as known_key,
        'matched' as identity,
        false as is_monitored
    from of_towns

),

placed as (

    select * from people

    union all by name

    select * from areas

),

-- The rule is the one in force on the day of receipt.
ruled as (

    select
        placed.* replace (rules.rule_id as rule_id),
        rules.warning_type,
        rules.cause,
        rules.clause,
        rules.threshold_unit,
        try_cast(rules.valid_from as date) as rule_valid_from,
        try_cast(rules.valid_to as date) as rule_valid_to,
        -- Where a row belongs is asked only when nothing else keeps it from being a signal.
        coalesce(placed.waits_code, '') not in ('', 'unroutable')
        and not placed.is_answered
        and not placed.is_declined as is_waiting
    from placed
    left join {{ ref('rules') }} as rules
        on placed.rule_id = rules.rule_id and {{ in_force('rules', 'cast(placed.received_at as date)') }}

),

-- A row that waits for a person is no warning until decided, and none when the decision is 不采纳; one that meets its rule but
-- has no town waits to be routed.
decided as (

    select
        *,
        case
            when is_declined then 'declined'
            when is_waiting then waits_code
            when is_not_ours then 'home_elsewhere'
            when rule_id is null then 'rule_not_in_force'
            when verdict is not null and not is_accepted then verdict
            when town_code is null then 'unroutable'
        end as reason_code
    from ruled

)

select
    decided.row_id,
    decided.feed,
    decided.county_code,
    decided.delivery_id,
    decided.sheet,
    decided.row_number,
    decided.period,
    decided.received_at,
    decided.modified_at,
    case
        when decided.is_waiting then 'waiting'
        when decided.reason_code is null then 'signal'
        else reasons.outcome
    end as outcome,
    decided.reason_code,
    if(decided.is_waiting, coalesce(decided.waits_reason, reasons.reason), reasons.reason) as reason,
    decided.rule_id,
    decided.warning_type,
    decided.cause,
    decided.clause,
    decided.threshold,
    decided.threshold_unit,
    decided.rule_valid_from,
    decided.rule_valid_to,
    decided.subject,
    coalesce(decided.known_key, decided.stated_key) as subject_key,
    decided.known_key is not null as is_key_known,
    decided.qualifier,
    decided.identity,
    decided.identity_method,
    decided.person_name,
    decided.id_number,
    decided.head_name,
    decided.household_id,
    decided.registry_status,
    decided.registry_date,
    decided.is_monitored,
    decided.town_code,
    decided.town_name,
    decided.village_code,
    decided.village_name,
    decided.stated_name,
    decided.stated_id_number,
    decided.row_person_name,
    decided.row_id_number,
    decided.stated_key,
    decided.observed_value,
    decided.amount_yuan,
    decided.occurred_on,
    if(decided.reason_code is null, {{ sentence('decided.evidence') }}, null) as evidence,
    decided.row_marks,
    nullif(concat_ws(
        '、',
        decided.finding_codes,
        decided.subject_finding_codes,
        if(decided.reason_code = 'home_elsewhere' and decided.subject <> 'area', 'home_elsewhere', null)
    ), '') as finding_codes,
    decided.name_column,
    decided.candidates
from decided
left join {{ ref('screening_reasons') }} as reasons on decided.reason_code = reasons.reason_code
