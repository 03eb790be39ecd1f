-- A view, as the listing is that it reads.
{{ config(materialized='view') }}

select
    listing.county_code,
    listing.warning_id,
    listing.listing_kind,
    listing.cause,
    listing.rule_id,
    listing.town_code,
    listing.town_name,
    listing.village_code,
    listing.village_name,
    listing.household_id,
    listing.id_number,
    {{ visit_key('listing') }} as visit_key
from {{ ref('report_listing__monthly') }} as listing
where listing.listing_kind in ('issued', 'issued_at_once')
