with towns as (

    select
        county_code,
        town_code,
        max(town_name) as town_name
    from (
        select
            county_code,
            town_code,
            town_name
        from {{ source('raw', 'county_divisions') }}
        union all
        select
            county_code,
            town_code,
            town_name
        from {{ ref('risk_warnings') }}
    ) as named
    where town_code is not null
    group by county_code, town_code

),

warning_types as (

    select
        warning_type,
        min(clause) as clause
    from {{ ref('rules') }}
    group by warning_type

),

counted as (

    select
        county_code,
        town_code,
        warning_type,
        count(*) as warning_count,
        count(*) filter (where identity = 'unresolved') as unresolved_count
    from {{ ref('risk_warnings') }}
    group by all

)

select
    towns.county_code,
    towns.town_code,
    towns.town_name,
    warning_types.warning_type,
    coalesce(counted.warning_count, 0) as warning_count,
    coalesce(counted.unresolved_count, 0) as unresolved_count
from towns
cross join warning_types
left join counted
    on
        towns.county_code = counted.county_code
        and towns.town_code = counted.town_code
        and warning_types.warning_type = counted.warning_type
order by towns.town_code, warning_types.warning_type
