"""The rehearsal goes on after a month's dispatch: the towns' returns come in, and by town what came back."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from datetime import datetime, time, timedelta

from include.orchestration import steps
from include.orchestration.keys import SCREEN, kind_of
from include.rehearsal.returns import Written
from include.rehearsal.returns.key import Tally
from include.rehearsal.year.loop import compare_loop
from include.rehearsal.year.table import Difference
from include.site import Site
from include.site.calendar import Calendar
from include.site.home import keep_clock
from include.storage.warehouse import connect

Report = Callable[[str, int, int], None]
FURTHER = ("qualifying", "registered", "measures_set")


def receive_returns(site: Site, written: Written, report: Report) -> list[Difference]:
    """Set the clock to the evening of the last return, receive them all, and say where they did not come to what the key says."""
    until = datetime.combine(written.last_at, time(20))
    os.environ["FANGPIN_NOW"] = until.isoformat()
    keep_clock(site, until)
    report("收各镇的反馈", 0, 1)
    woken = {kind_of(key) for key in steps.receive(site)} - {SCREEN}
    report("收各镇的反馈", 1, 1)
    for done, feed in enumerate(feeds := sorted(woken, key=lambda feed: (feed != "town__verification", feed)), start=1):
        steps.ingest(site, feed)
        report("核对、入库", done, len(feeds))
    return compare_loop(site, written.key, until)


def tallies(site: Site, written: Written) -> list[Tally]:
    """By town as the product has it: warnings issued, answered, of them late and qualifying or further; lines that went back."""
    calendar, until = Calendar.of(site), written.last_at + timedelta(hours=12)
    towns = {item.path.rpartition("/")[2]: item.town for item in written.files if item.dispatch_id == written.issued.dispatch_id}
    with connect(site) as connection:
        rows = connection.execute(
            """select listed.town_name, listed.issued_at, min(changes.happened_at) as answered_at,
                any_value(states.state) as state
            from ledger.dispatched_warnings as listed
            left join intermediate.int_warning_changes as changes
                on listed.warning_id = changes.warning_id and changes.happened_at >= listed.issued_at
                    and changes.from_state = 'issued' and changes.to_state <> 'issued'
            left join intermediate.int_warning_states as states on listed.warning_id = states.warning_id
            where listed.dispatch_id = ? and listed.listing_kind = 'issued'
            group by listed.town_name, listed.warning_id, listed.issued_at""",
            [written.issued.dispatch_id],
        ).fetchall()
        back = Counter(
            towns.get(name)
            for name, _, _ in connection.execute(
                """select distinct deliveries.file_name, issues.sheet, issues.row_number from raw.row_issues as issues
                inner join ledger.deliveries as deliveries using (delivery_id) where issues.level = 'rejected'"""
            ).fetchall()
        )
    found = []
    for town in written.issued.asked:
        mine = [row for row in rows if row[0] == town]
        answered = [row for row in mine if row[2] and row[2] <= until]
        late = sum(at.date() > calendar.verify_by(issued_at.date()) for _, issued_at, at, _ in answered)
        found.append(
            Tally(town, len(mine), len(answered), late, back[town], sum(state in FURTHER for _, _, _, state in answered))
        )
    return found
