{# rendered by `fangpin contracts render`; do not edit #}
{# Columns of every risk table and what a dispatch freezes of them, in order; risk.yml enforces them. #}
{% macro risk_columns() -%}
    {{ return([
        ('warning_id', 'varchar'), ('warning_type', 'varchar'), ('cause', 'varchar'), ('county_code', 'varchar'),
        ('town_code', 'varchar'), ('town_name', 'varchar'), ('village_code', 'varchar'), ('village_name', 'varchar'),
        ('household_id', 'varchar'), ('subject', 'varchar'), ('subject_key', 'varchar'), ('qualifier', 'varchar'),
        ('identity', 'varchar'), ('identity_method', 'varchar'), ('person_name', 'varchar'), ('id_number', 'varchar'),
        ('head_name', 'varchar'), ('registry_status', 'varchar'), ('registry_date', 'date'), ('occurred_on', 'date'),
        ('first_signalled_on', 'date'), ('last_signalled_on', 'date'), ('last_received_at', 'timestamp'),
        ('amount_yuan', 'decimal(18, 2)'), ('evidence', 'varchar'), ('rule_id', 'varchar'), ('clause', 'varchar'),
        ('feeds', 'varchar'), ('signal_count', 'integer'), ('marks', 'varchar'), ('candidates', 'varchar'),
    ]) }}
{%- endmacro %}
