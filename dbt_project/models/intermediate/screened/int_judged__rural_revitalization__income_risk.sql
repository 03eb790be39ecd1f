with households as (

    {{ current_rows('rural_revitalization__income_risk') }}

),

settled as (

    select given.* replace ({{ settled_amounts('rural_revitalization__income_risk') }})
    from households as given
    left join {{ ref('int_decisions') }} as decisions on given.row_id = decisions.row_id

),

measured as (

    select
        settled.*,
        income_lines.yuan as line_yuan,
        contains(settled.risk_situation, '收入偏低') as is_low_stated,
        contains(settled.risk_situation, '收入连续下降') as is_falling_stated,
        contains(settled.risk_situation, '支出较大') as is_heavy,
        settled.income_yuan < income_lines.yuan as is_low,
        -- NULL while an earlier year is missing and the years known do not rise.
        settled.income_yuan < settled.previous_income_yuan
        and settled.previous_income_yuan < settled.earlier_income_yuan as is_falling
    from settled
    left join {{ ref('int_income_line') }} as income_lines
        on {{ in_force('income_lines', 'make_date(settled.income_year, 12, 31)') }}

),

-- One signal for the year with all its situations; the rule named is the first that is met.
ruled as (

    select
        *,
        coalesce(is_falling, is_falling_stated) as counts_as_falling,
        case
            when is_low then 'employment_income.income_low'
            when coalesce(is_falling, is_falling_stated) then 'employment_income.income_falling'
            when is_heavy then 'employment_income.spending_heavy'
            else 'employment_income.income_low'
        end as rule_id
    from measured

),

judged as (

    select
        row_id,
        rule_id,
        if(rule_id = 'employment_income.income_low', line_yuan, null) as threshold,
        case
            when is_low or counts_as_falling or is_heavy then null
            when line_yuan is null then 'no_income_line'
            when is_low_stated or is_falling_stated then 'figures_contradict'
            else 'below_mark'
        end as verdict,
        cast(income_year as varchar) as qualifier,
        income_yuan || '元' as observed_value,
        income_yuan as amount_yuan,
        make_date(income_year, 12, 31) as occurred_on,
        income_year || '年家庭人均纯收入' || income_yuan || '元：' || concat_ws(
            '；',
            if(is_low, '收入偏低，低于监测收入线' || line_yuan || '元', null),
            if(
                counts_as_falling,
                '收入连续下降，前年' || coalesce(earlier_income_yuan || '元', '不详')
                || '、上年' || coalesce(previous_income_yuan || '元', '不详'),
                null
            ),
            if(is_heavy, '支出较大' || coalesce('，家庭刚性支出' || rigid_spending_yuan || '元', ''), null)
        ) as evidence,
        if(is_falling is null and is_falling_stated, '数据不全', null) as row_marks,
        nullif(concat_ws(
            '、',
            if(is_low_stated and not is_low, 'income_low_contradicted', null),
            if(is_low and not is_low_stated, 'income_low_not_stated', null),
            if(is_falling_stated and not is_falling, 'income_falling_contradicted', null),
            if(is_falling and not is_falling_stated, 'income_falling_not_stated', null),
            if(is_falling_stated and is_falling is null, 'income_falling_incomplete', null)
        ), '') as finding_codes
    from ruled

)

select * from judged
