-- A view: what is issued at once after a screening is no longer new to the month.
{{ config(materialized='view') }}

with warnings as (

    select * from {{ ref('risk_warnings') }}

),

listed as (

    select * from {{ ref('int_listed_warnings') }}

),

-- With a row that no dispatch has listed: new figures (第三条第二款).
renewed as (

    select distinct signals.warning_id
    from {{ ref('risk_signals') }} as signals
    anti join {{ source('ledger', 'dispatched_signals') }} as dispatched on signals.row_id = dispatched.row_id

)

select
    case
        when listed.warning_id is null then 'issued'
        when not listed.is_in_a_month then 'issued_at_once'
        else 'continuing'
    end as listing_kind,
    listed.issued_in,
    listed.issued_at,
    warnings.*
from warnings
left join listed on warnings.warning_id = listed.warning_id
left join renewed on warnings.warning_id = renewed.warning_id
where listed.warning_id is null or not listed.is_in_a_month or renewed.warning_id is not null
