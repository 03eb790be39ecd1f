with households as (

    {{ rows_to_screen('civil_affairs__new_low_income', 'low_income.new_low_income') }}

),

-- The list of the quarter before, as accepted: household and type. Not delivered means that everything is new.
keyed as (

    select
        *,
        coalesce(known_key, {{ place_key('town_code', 'town_name', 'village_code', 'village_name', 'stated_name') }}) as list_key,
        {{ quarter_start('period') }} as quarter_start
    from households

),

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
        keyed.*,
        case
            when places.reason_code is not null then places.reason_code
            when not ({{ in_quarter('keyed.recognised_date', 'keyed.period') }}) then 'recognised_outside_quarter'
            when listed_before.list_key is not null then 'not_new'
        end as verdict,
        keyed.low_income_type as qualifier,
        keyed.low_income_type as observed_value,
        null as amount_yuan,
        keyed.recognised_date as occurred_on,
        keyed.recognised_date || '新认定为农村' || keyed.low_income_type
        || coalesce(',保障' || keyed.covered_count || '人', '') as evidence,
        '' as row_marks,
        '' as finding_codes
    from keyed
    left join {{ ref('rule_values') }} as places
        on
            keyed.rule_id = places.rule_id
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
{{ screened('civil_affairs__new_low_income') }}
