-- No claim is lost on the way to its identity and none is doubled.
with claims as (

    select count(*) as row_count from {{ ref('int_identity_claims') }}

),

identities as (

    select
        count(*) as row_count,
        count(distinct claim_id) as claim_count
    from {{ ref('int_identity') }}

)

select
    claims.row_count as claims,
    identities.row_count as identities
from claims
cross join identities
where claims.row_count <> identities.row_count or claims.row_count <> identities.claim_count
