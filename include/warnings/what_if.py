"""What if a rule's threshold were another: the month is screened again in memory, and the two lists are compared.

Nothing of the home is written. What is known by now of the households is looked up beside it: whom the registry or a town's
return has registered since, and what a visit since has found.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

import duckdb

from include.errors import FangpinError
from include.screening.again import KEPT, Month, Rerun, reading_home
from include.site import Site

VISITS = "report.report_visits__monthly"
RULES, INCOME_LINES = "reference.rules", ("reference.income_line", "raw.county_income_line")
INCOME_LINE_UNIT = "监测收入线"
"""What stands in the unit of a rule whose threshold is the income line."""


class WhatIfError(FangpinError, ValueError):
    """The question cannot be answered; the message says why and what can be asked."""


@dataclass(frozen=True)
class Rule:
    """A rule that has a threshold; ``is_income_line``: it is the income line, which is one for all rules that use it."""

    rule_id: str
    name: str
    threshold: str
    is_income_line: bool


@dataclass(frozen=True)
class Place:
    """A village (areas: those named, or the whole town) with its warnings and the households to visit, before and after."""

    town_name: str
    village_name: str
    warnings: tuple[int, int]
    visits: tuple[int, int]


@dataclass(frozen=True)
class Known:
    """Households by what is known of them by now; each counts once, by the first that holds.

    ``registered``: 已纳入 after the month's cut-off; ``qualifying``: found so by a visit, not registered yet; ``monitored``: a
    visit found 已在监测; ``nothing``: a visit found nothing; ``unknown``: nobody has answered.
    """

    registered: int = 0
    qualifying: int = 0
    monitored: int = 0
    nothing: int = 0
    unknown: int = 0

    @property
    def total(self) -> int:
        return self.registered + self.qualifying + self.monitored + self.nothing + self.unknown


@dataclass(frozen=True)
class WhatIf:
    """A month's list as it would be, beside the one screened by the rules as they are. Tuples are (before, after)."""

    month: Month
    rules: list[Rule]
    threshold: Decimal
    places: list[Place]
    warnings: tuple[int, int]
    visits: tuple[int, int]
    added: Known
    spared: Known
    more: int
    fewer: int

    @property
    def changed_places(self) -> list[Place]:
        return [place for place in self.places if place.warnings[0] != place.warnings[1] or place.visits[0] != place.visits[1]]


def what_if(site: Site, rule: str, threshold: str, month: str) -> WhatIf:
    """The month's list if ``rule`` (a rule's or a cause's name) had this threshold, in the rule's own unit.

    The months before stay as they were issued. Raises WhatIfError for a rule that is unknown or has no threshold, a threshold
    that is no positive number, and a month that was not screened; ScreeningError when nothing was.
    """
    figure = _figure(threshold)
    with reading_home(site) as connection:
        try:
            rules = _rules(connection, rule)
            when = _month(connection, month)
            _remember(connection, when)
            rerun = Rerun.of(site, connection, VISITS, when)
            rerun.build()
            connection.execute(f"create table memory.main.before as from {VISITS}")
            rerun.build(_replaced(rules, figure))
            connection.execute(f"create table memory.main.after as from {VISITS}")
        except duckdb.CatalogException:
            raise WhatIfError("还没有本版本的筛查结果", remedy="请先筛查一次，再试算") from None
        return _compared(connection, when, rules, figure)


def _figure(text: str) -> Decimal:
    try:
        figure = Decimal(text)
    except InvalidOperation:
        figure = Decimal(0)
    if not figure.is_finite() or figure <= 0:
        raise WhatIfError(f"标准“{text}”不是大于 0 的数", remedy="请写成 25000 或 0.5 这样的数，单位与原标准相同")
    return figure


def _rules(connection: duckdb.DuckDBPyConnection, asked: str) -> list[Rule]:
    """The rules a name stands for. All that use the income line go together: it cannot be another for one of them only."""
    rows = connection.execute(
        """select rule_id, cause, any_value(name), max(comparison), string_agg(distinct threshold, '、'),
            bool_or(contains(threshold_unit, ?))
        from reference.rules group by all order by all""",
        [INCOME_LINE_UNIT],
    ).fetchall()
    lines = "、".join(
        str(yuan)
        for (yuan,) in connection.execute("select distinct yuan from intermediate.int_income_line order by all").fetchall()
    )
    known = [
        (rule_id, cause, Rule(rule_id, name, lines if is_line else threshold, is_line) if comparison else None)
        for rule_id, cause, name, comparison, threshold, is_line in rows
    ]
    able = "有数值标准的规则：" + "、".join(rule.rule_id for _, _, rule in known if rule)
    meant = [rule for rule_id, cause, rule in known if asked in (rule_id, cause)]
    if not meant:
        raise WhatIfError(f"没有规则“{asked}”", remedy=able)
    found = [rule for rule in meant if rule]
    if not found:
        raise WhatIfError(f"规则“{asked}”没有数值标准，无从试算", remedy=able)
    if any(rule.is_income_line for rule in found):
        return [rule for _, _, rule in known if rule and rule.is_income_line]
    return found


