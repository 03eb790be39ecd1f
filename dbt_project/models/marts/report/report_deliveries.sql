select
    deliveries.delivery_id,
    deliveries.file_name,
    deliveries.department,
    coalesce(outcomes.feed, deliveries.feed) as feed,
    coalesce(outcomes.period, deliveries.period) as period,
    deliveries.received_at,
    deliveries.sha256,
    coalesce(outcomes.status, 'waiting') as status,
    outcomes.reason_code,
    outcomes.reason,
    outcomes.row_count,
    outcomes.accepted_count,
    outcomes.rejected_count,
    outcomes.duplicate_count
from {{ source('ledger', 'deliveries') }} as deliveries
left join {{ source('ledger', 'outcomes') }} as outcomes on deliveries.delivery_id = outcomes.delivery_id
where deliveries.received_at <= {{ cutoff_at() }}
order by deliveries.delivery_id
