{% set feeds = [
    'medical_insurance__uninsured',
    'medical_insurance__self_pay_monitored',
    'medical_insurance__self_pay_high',
    'health__epidemic_event',
    'education__dropout',
    'housing__renovation_plan',
    'housing__hazard',
    'water__drinking_water',
    'civil_affairs__new_low_income',
    'rural_revitalization__income_risk',
    'human_resources__unemployed',
    'disabled_federation__new_certificate',
    'water__industry_loss',
    'emergency__disaster_area',
    'emergency__disaster_household',
    'public_security__incident',
    'petition__case',
] %}
{% for feed in feeds %}
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
