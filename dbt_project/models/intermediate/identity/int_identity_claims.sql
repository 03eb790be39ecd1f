{% set claiming = feeds_with('claims') %}
with
{% for feed in claiming %}
{{ feed }} as (
    {{ current_rows(feed) }}
),

{% endfor %}
claims as (
    {% for feed in claiming %}
    {% for role in feeds()[feed].claims %}
    select
        '{{ feed }}' as feed,
        row_id,
        '{{ role }}' as claim_role,
        county_code,
        {{ role }}_name as given_name,
        {{ 'id_number' if role == 'person' else role ~ '_id_number' }} as given_id_number,
        {{ 'household_id' if feeds()[feed].names_household else 'cast(null as varchar)' }} as given_household_id,
        town_code,
        village_code,
        home_elsewhere
    from {{ feed }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

decisions as (

    select * from {{ ref('int_decisions') }}

),

-- What was decided about a name and number holds for every row that says the same: nobody is asked twice.
answered as (

    select
        claims.county_code,
        claims.given_id_number,
        {{ name_key('claims.given_name') }} as name_key,
        min(decisions.id_number) filter (where claims.claim_role || '_name' = decisions.name_column) as id_number
    from claims
    inner join decisions
        on
            claims.row_id = decisions.row_id
            and claims.claim_role || '_name' in (decisions.name_column, decisions.unfound_name_column)
    where claims.given_id_number <> ''
    group by all
    having count(distinct if(claims.claim_role || '_name' = decisions.name_column, decisions.id_number, '')) = 1

)

-- What a person has decided takes the place of what the file says.
select
    claims.row_id || ':' || claims.claim_role as claim_id,
    claims.feed,
    claims.row_id,
    claims.claim_role,
    claims.county_code,
    claims.given_name,
    coalesce(confirmed.id_number, answered.id_number, nullif(claims.given_id_number, '')) as given_id_number,
    nullif(claims.given_household_id, '') as given_household_id,
    coalesce(placed.town_code, nullif(claims.town_code, '')) as town_code,
    if(placed.town_code is null, nullif(claims.village_code, ''), placed.village_code) as village_code,
    coalesce(claims.home_elsewhere, false) as home_elsewhere,
    coalesce(confirmed.id_number, answered.id_number) is not null as is_confirmed,
    answered.name_key is not null and coalesce(confirmed.id_number, answered.id_number) is null as is_found_in_nobody
from claims
left join decisions as placed on claims.row_id = placed.row_id
left join answered
    on
        claims.county_code = answered.county_code
        and claims.given_id_number = answered.given_id_number
        and {{ name_key('claims.given_name') }} = answered.name_key
left join decisions as confirmed
    on
        claims.row_id = confirmed.row_id
        and confirmed.name_column = claims.claim_role || '_name'
        and confirmed.id_number is not null
where coalesce(nullif(claims.given_name, ''), nullif(claims.given_id_number, '')) is not null
