-- rendered by `fangpin contracts render`; do not edit
with source as (

    select * from {{ source('raw', 'water__drinking_water') }}

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
        head_name,
        head_id_number,
        town_name,
        village_name,
        water_problem,
        found_date,
        affected_count
    from source

)

select * from renamed
