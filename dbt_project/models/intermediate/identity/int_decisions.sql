with given as (

    select * from {{ source('ledger', 'decisions') }} as decisions
    where decided_at <= {{ cutoff_at() }}
    qualify
        row_number() over (
            partition by delivery_id, sheet, row_number, column_name, reason_code
            order by {{ place_of('decisions.source_delivery_id') }} desc nulls last, decided_at desc, source_delivery_id desc
        ) = 1

),

-- What the row checks asked about a row and nobody has answered yet.
unanswered as (

    select distinct
        issues.delivery_id,
        issues.sheet,
        issues.row_number
    from {{ source('raw', 'row_issues') }} as issues
    left join given
        on
            issues.delivery_id = given.delivery_id
            and issues.sheet = given.sheet
            and issues.row_number = given.row_number
            and issues.reason_code = given.reason_code
            and issues.column_name is not distinct from given.column_name
    where issues.level = 'waiting' and given.delivery_id is null

),

amounts as (

    select
        delivery_id,
        sheet,
        row_number,
        cast(to_json(map(list(column_name order by column_name), list(value order by column_name))) as varchar) as amounts
    from given
    where reason_code = 'approximate_amount' and value is not null
    group by all

),

divisions as (

    select distinct
        town_code as division_code,
        town_code,
        town_name,
        cast(null as varchar) as village_code,
        cast(null as varchar) as village_name
    from {{ source('raw', 'county_divisions') }}

    union

    select
        village_code as division_code,
        town_code,
        town_name,
        village_code,
        village_name
    from {{ source('raw', 'county_divisions') }}

),

-- A place by its code, under its newest name.
places as (

    select
        division_code,
        max(town_code) as town_code,
        max(town_name) as town_name,
        max(village_code) as village_code,
        max(village_name) as village_name
    from divisions
    group by division_code

)

select
    given.delivery_id || '/' || given.sheet || '/' || given.row_number as row_id,
    bool_or(given.decision = '不采纳' and given.reason_code <> 'identity_unresolved') as is_declined,
    bool_and(unanswered.delivery_id is null) as is_answered,
    string_agg(if(given.decision <> '不采纳', given.reason_code, null), '、' order by given.reason_code) as accepted_codes,
    max(amounts.amounts) as amounts,
    max(given.value) filter (where given.reason_code = 'identity_unresolved') as id_number,
    max(given.column_name) filter (where given.reason_code = 'identity_unresolved' and given.value is not null) as name_column,
    max(given.column_name) filter (where given.reason_code = 'identity_unresolved' and given.decision = '不采纳')
        as unfound_name_column,
    max(places.town_code) as town_code,
    max(places.town_name) as town_name,
    max(places.village_code) as village_code,
    max(places.village_name) as village_name
from given
left join unanswered
    on
        given.delivery_id = unanswered.delivery_id
        and given.sheet = unanswered.sheet
        and given.row_number = unanswered.row_number
left join amounts
    on
        given.delivery_id = amounts.delivery_id
        and given.sheet = amounts.sheet
        and given.row_number = amounts.row_number
left join places on given.reason_code = 'unroutable' and given.value = places.division_code
group by given.delivery_id, given.sheet, given.row_number
