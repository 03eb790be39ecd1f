{% set feeds_that_warn = feeds_with('warning_type') %}
{% for feed in feeds_that_warn %}
select
    '{{ feed }}' as feed,
    given.county_code,
    given.delivery_id,
    given.sheet,
    given.row_number,
    given.period,
    given.received_at,
    given.modified_at,
    given.waits_code,
    given.waits_reason,
    given.home_elsewhere,
    given.town_code,
    given.town_name,
    given.village_code,
    given.village_name,
    judged.*
from {{ ref('int_judged__' ~ feed) }} as judged
inner join {{ ref('stg_' ~ feed) }} as given on judged.row_id = given.row_id
{{ 'union all' if not loop.last }}
{% endfor %}
