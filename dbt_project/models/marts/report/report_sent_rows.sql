-- A view, so that a row just published is there too: what a department sent, as it sent it.
{{ config(materialized='view') }}

with sent as (

    {% for feed, given in feeds().items() if given.warning_type %}
    select
        row_id,
        '{{ feed }}' as feed,
        {% if given.claims %}
        {{ given.claims[0] }}_name as person_name,
        {{ 'id_number' if given.claims[0] == 'person' else given.claims[0] ~ '_id_number' }} as id_number,
        {% else %}
        period as person_name,
        cast(null as varchar) as id_number,
        {% endif %}
        county_code,
        delivery_id,
        sheet,
        row_number,
        received_at
    from {{ ref('stg_' ~ feed) }}
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

)

select
    sent.row_id,
    sent.feed,
    sent.county_code,
    deliveries.department,
    sent.delivery_id,
    deliveries.file_name,
    sent.sheet,
    sent.row_number,
    sent.received_at,
    sent.person_name,
    sent.id_number
from sent
inner join {{ source('ledger', 'deliveries') }} as deliveries
    on sent.county_code = deliveries.county_code and sent.delivery_id = deliveries.delivery_id
