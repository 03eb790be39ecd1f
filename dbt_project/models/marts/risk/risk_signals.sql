select
    row_id,
    warning_id,
    feed,
    rule_id,
    clause,
    cast(threshold as decimal(18, 2)) as threshold,
    threshold_unit,
    rule_valid_from,
    rule_valid_to,
    observed_value,
    period,
    delivery_id,
    sheet,
    row_number,
    received_at,
    occurred_on,
    amount_yuan,
    evidence
from {{ ref('int_signals') }}
order by warning_id, received_at, row_id
