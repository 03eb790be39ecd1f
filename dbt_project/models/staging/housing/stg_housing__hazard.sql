-- rendered by `fangpin contracts render`; do not edit
with source as (

    select * from {{ source('raw', 'housing__hazard') }}

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
        hazard_type,
        house_grade,
        found_date
    from source

)

select * from renamed
