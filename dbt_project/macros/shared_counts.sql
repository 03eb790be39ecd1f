{# A count of households or warnings as it may leave the bureau: nothing below the smallest that may be told, else to the nearest
multiple of it. Exact figures beside each other would tell by subtraction what is left out. None at all is told: it is nobody. #}
{% macro shared_count(count) -%}
{% set smallest = 5 -%}
    case
        when {{ count }} = 0 then 0
        when {{ count }} >= {{ smallest }} then cast(round({{ count }} / {{ smallest }}) as integer) * {{ smallest }}
    end
{%- endmacro %}
