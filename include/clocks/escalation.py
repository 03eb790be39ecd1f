"""Who is reminded of what, and when: the county's steps, what has been said before, and what is to be said now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import duckdb
import yaml

from include.clocks.channels import HEAD, LEADING_GROUP
from include.clocks.duties import DISPATCH, OUTCOME, Duty
from include.site import CLOCKS, SettingsError, Site
from include.storage import ledger

RULES = "reminders.yml"
TO = ("owner", "head", "bureau", LEADING_GROUP)
DEMANDS = {"feed": "催报函", "verify": "催办函", "measure": "催办函", "issue": "交办提醒", OUTCOME: "告知提醒"}
CHASED = (*CLOCKS, OUTCOME)
"""The clocks that have steps; telling the outcome runs on the days of ``measure``."""
REPORT = "逾期情况报告"

Key = tuple[str, str, str, str]
"""Clock, owner, feed and period of a duty."""
Said = dict[int, dict[str, date]]
"""Step → recipient → the day it was said."""


@dataclass(frozen=True)
class Step:
    """One step of the escalation: how many days after the last day (before it when negative), from which hour, to whom."""

    day: int
    to: tuple[str, ...]
    hour: int = 0

    def is_reached(self, due_on: date, now: datetime) -> bool:
        return now >= datetime.combine(due_on + timedelta(days=self.day), datetime.min.time()) + timedelta(hours=self.hour)


@dataclass(frozen=True)
class Rules:
    """The county's steps by clock, from when duties count, and what the leading group is called."""

    since: date | None
    leading_group: str
    steps: Mapping[str, tuple[Step, ...]]


@dataclass(frozen=True)
class Reminder:
    """One duty to be brought before one recipient at one step."""

    duty: Duty
    step: Step
    recipient: str

    @property
    def kind(self) -> str:
        """Which letter carries it: a demand to whoever owes, a report to whoever watches."""
        return DEMANDS[self.duty.clock] if self.recipient.removesuffix(HEAD) == self.duty.owner else REPORT


def load_rules(site: Site) -> Rules:
    """The county's reminders.yml. Raises SettingsError saying what is wrong and how to write it."""
    path = site.county_file(RULES)
    try:
        given = yaml.safe_load(path.read_text("utf-8"))
        steps = {
            clock: tuple(
                Step(int(step["day"]), tuple(step["to"]), int(step.get("hour", 0))) for step in given["steps"][clock] or ()
            )
            for clock in given["steps"]
        }
        rules = Rules(given.get("since"), str(given["leading_group"]), steps)
    except (AttributeError, KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        raise SettingsError(
            f"{path}：催办设置不完整或格式不对（{type(error).__name__}）；请对照 include/county/reminders.yml 补齐"
        ) from None
    wrong = [clock for clock in steps if clock not in CHASED] + [
        to for each in steps.values() for step in each for to in step.to if to not in TO
    ]
    if not (rules.since is None or type(rules.since) is date):
        wrong.append(str(rules.since))
    if wrong:
        raise SettingsError(
            f"{path}：“{wrong[0]}”无法识别；时限为 {'、'.join(CHASED)}，to 为 {'、'.join(TO)}，since 为日期（如 2024-03-01）"
        )
    return rules


def plan(found: Iterable[Duty], told_before: Mapping[Key, Said], rules: Rules, bureau: str, now: datetime) -> list[Reminder]:
    """What to say now: of each open duty the first step not yet said to everybody it is for, at most one step a day.

    A step before or on the last day is left out once a later one is reached; after the last day steps keep their order, so that
    nobody is reported before being asked.
    """
    planned = []
    for duty in found:
        waits = duty.state == "not_due" or (duty.state == "waiting" and duty.feed == DISPATCH)
        if duty.due_on is None or duty.open == 0 or not (duty.is_overdue or waits):
            continue
        said = told_before.get(key_of(duty), {})
        ordered = sorted(rules.steps.get(duty.clock, ()), key=lambda step: (step.day, step.hour))
        reached = [step for step in ordered if step.is_reached(duty.due_on, now)]
        for step in (step for step in reached if step.day > 0 or step is reached[-1]):
            told = said.get(step.day, {})
            left = [who for who in dict.fromkeys(_recipients(step, duty, bureau)) if who not in told]
            if left:
                if not any(day == now.date() for other in said if other != step.day for day in said[other].values()):
                    planned += [Reminder(duty, step, who) for who in left]
                break
    return planned


def key_of(duty: Duty) -> Key:
    """By what the ledger knows a duty."""
    return (duty.clock, duty.owner, duty.feed, duty.period)


def _recipients(step: Step, duty: Duty, bureau: str) -> Iterator[str]:
    named = {"owner": duty.owner, "head": duty.owner + HEAD, "bureau": bureau, LEADING_GROUP: LEADING_GROUP}
    for to in step.to:
        yield named[to]


def recorded(connection: duckdb.DuckDBPyConnection) -> dict[Key, Said]:
    """What the ledger says has been said of each duty."""
    said: dict[Key, Said] = {}
    for clock, owner, feed, period, step, recipient, at in connection.execute(
        "select clock, owner, feed, period, step, recipient, min(sent_at) from ledger.reminders group by all order by all"
    ).fetchall():
        said.setdefault((clock, owner, feed, period), {}).setdefault(step, {})[recipient] = at.date()
    return said


def chased(connection: duckdb.DuckDBPyConnection) -> dict[Key, str]:
    """By clock, owner, feed and period: the steps said so far with their days, as people read them."""
    ledger.create_tables(connection)
    return {
        key: "、".join(f"{step:+d}日（{min(told.values())}）" for step, told in sorted(said.items()))
        for key, said in recorded(connection).items()
    }
