with households as (

    {{ current_rows('water__industry_loss') }}

),

settled as (

    select given.* replace ({{ settled_amounts('water__industry_loss') }})
    from households as given
    left join {{ ref('int_decisions') }} as decisions on given.row_id = decisions.row_id

),

ruled as (

    select
        settled.*,
        rules.comparison,
        try_cast(rules.threshold as decimal(18, 2)) as threshold,
        rules.threshold_unit
    from settled
    left join {{ ref('rules') }} as rules
        on rules.rule_id = 'industry.industry_loss' and {{ in_force('rules', 'cast(settled.received_at as date)') }}

),

judged as (

    select
        row_id,
        'industry.industry_loss' as rule_id,
        threshold,
        case when not {{ meets_threshold('loss_yuan') }} then 'below_mark' end as verdict,
        industry_type || '|' || occurred_date as qualifier,
        loss_yuan || '元' as observed_value,
        loss_yuan as amount_yuan,
        occurred_date as occurred_on,
        occurred_date || {{ free_text('industry_type') }} || '因' || {{ free_text('loss_reason') }} || '损失' || loss_yuan || '元，'
        || {{ threshold_text() }} as evidence,
        cast(null as varchar) as row_marks,
        cast(null as varchar) as finding_codes
    from ruled

)

select * from judged
