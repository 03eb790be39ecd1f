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
        household_id,
        head_name,
        village_name,
        evidence,
        checksum,
        is_true,
        meets_criteria,
        situation,
        exclusion_reason,
        monitored_type,
        intended_measures,
        policy_explained_date,
        member_count,
        wage_income_yuan,
        business_income_yuan,
        property_income_yuan,
        transfer_income_yuan,
        rigid_spending_yuan,
        income_yuan,
        guarantees,
        verifier_name,
        second_verifier_name,
        verified_date,
        reviewer_name
    from source

)

select * from renamed
