-- rendered by `fangpin contracts render`; do not edit
with source as (

    select * from {{ source('raw', 'health__epidemic_event') }}

),

renamed as (

    select
        row_id,
        county_code,
        delivery_id,
        period,
        row_key,
        received_at,
        modified_at,
        sheet,
        row_number,
        waits_code,
        waits_reason,
        repairs,
        town_code,
        village_code,
        home_elsewhere,
        event_id,
        event_name,
        event_type,
        event_level,
        occurred_date,
        reported_date,
        town_name,
        village_name,
        household_count,
        person_count,
        event_description
    from source

)

select * from renamed
