-- rendered by `fangpin contracts render`; do not edit
with source as (

    select * from {{ source('raw', 'civil_affairs__new_low_income') }}

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
        person_name,
        id_number,
        head_name,
        head_id_number,
        town_name,
        village_name,
        low_income_type,
        residence_type,
        recognised_date,
        covered_count
    from source

)

select * from renamed
