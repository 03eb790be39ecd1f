{# The columns are filled and together name one row. Shows counts only: a failing key may be a person's number. #}
{% test is_key(model, columns) %}

with counted as (

    select
        count(*) as row_count,
        count(*) filter (where {% for column in columns %}{{ column }} is null{{ " or " if not loop.last }}{% endfor %}) as empty_count,
        count(distinct ({{ columns | join(", ") }})) as key_count
    from {{ model }}

)

select
    row_count,
    empty_count,
    key_count
from counted
where empty_count > 0 or key_count < row_count

{% endtest %}
