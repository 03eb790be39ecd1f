with households as (

    {{ rows_to_screen('emergency__disaster_household', 'disaster.disaster_household') }}

),

judged as (

    select
        *,
        case when not is_still_in_difficulty then 'difficulty_resolved' end as verdict,
        disaster_id as qualifier,
        if(is_still_in_difficulty, '救助后仍有困难', '救助后无困难') as observed_value,
        null as amount_yuan,
        assessed_date as occurred_on,
        assessed_date || '核定:' || {{ free_text('damage_description') }}
        || coalesce(',已获救助' || relief_yuan || '元', '') || ',救助后基本生活仍有困难' as evidence,
        '' as row_marks,
        '' as finding_codes
    from households

)
{{ screened('emergency__disaster_household') }}
