-- rendered by `fangpin contracts render`; do not edit
with source as (

    select * from {{ source('raw', 'disabled_federation__new_certificate') }}

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
        certificate_number,
        disability_category,
        disability_level,
        issued_date,
        town_name,
        village_name,
        is_short_of_labour,
        poverty_risk
    from source

)

select * from renamed
