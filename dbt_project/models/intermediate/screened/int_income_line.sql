-- The county's own lines replace the shipped ones as a whole.
with county_lines as (

    select
        cast(valid_from as date) as valid_from,
        cast(valid_to as date) as valid_to,
        cast(yuan as decimal(18, 2)) as yuan,
        note
    from {{ source('raw', 'county_income_line') }}

),

shipped_lines as (

    select
        valid_from,
        valid_to,
        yuan,
        note
    from {{ ref('income_line') }}
    where not exists (select 1 from county_lines)

)

select
    *,
    true as is_confirmed
from county_lines

union all

select
    *,
    false as is_confirmed
from shipped_lines
