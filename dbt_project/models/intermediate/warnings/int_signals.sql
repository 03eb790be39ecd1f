with signals as (

    select * from {{ ref('int_screened') }}
    where outcome = 'signal'

),

recorded as (

    select
        *,
        coalesce({{ place_of('signals.delivery_id') }}, -1) as place
    from signals

),

issued as (

    select * from {{ ref('int_issued_warnings') }}

),

-- A subject first reported without a number, and by a later delivery, under the same name and place, with one.
numbered_later as (

    select
        nameless.county_code,
        nameless.cause,
        nameless.qualifier,
        nameless.subject_key,
        min(known.subject_key) as known_key
    from recorded as nameless
    inner join recorded as known using (county_code, cause, qualifier)
    where
        not nameless.is_key_known
        and known.is_key_known
        and nameless.subject_key = known.stated_key
        and (nameless.place, nameless.received_at, nameless.modified_at, nameless.delivery_id)
        < (known.place, known.received_at, known.modified_at, known.delivery_id)
    group by all
    having count(distinct known.subject_key) = 1

),

-- Both in one delivery are two people.
numbered_beside as (

    select distinct
        nameless.county_code,
        nameless.cause,
        nameless.qualifier,
        nameless.subject_key
    from signals as nameless
    inner join signals as known using (county_code, cause, qualifier, delivery_id)
    where not nameless.is_key_known and known.is_key_known and nameless.subject_key = known.stated_key

),

named_later as (

    select numbered_later.*
    from numbered_later
    anti join numbered_beside using (county_code, cause, qualifier, subject_key)

),

keyed as (

    select
        signals.* exclude (subject_key, is_key_known),
        if(signals.is_key_known, signals.subject_key, coalesce(named_later.known_key, signals.subject_key)) as subject_key,
        signals.is_key_known or named_later.known_key is not null as is_key_known
    from signals
    left join named_later using (county_code, cause, qualifier, subject_key)

),

-- Whatever an issued warning and a signal have in common that makes them the same subject.
issued_keys as (

    select
        warning_id,
        issued_at,
        county_code,
        cause,
        qualifier,
        unnest([
            'key:' || subject_key,
            'number:' || if(identity <> 'unresolved', id_number, null),
            'household:' || if(subject = 'household', household_id, null),
            'place:' || if(identity = 'unresolved', subject_key, null)
        ]) as handle
    from issued

),

incoming_keys as (

    select distinct
        county_code,
        cause,
        qualifier,
        subject_key,
        unnest([
            'key:' || subject_key,
            'number:' || if(identity <> 'unresolved', id_number, null),
            'number:' || if(identity <> 'unresolved', stated_id_number, null),
            'household:' || if(subject = 'household', household_id, null),
            'place:' || if(is_key_known, stated_key, null)
        ]) as handle
    from keyed

    union

    -- By the numbers the registry had for the person before.
    select
        keyed.county_code,
        keyed.cause,
        keyed.qualifier,
        keyed.subject_key,
        'number:' || former.former_number as handle
    from keyed
    inner join {{ ref('int_registry_numbers') }} as former
        on keyed.county_code = former.county_code and keyed.id_number = former.id_number
    where keyed.identity <> 'unresolved'

),

-- Somebody still without a number keeps the warning issued for that name and place.
nameless as (

    select distinct
        county_code,
        cause,
        qualifier,
        'place:' || subject_key as handle
    from keyed
    where not is_key_known

),

claimable as (

    select incoming_keys.*
    from incoming_keys
    anti join nameless using (county_code, cause, qualifier, handle)

),

reused as (

    select
        claimable.county_code,
        claimable.cause,
        claimable.qualifier,
        claimable.subject_key,
        arg_min(
            issued_keys.warning_id,
            (
                list_position(['key', 'number', 'household', 'place'], split_part(issued_keys.handle, ':', 1)),
                issued_keys.issued_at,
                issued_keys.warning_id
            )
        ) as warning_id
    from claimable
    inner join issued_keys using (county_code, cause, qualifier, handle)
    group by all

),

-- Somebody said whom a listed row means: the subject's other rows join its warning.
listed_beside as (

    select
        keyed.county_code,
        keyed.cause,
        keyed.qualifier,
        keyed.subject_key,
        min(issued_rows.warning_id) as warning_id
    from keyed
    inner join {{ ref('int_issued_rows') }} as issued_rows on keyed.row_id = issued_rows.row_id
    where keyed.subject <> 'area' and keyed.is_key_known
    group by all

)

select
    coalesce(
        issued_rows.warning_id,
        reused.warning_id,
        listed_beside.warning_id,
        'W' || upper(left(md5(concat_ws('|', keyed.county_code, keyed.cause, keyed.subject_key, keyed.qualifier)), 12))
    ) as warning_id,
    keyed.*
from keyed
left join reused using (county_code, cause, qualifier, subject_key)
left join listed_beside using (county_code, cause, qualifier, subject_key)
left join {{ ref('int_issued_rows') }} as issued_rows on keyed.row_id = issued_rows.row_id and keyed.subject <> 'area'
