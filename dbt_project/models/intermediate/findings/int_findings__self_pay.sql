with figures as (

    select * from {{ ref('int_screened') }}
    where cause = 'illness.self_pay' and outcome not in ('waiting', 'routing')

),

-- The same person and period in both feeds, with different figures: said beside the smaller one.
different as (

    select
        smaller.*,
        'self_pay_differs' as finding_code
    from figures as smaller
    inner join figures as larger
        on
            smaller.county_code = larger.county_code
            and smaller.subject_key = larger.subject_key
            and smaller.qualifier = larger.qualifier
            and smaller.period = larger.period
            and smaller.feed <> larger.feed
            and smaller.amount_yuan < larger.amount_yuan

),

-- Year-to-date figures, period by period, as the larger of the two feeds.
periods as (

    select * from figures
    qualify
        row_number() over (
            partition by county_code, subject_key, qualifier, period order by amount_yuan desc, received_at desc, row_id desc
        ) = 1

),

-- Year-to-date figures never shrink: each is held against the highest of the earlier months.
compared as (

    select
        *,
        max(amount_yuan) over earlier_months as highest_yuan,
        bool_or(outcome = 'signal') over earlier_months as was_signal
    from periods
    window
        earlier_months as (
            partition by county_code, subject_key, qualifier
            order by period
            rows between unbounded preceding and 1 preceding
        )

),

fallen as (

    select
        * exclude (highest_yuan, was_signal),
        if(was_signal and outcome <> 'signal', 'self_pay_fell_below', 'self_pay_fell') as finding_code
    from compared
    where amount_yuan < highest_yuan

),

found as (

    select * from different

    union all by name

    select * from fallen

)

select
    found.delivery_id,
    found.sheet,
    found.row_number,
    found.feed,
    kinds.column_name,
    kinds.severity,
    found.finding_code,
    kinds.finding,
    found.town_code
from found
inner join {{ ref('finding_kinds') }} as kinds on found.finding_code = kinds.finding_code
