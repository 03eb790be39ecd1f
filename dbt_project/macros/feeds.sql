{# rendered by `fangpin contracts render`; do not edit #}
{# What the models need of each feed, in the contracts' order:
    warning_type    what its rows may warn of; none for feeds that are not screened
    is_event        keyed by an event's number: a later report replaces the earlier one in whatever period it came
    claims          roles of a row that name somebody, the subject first
    names_household whether its rows carry the registry's 户编号
    amounts         columns that may be approximate in the file and then be settled by a person
    repeated_code   the finding when a list is the one before sent again; none where lists are not compared
    period_columns  columns that only name the period
    clock_column    the day of the event, which starts the clock; none for feeds that are not about events #}
{% macro feeds() -%}
    {{ return({
        'medical_insurance__uninsured': {
            'warning_type': 'illness',
            'is_event': false,
            'claims': ['person'],
            'names_household': false,
            'amounts': [],
            'repeated_code': 'list_repeated',
            'period_columns': ['insured_year'],
            'clock_column': none,
        },
        'medical_insurance__self_pay_monitored': {
            'warning_type': 'illness',
            'is_event': false,
            'claims': ['person'],
            'names_household': false,
            'amounts': ['total_cost_yuan', 'basic_insurance_yuan', 'serious_illness_yuan', 'medical_aid_yuan', 'self_pay_yuan'],
            'repeated_code': 'list_repeated',
            'period_columns': ['statistics_year', 'as_of_month'],
            'clock_column': none,
        },
        'medical_insurance__self_pay_high': {
            'warning_type': 'illness',
            'is_event': false,
            'claims': ['person'],
            'names_household': false,
            'amounts': ['total_cost_yuan', 'basic_insurance_yuan', 'serious_illness_yuan', 'medical_aid_yuan', 'self_pay_yuan'],
            'repeated_code': 'list_repeated',
            'period_columns': ['statistics_year', 'as_of_month'],
            'clock_column': none,
        },
        'health__epidemic_event': {
            'warning_type': 'epidemic',
            'is_event': true,
            'claims': [],
            'names_household': false,
            'amounts': [],
            'repeated_code': none,
            'period_columns': [],
            'clock_column': 'occurred_date',
        },
        'education__dropout': {
            'warning_type': 'schooling',
            'is_event': false,
            'claims': ['child', 'guardian'],
            'names_household': false,
            'amounts': [],
            'repeated_code': 'list_repeated',
            'period_columns': ['term'],
            'clock_column': none,
        },
        'housing__renovation_plan': {
            'warning_type': 'housing',
            'is_event': false,
            'claims': ['head'],
            'names_household': false,
            'amounts': [],
            'repeated_code': 'plan_repeated',
            'period_columns': ['plan_year'],
            'clock_column': none,
        },
        'housing__hazard': {
            'warning_type': 'housing',
            'is_event': false,
            'claims': ['head'],
            'names_household': false,
            'amounts': [],
            'repeated_code': 'quarter_list_repeated',
            'period_columns': [],
            'clock_column': none,
        },
        'water__drinking_water': {
            'warning_type': 'water',
            'is_event': false,
            'claims': ['head'],
            'names_household': false,
            'amounts': [],
            'repeated_code': 'list_repeated',
            'period_columns': [],
            'clock_column': none,
        },
        'civil_affairs__new_low_income': {
            'warning_type': 'low_income',
            'is_event': false,
            'claims': ['person', 'head'],
            'names_household': false,
            'amounts': [],
            'repeated_code': 'quarter_list_repeated',
            'period_columns': [],
            'clock_column': none,
        },
        'rural_revitalization__income_risk': {
            'warning_type': 'employment_income',
            'is_event': false,
            'claims': ['head'],
            'names_household': true,
            'amounts': ['income_yuan', 'previous_income_yuan', 'earlier_income_yuan', 'rigid_spending_yuan'],
            'repeated_code': 'list_repeated',
            'period_columns': ['income_year'],
            'clock_column': none,
        },
        'human_resources__unemployed': {
            'warning_type': 'employment_income',
            'is_event': false,
            'claims': ['person'],
            'names_household': false,
            'amounts': [],
            'repeated_code': 'list_repeated',
            'period_columns': [],
            'clock_column': none,
        },
        'disabled_federation__new_certificate': {
            'warning_type': 'disability',
            'is_event': false,
            'claims': ['person'],
            'names_household': false,
            'amounts': [],
            'repeated_code': 'quarter_list_repeated',
            'period_columns': [],
            'clock_column': none,
        },
        'water__industry_loss': {
            'warning_type': 'industry',
            'is_event': true,
            'claims': ['head'],
            'names_household': false,
            'amounts': ['loss_yuan'],
            'repeated_code': none,
            'period_columns': [],
            'clock_column': 'occurred_date',
        },
        'emergency__disaster_area': {
            'warning_type': 'disaster',
            'is_event': true,
            'claims': [],
            'names_household': false,
            'amounts': ['direct_loss_yuan'],
            'repeated_code': none,
            'period_columns': [],
            'clock_column': 'started_date',
        },
        'emergency__disaster_household': {
            'warning_type': 'disaster',
            'is_event': true,
            'claims': ['head'],
            'names_household': false,
            'amounts': ['relief_yuan'],
            'repeated_code': none,
            'period_columns': [],
            'clock_column': 'assessed_date',
        },
        'public_security__incident': {
            'warning_type': 'disaster',
            'is_event': true,
            'claims': ['person'],
            'names_household': false,
            'amounts': ['property_loss_yuan'],
            'repeated_code': none,
            'period_columns': [],
            'clock_column': 'occurred_date',
        },
        'petition__case': {
            'warning_type': 'petition',
            'is_event': true,
            'claims': ['person'],
            'names_household': false,
            'amounts': ['income_yuan'],
            'repeated_code': none,
            'period_columns': [],
            'clock_column': 'accepted_date',
        },
        'rural_revitalization__registry': {
            'warning_type': none,
            'is_event': false,
            'claims': [],
            'names_household': true,
            'amounts': ['income_yuan'],
            'repeated_code': none,
            'period_columns': [],
            'clock_column': none,
        },
        'town__verification': {
            'warning_type': none,
            'is_event': false,
            'claims': [],
            'names_household': true,
            'amounts': ['wage_income_yuan', 'business_income_yuan', 'property_income_yuan', 'transfer_income_yuan', 'rigid_spending_yuan', 'income_yuan'],
            'repeated_code': none,
            'period_columns': [],
            'clock_column': none,
        },
        'town__measure': {
            'warning_type': none,
            'is_event': false,
            'claims': [],
            'names_household': false,
            'amounts': [],
            'repeated_code': none,
            'period_columns': [],
            'clock_column': none,
        },
    }) }}
{%- endmacro %}


{# The feeds that have something, in order. #}
{% macro feeds_with(fact) -%}
{% set found = [] %}
{% for feed, facts in feeds().items() if facts[fact] %}
{% do found.append(feed) %}
{% endfor %}
{{ return(found) }}
{%- endmacro %}
