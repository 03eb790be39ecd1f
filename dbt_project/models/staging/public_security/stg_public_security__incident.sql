-- rendered by `fangpin contracts render`; do not edit
with source as (

    select * from {{ source('raw', 'public_security__incident') }}

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
        incident_id,
        incident_category,
        occurred_date,
        person_name,
        id_number,
        town_name,
        village_name,
        consequence,
        property_loss_yuan
    from source

)

select * from renamed
