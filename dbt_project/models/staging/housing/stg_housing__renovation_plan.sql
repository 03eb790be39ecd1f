-- rendered by `fangpin contracts render`; do not edit
with source as (

    select * from {{ source('raw', 'housing__renovation_plan') }}

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
        plan_year,
        head_name,
        head_id_number,
        town_name,
        village_name,
        house_grade,
        renovation_method,
        household_category
    from source

)

select * from renamed
