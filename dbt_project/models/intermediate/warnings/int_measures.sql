{{ config(materialized='view') }}

with taken as (

    select distinct source as row_id
    from {{ source('ledger', 'events') }}

)

select measures.*
from {{ ref('stg_town__measure') }} as measures
inner join taken on measures.row_id = taken.row_id
qualify
    row_number() over (
        partition by measures.county_code, measures.warning_id
        order by {{ place_of('measures.delivery_id') }} desc nulls last, measures.received_at desc, measures.row_id desc
    ) = 1
