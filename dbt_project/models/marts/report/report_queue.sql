with screened as (

    select * from {{ ref('int_screened') }}

),

raised as (

    select issues.*
    from {{ source('raw', 'row_issues') }} as issues
    inner join {{ source('ledger', 'deliveries') }} as deliveries on issues.delivery_id = deliveries.delivery_id
    where issues.level = 'waiting' and deliveries.received_at <= {{ cutoff_at() }}

),

decided as (

    select
        delivery_id,
        sheet,
        row_number,
        column_name,
        reason_code
    from {{ source('ledger', 'decisions') }}
    where decided_at <= {{ cutoff_at() }}

),

-- What the row checks put to a person, as long as no later version of the row answers it.
from_row_checks as (

    select
        raised.delivery_id,
        raised.sheet,
        raised.row_number,
        raised.feed,
        raised.column_name,
        raised.reason_code,
        raised.reason,
        raised.proposals
    from raised
    where
        exists (
            select 1 from screened
            where
                raised.delivery_id = screened.delivery_id
                and raised.sheet = screened.sheet
                and raised.row_number = screened.row_number
                and screened.outcome = 'waiting'
        )
        or raised.feed not in (select rules.feed from {{ ref('rules') }} as rules)

),

-- What only the rules could see.
from_rules as (

    select
        delivery_id,
        sheet,
        row_number,
        feed,
        cast(null as varchar) as column_name,
        reason_code,
        reason,
        cast(null as varchar) as proposals
    from screened
    where
        outcome = 'waiting'
        and not exists (
            select 1 from raised
            where
                raised.delivery_id = screened.delivery_id
                and raised.sheet = screened.sheet
                and raised.row_number = screened.row_number
        )

),

to_be_routed as (

    select
        screened.delivery_id,
        screened.sheet,
        screened.row_number,
        screened.feed,
        'town_name' as column_name,
        screened.reason_code,
        screened.reason,
        raised.proposals
    from screened
    left join raised
        on
            screened.delivery_id = raised.delivery_id
            and screened.sheet = raised.sheet
            and screened.row_number = raised.row_number
            and raised.reason_code = 'unroutable'
    where screened.outcome = 'routing'

),

-- Issued all the same, marked 身份待核; the bureau sees whom it may be.
unresolved as (

    select
        delivery_id,
        sheet,
        row_number,
        feed,
        name_column as column_name,
        'identity_unresolved' as reason_code,
        case
            when stated_id_number is not null and is_key_known then '身份待核：名册中没有这个身份证号，同村有一个同名的人'
            when stated_id_number is not null then '身份待核：身份证号对应的人姓名和村都不同'
            when candidates is null then '身份待核：没有身份证号，名册中没有相符的人'
            else '身份待核：没有身份证号，不能确定是名册中的哪一个人'
        end as reason,
        candidates as proposals
    from screened
    where outcome = 'signal' and identity = 'unresolved'

),

queued as (

    select * from from_row_checks

    union all

    select * from from_rules

    union all

    select * from to_be_routed

    union all

    select * from unresolved

)

-- What somebody has answered is not asked again.
select distinct queued.*
from queued
anti join decided
    on
        queued.delivery_id = decided.delivery_id
        and queued.sheet = decided.sheet
        and queued.row_number = decided.row_number
        and queued.reason_code = decided.reason_code
        and queued.column_name is not distinct from decided.column_name
order by queued.delivery_id, queued.sheet, queued.row_number, queued.reason_code, queued.column_name
