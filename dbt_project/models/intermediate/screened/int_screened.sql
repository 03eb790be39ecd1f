{{ config(materialized='table') }}

{% set screened_feeds = feeds_with('warning_type') %}
{% for feed in screened_feeds %}
select * from {{ ref('int_screened__' ~ feed) }}
{{ 'union all by name' if not loop.last }}
{% endfor %}
