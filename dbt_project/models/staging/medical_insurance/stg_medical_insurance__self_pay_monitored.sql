-- rendered by `fangpin contracts render`; do not edit
with source as (

    select * from {{ source('raw', 'medical_insurance__self_pay_monitored') }}

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
        statistics_year,
        as_of_month,
        total_cost_yuan,
        basic_insurance_yuan,
        serious_illness_yuan,
        medical_aid_yuan,
        self_pay_yuan
    from source

)

select * from renamed