def _month(connection: duckdb.DuckDBPyConnection, asked: str) -> Month:
    """The cut-off of the month's dispatch; before it is issued, of the newest screening in that month."""
    found: list[tuple[datetime]] = connection.execute(
        "select cutoff_at from ledger.dispatches where kind = 'monthly' and dispatch_id = ?", [asked]
    ).fetchall()
    found = (
        found
        or connection.execute(
            "select max(cutoff_at) from ledger.screenings where strftime(cutoff_at, '%Y-%m') = ? having count(*) > 0", [asked]
        ).fetchall()
    )
    if not found:
        months = connection.execute("select dispatch_id from ledger.dispatches where kind = 'monthly' order by all").fetchall()
        known = f"已交办的月份：{'、'.join(month for (month,) in months)}" if months else f"请先运行 fangpin month {asked}"
        raise WhatIfError(f"{asked} 没有筛查过，无从试算", remedy=known)
    return Month(asked, found[0][0])


def _remember(connection: duckdb.DuckDBPyConnection, month: Month) -> None:
    """Put aside what is known today of whatever came after the cut-off, before the home's tables go out of sight."""
    connection.execute(
        """create table memory.main.answers as
        select visit_key, household_id, id_number, answer, is_qualifying, registered_at
        from intermediate.int_warning_rounds where answered_at > $cutoff or registered_at > $cutoff""",
        {"cutoff": month.cutoff_at},
    )
    connection.execute(
        """create table memory.main.registered as
        select household_id, id_numbers from intermediate.int_registered_households where registered_on > $cutoff::date""",
        {"cutoff": month.cutoff_at},
    )


def _replaced(rules: Iterable[Rule], figure: Decimal) -> dict[str, str]:
    """The tables with the other threshold in them, as queries over those kept."""
    if any(rule.is_income_line for rule in rules):
        return {
            name: f"select * replace (cast({figure:f} as decimal(18, 2)) as yuan) from {KEPT}.{name}" for name in INCOME_LINES
        }
    names = ", ".join(f"'{rule.rule_id}'" for rule in rules)
    changed = f"if(rule_id in ({names}), '{figure:f}', threshold)"
    return {RULES: f"select * replace ({changed} as threshold) from {KEPT}.{RULES}"}


_PLACES = """
with listed as (select false as is_after, * from memory.main.before union all select true, * from memory.main.after)
select coalesce(max(town_name), ''), coalesce(max(village_name), ''),
    count(*) filter (where not is_after), count(*) filter (where is_after),
    count(distinct visit_key) filter (where not is_after), count(distinct visit_key) filter (where is_after)
from listed group by town_code, village_code, if(village_code is null, village_name, null)
order by town_code nulls last, village_code nulls last, 2
"""
_TOTALS = """
select count(*), count(distinct visit_key), (
    select count(*) from memory.main.{this} anti join memory.main.{other} using (warning_id)
) from memory.main.{this}
"""
# What a later answer says of one warning of a household counts for the household; the better answer wins.
_KNOWN = """
with visits as (
    select visit_key, max(household_id) as household_id, list(distinct id_number) as id_numbers
    from memory.main.{this} where visit_key is not null
        and visit_key not in (select visit_key from memory.main.{other} where visit_key is not null)
    group by visit_key
),
told as (
    select visits.visit_key, answers.*
    from visits inner join memory.main.answers as answers
        on answers.visit_key = visits.visit_key or answers.household_id = visits.household_id
            or list_contains(visits.id_numbers, answers.id_number)
),
listed as (
    select distinct visits.visit_key from visits inner join memory.main.registered as registered
        on registered.household_id = visits.household_id or list_has_any(registered.id_numbers, visits.id_numbers)
),
judged as (
    select visits.visit_key,
        bool_or(listed.visit_key is not null or (told.registered_at is not null and told.answer <> 'already_monitored'))
            as is_registered,
        bool_or(told.is_qualifying) as is_qualifying,
        bool_or(told.answer = 'already_monitored') as is_monitored,
        bool_or(told.answer in ('found_not_true', 'found_not_qualifying')) as is_nothing
    from visits left join told using (visit_key) left join listed using (visit_key)
    group by visits.visit_key
)
select case when is_registered then 'registered' when is_qualifying then 'qualifying' when is_monitored then 'monitored'
    when is_nothing then 'nothing' else 'unknown' end, count(*)
from judged group by all
"""


def _compared(connection: duckdb.DuckDBPyConnection, month: Month, rules: list[Rule], figure: Decimal) -> WhatIf:
    places = [
        Place(town, village, (warnings, warnings_after), (visits, visits_after))
        for town, village, warnings, warnings_after, visits, visits_after in connection.execute(_PLACES).fetchall()
    ]
    before, after = {"this": "before", "other": "after"}, {"this": "after", "other": "before"}
    warnings, visits, fewer = connection.execute(_TOTALS.format(**before)).fetchone() or (0, 0, 0)
    warnings_after, visits_after, more = connection.execute(_TOTALS.format(**after)).fetchone() or (0, 0, 0)
    return WhatIf(
        month=month,
        rules=rules,
        threshold=figure,
        places=places,
        warnings=(warnings, warnings_after),
        visits=(visits, visits_after),
        added=Known(**dict(connection.execute(_KNOWN.format(**after)).fetchall())),
        spared=Known(**dict(connection.execute(_KNOWN.format(**before)).fetchall())),
        more=more,
        fewer=fewer,
    )
