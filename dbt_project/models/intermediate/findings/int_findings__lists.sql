with received as (

    select * from {{ ref('int_findings__list_rows') }}

),

checks as (

    select * from {{ ref('list_checks') }}

),

-- What a period's list says in any version: the file sent again may be the one from before a correction.
period_contents as (

    select
        feed,
        county_code,
        period,
        row_content
    from received
    group by all

),

periods as (

    select
        feed,
        county_code,
        period,
        count(distinct row_key) as row_count,
        lag(period) over (partition by feed, county_code order by {{ period_order('period') }}) as previous_period
    from received
    group by feed, county_code, period

),

delivery_contents as (

    select
        feed,
        county_code,
        period,
        delivery_id,
        row_content
    from received
    group by all

),

-- Each delivery beside the list of the period before it.
compared as (

    select
        delivered.feed,
        delivered.delivery_id,
        delivered.period,
        previous.period as previous_period,
        previous.row_count as previous_row_count,
        count(*) as row_count,
        count(repeating.row_content) as equal_count
    from delivery_contents as delivered
    inner join periods
        on
            delivered.feed = periods.feed
            and delivered.county_code = periods.county_code
            and delivered.period = periods.period
    inner join periods as previous
        on
            periods.feed = previous.feed
            and periods.county_code = previous.county_code
            and periods.previous_period = previous.period
    left join period_contents as repeating
        on
            delivered.feed = repeating.feed
            and delivered.county_code = repeating.county_code
            and periods.previous_period = repeating.period
            and delivered.row_content = repeating.row_content
    group by all

),

repeated as (

    select
        compared.delivery_id,
        compared.feed,
        checks.repeated_code as finding_code,
        compared.period || '期' || compared.row_count || '行，与' || compared.previous_period || '期相同的有'
        || compared.equal_count || '行' as details
    from compared
    inner join checks on compared.feed = checks.feed
    where
        checks.repeated_code <> ''
        and compared.row_count >= checks.fewest_rows
        and compared.equal_count >= checks.equal_share * greatest(compared.row_count, compared.previous_row_count)

),

deliveries as (

    select
        outcomes.delivery_id,
        outcomes.feed,
        outcomes.period,
        outcomes.status,
        outcomes.row_count,
        outcomes.accepted_count,
        outcomes.duplicate_count,
        received.sha256,
        received.received_at
    from {{ source('ledger', 'outcomes') }} as outcomes
    inner join {{ source('ledger', 'deliveries') }} as received on outcomes.delivery_id = received.delivery_id
    where received.received_at <= {{ cutoff_at() }}

),

-- Nothing new in it, and so late after the first time that it stands where another period's list should be.
resent as (

    select
        later.delivery_id,
        later.feed,
        'file_resent' as finding_code,
        '与批次' || arg_min(earlier.delivery_id, earlier.received_at) || '相同' as details
    from deliveries as later
    inner join deliveries as earlier
        on
            later.feed = earlier.feed
            and earlier.status = 'published'
            and (later.sha256 = earlier.sha256 or (later.status = 'published' and later.period = earlier.period))
    inner join checks on later.feed = checks.feed
    where
        checks.repeated_code <> ''
        and later.duplicate_count > 0
        and later.accepted_count = 0
        and later.received_at >= earlier.received_at + to_days(checks.resent_after_days)
    group by all

),

-- A period's volume is its largest delivery's: a supplement or a correction is no list of its own.
volumes as (

    select deliveries.*
    from deliveries
    inner join checks on deliveries.feed = checks.feed
    where deliveries.status in ('published', 'zero_report') and deliveries.period is not null
    qualify
        row_number() over (
            partition by deliveries.feed, deliveries.period
            order by deliveries.row_count desc, deliveries.received_at asc, deliveries.delivery_id asc
        ) = 1

),

earlier_volumes as (

    select
        volumes.delivery_id,
        volumes.feed,
        volumes.period,
        volumes.row_count,
        earlier.row_count as earlier_count
    from volumes
    inner join volumes as earlier
        on
            volumes.feed = earlier.feed
            and earlier.row_count > 0
            and {{ period_order('earlier.period') }} < {{ period_order('volumes.period') }}
    inner join checks on volumes.feed = checks.feed
    qualify
        row_number() over (partition by volumes.delivery_id order by {{ period_order('earlier.period') }} desc)
        <= checks.most_periods

),

usual as (

    select
        delivery_id,
        feed,
        period,
        row_count,
        count(*) as period_count,
        median(earlier_count) as median_count
    from earlier_volumes
    group by all

),

unusual as (

    select
        usual.delivery_id,
        usual.feed,
        if(usual.row_count < usual.median_count, 'volume_low', 'volume_high') as finding_code,
        usual.period || '期' || usual.row_count || '行，此前' || usual.period_count || '期的中位数为'
        || cast(round(usual.median_count) as integer) || '行' as details
    from usual
    inner join checks on usual.feed = checks.feed
    where
        usual.period_count >= checks.fewest_periods
        and greatest(usual.row_count, usual.median_count) >= checks.fewest_rows
        and (
            usual.row_count * checks.volume_factor < usual.median_count
            or usual.row_count > usual.median_count * checks.volume_factor
        )

),

found as (

    select * from repeated

    union all by name

    select * from resent

    union all by name

    select * from unusual

)

select
    found.delivery_id,
    cast(null as varchar) as sheet,
    cast(null as integer) as row_number,
    found.feed,
    kinds.column_name,
    kinds.severity,
    found.finding_code,
    kinds.finding || '（' || found.details || '）' as finding,
    cast(null as varchar) as town_code
from found
inner join {{ ref('finding_kinds') }} as kinds on found.finding_code = kinds.finding_code
