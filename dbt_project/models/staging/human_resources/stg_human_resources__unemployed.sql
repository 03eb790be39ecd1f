-- rendered by `fangpin contracts render`; do not edit
with source as (

    select * from {{ source('raw', 'human_resources__unemployed') }}

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
        town_name,
        village_name,
        person_category,
        has_labour_ability,
        has_job_intention,
        employment_status,
        last_employment_end_date
    from source

)

select * from renamed
