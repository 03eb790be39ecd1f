"""Walk the days of a year with the county's clock set: the same work the DAGs call, only without their scheduler."""

from __future__ import annotations

import heapq
import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

import pandas as pd

from include.contracts import contract, load_contracts
from include.dispatch.approve import Answer
from include.dispatch.issue import issue_dispatch, write_reports
from include.dispatch.propose import propose_dispatch
from include.orchestration import steps
from include.orchestration.keys import SCREEN, kind_of
from include.outcome.tell import tell_of_dispatch
from include.rehearsal.returns.issued import Issued, read_issued
from include.rehearsal.returns.key import key_of
from include.rehearsal.returns.plan import VERIFICATION, Return, plan_returns
from include.rehearsal.returns.sample import write_key
from include.rehearsal.returns.truth import Truth
from include.rehearsal.returns.writing import write_return
from include.rehearsal.year.loop import compare_loop
from include.rehearsal.year.scenario import (
    DAY,
    EVENING,
    RECEIVED_AT,
    REGISTRY,
    SENT_AT,
    SWEPT_AT,
    Drop,
    Line,
    Year,
    write_files,
)
from include.rehearsal.year.table import Difference, compare, compare_files, compare_letters
from include.rehearsal.year.town_lines import town_lines
from include.site import TIMEZONE, SettingsError, Site
from include.storage import ledger
from include.storage.warehouse import connect
from include.warnings.export import export

VERIFICATION_FEED, MEASURE_FEED = "town__verification", "town__measure"
PROMPT = frozenset(item.feed for item in load_contracts() if item.screens_at_once)

Report = Callable[[str, int, int], None]
Done = TypeVar("Done")


@dataclass
class Outcome:
    """What a rehearsed year came to: each line as it was, where it differs from what had to be, and the seconds by step."""

    lines: list[Line]
    differences: list[Difference]
    seconds: dict[str, float]


@dataclass
class Walk:
    """The agenda of a year: what is done at which time, in order; drops and returns are added as they become known."""

    site: Site
    year: Year
    staging: Path
    agenda: list[tuple[datetime, int, Callable[[datetime], None]]] = field(default_factory=list)
    waiting: list[Drop] = field(default_factory=list)
    issues: list[tuple[datetime, Issued]] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    sweeps: list[datetime] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    files: list[Drop] = field(default_factory=list)
    serial: Iterator[int] = field(default_factory=itertools.count)
    asked: dict[str, str] = field(default_factory=dict)
    truth: Truth = field(init=False)

    def __post_init__(self) -> None:
        self.truth = Truth(self.year.seed)

    def run(self, report: Report) -> Outcome:
        """Every day to the end. Raises what any step raises: a year that cannot be walked is no year."""
        drops, expected = self._timed("写全年文件", lambda: write_files(self.site, self.year, self.staging))
        self._expect(drops)
        day, end = self.year.begins, self.year.until.date()
        days = (end - day).days + 1
        while day <= end:
            self._add(datetime.combine(day, SWEPT_AT), self._sweep)
            if day.day in (10, 11):
                self._add(datetime.combine(day, EVENING), self._sweep)
            day += DAY
        for month in self.year.months:
            self._add(self.year.screened_at(month), partial(self._propose, month))
            self._add(self.year.issued_at(month), partial(self._issue, month))
        self._run_agenda(lambda at: report("全年巡查", (at.date() - self.year.begins).days + 1, days))
        report("全年巡查", days, days)
        returns = [item for item in self.returns if item.at <= self.year.until]
        key = key_of(self.issues, returns, self.sweeps)
        expected += town_lines(self.site, key, self.year.until)
        actual = lines_of_the_system(self.site)
        found = (
            compare(expected, actual) + compare_files(self._sent(), export(self.site, "deliveries")) + compare_letters(self.site)
        )
        found += self._timed("核对反馈", lambda: compare_loop(self.site, key, self.year.until))
        write_key(self.site, key, self.year.seed, self.year.until.date())
        return Outcome(actual, found, self.seconds)

    def _run_agenda(self, say: Callable[[datetime], None]) -> None:
        """Do what is on the agenda, in the order of time, and leave the clock at the end; a new day is said."""
        day = self.year.begins
        while self.agenda and self.agenda[0][0] <= self.year.until:
            at, _, action = heapq.heappop(self.agenda)
            os.environ["FANGPIN_NOW"] = at.isoformat()
            action(at)
            if at.date() > day:
                day = at.date()
                say(at)
        os.environ["FANGPIN_NOW"] = self.year.until.isoformat()

    def _add(self, at: datetime, action: Callable[[datetime], None]) -> None:
        heapq.heappush(self.agenda, (at, next(self.serial), action))

    def _expect(self, drops: list[Drop]) -> None:
        self.waiting += drops
        self.files += drops
        for at in sorted({drop.at for drop in drops}):
            self._add(at + (datetime.combine(at, RECEIVED_AT) - datetime.combine(at, SENT_AT)), self._receive)

    def _sent(self) -> list[Drop]:
        return [drop for drop in self.files if drop.at <= self.year.until]

    def _timed(self, step: str, work: Callable[[], Done]) -> Done:
        started = time.monotonic()
        try:
            return work()
        finally:
            self.seconds[step] = self.seconds.get(step, 0) + time.monotonic() - started

    def _sweep(self, at: datetime) -> None:
        self.sweeps.append(at)
        self._timed("巡查催办", partial(steps.sweep, self.site))

    def _receive(self, at: datetime) -> None:
        """Drop what is due by now, receive, check and publish it; screen at once when something real-time came."""
        for drop in [drop for drop in self.waiting if drop.at <= at]:
            folder = self.site.inbox / drop.folder
            folder.mkdir(parents=True, exist_ok=True)
            target = folder / drop.name
            shutil.copyfile(drop.source, target)
            stamp = drop.at.replace(tzinfo=TIMEZONE).timestamp()
            os.utime(target, (stamp, stamp))
            self.waiting.remove(drop)
        woken = {kind_of(key) for key in self._timed("收件", partial(steps.receive, self.site))}
        feeds = woken - {SCREEN}
        for feed in sorted(feeds, key=lambda feed: (feed != REGISTRY, feed == MEASURE_FEED, feed)):
            self._timed("入库", partial(steps.ingest, self.site, feed))
        if SCREEN in woken or PROMPT & feeds:
            before = _dispatches(self.site)
            self._timed("即时筛查", partial(steps.screen, self.site, is_woken=True))
            self._timed("补全各表", partial(steps.complete, self.site))
            for dispatch_id in _dispatches(self.site) - before:
                self._await_returns(dispatch_id, at)

    def _propose(self, month: str, _: datetime) -> None:
        self._timed("月度筛查", partial(steps.screen, self.site))
        self.asked[month] = self._timed("报批", lambda: propose_dispatch(self.site, month)) or ""

    def _issue(self, month: str, at: datetime) -> None:
        answer = Answer("approved", "bureau", at, self.asked[month])
        self._timed("交办", lambda: issue_dispatch(self.site, month, answer))
        self._timed("出表", lambda: write_reports(self.site, month))
        self._timed("告知部门", partial(tell_of_dispatch, self.site, month))
        self._await_returns(month, at)

    def _await_returns(self, dispatch_id: str, at: datetime) -> None:
        """Every town that got warnings does what it is planned to do with the workbook it got."""
        issued = read_issued(self.site.reports / dispatch_id)
        self.issues.append((at, issued))
        planned = self._plan_returns(issued)
        self._timed("写各镇反馈", lambda: [write_return(item, self.truth, self.staging / "towns") for item in planned])
        self.returns += planned
        self._expect([_drop_of(item, self.staging / "towns") for item in planned])

    def _plan_returns(self, issued: Issued) -> list[Return]:
        return plan_returns(issued, self.truth)


