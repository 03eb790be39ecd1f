with received as (

    select * from {{ ref('stg_rural_revitalization__registry') }}
    where received_at <= {{ cutoff_at() }}

),

-- A delivery's date is the one most of its rows carry, so that a slip in one row does not make it a registry of its own.
dates as (

    select
        county_code,
        delivery_id,
        data_date,
        count(*) as row_count
    from received
    group by all

),

deliveries as (

    select
        county_code,
        delivery_id,
        data_date as registry_date
    from dates
    qualify row_number() over (partition by county_code, delivery_id order by row_count desc, data_date desc) = 1

),

newest as (

    select
        county_code,
        max(registry_date) as registry_date
    from deliveries
    group by county_code

),

in_force as (

    select
        received.*,
        newest.registry_date
    from received
    inner join deliveries
        on received.county_code = deliveries.county_code and received.delivery_id = deliveries.delivery_id
    inner join newest
        on deliveries.county_code = newest.county_code and deliveries.registry_date = newest.registry_date

),

-- A corrected file of the same date merges by row key.
merged as (

    select * from in_force
    qualify row_number() over (partition by county_code, row_key order by {{ newest_first('in_force') }}) = 1

)

-- The identity number is part of that key: one that a later file corrects is known by the person's own number (人编号).
select * from merged
qualify
    rank() over (
        partition by
            county_code,
            household_id,
            coalesce(nullif(person_id, ''), row_id),
            {{ name_key('person_name') }}
        order by {{ newest_delivery_first('merged') }}
    ) = 1
