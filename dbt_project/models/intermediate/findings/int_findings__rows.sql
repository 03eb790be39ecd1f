with found as (

    select
        delivery_id,
        sheet,
        row_number,
        feed,
        name_column,
        town_code,
        unnest(string_split(finding_codes, '、')) as finding_code
    from {{ ref('int_screened') }}
    where finding_codes is not null

)

select
    found.delivery_id,
    found.sheet,
    found.row_number,
    found.feed,
    coalesce(nullif(kinds.column_name, ''), found.name_column) as column_name,
    kinds.severity,
    found.finding_code,
    kinds.finding,
    found.town_code
from found
inner join {{ ref('finding_kinds') }} as kinds on found.finding_code = kinds.finding_code