def require_empty(site: Site) -> None:
    """Raises SettingsError when the home already holds deliveries."""
    with connect(site) as connection:
        ledger.create_tables(connection)
        if connection.execute("select 1 from ledger.deliveries limit 1").fetchone():
            raise SettingsError(
                f"{site.home} 里已经有收到的数据，演练只能从空的目录开始", remedy="请用 FANGPIN_HOME 另指一个目录"
            )


def _drop_of(item: Return, below: Path) -> Drop:
    feed = VERIFICATION_FEED if item.kind == VERIFICATION else MEASURE_FEED
    return Drop(item.at, below / item.path, str(Path(item.path).parent), feed)


def walk_year(site: Site, year: Year, report: Report) -> Outcome:
    """Rehearse a year in an empty home. Raises SettingsError when the home already holds deliveries."""
    require_empty(site)
    with tempfile.TemporaryDirectory(prefix="fangpin-year-") as folder:
        return Walk(site, year, Path(folder)).run(report)


def _dispatches(site: Site) -> set[str]:
    with connect(site) as connection:
        return {row[0] for row in connection.execute("select dispatch_id from ledger.dispatches").fetchall()}


def lines_of_the_system(site: Site) -> list[Line]:
    """``export clocks`` as lines, each feed's period with the dispatches its rows first went into."""
    clocks = export(site, "clocks")
    listed = _first_listed(site)
    lines = []
    for row in clocks.to_dict("records"):
        owner, feed, period = row["department"], row["feed"], row["period"]
        due_on, came_on = ("" if pd.isna(row[name]) else str(row[name])[:10] for name in ("due_on", "came_at"))
        is_issued = row["clock"] == "issue" and came_on
        dispatch = period if is_issued else "、".join(listed.get((feed, period), ()))
        state, total, said = row["state"], str(row["total"]), row["chased"] or ""
        lines.append(Line(row["clock"], owner, feed, period, due_on, came_on, state, total, said, dispatch))
    return lines


def _first_listed(site: Site) -> dict[tuple[str, str], list[str]]:
    """By feed and period (events: by their day) the dispatches that first listed a row of it."""
    found: dict[tuple[str, str], set[str]] = {}
    with connect(site) as connection:
        rows = connection.execute(
            """select signals.row_id, arg_min(signals.dispatch_id, dispatches.issued_at) as dispatch_id,
                any_value(outcomes.feed) as feed, any_value(outcomes.period) as period
            from ledger.dispatched_signals as signals
            inner join ledger.dispatches as dispatches using (dispatch_id)
            inner join ledger.outcomes as outcomes on outcomes.delivery_id = split_part(signals.row_id, '/', 1)
            group by signals.row_id"""
        ).fetchall()
        days: dict[str, str] = {}
        for feed in {row[2] for row in rows}:
            expected = contract(feed)
            if expected.cadence == "event":
                days |= connection.execute(f"select row_id, cast({expected.clock_column} as varchar) from raw.{feed}").fetchall()
    for row_id, dispatch_id, feed, period in rows:
        found.setdefault((feed, days.get(row_id, period)), set()).add(dispatch_id)
    return {key: sorted(dispatches) for key, dispatches in found.items()}
