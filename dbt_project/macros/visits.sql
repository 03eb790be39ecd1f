{# The household that a warning sends somebody to, within its county: the registry's 户编号, else village and head, else the
person, else the warning itself. Several warnings of one household are one visit. None for an area, where nobody knows yet whom
to visit. As include/reports/notice.py sorts a town's sheet. #}
{% macro visit_key(warning) -%}
    case
        when {{ warning }}.subject = 'area' then null
        when {{ warning }}.household_id <> '' then '1' || {{ warning }}.household_id
        when {{ warning }}.head_name <> ''
            then concat_ws('|', '2' || {{ warning }}.town_code, {{ warning }}.village_name, {{ warning }}.head_name)
        when coalesce({{ warning }}.id_number, {{ warning }}.person_name, '') <> ''
            then concat_ws(
                '|',
                '3' || {{ warning }}.town_code,
                {{ warning }}.village_name,
                coalesce(nullif({{ warning }}.id_number, ''), {{ warning }}.person_name)
            )
        else '4' || {{ warning }}.warning_id
    end
{%- endmacro %}
