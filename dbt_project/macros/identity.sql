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

{# Whether two name keys are likely slips of one name: one character of three or more is another, missing or too many, or is a
stand-in. A suggestion, never a match. #}
{% macro names_similar(left, right) %}
    case
        when {{ left }} = {{ right }} or greatest(length({{ left }}), length({{ right }})) < 2 then false
        when {{ names_agree(left, right) }} then true
        when greatest(length({{ left }}), length({{ right }})) < 3 then false
        when length({{ left }}) = length({{ right }})
            then list_sum(list_transform(
                range(1, length({{ left }}) + 1),
                lambda spot : if(substr({{ left }}, spot, 1) = substr({{ right }}, spot, 1), 0, 1)
            )) = 1
        when length({{ left }}) = length({{ right }}) + 1 then {{ one_left_out(left, right) }}
        when length({{ right }}) = length({{ left }}) + 1 then {{ one_left_out(right, left) }}
        else false
    end
{% endmacro %}

{# Whether a text is another with one character left out. #}
{% macro one_left_out(longer, shorter) %}
list_contains(
    list_transform(
        range(1, length({{ longer }}) + 1),
        lambda spot : left({{ longer }}, spot - 1) || substr({{ longer }}, spot + 1)
    ),
    {{ shorter }}
)
{% endmacro %}

{# Whether two places differ: by village, or by town where one of them has no village. No place at all is no difference. #}
{% macro places_differ(left, right) %}
    case
        when {{ left }}.village_code is not null and {{ right }}.village_code is not null
            then {{ left }}.village_code <> {{ right }}.village_code
        else coalesce({{ left }}.town_code <> {{ right }}.town_code, false)
    end
{% endmacro %}
