-- rendered by `fangpin contracts render`; do not edit
with source as (

    select * from {{ source('raw', 'town__verification') }}

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
        head_name,
        village_name,
        is_true,
        meets_criteria,
        situation,
        exclusion_reason,
        verifier_name,
        second_verifier_name,
        verified_date,
        reviewer_name
    from source

)

select * from renamed
