with issued as (

    select * from {{ ref('int_issued_warnings') }}
    where is_open

),

warnings as (

    select * from {{ ref('int_warnings') }}

),

decisions as (

    select * from {{ ref('int_decisions') }}

),

unsignalled as (

    select
        issued.*,
        'open_without_signal' as finding_code
    from issued
    inner join warnings on issued.warning_id = warnings.warning_id
    where not warnings.has_signal and issued.listing_kind is distinct from 'found'

),

-- Matched when issued, by household or by person, and no longer listed, under another number neither.
left_registry as (

    select
        issued.*,
        'left_registry' as finding_code
    from issued
    left join {{ ref('int_registry_numbers') }} as former
        on issued.county_code = former.county_code and issued.id_number = former.former_number
    where
        issued.identity = 'matched'
        and issued.subject <> 'area'
        and not exists (
            select 1 from {{ ref('int_registry_persons') }} as persons
            where
                issued.county_code = persons.county_code
                and (
                    (issued.subject = 'person' and coalesce(former.id_number, issued.id_number) = persons.id_number)
                    or (issued.subject = 'household' and issued.household_id = persons.household_id)
                )
        )

),

-- Two warnings went out before anybody knew that they are about one subject: each stays what it was issued as.
same_subject as (

    select
        *,
        'same_subject' as finding_code
    from warnings
    where same_subject_as is not null

),

-- Rows about whose person somebody is still to be asked.
asked as (

    select distinct signals.warning_id
    from {{ ref('int_signals') }} as signals
    left join decisions
        on
            signals.row_id = decisions.row_id
            and signals.name_column in (decisions.name_column, decisions.unfound_name_column)
    where signals.identity = 'unresolved' and decisions.row_id is null

),

-- Still 身份待核, and nobody is asked any more.
left_open as (

    select
        warnings.*,
        'identity_left_open' as finding_code
    from warnings
    anti join asked on warnings.warning_id = asked.warning_id
    where warnings.identity = 'unresolved' and warnings.has_signal and warnings.same_subject_as is null

),

found as (

    select * from unsignalled

    union all by name

    select * from left_registry

    union all by name

    select * from same_subject

    union all by name

    select * from left_open

)

select
    cast(null as varchar) as delivery_id,
    cast(null as varchar) as sheet,
    cast(null as integer) as row_number,
    split_part(found.feeds, '、', 1) as feed,
    kinds.column_name,
    kinds.severity,
    found.finding_code,
    kinds.finding || '（预警编号' || found.warning_id || coalesce('，另一条为' || found.same_subject_as, '') || '）' as finding,
    found.town_code
from found
inner join {{ ref('finding_kinds') }} as kinds on found.finding_code = kinds.finding_code
