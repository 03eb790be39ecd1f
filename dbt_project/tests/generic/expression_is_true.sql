{# The expression holds for every row. Shows how many rows break it, never the rows: they are about people. #}
{% test expression_is_true(model, expression) %}

select count(*) as row_count
from {{ model }}
where ({{ expression }}) is not true
having count(*) > 0

{% endtest %}
