select
    listed.row_id,
    min(listed.warning_id) as warning_id
from {{ source('ledger', 'dispatched_signals') }} as listed
inner join {{ ref('int_issued_warnings') }} as issued on listed.warning_id = issued.warning_id
where issued.subject <> 'area'
group by listed.row_id
