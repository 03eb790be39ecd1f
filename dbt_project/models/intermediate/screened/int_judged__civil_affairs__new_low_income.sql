with households as (

    {{ current_rows('civil_affairs__new_low_income') }}

),

placed as (

    select
        given.* replace ({{ decided_place() }}),
        {{ quarter_start('given.period') }} as quarter_start
    from households as given
    left join {{ ref('int_decisions') }} as decisions on given.row_id = decisions.row_id

),

keyed as (

    select
        placed.*,
        coalesce(
            subjects.known_key,
            {{ place_key(
                'placed.town_code', 'placed.town_name', 'placed.village_code', 'placed.village_name', 'subjects.stated_name'
            ) }}
        ) as list_key
    from placed
    left join {{ ref('int_subjects') }} as subjects
        on placed.row_id = subjects.row_id and subjects.feed = 'civil_affairs__new_low_income'

),

-- The list of the quarter before, as accepted: household and type. Not delivered means that everything is new.
listed_before as (

    select distinct
        county_code,
        list_key,
        low_income_type,
        cast(quarter_start + interval 3 month as date) as next_quarter_start
    from keyed

),

judged as (

    select
        keyed.row_id,
        'low_income.new_low_income' as rule_id,
        cast(null as decimal(18, 2)) as threshold,
        case
            when places.reason_code is not null then places.reason_code
            when not ({{ in_quarter('keyed.recognised_date', 'keyed.period') }}) then 'recognised_outside_quarter'
            when listed_before.list_key is not null then 'not_new'
        end as verdict,
        keyed.low_income_type as qualifier,
        keyed.low_income_type as observed_value,
        cast(null as decimal(18, 2)) as amount_yuan,
        keyed.recognised_date as occurred_on,
        keyed.recognised_date || '新认定为农村' || keyed.low_income_type
        || coalesce('，保障' || keyed.covered_count || '人', '') as evidence,
        cast(null as varchar) as row_marks,
        cast(null as varchar) as finding_codes
    from keyed
    left join {{ ref('rule_values') }} as places
        on
            places.rule_id = 'low_income.new_low_income'
            and places.column_name = 'residence_type'
            and places.outcome <> 'signal'
            and keyed.residence_type = places.value
    left join listed_before
        on
            keyed.county_code = listed_before.county_code
            and keyed.list_key = listed_before.list_key
            and keyed.low_income_type = listed_before.low_income_type
            and keyed.quarter_start = listed_before.next_quarter_start

)

select * from judged
