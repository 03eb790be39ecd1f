{# Amounts a person has settled, in place of those the file leaves open. `amounts` is JSON, by column. #}
{% macro settled_amounts(feed, amounts) -%}
{% for column in feeds()[feed].amounts -%}
coalesce(given.{{ column }}, try_cast(json_extract_string({{ amounts }}, '$.{{ column }}') as decimal(18, 2))) as {{ column }},
{% endfor %}
{%- endmacro %}


{# What every feed's screening has in common: the current rows of a feed, each with its rule as in force on the day of receipt and
its subject as the registry knows it; what a person has decided holds in place of what the file says. A feed's own model judges
them; `screened` then gives the outcome. #}
{% macro rows_to_screen(feed, rule_id) -%}
    select
        given.* replace (
            {{ settled_amounts(feed, 'subjects.decided_amounts') }}
            coalesce(subjects.decided_town_code, given.town_code) as town_code,
            coalesce(subjects.decided_town_name, given.town_name) as town_name,
            if(subjects.decided_town_code is null, given.village_code, subjects.decided_village_code) as village_code,
            if(subjects.decided_town_code is null, given.village_name, subjects.decided_village_name) as village_name
        ),
        rules.rule_id,
        rules.warning_type,
        rules.cause,
        rules.clause,
        rules.comparison,
        {{ rule_figures() }},
        subjects.* exclude (
            feed, row_id,
            decided_amounts, decided_town_code, decided_town_name, decided_village_code, decided_village_name
        )
    from ({{ current_rows(feed) }}) as given
    left join {{ ref('rules') }} as rules
        on rules.rule_id = '{{ rule_id }}' and {{ in_force('rules', 'cast(given.received_at as date)') }}
    left join {{ ref('int_subjects') }} as subjects on given.row_id = subjects.row_id and subjects.feed = '{{ feed }}'
{%- endmacro %}


{# Figures and dates of a rule; the seed keeps them as written, empty where there is none. #}
{% macro rule_figures() -%}
    try_cast(rules.threshold as decimal(18, 2)) as threshold,
    rules.threshold_unit,
    try_cast(rules.valid_from as date) as rule_valid_from,
    try_cast(rules.valid_to as date) as rule_valid_to
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


{# Whether a row still waits for a person. #}
{% macro is_waiting() -%}
(coalesce(waits_code, '') not in ('', 'unroutable') and not coalesce(is_answered, false) and not coalesce(is_declined, false))
{%- endmacro %}


{# Whether a person has let a verdict that waits for one pass; no verdict needs nobody. #}
{% macro is_accepted(verdict) -%}
coalesce({{ verdict }} is null or list_contains(string_split(accepted_codes, '、'), {{ verdict }}), false)
{%- endmacro %}


{# The outcome of each judged row of a feed about persons or households. `judged` carries what rows_to_screen gave and
     verdict         a code of screening_reasons, NULL when the row meets its rule
     qualifier, observed_value, amount_yuan, occurred_on, evidence
     row_marks       marks of its own, joined by 、
     finding_codes   codes of finding_kinds, joined by 、
A row that waits for a person is no warning until decided, and none when the decision is 不采纳; a subject at home in another county is none of ours unless the registry
knows it; a row that meets its rule but has no town waits to be routed. #}
{% macro screened(feed) -%}
,

placed as (

    select
        *,
        coalesce(home_elsewhere, false) and coalesce(identity, '') <> 'matched' as is_not_ours,
        {{ is_waiting() }} as is_waiting,
        if(home_town_code is null, town_code, home_town_code) as placed_town_code,
        if(home_town_code is null, town_name, home_town_name) as placed_town_name,
        if(home_town_code is null, village_code, home_village_code) as placed_village_code,
        if(home_town_code is null, village_name, home_village_name) as placed_village_name
    from judged

),

decided as (

    select
        *,
        case
            when is_declined then 'declined'
            when is_waiting then waits_code
            when is_not_ours then 'home_elsewhere'
            when rule_id is null then 'rule_not_in_force'
            when not {{ is_accepted('verdict') }} then verdict
            when placed_town_code is null then 'unroutable'
        end as reason_code
    from placed

)

select
    decided.row_id,
    '{{ feed }}' as feed,
    decided.county_code,
    decided.delivery_id,
    decided.sheet,
    decided.row_number,
    decided.period,
    decided.received_at,
    decided.modified_at,
    case
        when decided.is_waiting then 'waiting'
        when decided.reason_code is null then 'signal'
        else reasons.outcome
    end as outcome,
    decided.reason_code,
    if(decided.is_waiting, coalesce(decided.waits_reason, reasons.reason), reasons.reason) as reason,
    decided.rule_id,
    decided.warning_type,
    decided.cause,
    decided.clause,
    decided.threshold,
    decided.threshold_unit,
    decided.rule_valid_from,
    decided.rule_valid_to,
    decided.subject,
    coalesce(
        decided.known_key,
        {{ place_key(
            'decided.town_code', 'decided.town_name', 'decided.village_code', 'decided.village_name', 'decided.stated_name'
        ) }}
    ) as subject_key,
    decided.known_key is not null as is_key_known,
    cast(decided.qualifier as varchar) as qualifier,
    coalesce(decided.identity, 'unresolved') as identity,
    decided.identity_method,
    decided.subject_name as person_name,
    decided.subject_id_number as id_number,
    decided.subject_head_name as head_name,
    decided.subject_household_id as household_id,
    decided.registry_status,
    decided.registry_date,
    coalesce(decided.is_monitored, false) as is_monitored,
    decided.placed_town_code as town_code,
    decided.placed_town_name as town_name,
    decided.placed_village_code as village_code,
    decided.placed_village_name as village_name,
    decided.stated_name,
    decided.stated_id_number,
    decided.row_person_name,
    decided.row_id_number,
    {{ place_key(
        'decided.town_code', 'decided.town_name', 'decided.village_code', 'decided.village_name', 'decided.stated_name'
    ) }} as stated_key,
    cast(decided.observed_value as varchar) as observed_value,
    cast(decided.amount_yuan as decimal(18, 2)) as amount_yuan,
    cast(decided.occurred_on as date) as occurred_on,
    if(decided.reason_code is null, {{ sentence('decided.evidence') }}, null) as evidence,
    nullif(decided.row_marks, '') as row_marks,
    nullif(concat_ws(
        '、',
        nullif(decided.finding_codes, ''),
        if(decided.name_differs, 'name_differs', null),
        if(decided.village_differs, 'village_differs', null),
        if(decided.household_count > 1, 'in_two_households', null),
        if(decided.reason_code = 'home_elsewhere', 'home_elsewhere', null)
    ), '') as finding_codes,
    decided.name_column,
    decided.candidates
from decided
left join {{ ref('screening_reasons') }} as reasons on decided.reason_code = reasons.reason_code
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


{# The current rows of a feed about areas, one for each town named, with those villages that are the town's. Codes and names come
joined by 、 in the same order. A row without any known town stays one row. #}
{% macro area_rows_to_screen(feed, rule_id) -%}
    select
        given.* exclude (town_code, town_name, village_code, village_name),
        rules.rule_id,
        rules.warning_type,
        rules.cause,
        rules.clause,
        rules.comparison,
        {{ rule_figures() }},
        towns.town.code as town_code,
        coalesce(towns.town.name, given.town_name) as town_name,
        nullif(array_to_string(list_transform(villages.of_town, lambda village : village.code), '、'), '') as village_code,
        case
            when coalesce(given.town_code, '') not like '%、%' then given.village_name
            else nullif(array_to_string(list_transform(villages.of_town, lambda village : village.name), '、'), '')
        end as village_name
    from (
        select
            given.* replace (
                {{ settled_amounts(feed, 'decisions.amounts') }}
                coalesce(decisions.town_code, given.town_code) as town_code,
                coalesce(decisions.town_name, given.town_name) as town_name,
                if(decisions.town_code is null, given.village_code, decisions.village_code) as village_code,
                if(decisions.town_code is null, given.village_name, decisions.village_name) as village_name
            ),
            coalesce(decisions.is_declined, false) as is_declined,
            coalesce(decisions.is_answered, false) as is_answered
        from ({{ current_rows(feed) }}) as given
        left join {{ ref('int_decisions') }} as decisions on given.row_id = decisions.row_id
    ) as given
    left join lateral (select unnest({{ code_names('given.town_code', 'given.town_name') }}) as town) as towns on true
    left join lateral (
        select
            list_filter(
                {{ code_names('given.village_code', 'given.village_name') }},
                lambda village : starts_with(village.code, coalesce(towns.town.code, ''))
            ) as of_town
    ) as villages on true
    left join {{ ref('rules') }} as rules
        on rules.rule_id = '{{ rule_id }}' and {{ in_force('rules', 'cast(given.received_at as date)') }}
{%- endmacro %}


{# Codes and names joined by 、 as a list of pairs; names beyond the codes belong to no code. #}
{% macro code_names(codes, names) -%}
    list_transform(
        list_zip(string_split(nullif({{ codes }}, ''), '、'), string_split({{ names }}, '、')),
        lambda pair : {'code': pair[1], 'name': pair[2]}
    )
{%- endmacro %}


{# `screened` for areas: nobody to be identified, the town is the subject. #}
{% macro screened_area(feed) -%}
,

decided as (

    select
        *,
        case
            when is_declined then 'declined'
            when {{ is_waiting() }} then waits_code
            when coalesce(home_elsewhere, false) and town_code is null then 'home_elsewhere'
            when rule_id is null then 'rule_not_in_force'
            when verdict is not null then verdict
            when town_code is null then 'unroutable'
        end as reason_code,
        {{ is_waiting() }} as is_waiting
    from judged

)

select
    decided.row_id,
    '{{ feed }}' as feed,
    decided.county_code,
    decided.delivery_id,
    decided.sheet,
    decided.row_number,
    decided.period,
    decided.received_at,
    decided.modified_at,
    case
        when decided.is_waiting then 'waiting'
        when decided.reason_code is null then 'signal'
        else reasons.outcome
    end as outcome,
    decided.reason_code,
    if(decided.is_waiting, coalesce(decided.waits_reason, reasons.reason), reasons.reason) as reason,
    decided.rule_id,
    decided.warning_type,
    decided.cause,
    decided.clause,
    decided.threshold,
    decided.threshold_unit,
    decided.rule_valid_from,
    decided.rule_valid_to,
    'area' as subject,
    coalesce(decided.town_code, decided.town_name, '') as subject_key,
    true as is_key_known,
    decided.qualifier,
    'matched' as identity,
    cast(null as varchar) as identity_method,
    cast(null as varchar) as person_name,
    cast(null as varchar) as id_number,
    cast(null as varchar) as head_name,
    cast(null as varchar) as household_id,
    cast(null as varchar) as registry_status,
    cast(null as date) as registry_date,
    false as is_monitored,
    decided.town_code,
    decided.town_name,
    decided.village_code,
    decided.village_name,
    cast(null as varchar) as stated_name,
    cast(null as varchar) as stated_id_number,
    cast(null as varchar) as row_person_name,
    cast(null as varchar) as row_id_number,
    cast(null as varchar) as stated_key,
    decided.observed_value,
    cast(null as decimal(18, 2)) as amount_yuan,
    cast(decided.occurred_on as date) as occurred_on,
    if(decided.reason_code is null, {{ sentence('decided.evidence') }}, null) as evidence,
    cast(null as varchar) as row_marks,
    cast(null as varchar) as finding_codes,
    cast(null as varchar) as name_column,
    cast(null as varchar) as candidates
from decided
left join {{ ref('screening_reasons') }} as reasons on decided.reason_code = reasons.reason_code
{%- endmacro %}
