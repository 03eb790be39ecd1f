with warnings_of_row as (

    select
        row_id,
        string_agg(distinct warning_id, '、' order by warning_id) as warning_id
    from {{ ref('int_signals') }}
    group by row_id

),

-- An area event stands once for each of its towns; here the row is whole again.
screened as (

    select
        row_id,
        feed,
        arg_min(outcome, outcome <> 'signal') as outcome,
        arg_min(coalesce(reason_code, ''), outcome <> 'signal') as reason_code,
        arg_min(coalesce(reason, ''), outcome <> 'signal') as reason,
        first(rule_id) as rule_id,
        first(delivery_id) as delivery_id,
        first(sheet) as sheet,
        first(row_number) as row_number,
        first(period) as period,
        first(received_at) as received_at,
        first(row_person_name) as person_name,
        first(row_id_number) as id_number,
        first(household_id) as household_id,
        string_agg(town_code, '、' order by town_code) as town_code,
        string_agg(town_name, '、' order by town_code) as town_name,
        string_agg(village_code, '、' order by town_code) as village_code,
        string_agg(village_name, '、' order by town_code) as village_name
    from {{ ref('int_screened') }}
    group by row_id, feed

)

select
    screened.row_id,
    screened.feed,
    screened.outcome,
    nullif(screened.reason_code, '') as reason_code,
    nullif(screened.reason, '') as reason,
    screened.rule_id,
    warnings_of_row.warning_id,
    screened.delivery_id,
    screened.sheet,
    screened.row_number,
    screened.period,
    screened.received_at,
    screened.person_name,
    screened.id_number,
    screened.household_id,
    screened.town_code,
    screened.town_name,
    screened.village_code,
    screened.village_name
from screened
left join warnings_of_row on screened.row_id = warnings_of_row.row_id
order by screened.row_id
