-- rendered by `fangpin contracts render`; do not edit
with source as (

    select * from {{ source('raw', 'rural_revitalization__registry') }}

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
        sequence,
        data_date,
        county_name,
        town_name,
        village_name,
        natural_village,
        household_id,
        person_id,
        person_name,
        id_number,
        member_count,
        relation_to_head,
        ethnicity,
        education,
        enrolment_status,
        health_status,
        labour_skill,
        work_months,
        has_serious_illness_insurance,
        poverty_cause,
        is_dilapidated_house,
        has_safe_water,
        income_yuan,
        household_phone,
        person_phone,
        household_first_identified_date,
        person_identified_date,
        household_type,
        monitored_type,
        risk_removed,
        risk_identified_date,
        risk_removed_date
    from source

)

select * from renamed
