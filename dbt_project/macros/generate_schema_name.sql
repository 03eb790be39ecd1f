{# Schemas are called what dbt_project.yml calls them (staging, risk, report …), without the target's name before it. #}
{% macro generate_schema_name(custom_schema_name, node) %}{{ (custom_schema_name or target.schema) | trim }}{% endmacro %}
