-- A view: each instant dispatch takes what it freezes out of the next.
{{ config(materialized='view') }}

with frozen as (

    select proposed.warning_id
    from {{ source('ledger', 'proposed_warnings') }} as proposed
    inner join {{ source('ledger', 'proposals') }} as proposals on proposed.dispatch_id = proposals.dispatch_id
    where proposals.kind = 'instant'

)

select
    'issued' as listing_kind,
    cast(null as varchar) as issued_in,
    cast(null as timestamp) as issued_at,
    warnings.*
from {{ ref('risk_warnings') }} as warnings
anti join {{ ref('int_listed_warnings') }} as listed on warnings.warning_id = listed.warning_id
anti join frozen on warnings.warning_id = frozen.warning_id
