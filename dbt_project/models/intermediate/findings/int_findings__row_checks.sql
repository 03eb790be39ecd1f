with screened as (

    select distinct on (delivery_id, sheet, row_number)
        delivery_id,
        sheet,
        row_number,
        town_code
    from {{ ref('int_screened') }}

)

select
    issues.delivery_id,
    issues.sheet,
    issues.row_number,
    issues.feed,
    issues.column_name,
    '提示' as severity,
    issues.reason_code as finding_code,
    issues.reason as finding,
    screened.town_code
from {{ source('raw', 'row_issues') }} as issues
inner join {{ source('ledger', 'deliveries') }} as deliveries on issues.delivery_id = deliveries.delivery_id
left join screened
    on
        issues.delivery_id = screened.delivery_id
        and issues.sheet = screened.sheet
        and issues.row_number = screened.row_number
where issues.level = 'finding' and deliveries.received_at <= {{ cutoff_at() }}
