-- rendered by `fangpin contracts render`; do not edit
with source as (

    select * from {{ source('raw', 'emergency__disaster_area') }}

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
        disaster_id,
        disaster_name,
        disaster_type,
        response_level,
        started_date,
        town_name,
        village_name,
        affected_count,
        direct_loss_yuan
    from source

)

select * from renamed
