with screened as (

    select distinct on (delivery_id, sheet, row_number)
        delivery_id,
        sheet,
        row_number,
        town_code
    from {{ ref('int_screened') }}

),

-- A number that looked damaged and that the registry has is certain: there is nothing left to look into.
certain as (

    select
        row_id,
        if(claim_role = 'person', '', claim_role || '_') || 'id_number' as column_name
    from {{ ref('int_identity') }}
    where identity = 'matched' and identity_method in ('number', 'former_number') and not name_differs

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
left join certain
    on
        issues.reason_code = 'tail_of_zeros'
        and certain.row_id = issues.delivery_id || '/' || issues.sheet || '/' || issues.row_number
        and issues.column_name = certain.column_name
where issues.level = 'finding' and certain.row_id is null and deliveries.received_at <= {{ cutoff_at() }}
