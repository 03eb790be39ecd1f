"""催报函、催办函: what is overdue goes to whom it concerns, in steps, each step once.

A letter is sent first and recorded after: a crash in between repeats that one letter at the next sweep, and loses none. A channel
that failed is tried again at each sweep with the same letter; the file is always written. Letters hold counts, names of feeds
and dates, never a person.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from include.clocks.channels import FILE, Channel, contacts, reminder_folder
from include.clocks.duties import Duty, duties
from include.clocks.escalation import Reminder, Rules, load_rules, plan, recorded
from include.clocks.registry_age import OldList, old_lists
from include.clocks.reminder_letter import letter_number, letter_of, recipient_name
from include.reports.letter import letter_press
from include.site import Site
from include.site.calendar import Calendar
from include.site.home import follow_clock
from include.storage import ledger
from include.storage.warehouse import connect

RECORD_WAIT_SECONDS = 1800.0
"""What went out must be recorded, or it goes out again: longer than any screening keeps the warehouse."""


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

    ``old_lists``: departments whose list of the registry is of an earlier month.
    Of a sweep that only looks, ``sent`` is what would be sent, and ``failed`` what would be tried again.
    """

    now: datetime
    duties: list[Duty]
    sent: list[Sent]
    failed: list[str]
    old_lists: list[OldList]


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
            failed += [f"{sent[-1].recipient_name}（{name}）" for name in sent[-1].failed]
    return Sweep(now, found, sent, failed, old_lists(site, now))


def look_ahead(site: Site) -> Sweep:
    """What a sweep now would write and send. Nothing is written, sent or recorded."""
    follow_clock(site)
    now = site.now()
    channels, rules = contacts(site), load_rules(site)
    again = [f"{pdf.stem}（{channel.kind}）" for _, channel, pdf, _ in _unsent(site, channels)]
    found, letters = _letters(site, rules, now)
    sent = [
        Sent(recipient_name(site, rules, recipient), kind, letter_number(site, now.year, number), path, tuple(mine), ())
        for number, recipient, kind, mine in letters
        for path in [_letter_path(site, rules, now, number, recipient, kind)]
    ]
    return Sweep(now, found, sent, again, old_lists(site, now))


def _letters(site: Site, rules: Rules, now: datetime) -> tuple[list[Duty], list[tuple[int, str, str, list[Reminder]]]]:
    """The duties, and what is to be said now: serial number, recipient, kind and reminders of each letter."""
    calendar = Calendar.of(site)
    with connect(site) as connection:
        found = duties(connection, calendar, now, rules.since)
        planned = plan(found, recorded(connection), rules, site.county.bureau, now)
        serial = _last_serial(connection, now.year)
    letters: dict[tuple[str, str], list[Reminder]] = {}
    for reminder in planned:
        letters.setdefault((reminder.recipient, reminder.kind), []).append(reminder)
    numbered = enumerate(sorted(letters.items()), start=serial + 1)
    return found, [(number, recipient, kind, mine) for number, ((recipient, kind), mine) in numbered]


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
            failed.append(f"{pdf.stem}（{channel.kind}）")
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


def _last_serial(connection: duckdb.DuckDBPyConnection, year: int) -> int:
    numbers = connection.execute(
        "select distinct letter_number from ledger.reminders where letter_number like ?", [f"%〔{year}〕%"]
    ).fetchall()
    return max((int(text.partition("〕")[2].removesuffix("号")) for (text,) in numbers), default=0)


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
    return f"以下渠道没有送出，下次巡查再试：{'、'.join(result.failed)}；请核对 county/contacts.csv 和网络，函件已写入文件"


def describe(result: Sweep) -> dict[str, Any]:
    """Counts for a log: no recipient's address, no person."""
    overdue = sum(duty.is_overdue for duty in result.duties)
    return {
        "overdue": overdue,
        "letters": len(result.sent),
        "failed_channels": len(result.failed),
        "old_registry_lists": len(result.old_lists),
    }
