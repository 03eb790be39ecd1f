{#
The moment up to which deliveries count: as the screening wrote it into the warehouse, so that views follow it and another
cut-off does not have dbt parse everything anew.
#}
{% macro cutoff_at() -%}
coalesce((select max(cutoff.cutoff_at) from {{ source('raw', 'cutoff') }} as cutoff), timestamp '9999-12-31')
{%- endmacro %}

{# The place of a delivery in the order in which the ledger recorded them, whatever the clock said; none for a unit test's. #}
{% macro place_of(delivery_id) -%}
(select recorded.entry_no from ledger.main.deliveries as recorded where recorded.delivery_id = {{ delivery_id }})
{%- endmacro %}

{# The same of dispatches. #}
{% macro place_of_dispatch(dispatch_id) -%}
(select recorded.entry_no from ledger.main.dispatches as recorded where recorded.dispatch_id = {{ dispatch_id }})
{%- endmacro %}

{# Which of several versions of a row counts: the one recorded last. `rows` is the name of the table that has them. #}
{% macro newest_delivery_first(rows) -%}
{{ place_of(rows ~ '.delivery_id') }} desc nulls last, received_at desc, modified_at desc, delivery_id desc
{%- endmacro %}
{% macro newest_first(rows) %}{{ newest_delivery_first(rows) }}, row_id desc{% endmacro %}

{#
The current version of each row of a feed: the last one recorded up to the cut-off for its row key, and for feeds that are
not about events for its period too. Rows of one delivery that contradict each other under one key all stay: they wait for a
person. `feed` is the contract's key, for example water__drinking_water.
#}
{% macro current_rows(feed) %}
select *
from {{ ref('stg_' ~ feed) }} as versions
where received_at <= {{ cutoff_at() }}
qualify
    rank() over (
        partition by county_code, {% if not feeds()[feed].is_event %}period, {% endif %}row_key
        order by {{ newest_delivery_first('versions') }}
    ) = 1
{% endmacro %}
