-- rendered by `fangpin contracts render`; do not edit
with source as (

    select * from {{ source('raw', 'emergency__disaster_household') }}

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
        head_name,
        head_id_number,
        town_name,
        village_name,
        damage_description,
        relief_yuan,
        is_still_in_difficulty,
        assessed_date
    from source

)

select * from renamed
