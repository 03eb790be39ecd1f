{% set feeds = [
    'medical_insurance__uninsured',
    'medical_insurance__self_pay_monitored',
    'medical_insurance__self_pay_high',
    'human_resources__unemployed',
    'water__drinking_water',
    'housing__renovation_plan',
    'housing__hazard',
    'civil_affairs__new_low_income',
    'disabled_federation__new_certificate',
    'education__dropout',
    'rural_revitalization__income_risk',
] %}
{% for feed in feeds %}
select
    '{{ feed }}' as feed,
    row_id,
    county_code,
    delivery_id,
    period,
    row_key,
    received_at,
    modified_at,
    -- Without the receipt, and without what only names the period: a list with a new month in its head is still the old list.
    cast(hash(*columns(
        lambda named: named not in (
            'row_id', 'county_code', 'delivery_id', 'period', 'row_key', 'received_at', 'modified_at', 'sheet', 'row_number',
            'waits_code', 'waits_reason', 'repairs', 'town_code', 'village_code', 'home_elsewhere',
            'insured_year', 'statistics_year', 'as_of_month', 'plan_year', 'term', 'income_year'
        )
    )) as varchar) as row_content
from {{ ref('stg_' ~ feed) }}
where received_at <= {{ cutoff_at() }}
{{ 'union all by name' if not loop.last }}
{% endfor %}
