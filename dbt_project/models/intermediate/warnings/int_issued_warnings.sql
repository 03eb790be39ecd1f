with listings as (

    select
        listed.* exclude (listed.entry_no),
        {{ place_of_dispatch('listed.dispatch_id') }} as place,
        dispatches.issued_at as listed_at
    from {{ source('ledger', 'dispatched_warnings') }} as listed
    inner join {{ source('ledger', 'dispatches') }} as dispatches on listed.dispatch_id = dispatches.dispatch_id
    where dispatches.cutoff_at <= {{ cutoff_at() }}

),

latest as (

    select * exclude (place) from listings
    qualify row_number() over (partition by warning_id order by place desc nulls last, listed_at desc, dispatch_id desc) = 1

),

-- The subject as it was known at issue, or when it first became known: the registry of that day stays with the warning.
known as (

    select * from listings
    where identity <> 'unresolved'
    qualify row_number() over (partition by warning_id order by place nulls last, listed_at, dispatch_id) = 1

)

select
    latest.* exclude (
        town_code, town_name, village_code, village_name, household_id, subject_key, identity, identity_method, person_name,
        id_number, head_name, registry_status, registry_date
    ),
    {% for column in [
        'town_code', 'town_name', 'village_code', 'village_name', 'household_id', 'subject_key', 'identity', 'identity_method',
        'person_name', 'id_number', 'head_name', 'registry_status', 'registry_date',
    ] %}
    if(known.warning_id is null, latest.{{ column }}, known.{{ column }}) as {{ column }},
    {% endfor %}
    states.state,
    states.is_open
from latest
left join known on latest.warning_id = known.warning_id
inner join {{ ref('int_warning_states') }} as states
    on latest.county_code = states.county_code and latest.warning_id = states.warning_id
