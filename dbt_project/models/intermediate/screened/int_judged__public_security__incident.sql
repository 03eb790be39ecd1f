with persons as (

    {{ current_rows('public_security__incident') }}

),

settled as (

    select given.* replace ({{ settled_amounts('public_security__incident') }})
    from persons as given
    left join {{ ref('int_decisions') }} as decisions on given.row_id = decisions.row_id

),

judged as (

    select
        settled.row_id,
        'disaster.incident' as rule_id,
        cast(null as decimal(18, 2)) as threshold,
        consequences.reason_code as verdict,
        settled.incident_id as qualifier,
        settled.consequence as observed_value,
        settled.property_loss_yuan as amount_yuan,
        settled.occurred_date as occurred_on,
        settled.occurred_date || settled.incident_category || '，后果：' || settled.consequence
        || coalesce('，财产损失' || settled.property_loss_yuan || '元', '') as evidence,
        cast(null as varchar) as row_marks,
        cast(null as varchar) as finding_codes
    from settled
    left join {{ ref('rule_values') }} as consequences
        on
            consequences.rule_id = 'disaster.incident'
            and consequences.column_name = 'consequence'
            and consequences.outcome <> 'signal'
            and settled.consequence = consequences.value

)

select * from judged
