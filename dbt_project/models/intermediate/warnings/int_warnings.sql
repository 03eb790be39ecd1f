with signals as (

    select
        *,
        {{ period_order('period') }} as period_order,
        coalesce({{ place_of('int_signals.delivery_id') }}, -1) as place
    from {{ ref('int_signals') }} as int_signals

),

issued as (

    select * from {{ ref('int_issued_warnings') }}

),

-- The figure is that of the newest period; where several feeds give it for one period, the larger counts.
newest as (

    select * from signals
    qualify
        row_number() over (
            partition by warning_id
            order by period_order desc, amount_yuan desc nulls last, place desc, received_at desc, modified_at desc, row_id desc
        ) = 1

),

-- The subject as the signal knows it that knows most.
subjects as (

    select * from signals
    qualify
        row_number() over (
            partition by warning_id
            order by
                case identity when 'matched' then 1 when 'new' then 2 else 3 end,
                household_id is null,
                period_order desc,
                place desc,
                received_at desc,
                modified_at desc,
                row_id desc
        ) = 1

),

newest_of_feed as (

    select
        warning_id,
        evidence,
        period_order,
        amount_yuan,
        place,
        received_at
    from signals
    qualify
        row_number() over (
            partition by warning_id, feed
            order by period_order desc, amount_yuan desc nulls last, place desc, received_at desc, modified_at desc, row_id desc
        ) = 1

),

statements as (

    select
        warning_id,
        evidence,
        max((period_order, coalesce(amount_yuan, 0), place, received_at)) as recency
    from newest_of_feed
    group by warning_id, evidence

),

evidence as (

    select
        warning_id,
        string_agg(evidence, '；' order by recency desc, evidence asc) as evidence
    from statements
    group by warning_id

),

-- The villages of an area are those of all its signals; one signal about the whole town makes it the whole town.
villages as (

    select distinct
        warning_id,
        unnest(string_split(village_code, '、')) as one_code,
        unnest(string_split(village_name, '、')) as one_name
    from signals
    where subject = 'area' and village_code is not null

),

whole_towns as (

    select warning_id from signals
    where subject = 'area' and village_code is null

),

areas as (

    select
        warning_id,
        string_agg(one_code, '、' order by one_code) as village_code,
        string_agg(one_name, '、' order by one_code asc nulls last, one_name asc) as village_name
    from villages
    where warning_id not in (select whole_towns.warning_id from whole_towns)
    group by warning_id

),

totals as (

    select
        warning_id,
        min(cast(received_at as date)) as first_signalled_on,
        max(cast(received_at as date)) as last_signalled_on,
        max(received_at) as last_received_at,
        count(distinct row_id) as signal_count,
        string_agg(distinct feed, '、' order by feed) as feeds
    from signals
    group by warning_id

),

-- Several issued warnings may turn out to be about one subject, by a later number or a person's decision: the one that was
-- issued with it, else the first of them, has it; each other one stays with the subject it was issued with.
claimants as (

    select
        issued.warning_id,
        issued.county_code,
        issued.cause,
        issued.qualifier,
        issued.issued_at,
        issued.identity = 'unresolved' as is_unresolved,
        coalesce(
            former.id_number,
            if(issued.identity = 'unresolved', coalesce(subjects.subject_key, issued.subject_key), issued.subject_key)
        ) as subject_key
    from issued
    left join subjects on issued.warning_id = subjects.warning_id
    left join {{ ref('int_registry_numbers') }} as former
        on issued.county_code = former.county_code and issued.subject_key = former.former_number
    where issued.subject <> 'area'

),

second as (

    select
        warning_id,
        first_value(warning_id) over same_subject as same_subject_as
    from claimants
    where subject_key is not null
    window
        same_subject as (
            partition by county_code, cause, qualifier, subject_key order by is_unresolved, issued_at, warning_id
        )
    qualify row_number() over same_subject > 1

),

-- An issued warning keeps the subject, and the registry, it was issued with.
signalled as (

    select
        newest.warning_id,
        newest.warning_type,
        newest.cause,
        newest.county_code,
        {% for column in ['town_code', 'town_name', 'household_id'] %}
        if(keeps.warning_id is null, subjects.{{ column }}, keeps.{{ column }}) as {{ column }},
        {% endfor %}
        case
            when newest.subject = 'area' then areas.village_code
            when keeps.warning_id is null then subjects.village_code
            else keeps.village_code
        end as village_code,
        case
            when newest.subject = 'area' and areas.warning_id is not null then areas.village_name
            when newest.subject = 'area' then if(newest.village_code is null, newest.village_name, null)
            when keeps.warning_id is null then subjects.village_name
            else keeps.village_name
        end as village_name,
        newest.subject,
        {% for column in [
            'subject_key', 'identity', 'identity_method', 'person_name', 'id_number', 'head_name', 'registry_status',
            'registry_date',
        ] %}
        if(keeps.warning_id is null, subjects.{{ column }}, keeps.{{ column }}) as {{ column }},
        {% endfor %}
        newest.qualifier,
        newest.occurred_on,
        least(totals.first_signalled_on, coalesce(issued.first_signalled_on, totals.first_signalled_on)) as first_signalled_on,
        totals.last_signalled_on,
        totals.last_received_at,
        newest.amount_yuan,
        evidence.evidence,
        newest.rule_id,
        newest.clause,
        totals.feeds,
        totals.signal_count,
        newest.row_marks,
        if(keeps.warning_id is null, subjects.candidates, null) as candidates,
        second.same_subject_as,
        true as has_signal
    from newest
    inner join subjects on newest.warning_id = subjects.warning_id
    inner join totals on newest.warning_id = totals.warning_id
    inner join evidence on newest.warning_id = evidence.warning_id
    left join areas on newest.warning_id = areas.warning_id
    left join issued on newest.warning_id = issued.warning_id
    left join issued as keeps
        on
            newest.warning_id = keeps.warning_id and newest.subject <> 'area'
            and (keeps.identity <> 'unresolved' or keeps.warning_id in (select other.warning_id from second as other))
    left join second on newest.warning_id = second.warning_id

),

marked as (

    select
        * exclude (row_marks) replace (if(identity = 'unresolved', candidates, null) as candidates),
        nullif(concat_ws(
            '、',
            if(identity = 'unresolved', '身份待核', null),
            row_marks,
            if(contains(registry_status, '风险已消除'), '风险已消除', null)
        ), '') as marks
    from signalled

),

-- Issued and open, but no row makes it a signal any more: it stays as it was last listed.
unsignalled as (

    select
        issued.*,
        second.same_subject_as,
        false as has_signal
    from issued
    left join marked on issued.warning_id = marked.warning_id
    left join second on issued.warning_id = second.warning_id
    where marked.warning_id is null and issued.is_open

)

select * from marked

union all by name

select unsignalled.* exclude (dispatch_id, listing_kind, issued_in, issued_at, listed_at, state, is_open) from unsignalled
