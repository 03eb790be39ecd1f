-- A view: dispatches go on after a screening.
{{ config(materialized='view') }}

with dispatches as (

    select
        entry_no,
        county_code,
        dispatch_id,
        -- What was issued at once counts for the month that follows.
        if(kind = 'monthly', dispatch_id, lead(if(kind = 'monthly', dispatch_id, null) ignore nulls) over (
            partition by county_code order by entry_no
        )) as month
    from {{ source('ledger', 'dispatches') }}

),

issues as (

    select
        *,
        row_number() over (partition by county_code, warning_id order by entry_no) > 1 as is_reopened
    from {{ source('ledger', 'events') }}
    where event = 'issued'

),

-- An area is no household. One household's warnings are one visit, as the papers of a dispatch count them.
listed as (

    select
        dispatches.month,
        warnings.county_code,
        warnings.town_code,
        warnings.town_name,
        warnings.listing_kind,
        issues.warning_id is not null as is_issued,
        coalesce(issues.is_reopened, false) as is_reopened,
        warnings.dispatch_id || '|' || case
            when warnings.household_id is not null then '1' || warnings.household_id
            when warnings.head_name is not null then '2' || coalesce(warnings.village_name, '') || '|' || warnings.head_name
            when coalesce(warnings.id_number, warnings.person_name) is not null
                then '3' || coalesce(warnings.village_name, '') || '|' || coalesce(warnings.id_number, warnings.person_name)
            else '4' || warnings.warning_id
        end as visit
    from {{ source('ledger', 'dispatched_warnings') }} as warnings
    inner join dispatches
        on warnings.county_code = dispatches.county_code and warnings.dispatch_id = dispatches.dispatch_id
    left join issues
        on
            warnings.county_code = issues.county_code and warnings.dispatch_id = issues.source
            and warnings.warning_id = issues.warning_id
    where warnings.subject <> 'area' and dispatches.month is not null

),

-- Without the rules each line were a visit: every one that is none is owed to exactly one rule.
counted as (

    select
        county_code,
        month,
        town_code,
        max(town_name) as town_name,
        count(*) filter (where is_issued) as warning_count,
        count(*) filter (where is_reopened) as reopened_count,
        count(distinct visit) filter (where is_issued) as visit_count,
        count(*) filter (where not is_issued and listing_kind = 'continuing') as open_warning_count,
        count(*) filter (where not is_issued and listing_kind = 'monitoring') as asked_once_count
    from listed
    group by county_code, month, town_code

)

select
    county_code,
    month,
    town_code,
    town_name,
    warning_count,
    reopened_count,
    visit_count,
    warning_count - visit_count as one_household_count,
    open_warning_count,
    asked_once_count,
    warning_count - visit_count + open_warning_count + asked_once_count as saved_count
from counted
order by month, town_code
