-- rendered by `fangpin contracts render`; do not edit
with source as (

    select * from {{ source('raw', 'petition__case') }}

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
        case_id,
        accepted_date,
        person_name,
        id_number,
        town_name,
        village_name,
        appeal_content,
        income_yuan,
        is_in_difficulty
    from source

)

select * from renamed
