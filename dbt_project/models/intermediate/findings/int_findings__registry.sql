with registry as (

    select
        *,
        concat_ws('|', household_type, monitored_type, relation_to_head, health_status, labour_skill) as said
    from {{ ref('int_registry_in_force') }}

),

persons as (

    select * from {{ ref('int_registry_persons') }}

),

-- Who died counts before who moved: one finding a person is enough.
departed as (

    select
        registry.county_code,
        registry.id_number,
        registry.row_id,
        min(words.finding_code) as finding_code
    from registry
    inner join {{ ref('departed_words') }} as words on contains(registry.said, words.word)
    group by all

),

-- Somebody the registry still lists, whom a department reports and a town would visit.
subjects as (

    select
        screened.delivery_id,
        screened.sheet,
        screened.row_number,
        screened.feed,
        screened.name_column,
        screened.town_code,
        min(departed.finding_code) as finding_code
    from {{ ref('int_screened') }} as screened
    inner join departed
        on screened.county_code = departed.county_code and screened.id_number = departed.id_number
    where screened.outcome in ('signal', 'information')
    group by all

),

listed as (

    select
        persons.delivery_id,
        persons.sheet,
        persons.row_number,
        persons.town_code,
        'departed_in_registry' as finding_code
    from persons
    inner join departed on persons.row_id = departed.row_id

    union all by name

    select
        delivery_id,
        sheet,
        row_number,
        town_code,
        'in_two_households' as finding_code
    from persons
    where household_count > 1

    union all by name

    -- The same 人编号 with another number than in an earlier registry.
    select
        persons.delivery_id,
        persons.sheet,
        persons.row_number,
        persons.town_code,
        'number_changed' as finding_code
    from persons
    where exists (
        select 1 from {{ ref('int_registry_numbers') }} as former
        where former.county_code = persons.county_code and former.id_number = persons.id_number
    )

),

found as (

    select * from subjects

    union all by name

    select
        *,
        'rural_revitalization__registry' as feed,
        'person_name' as name_column
    from listed

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
