with issued as (

    select * from {{ ref('int_issued_warnings') }}

),

unsignalled as (

    select
        issued.*,
        'open_without_signal' as finding_code
    from issued
    inner join {{ ref('int_warnings') }} as warnings on issued.warning_id = warnings.warning_id
    where not warnings.has_signal

),

-- Matched when issued, by household or by person, and no longer listed.
left_registry as (

    select
        issued.*,
        'left_registry' as finding_code
    from issued
    where
        issued.identity = 'matched'
        and issued.subject <> 'area'
        and not exists (
            select 1 from {{ ref('int_registry_persons') }} as persons
            where
                issued.county_code = persons.county_code
                and (
                    (issued.subject = 'person' and issued.id_number = persons.id_number)
                    or (issued.subject = 'household' and issued.household_id = persons.household_id)
                )
        )

),

found as (

    select * from unsignalled

    union all by name

    select * from left_registry

)

select
    cast(null as varchar) as delivery_id,
    cast(null as varchar) as sheet,
    cast(null as integer) as row_number,
    split_part(found.feeds, '、', 1) as feed,
    kinds.column_name,
    kinds.severity,
    found.finding_code,
    kinds.finding || '（预警编号' || found.warning_id || '）' as finding,
    found.town_code
from found
inner join {{ ref('finding_kinds') }} as kinds on found.finding_code = kinds.finding_code
