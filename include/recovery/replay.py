"""Everything that happened is computed again in the scratch home, in its order and by the same steps that did it first.

What the ledger says of a delivery holds: what comes out differently is told, and the rows follow the ledger where they can.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

import duckdb

from include.deliveries.answer import refusal, return_stem, returns_folder, setting_aside
from include.deliveries.examine import check_feed
from include.deliveries.publish import publish_feed
from include.deliveries.receipts import write_receipts
from include.deliveries.receive import unusable_lines, work_folder
from include.deliveries.returned_events import RETURNED, record_returns
from include.dispatch.issue import write_reports
from include.outcome.listing import as_told
from include.outcome.tell import OutcomeReport, write_again
from include.reading.formats import open_workbook
from include.reading.refusal import Refused
from include.recovery.scratch import FACTS, MINE, at, opened, tell, use_facts
from include.recovery.timeline import PROMPT, Decided, Issued, Screened, Told, Written, in_groups, timeline
from include.review.returned import judge, returned_lines
from include.screening.screen import ScreeningError, build_tables, gate_risk_tables, record_screening, write_docs
from include.site import Site
from include.site.home import rehearsal_mark
from include.storage import ledger
from include.storage.archive import ArchiveError, open_archived
from include.storage.ledger import Delivery

CHECKED = ("published", "refused", "zero_report")
DELIVERY = ", ".join(f"deliveries.{name}" for name in Delivery.__dataclass_fields__)
COUNTS = {"row_count": "收到", "accepted_count": "采用", "rejected_count": "退回", "duplicate_count": "重复"}
Report = Callable[[str, int, int], None]


@dataclass
class Replay:
    """A rebuild under way. ``told``: what came out differently than the ledger says, in words without anybody's data."""

    site: Site
    scratch: Site
    report: Report
    told: list[str] = field(default_factory=list)
    last: Screened | None = None
    built: set[int] = field(default_factory=set)
    events_until: datetime = datetime(1, 1, 1)

    def run(self, complete_count: int | None) -> None:
        """Do everything again. Raises what a step raises that the ledger does not know of."""
        with opened(self.scratch) as connection:
            groups = in_groups(timeline(connection, complete_count))
        done, total = 0, sum(map(len, groups))
        for group in groups:
            step = group[0]
            if isinstance(step, Screened):
                self._screen(step)
            elif isinstance(step, Issued):
                self._issue(step)
            elif isinstance(step, Written):
                self._write(step)
            elif isinstance(step, Told):
                self._tell_departments(step)
            else:
                self._decide(group)
            done += len(group)
            self.report("重算", done, total)
        with opened(self.scratch) as connection:
            self._compare_returned(connection)
            write_receipts(connection, self.scratch)
        use_facts(self.scratch)
        if self.last:
            with at(self.scratch, self.last.at):
                write_docs(self.scratch)

    # Deliveries

    def _decide(self, group: list[Decided]) -> None:
        """Decide deliveries of one feed again; where that comes to something else, the ledger's word is put in its place."""
        with opened(self.scratch) as connection:
            self._receive(connection, group[-1])
        for is_checked, several in groupby(group, key=lambda step: bool(step.feed) and step.status in CHECKED):
            some = list(several)
            if is_checked:
                self._check(some)
            for step in some:
                if not is_checked:
                    self._settle(step)

    def _receive(self, connection: duckdb.DuckDBPyConnection, last: Decided) -> None:
        """Tell of the deliveries that had come when this one was checked."""
        tell(
            connection,
            "deliveries",
            f"""entry_no > (select coalesce(max(entry_no), 0) from ledger.deliveries) and entry_no <= (
                select max(entry_no) from {FACTS}.deliveries where entry_no <= ? or received_at <= ?)""",
            last.delivery_no,
            last.received_at,
        )

    def _check(self, group: list[Decided]) -> None:
        feed, ids = group[0].feed or "", [step.delivery_id for step in group]
        with at(self.scratch, group[0].at):
            checked = set(check_feed(self.scratch, feed)) & set(ids)
            wanted = [step.delivery_id for step in group if step.delivery_id in checked and self._agrees(step)]
            publish_feed(self.scratch, feed, wanted)
        for step in group:
            shutil.rmtree(work_folder(self.scratch, step.delivery_id), ignore_errors=True)
        with opened(self.scratch) as connection:
            for step in group:
                self._hold_to_the_ledger(connection, step, is_checked=step.delivery_id in checked)

    def _agrees(self, step: Decided) -> bool:
        """Whether a checked delivery can be published as the ledger says; its verdict is then what the ledger says."""
        path = work_folder(self.scratch, step.delivery_id) / "verdict.json"
        verdict = json.loads(path.read_text("utf-8"))
        if verdict["status"] != step.status:
            self.told.append(
                f"批次 {step.delivery_id}：台账记为{STATUSES[step.status]}，重算为{STATUSES[verdict['status']]}"
                f"（{verdict.get('reason_code') or '无原因代码'}）；以台账为准"
            )
        if step.status != "refused":
            return bool(verdict["status"] == step.status)
        with opened(self.scratch) as connection:
            code, reason, rows = connection.execute(
                f"select reason_code, reason, row_count from {FACTS}.outcomes where {MINE} and delivery_id = ?",
                [step.delivery_id],
            ).fetchall()[0]
        if verdict["status"] == "refused" and verdict["reason"] != reason:
            self.told.append(
                f"批次 {step.delivery_id}：整份退回的原因与台账所记不同（{code}、{verdict['reason_code']}）；以台账为准"
            )
        told = {"status": "refused", "reason_code": code, "reason": reason, "rows": rows}
        path.write_text(json.dumps(told, ensure_ascii=False), "utf-8")
        return True

    def _hold_to_the_ledger(self, connection: duckdb.DuckDBPyConnection, step: Decided, *, is_checked: bool) -> None:
        """Compare the outcome with the ledger's, and take the ledger's where there is none."""
        names = ", ".join(COUNTS)
        find = f"select {names} from {{}} where {MINE} and delivery_id = ?"
        mine = connection.execute(find.format("ledger.outcomes"), [step.delivery_id]).fetchone()
        theirs = connection.execute(find.format(f"{FACTS}.outcomes"), [step.delivery_id]).fetchone()
        if mine is None:
            tell(connection, "outcomes", "delivery_id = ?", step.delivery_id)
            if not is_checked:
                self.told.append(f"批次 {step.delivery_id}：没能重新核对（原件打不开，或处理时出错），它的行没有重建")
        elif mine != theirs and theirs:
            unlike = [f"{label} {a} 行、重算 {b} 行" for label, a, b in zip(COUNTS.values(), theirs, mine, strict=True) if a != b]
            self.told.append(f"批次 {step.delivery_id}：行数与台账不同（{'；'.join(unlike)}）")

    def _settle(self, step: Decided) -> None:
        """What receiving decided is fact; what went back to the sender is written again."""
        with opened(self.scratch) as connection:
            delivery, (code, reason, rows) = self._recorded(connection, step)
        with at(self.scratch, step.at):
            if step.status == "refused":
                refusal(self.scratch, delivery, Refused(code, reason), None, rows)
            elif step.status == "set_aside":
                setting_aside(self.scratch, delivery, code, reason)
        with opened(self.scratch) as connection:
            if step.status == "published":
                if step.rejected_count:
                    self._answer(connection, delivery, step)
                tell(connection, "decisions", "source_delivery_id = ?", step.delivery_id)
                record_returns(connection)
            tell(connection, "outcomes", "delivery_id = ?", step.delivery_id)

    def _recorded(self, connection: duckdb.DuckDBPyConnection, step: Decided) -> tuple[Delivery, tuple[Any, ...]]:
        row = connection.execute(
            f"""select {DELIVERY}, outcomes.reason_code, outcomes.reason, outcomes.row_count
            from {FACTS}.deliveries as deliveries inner join {FACTS}.outcomes as outcomes using (county_code, delivery_id)
            where {MINE} and deliveries.delivery_id = ?""",
            [step.delivery_id],
        ).fetchall()[0]
        return Delivery(*row[:-3]), row[-3:]

    def _answer(self, connection: duckdb.DuckDBPyConnection, delivery: Delivery, step: Decided) -> None:
        """The lines of a review workbook that went back; what was decided is in the ledger."""
        try:
            with open_archived(self.scratch, delivery.sha256) as content:
                lines = returned_lines(open_workbook(content, delivery.file_name)) or []
        except (ArchiveError, Refused):
            self.told.append(f"批次 {step.delivery_id}：待核定表的原件打不开，退回的行没有重建")
            return
        self._tell_events(connection, step.at)
        self._tell_proposals(connection, step.at)
        judged = judge(connection, self.scratch, lines, delivery_id=delivery.delivery_id, decided_at=delivery.received_at)
        if len(judged.rejected) != step.rejected_count:
            self.told.append(
                f"批次 {step.delivery_id}：待核定表退回的行数与台账不同（{step.rejected_count}、重算 {len(judged.rejected)}）"
            )
        ledger.append(connection, "raw.row_issues", unusable_lines(delivery, judged))
        if judged.rejected:
            path = returns_folder(self.scratch, delivery) / f"{return_stem(delivery)}_退回行.xlsx"
            judged.write_rejected(path, mark=rehearsal_mark(self.scratch), created=delivery.received_at)

    def _tell_proposals(self, connection: duckdb.DuckDBPyConnection, until: datetime) -> None:
        """Tell what waited for the bureau by then: only held against it can a line of its workbook be judged."""
        for table in ("proposed_warnings", "proposals"):
            tell(
                connection,
                table,
                f"""entry_no > (select coalesce(max(entry_no), 0) from ledger.{table}) and (dispatch_id, proposal_no) in (
                    select (dispatch_id, proposal_no) from {FACTS}.proposals where proposed_at <= ?)""",
                until,
            )

    # Screenings and dispatches

    def _screen(self, step: Screened) -> None:
        self.last = step
        if step.build:
            self._build(step, step.build)
        else:
            with opened(self.scratch) as connection:
                tell(connection, "screenings", "entry_no = ?", step.entry_no)

    def _build(self, step: Screened, build: str) -> None:
        """Build the tables as they were screened, and judge them; the screening is recorded on the way."""
        with opened(self.scratch) as connection:
            tell(
                connection,
                "deliveries",
                f"""entry_no > (select coalesce(max(entry_no), 0) from ledger.deliveries)
                and entry_no <= (select max(entry_no) from {FACTS}.deliveries where received_at <= ?)""",
                step.cutoff_at,
            )
            self._tell_events(connection, step.at)
        with at(self.scratch, step.cutoff_at):
            record_screening(self.scratch, build_tables(self.scratch, is_prompt=build == PROMPT))
        with at(self.scratch, step.at):
            try:
                gate_risk_tables(self.scratch, is_prompt=build == PROMPT)
            except ScreeningError as error:
                self.told.append(f"{step.at:%Y-%m-%d %H:%M} 的筛查：{error}")
        self.built.add(step.entry_no)

    def _tell_events(self, connection: duckdb.DuckDBPyConnection, until: datetime) -> None:
        """Tell what happened to warnings until then but for what a dispatch, or telling departments, itself brings, and what rows
        of returns say again.
        """
        brought = f"select dispatch_id from {FACTS}.dispatches union all select report_number from {FACTS}.outcome_reports"
        is_other = f"""coalesce(source, '') not in ({brought})
            and event not in ({", ".join(f"'{event}'" for event in RETURNED)})"""
        if until > self.events_until:
            tell(connection, "events", f"happened_at > ? and happened_at <= ? and {is_other}", self.events_until, until)
            self.events_until = until

    def _compare_returned(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Whether the rows of returns say the same again of every warning."""
        ours, theirs = (
            f"select warning_id, event, source from {table} where {MINE} and event in ({', '.join(['?'] * len(RETURNED))})"
            for table in ("ledger.events", f"{FACTS}.events")
        )
        for one, other, said in ((theirs, ours, "台账记有、重算没有"), (ours, theirs, "重算有、台账没有记")):
            (count,) = connection.execute(f"select count(*) from ({one} except all {other})", list(RETURNED) * 2).fetchone() or (
                0,
            )
            if count:
                self.told.append(f"镇反馈形成的事项：{said}的 {count} 项；以台账为准")

    def _issue(self, step: Issued) -> None:
        with opened(self.scratch) as connection:
            self._tell_events(connection, step.at)
            for table in ("dispatches", "dispatched_signals"):
                tell(connection, table, "dispatch_id = ?", step.dispatch_id)
            tell(connection, "dispatched_warnings", "dispatch_id = ? and listing_kind <> 'found'", step.dispatch_id)
            tell(connection, "events", "source = ?", step.dispatch_id)

    def _write(self, step: Written) -> None:
        """Write the files of a dispatch again, from the tables as they then stood."""
        if self.last and self.last.entry_no not in self.built:
            self._build(self.last, PROMPT)  # nothing but these files hangs on it
        with opened(self.scratch) as connection:
            self._tell_events(connection, step.at)
        with at(self.scratch, step.at):
            write_reports(self.scratch, step.dispatch_id)

    def _tell_departments(self, step: Told) -> None:
        """Write what departments were told again; what that closed is in the ledger."""
        chosen = f"where {MINE} and entry_no between ? and ? order by entry_no"
        with opened(self.scratch) as connection:
            self._tell_events(connection, step.at)
            reports = [
                OutcomeReport(*row)
                for row in connection.execute(
                    f"""select report_number, department, dispatch_id, file_name, written_at
                    from {FACTS}.outcome_reports {chosen}""",
                    [step.first_no, step.last_no],
                ).fetchall()
            ]
            numbers = [report.number for report in reports]
            told = connection.execute(
                f"""select department, warning_id, state from {FACTS}.told_outcomes
                where {MINE} and list_contains(?, report_number) order by entry_no""",
                [numbers],
            ).fetchall()
        with at(self.scratch, step.at):
            write_again(self.scratch, reports, as_told(told))
        with opened(self.scratch) as connection:
            tell(connection, "outcome_reports", "entry_no between ? and ?", step.first_no, step.last_no)
            tell(connection, "told_outcomes", "list_contains(?, report_number)", numbers)
            tell(connection, "events", "list_contains(?, source)", numbers)


STATUSES = {
    "published": "已入库", "refused": "整份退回", "zero_report": "零报送", "set_aside": "搁置", "duplicate": "重复",
}  # fmt: skip
