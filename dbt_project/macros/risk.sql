{# The open warnings of one type. #}
{% macro risk_table(warning_type) -%}
select
    {% for name, type in risk_columns() %}
    cast({{ name }} as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
{% endfor %}
from {{ ref('int_warnings') }}
where warning_type = '{{ warning_type }}'
order by county_code, town_code, village_code, warning_id
{%- endmacro %}
