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
        {% for outcome in ['signal', 'information', 'no_signal', 'waiting', 'routing'] %}
        count(*) filter (where screened.outcome = '{{ outcome }}') as {{ outcome }}_count{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('report_deliveries') }} as deliveries
    inner join {{ ref('report_screened_rows') }} as screened on deliveries.delivery_id = screened.delivery_id
    group by deliveries.feed, deliveries.period

)

select
    deliveries.*,
    {% for outcome in ['signal', 'information', 'no_signal', 'waiting', 'routing'] %}
    cast(coalesce(outcomes.{{ outcome }}_count, 0) as integer) as {{ outcome }}_count{{ ',' if not loop.last }}
    {% endfor %}
from deliveries
left join outcomes on deliveries.feed = outcomes.feed and deliveries.period is not distinct from outcomes.period
order by deliveries.feed, deliveries.period
