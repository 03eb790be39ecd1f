-- A view: dispatches go on after a screening, and the next listing must know of them.
{{ config(materialized='view') }}

select
    listed.warning_id,
    arg_max(listed.issued_in, listed.issued_at) as issued_in,
    max(listed.issued_at) as issued_at,
    bool_or(dispatches.kind = 'monthly' or listed.listing_kind = 'found') as is_in_a_month
from {{ source('ledger', 'dispatched_warnings') }} as listed
inner join {{ source('ledger', 'dispatches') }} as dispatches on listed.dispatch_id = dispatches.dispatch_id
group by listed.warning_id
