-- rendered by `fangpin contracts render`; do not edit
with source as (

    select * from {{ source('raw', 'rural_revitalization__income_risk') }}

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
        income_year,
        household_id,
        head_name,
        head_id_number,
        town_name,
        village_name,
        member_count,
        income_yuan,
        previous_income_yuan,
        earlier_income_yuan,
        rigid_spending_yuan,
        risk_situation
    from source

)

select * from renamed
