-- rendered by `fangpin contracts render`; do not edit
with source as (

    select * from {{ source('raw', 'education__dropout') }}

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
        term,
        child_name,
        child_id_number,
        student_number,
        school_name,
        school_stage,
        grade,
        attendance_status,
        absence_date,
        absence_reason,
        guardian_name,
        guardian_id_number,
        town_name,
        village_name,
        phone
    from source

)

select * from renamed
