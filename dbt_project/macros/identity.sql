{# A name for comparing: letters only, lower case, so that spaces and the dots of minority names do not matter.
Characters that stand for one a computer lacked (?, □, private use) stay, as wildcards of names_agree. #}
{% macro name_key(name) %}regexp_replace(lower({{ name }}), '[^\p{L}\p{M}\p{N}\p{Co}?？□■�]', '', 'g'){% endmacro %}

{# Whether two name keys can be the same name, reading a stand-in character as any one character. #}
{% macro names_agree(left, right) %}
    case
        when {{ left }} is null or {{ left }} = '' or {{ left }} = {{ right }} then true
        when regexp_matches({{ left }} || {{ right }}, '[\p{Co}?？□■�]')
            then
                regexp_full_match({{ right }}, regexp_replace({{ left }}, '[\p{Co}?？□■�]', '.', 'g'))
                or regexp_full_match({{ left }}, regexp_replace({{ right }}, '[\p{Co}?？□■�]', '.', 'g'))
        else false
    end
{% endmacro %}

{# Whether two places differ: by village, or by town where one of them has no village. No place at all is no difference. #}
{% macro places_differ(left, right) %}
    case
        when {{ left }}.village_code is not null and {{ right }}.village_code is not null
            then {{ left }}.village_code <> {{ right }}.village_code
        else coalesce({{ left }}.town_code <> {{ right }}.town_code, false)
    end
{% endmacro %}

{# An identity number as a person may see it beside a name: the last four characters. #}
{% macro masked_number(number) %}repeat('*', greatest(length({{ number }}) - 4, 0)) || right({{ number }}, 4){% endmacro %}
