{{ config(materialized='table') }}

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
select * from {{ ref('int_screened__' ~ feed) }}
{{ 'union all by name' if not loop.last }}
{% endfor %}
