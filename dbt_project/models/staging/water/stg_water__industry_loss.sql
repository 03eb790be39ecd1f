-- rendered by `fangpin contracts render`; do not edit
with source as (

    select * from {{ source('raw', 'water__industry_loss') }}

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
        head_name,
        head_id_number,
        town_name,
        village_name,
        industry_type,
        loss_reason,
        affected_area_mu,
        loss_yuan,
        occurred_date
    from source

)

select * from renamed
