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
    coalesce(issues.column_name, nullif(kinds.column_name, '')) as column_name,
    coalesce(kinds.severity, '提示') as severity,
    issues.reason_code as finding_code,
    coalesce(issues.reason, kinds.finding) as finding,
    screened.town_code
from {{ source('raw', 'row_issues') }} as issues
inner join {{ source('ledger', 'deliveries') }} as deliveries on issues.delivery_id = deliveries.delivery_id
left join {{ ref('finding_kinds') }} as kinds on issues.reason_code = kinds.finding_code
left join screened
    on
        issues.delivery_id = screened.delivery_id
        and issues.sheet = screened.sheet
        and issues.row_number = screened.row_number
where issues.level = 'finding' and deliveries.received_at <= {{ cutoff_at() }}
