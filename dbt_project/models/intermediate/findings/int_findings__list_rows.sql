{% set compared = feeds_with('repeated_code') %}
{% for feed in compared %}
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
            'waits_code', 'waits_reason', 'repairs', 'town_code', 'village_code', 'home_elsewhere'
            {% for name in feeds()[feed].period_columns %}, '{{ name }}'{% endfor %}
        )
    )) as varchar) as row_content
from {{ ref('stg_' ~ feed) }}
where received_at <= {{ cutoff_at() }}
{{ 'union all by name' if not loop.last }}
{% endfor %}
