{# What a person has settled of a row `given` that int_decisions answers as `decisions`: its amounts, in place of those the file
leaves open. #}
{% macro settled_amounts(feed) -%}
{% for column in feeds()[feed].amounts -%}
coalesce(given.{{ column }}, try_cast(json_extract_string(decisions.amounts, '$.{{ column }}') as decimal(18, 2))) as {{ column }}
{{- ', ' if not loop.last }}
{%- endfor %}
{%- endmacro %}


{# The same of its place, in place of what the file says. #}
{% macro decided_place() -%}
coalesce(decisions.town_code, given.town_code) as town_code,
coalesce(decisions.town_name, given.town_name) as town_name,
if(decisions.town_code is null, given.village_code, decisions.village_code) as village_code,
if(decisions.town_code is null, given.village_name, decisions.village_name) as village_name
{%- endmacro %}


{# Whether a dated line (valid_from, valid_to, either may be empty) is in force on a day. #}
{% macro in_force(line, day) -%}
{{ day }} between coalesce(try_cast({{ line }}.valid_from as date), date '0001-01-01')
and coalesce(try_cast({{ line }}.valid_to as date), date '9999-12-31')
{%- endmacro %}


{# Whether a figure meets the rule's threshold, by the comparison the rule states. #}
{% macro meets_threshold(figure) -%}
    case comparison
        when '>' then {{ figure }} > threshold
        when '>=' then {{ figure }} >= threshold
        when '<' then {{ figure }} < threshold
        when '<=' then {{ figure }} <= threshold
    end
{%- endmacro %}


{# The rule's threshold as people write it, e.g. 超过30000.00元. #}
{% macro threshold_text() -%}
    case comparison when '>' then '超过' when '>=' then '达到' when '<' then '低于' when '<=' then '不高于' end
    || threshold || regexp_replace(threshold_unit, '\(.*', '')
{%- endmacro %}


{# Free text of a department, without anything long enough to be a person's number. #}
{% macro free_text(text) -%}
coalesce(regexp_replace({{ text }}, '[0-9０-９]{11,}[XxＸｘ]?', '…', 'g'), '')
{%- endmacro %}


{# A Chinese sentence with the marks of one: figures in it have no separators, so every mark is the sentence's own. #}
{% macro sentence(text) -%}
translate({{ text }}, ',:;()', '，：；（）')
{%- endmacro %}


{# First day of a quarter written 2024-Q1. #}
{% macro quarter_start(period) -%}
make_date(cast(left({{ period }}, 4) as integer), (cast(right({{ period }}, 1) as integer) - 1) * 3 + 1, 1)
{%- endmacro %}


{# Whether a day lies in a quarter written 2024-Q1. #}
{% macro in_quarter(day, period) -%}
{{ day }} >= {{ quarter_start(period) }} and {{ day }} < {{ quarter_start(period) }} + interval 3 month
{%- endmacro %}


{# First day of a month written 2024-03. #}
{% macro month_start(period) -%}
try_cast({{ period }} || '-01' as date)
{%- endmacro %}


{# A period that sorts by time: terms are the only ones whose text does not. #}
{% macro period_order(period) -%}
replace(replace({{ period }}, '-spring', '-1'), '-autumn', '-2')
{%- endmacro %}


{# The place of a subject nobody gave a number for, as part of its key; what has no code stands as written. #}
{% macro place_key(town_code, town_name, village_code, village_name, name) -%}
coalesce({{ town_code }}, {{ town_name }}, '') || '|' || coalesce({{ village_code }}, {{ village_name }}, '') || '|'
|| coalesce({{ name_key(name) }}, '')
{%- endmacro %}


{# The finding when a department's 人员类别 is not what the registry says; 脱贫不稳定户 are both kinds. The registry wins. #}
{% macro category_finding() -%}
    case
        when identity = 'new' and person_category in ('脱贫人口', '监测对象') then 'listed_by_department_only'
        when not is_in_registry or person_category is null then null
        when person_category = '脱贫人口' and is_lifted then null
        when person_category = '监测对象' and is_monitored then null
        else 'category_differs'
    end
{%- endmacro %}


{# Codes and names joined by 、 as a list of pairs; names beyond the codes belong to no code. #}
{% macro code_names(codes, names) -%}
    list_transform(
        list_zip(string_split(nullif({{ codes }}, ''), '、'), string_split({{ names }}, '、')),
        lambda pair : {'code': pair[1], 'name': pair[2]}
    )
{%- endmacro %}


{# Where a pattern is denied before it or ended after it, within one clause: 未参加职工医保, 职工医保已停, but not 未缴费，职工医保. #}
{% macro denied(pattern) -%}
'([未没無无不非][^，。；、,;（）() ]{0,4}(' || {{ pattern }} || '))|(('
|| {{ pattern }} || ')[^，。；、,;（）() ]{0,6}([停断退终止]|未缴|未参|到期|失效))'
{%- endmacro %}
