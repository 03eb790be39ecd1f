-- rendered by `fangpin contracts render`; do not edit
with source as (

    select * from {{ source('raw', 'town__measure') }}

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
        warning_id,
        monitored_type,
        enrolled_date,
        national_system_date,
        measures,
        responsible_person,
        planned_date
    from source

)

select * from renamed
