with deliveries as (

    select
        feed,
        period,
        count(*) as delivery_count,
        min(received_at) as first_received_at,
        max(received_at) as last_received_at,
        count(*) filter (where status = 'refused') as refused_count,
        count(*) filter (where status = 'zero_report') as zero_report_count,
        cast(coalesce(sum(row_count), 0) as integer) as row_count,
        cast(coalesce(sum(accepted_count), 0) as integer) as accepted_count,
        cast(coalesce(sum(rejected_count), 0) as integer) as rejected_count,
        cast(coalesce(sum(duplicate_count), 0) as integer) as duplicate_count
    from {{ ref('report_deliveries') }}
    where feed is not null
    group by feed, period

),

-- Event feeds' rows carry their event's number as period; their delivery may carry none.
outcomes as (

    select
        deliveries.feed,
        deliveries.period,
        count(*) filter (where screened.outcome = 'signal') as signal_count,
        count(*) filter (where screened.outcome = 'information') as information_count,
        count(*) filter (where screened.outcome = 'no_signal') as no_signal_count,
        count(*) filter (where screened.outcome = 'waiting') as waiting_count,
        count(*) filter (where screened.outcome = 'routing') as routing_count
    from {{ ref('report_deliveries') }} as deliveries
    inner join {{ ref('report_screened_rows') }} as screened on deliveries.delivery_id = screened.delivery_id
    group by deliveries.feed, deliveries.period

)

select
    deliveries.*,
    cast(coalesce(outcomes.signal_count, 0) as integer) as signal_count,
    cast(coalesce(outcomes.information_count, 0) as integer) as information_count,
    cast(coalesce(outcomes.no_signal_count, 0) as integer) as no_signal_count,
    cast(coalesce(outcomes.waiting_count, 0) as integer) as waiting_count,
    cast(coalesce(outcomes.routing_count, 0) as integer) as routing_count
from deliveries
left join outcomes on deliveries.feed = outcomes.feed and deliveries.period is not distinct from outcomes.period
order by deliveries.feed, deliveries.period
