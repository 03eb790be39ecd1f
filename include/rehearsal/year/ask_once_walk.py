"""Walk the six months of the hundred households, and hold whom each dispatch sent out against the plan."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from include.rehearsal.returns.issued import Issued
from include.rehearsal.returns.plan import Return
from include.rehearsal.year.ask_once import ASKED, BEFORE, OPEN, REOPENED, WATCHED, AskOnce
from include.rehearsal.year.scenario import Year
from include.rehearsal.year.table import Difference
from include.rehearsal.year.walk import Report, Walk, require_empty
from include.site import Site
from include.storage.warehouse import connect

LISTED = """
select listed.dispatch_id, listed.household_id, listed.listing_kind, exists (
    select 1 from intermediate.int_warning_changes as changes
    where changes.warning_id = listed.warning_id and changes.event = 'issued' and changes.source = listed.dispatch_id
        and changes.from_state not in ('new', 'held', 'issued')
) as is_again
from ledger.dispatched_warnings as listed where listed.household_id is not null
"""


@dataclass
class AskOnceWalk(Walk):
    """The agenda of the plan alone: its files, a dispatch a month, the towns' answers; nobody is chased."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.plan = AskOnce(self.site, self.year.seed)

    def go(self, report: Report) -> list[Difference]:
        """Walk to the end and compare. Raises what any step raises."""
        self._expect([*self.plan.drops(self.staging)])
        for month in self.plan.months:
            self._add(self.year.screened_at(month), partial(self._propose, month))
            self._add(self.year.issued_at(month), partial(self._issue, month))
        self._run_agenda(lambda at: report("同一百户、连续六个月", at.month, 8))
        return [*compare_visits(self.site, self.plan)]

    def _plan_returns(self, issued: Issued) -> list[Return]:
        return self.plan.returns(issued)


def walk_ask_once(site: Site, seed: int, report: Report) -> tuple[AskOnce, list[Difference]]:
    """Rehearse in an empty home. Raises SettingsError when the home already holds deliveries."""
    require_empty(site)
    with tempfile.TemporaryDirectory(prefix="fangpin-ask-once-") as folder:
        walk = AskOnceWalk(site, Year(2024, seed, "small", 8), Path(folder))
        return walk.plan, walk.go(report)


def compare_visits(site: Site, plan: AskOnce) -> Iterator[Difference]:
    """By month the households that were sent somebody, those sent somebody again, and those listed as open or only watched."""
    with connect(site) as connection:
        rows = connection.execute(LISTED).fetchall()
    for month in plan.months:
        mine = [row[1:] for row in rows if row[0] == month]
        visited = {home for home, kind, _ in mine if kind == "issued"}
        again = {home for home, kind, is_again in mine if kind == "issued" and is_again}
        actual = {
            ASKED: visited - again,
            REOPENED: again,
            OPEN: {home for home, kind, _ in mine if kind == "continuing"} - visited,
            WATCHED: {home for home, kind, _ in mine if kind == "monitoring"} - visited,
        }
        for outcome in (ASKED,) if month == BEFORE else tuple(actual):
            wanted = plan.households(month, outcome)
            if wanted != actual[outcome]:
                missing, added = len(wanted - actual[outcome]), len(actual[outcome] - wanted)
                yield Difference(
                    f"{month} {outcome}", f"{len(wanted)} 户", f"{len(actual[outcome])} 户，少 {missing} 户、多 {added} 户"
                )
