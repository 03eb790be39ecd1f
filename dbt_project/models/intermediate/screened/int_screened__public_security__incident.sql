with persons as (

    {{ rows_to_screen('public_security__incident', 'disaster.incident') }}

),

judged as (

    select
        persons.*,
        consequences.reason_code as verdict,
        persons.incident_id as qualifier,
        persons.consequence as observed_value,
        persons.property_loss_yuan as amount_yuan,
        persons.occurred_date as occurred_on,
        persons.occurred_date || persons.incident_category || ',后果:' || persons.consequence
        || coalesce(',财产损失' || persons.property_loss_yuan || '元', '') as evidence,
        '' as row_marks,
        '' as finding_codes
    from persons
    left join {{ ref('rule_values') }} as consequences
        on
            persons.rule_id = consequences.rule_id
            and consequences.column_name = 'consequence'
            and consequences.outcome <> 'signal'
            and persons.consequence = consequences.value

)
{{ screened('public_security__incident') }}
