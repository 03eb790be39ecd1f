{# rendered by `fangpin contracts render`; do not edit #}
{# An identity number as a person may see it beside a name: include/identity/masks.py says who sees what. #}
{% macro masked_number(number) %}
    case
        when length({{ number }}) > 8
            then repeat('*', length({{ number }}) - 4) || right({{ number }}, 4)
        else repeat('*', length({{ number }}))
    end
{% endmacro %}
