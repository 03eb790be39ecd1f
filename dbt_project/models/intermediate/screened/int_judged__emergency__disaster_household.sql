with households as (

    {{ current_rows('emergency__disaster_household') }}

),

settled as (

    select given.* replace ({{ settled_amounts('emergency__disaster_household') }})
    from households as given
    left join {{ ref('int_decisions') }} as decisions on given.row_id = decisions.row_id

),

judged as (

    select
        row_id,
        'disaster.disaster_household' as rule_id,
        cast(null as decimal(18, 2)) as threshold,
        case when not is_still_in_difficulty then 'difficulty_resolved' end as verdict,
        disaster_id as qualifier,
        if(is_still_in_difficulty, '救助后仍有困难', '救助后无困难') as observed_value,
        cast(null as decimal(18, 2)) as amount_yuan,
        assessed_date as occurred_on,
        assessed_date || '核定：' || {{ free_text('damage_description') }}
        || coalesce('，已获救助' || relief_yuan || '元', '') || '，救助后基本生活仍有困难' as evidence,
        cast(null as varchar) as row_marks,
        cast(null as varchar) as finding_codes
    from settled

)

select * from judged
