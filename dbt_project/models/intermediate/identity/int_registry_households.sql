with registry as (

    select * from {{ ref('int_registry_in_force') }}

),

terms as (

    select * from {{ ref('monitored_types') }}

),

written as (

    select distinct
        household_type,
        monitored_type,
        risk_removed
    from registry

),

-- Each way to write the type, with the monitored kind it means; a type that denies it (非…, 不是…, 无…) means none.
kinds as (

    select
        written.household_type,
        written.monitored_type,
        written.risk_removed,
        arg_min(terms.monitored_type, terms.priority) as monitored_kind,
        bool_or(contains(terms.monitored_type, '脱贫')) as is_unstably_lifted
    from written
    left join terms
        on
            (contains(written.monitored_type, terms.term) and not regexp_matches(written.monitored_type, '^\s*[非不无否]'))
            or (contains(written.household_type, terms.term) and not regexp_matches(written.household_type, '^\s*[非不无否]'))
    group by all

),

members as (

    select
        registry.*,
        kinds.monitored_kind,
        coalesce(contains(registry.household_type, '脱贫'), false) or coalesce(kinds.is_unstably_lifted, false) as is_lifted,
        case
            when registry.risk_removed in ('是', '已消除', '风险已消除') then true
            when registry.risk_removed in ('否', '未消除', '风险未消除') then false
            when contains(registry.monitored_type, '未消除') then false
            when contains(registry.monitored_type, '消除') then true
        end as is_risk_removed,
        coalesce(registry.relation_to_head in ('户主', '本人', '本人或户主'), false) as is_head
    from registry
    left join kinds
        on
            registry.household_type is not distinct from kinds.household_type
            and registry.monitored_type is not distinct from kinds.monitored_type
            and registry.risk_removed is not distinct from kinds.risk_removed

),

-- The head as stated; a household without one is represented by the person listed first.
heads as (

    select * from members
    qualify
        row_number() over (
            partition by county_code, household_id
            order by is_head desc, try_cast(sequence as bigint) asc nulls last, sheet asc, row_number asc, row_id asc
        ) = 1

),

totals as (

    select
        county_code,
        household_id,
        count(distinct id_number) as listed_count,
        bool_or(is_lifted) as is_lifted,
        bool_or(monitored_kind is not null) as is_monitored,
        bool_and(is_risk_removed) as is_risk_removed,
        min(monitored_kind) as any_monitored_kind
    from members
    group by county_code, household_id

),

households as (

    select
        heads.county_code,
        heads.household_id,
        heads.person_name as head_name,
        heads.id_number as head_id_number,
        heads.is_head as is_head_stated,
        heads.town_code,
        heads.town_name,
        heads.village_code,
        heads.village_name,
        heads.natural_village,
        coalesce(heads.member_count, totals.listed_count) as member_count,
        heads.household_phone,
        heads.income_yuan,
        heads.household_first_identified_date,
        totals.is_lifted,
        totals.is_monitored,
        coalesce(heads.monitored_kind, totals.any_monitored_kind) as monitored_type,
        case when totals.is_monitored then totals.is_risk_removed end as risk_removed,
        heads.registry_date
    from heads
    inner join totals on heads.county_code = totals.county_code and heads.household_id = totals.household_id

)

select
    *,
    case
        when is_monitored
            then
                if(is_lifted and not contains(monitored_type, '脱贫'), '脱贫户、', '')
                || if(monitored_type = '监测对象', monitored_type, '监测对象(' || monitored_type || ')')
                || case risk_removed when true then '·风险已消除' when false then '·风险未消除' else '' end
        when is_lifted then '脱贫户'
        else '一般农户'
    end as registry_status
from households
