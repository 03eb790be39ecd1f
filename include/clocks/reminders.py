"""催报函、催办函: what is overdue goes to whom it concerns, in steps, each step once.

A letter is sent first and recorded after: a crash in between repeats that one letter at the next sweep, and loses none. A channel
that failed is tried again at each sweep with the same letter; the file is always written. Letters hold counts, names of feeds
and dates, never a person.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import yaml

from include.clocks.channels import FILE, HEAD, LEADING_GROUP, Channel, contacts, reminder_folder
from include.clocks.duties import DISPATCH, STATES, Duty, duties
from include.reports.labels import date_text
from include.reports.letter import Letter, letter_press
from include.reports.notice import bureau_name
from include.site import CLOCKS, SettingsError, Site
from include.site.calendar import Calendar
from include.site.home import follow_clock
from include.storage import ledger
from include.storage.warehouse import connect

RULES = "reminders.yml"
TO = ("owner", "head", "bureau", LEADING_GROUP)
DEMANDS = {"feed": "催报函", "verify": "催办函", "measure": "催办函", "issue": "交办提醒"}
REPORT = "逾期情况报告"
RECORD_WAIT_SECONDS = 1800.0
"""What went out must be recorded, or it goes out again: longer than any screening keeps the warehouse."""

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


@dataclass(frozen=True)
class Sent:
    """A letter written by a sweep, where it lies, and by which channels it could not be sent."""

    recipient_name: str
    kind: str
    number: str
    pdf: Path
    reminders: tuple[Reminder, ...]
    failed: tuple[str, ...]


@dataclass(frozen=True)
class Sweep:
    """What a sweep found and did; ``failed``: recipients and kinds of channel that did not take their letter.

    Of a sweep that only looks, ``sent`` is what would be sent, and ``failed`` what would be tried again.
    """

    now: datetime
    duties: list[Duty]
    sent: list[Sent]
    failed: list[str]


def sweep(site: Site) -> Sweep:
    """List every duty, send what is to be said today, record it. Run twice, the second one says nothing new.

    A rehearsal goes by its own clock. Raises SettingsError for a county file that cannot be used, before anything is sent.
    """
    follow_clock(site)
    now = site.now()
    channels, rules = contacts(site), load_rules(site)
    with _alone(site):
        failed = _send_again(site, channels, now)
        found, letters = _letters(site, rules, now)
        sent = []
        for number, recipient, kind, mine in letters:
            sent.append(_send(site, rules, now, number, recipient, kind, mine, channels.get(recipient, [])))
            failed += [f"{sent[-1].recipient_name}({name})" for name in sent[-1].failed]
    return Sweep(now, found, sent, failed)


def look_ahead(site: Site) -> Sweep:
    """What a sweep now would write and send. Nothing is written, sent or recorded."""
    follow_clock(site)
    now = site.now()
    channels, rules = contacts(site), load_rules(site)
    again = [f"{pdf.stem}({channel.kind})" for _, channel, pdf, _ in _unsent(site, channels)]
    found, letters = _letters(site, rules, now)
    sent = [
        Sent(recipient_name(site, rules, recipient), kind, _number(site, now.year, number), path, tuple(mine), ())
        for number, recipient, kind, mine in letters
        for path in [_letter_path(site, rules, now, number, recipient, kind)]
    ]
    return Sweep(now, found, sent, again)


def _letters(site: Site, rules: Rules, now: datetime) -> tuple[list[Duty], list[tuple[int, str, str, list[Reminder]]]]:
    """The duties, and what is to be said now: serial number, recipient, kind and reminders of each letter."""
    calendar = Calendar.of(site)
    with connect(site) as connection:
        found = duties(connection, calendar, now, rules.since)
        planned = plan(found, _recorded(connection), rules, site.county.bureau, now)
        serial = _last_serial(connection, now.year)
    letters: dict[tuple[str, str], list[Reminder]] = {}
    for reminder in planned:
        letters.setdefault((reminder.recipient, reminder.kind), []).append(reminder)
    numbered = enumerate(sorted(letters.items()), start=serial + 1)
    return found, [(number, recipient, kind, mine) for number, ((recipient, kind), mine) in numbered]


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
            f"{path}:催办设置不完整或格式不对({type(error).__name__});请对照 include/county/reminders.yml 补齐"
        ) from None
    wrong = [clock for clock in steps if clock not in CLOCKS] + [
        to for each in steps.values() for step in each for to in step.to if to not in TO
    ]
    if not (rules.since is None or type(rules.since) is date):
        wrong.append(str(rules.since))
    if wrong:
        raise SettingsError(
            f"{path}:“{wrong[0]}”无法识别;时限为 {'、'.join(CLOCKS)},to 为 {'、'.join(TO)},since 为日期(如 2024-03-01)"
        )
    return rules


def plan(found: Iterable[Duty], recorded: Mapping[Key, Said], rules: Rules, bureau: str, now: datetime) -> list[Reminder]:
    """What to say now: of each open duty the first step not yet said to everybody it is for, at most one step a day.

    A step before or on the last day is left out once a later one is reached; after the last day steps keep their order, so that
    nobody is reported before being asked.
    """
    planned = []
    for duty in found:
        waits = duty.state == "not_due" or (duty.state == "waiting" and duty.feed == DISPATCH)
        if duty.due_on is None or duty.open == 0 or not (duty.is_overdue or waits):
            continue
        said = recorded.get(key_of(duty), {})
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


def letter_of(site: Site, rules: Rules, now: datetime, number: int, recipient: str, kind: str, mine: list[Reminder]) -> Letter:
    """The words of one reminder: what is owed, since when, what to do."""
    county, today = site.county, now.date()
    opening = f"按照{county.notice}文件要求，"
    dues = [_sentence(reminder.duty, today, is_owner=kind != REPORT) for reminder in mine]
    numbered = [("body", f"{position}．{text}" if len(dues) > 1 else text) for position, text in enumerate(dues, start=1)]
    if kind == REPORT:
        title = ("关于防止返贫动态监测", "逾期事项的报告")
        opening += f"截至{_moment_text(now)}，下列事项已经逾期，经催办仍未完成，现予报告，请协调督促。"
        closing = "完成后系统自动销号，不再催办。"
    elif kind == "催报函":
        title = ("关于催报防止返贫动态监测", "部门筛查预警数据的函")
        opening += f"截至{_moment_text(now)}，你单位下列数据没有按时报送："
        closing = (
            "请接函后立即报送。没有数据的，请报零报告（空表，或写明“本月无”）；已退回的，请按退回表所列原因改正后重新报送。"
            "没有报送不等于没有数据。"
        )
    elif kind == "催办函":
        title = ("关于催办防止返贫动态监测", "入户核查和帮扶措施的函")
        opening += f"截至{_moment_text(now)}，你镇下列事项尚未完成："
        closing = "请立即组织镇村干部逐户办理，填好反馈表，经审核后报备案。名单见原交办工作簿，本函不含个人信息。"
    else:
        title = ("关于防止返贫动态监测", "月度交办时限的提醒")
        opening += f"截至{_moment_text(now)}，月度预警信息尚未交办各镇："
        closing = "请尽快整合比对、批准并交办；数据未到齐的，先交办已有的，迟到的进入下一期。"
    return Letter(
        bureau=bureau_name(county),
        number=_number(site, now.year, number),
        title=title,
        addressee=f"{recipient_name(site, rules, recipient)}：",
        paragraphs=(("body", opening), *numbered, ("body", closing)),
        attachment="",
        date=date_text(today),
    )


def _sentence(duty: Duty, today: date, *, is_owner: bool) -> str:
    assert duty.due_on is not None
    days = (today - duty.due_on).days
    when = f"已逾期{days}日" if days > 0 else "今日到期" if days == 0 else f"还有{-days}日"
    who = "" if is_owner else f"{duty.owner_name}："
    day = date_text(duty.due_on)
    if duty.clock == "feed":
        state = {"silent": "从未报送", "not_due": "尚未报送", "missing": "尚未报送"}.get(duty.state, STATES[duty.state])
        return f"{who}《{duty.title}》{duty.period_text}，应于{day}前报送，{when}，{state}。"
    if duty.clock == "verify":
        text = f"{duty.period_text}交办的预警{duty.total}件，应于{day}前完成入户核查并反馈，{when}，还有{duty.open}件没有反馈。"
        return who + text
    if duty.clock == "measure":
        decided = date_text(date.fromisoformat(duty.period))
        return f"{who}{decided}反馈符合监测条件的{duty.total}件，应于{day}前制定帮扶措施，{when}，还有{duty.open}件没有报来。"
    waits = "已整合比对，正等候批准" if duty.state == "waiting" else "尚未交办"
    return f"{who}{duty.period_text}预警信息应于{day}前交办各镇，{when}，{waits}。"


def recipient_name(site: Site, rules: Rules, recipient: str) -> str:
    """Whom a letter is addressed to."""
    base = recipient.removesuffix(HEAD)
    if base == LEADING_GROUP:
        return rules.leading_group
    towns = {row["town_code"]: f"{row['town_name']}人民政府" for row in site.county_rows("divisions.csv")}
    name = site.county.departments.get(base) or towns.get(base, base)
    return f"{name}主要负责人" if base != recipient else name


def _send(
    site: Site,
    rules: Rules,
    now: datetime,
    number: int,
    recipient: str,
    kind: str,
    mine: list[Reminder],
    channels: list[Channel],
) -> Sent:
    letter = letter_of(site, rules, now, number, recipient, kind, mine)
    name = letter.addressee.removesuffix("：")
    pdf = _letter_path(site, rules, now, number, recipient, kind)
    letter_press(site.home / "county" / "fonts").print(pdf, letter)
    pdf.with_suffix(".txt").write_text(letter.text + "\n", "utf-8")
    results = {FILE: True} | {channel.key: channel.send(letter.subject, letter.text, pdf) for channel in channels}
    with connect(site, RECORD_WAIT_SECONDS) as connection:
        connection.execute("begin")
        ledger.append(
            connection,
            "ledger.reminders",
            [
                {
                    "clock": each.duty.clock, "owner": each.duty.owner, "feed": each.duty.feed, "period": each.duty.period,
                    "step": each.step.day, "recipient": recipient, "channel": channel, "is_sent": is_sent, "sent_at": now,
                    "letter_number": letter.number, "file_name": str(pdf.relative_to(site.home)),
                }
                for each in mine
                for channel, is_sent in results.items()
            ],
        )  # fmt: skip
        connection.execute("commit")
    failed = tuple(key.partition(":")[0] for key, is_sent in results.items() if not is_sent)
    return Sent(name, kind, letter.number, pdf, tuple(mine), failed)


def _letter_path(site: Site, rules: Rules, now: datetime, number: int, recipient: str, kind: str) -> Path:
    return reminder_folder(site) / f"{now:%Y-%m-%d}" / f"{number:03d}_{recipient_name(site, rules, recipient)}_{kind}.pdf"


def _send_again(site: Site, channels: Mapping[str, list[Channel]], now: datetime) -> list[str]:
    """Letters a channel did not take at its last try, sent again as they were; returns what failed once more."""
    failed = []
    for recipient, channel, pdf, file_name in _unsent(site, channels):
        text = pdf.with_suffix(".txt").read_text("utf-8")
        if not channel.send(text.split("\n")[2], text, pdf if pdf.exists() else None):
            failed.append(f"{pdf.stem}({channel.kind})")
            continue
        with connect(site, RECORD_WAIT_SECONDS) as connection:
            ledger.append_selected(
                connection,
                "ledger.reminders",
                """select * replace (true as is_sent, ?::timestamp as sent_at) from (
                    select distinct on (clock, owner, feed, period, step) * from ledger.reminders
                    where recipient = ? and channel = ? and file_name = ?
                )""",
                [now, recipient, channel.key, file_name],
            )
    return failed


def _unsent(site: Site, channels: Mapping[str, list[Channel]]) -> list[tuple[str, Channel, Path, str]]:
    """Recipient, channel and letter of what a channel that is still there did not take, if the letter still is."""
    by_key = {(who, channel.key): channel for who, mine in channels.items() for channel in mine}
    with connect(site) as connection:
        ledger.create_tables(connection)
        open_ones = connection.execute(
            """select recipient, channel, file_name from ledger.reminders group by all having not bool_or(is_sent) order by all"""
        ).fetchall()
    return [
        (recipient, by_key[recipient, key], pdf, file_name)
        for recipient, key, file_name in open_ones
        for pdf in [site.home / file_name]
        if (recipient, key) in by_key and pdf.with_suffix(".txt").exists()
    ]


def _recorded(connection: duckdb.DuckDBPyConnection) -> dict[Key, Said]:
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
        key: "、".join(f"{step:+d}日({min(told.values())})" for step, told in sorted(said.items()))
        for key, said in _recorded(connection).items()
    }


def _last_serial(connection: duckdb.DuckDBPyConnection, year: int) -> int:
    numbers = connection.execute(
        "select distinct letter_number from ledger.reminders where letter_number like ?", [f"%〔{year}〕%"]
    ).fetchall()
    return max((int(text.partition("〕")[2].removesuffix("号")) for (text,) in numbers), default=0)


def _number(site: Site, year: int, serial: int) -> str:
    return f"{site.county.name[:1]}防贫催〔{year}〕{serial}号"


def _moment_text(now: datetime) -> str:
    return f"{date_text(now.date())}{now.hour}时"


@contextmanager
def _alone(site: Site) -> Iterator[None]:
    """One sweep at a time for a home: the daily one and one by hand must not both send."""
    path = site.home / "work" / "sweep.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def undelivered(result: Sweep) -> str | None:
    """What the data team should look after, None when every channel took its letters."""
    if not result.failed:
        return None
    return f"以下渠道没有送出,下次巡查再试:{'、'.join(result.failed)};请核对 county/contacts.csv 和网络,函件已写入文件"


def describe(result: Sweep) -> dict[str, Any]:
    """Counts for a log: no recipient's address, no person."""
    overdue = sum(duty.is_overdue for duty in result.duties)
    return {"overdue": overdue, "letters": len(result.sent), "failed_channels": len(result.failed)}
