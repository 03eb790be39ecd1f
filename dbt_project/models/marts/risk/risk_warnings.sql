{% set warning_types = [
    'illness', 'epidemic', 'schooling', 'housing', 'water', 'low_income',
    'employment_income', 'disability', 'industry', 'disaster', 'petition',
] %}
{% for warning_type in warning_types %}
select * from {{ ref('risk_' ~ warning_type) }}
{{ 'union all' if not loop.last }}
{% endfor %}
