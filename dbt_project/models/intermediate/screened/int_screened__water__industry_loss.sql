with households as (

    {{ rows_to_screen('water__industry_loss', 'industry.industry_loss') }}

),

judged as (

    select
        *,
        case when not {{ meets_threshold('loss_yuan') }} then 'below_mark' end as verdict,
        industry_type || '|' || occurred_date as qualifier,
        loss_yuan || '元' as observed_value,
        loss_yuan as amount_yuan,
        occurred_date as occurred_on,
        occurred_date || {{ free_text('industry_type') }} || '因' || {{ free_text('loss_reason') }} || '损失' || loss_yuan || '元,'
        || {{ threshold_text() }} as evidence,
        '' as row_marks,
        '' as finding_codes
    from households

)
{{ screened('water__industry_loss') }}
