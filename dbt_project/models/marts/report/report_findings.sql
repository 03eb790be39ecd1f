with found as (

    select * from {{ ref('int_findings__rows') }}

    union all by name

    select * from {{ ref('int_findings__self_pay') }}

    union all by name

    select * from {{ ref('int_findings__issued_warnings') }}

    union all by name

    select * from {{ ref('int_findings__row_checks') }}

    union all by name

    select * from {{ ref('int_findings__lists') }}

    union all by name

    select * from {{ ref('int_findings__registry') }}

    union all by name

    select * from {{ ref('int_findings__left_out') }}

),

merged as (

    select distinct
        delivery_id,
        sheet,
        row_number,
        feed,
        column_name,
        severity,
        finding_code,
        finding,
        town_code
    from found

)

select
    'F' || upper(left(md5(concat_ws(
        '|',
        coalesce(delivery_id, ''),
        coalesce(sheet, ''),
        coalesce(row_number, 0),
        feed,
        coalesce(column_name, ''),
        finding_code,
        finding,
        coalesce(town_code, '')
    )), 12)) as finding_id,
    delivery_id,
    sheet,
    row_number,
    feed,
    column_name,
    severity,
    finding_code,
    finding,
    town_code
from merged
order by delivery_id, sheet, row_number, finding_id
