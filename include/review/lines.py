"""Lines held back, released and withdrawn by the bureau: what can be decided about, and what a filled-in workbook decides.

Decisions are events of the warning (``ledger.events``): ``held`` and ``released`` name the dispatch they speak of, ``withdrawn``
ends a warning that was issued. A proposal is frozen anew after them by ``dispatch.propose``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from include.reports.labels import STATES, WARNING_TYPES
from include.reports.notice import subject_text
from include.reports.sheets import text_of
from include.review.judged import Judged, Unusable
from include.review.line_workbook import (
    CHOICES,
    HELD,
    HOLD,
    NUMBER,
    OPEN,
    PROPOSED,
    REASON,
    RELEASE,
    write_lines,
    write_refused,
)
from include.review.questions import ReviewError
from include.review.workbook import DECIDER, DECISION, Lines
from include.site import Site
from include.site.home import rehearsal_mark
from include.storage import ledger
from include.storage.warehouse import connect

EVENT_OF = dict(zip(CHOICES, ("held", "released", "withdrawn"), strict=True))
WITHDRAWABLE = ("issued", "qualifying", "registered", "held")

PROPOSALS = """
select proposals.dispatch_id, max(proposals.proposal_no) as proposal_no
from ledger.proposals as proposals
where proposals.proposal_no > 0 and proposals.dispatch_id not in (select dispatch_id from ledger.dispatches)
    and if(
        proposals.kind = 'monthly',
        proposals.dispatch_id = (select max(dispatch_id) from ledger.proposals where kind = 'monthly' and proposal_no > 0),
        proposals.dispatch_id not in (select dispatch_id from ledger.approvals)
    )
group by proposals.dispatch_id
"""
"""The proposals that wait: the newest of the newest month, and of each instant dispatch that nobody has answered."""

_PROPOSED = f"""
select listed.*, '' as state from ledger.proposed_warnings as listed
inner join ({PROPOSALS}) as newest using (dispatch_id, proposal_no)
where listed.listing_kind = 'issued'
"""

_LAST_HELD = """
select warning_id, arg_max(dispatch_id, entry_no) as dispatch_id, arg_max(coalesce(reason, ''), entry_no) as reason,
    arg_max(happened_at, entry_no) as held_at
from ledger.events where event in ('held', 'released', 'issued', 'withdrawn')
group by warning_id having arg_max(event, entry_no) = 'held'
"""
"""What is held back now, for which dispatch and why."""

_HELD = f"""
select listed.* exclude (dispatch_id), held.dispatch_id, held.reason, held.held_at, 'held' as state
from ({_LAST_HELD}) as held
inner join (
    select * from ledger.proposed_warnings qualify row_number() over (partition by warning_id order by entry_no desc) = 1
) as listed using (warning_id)
"""

_OPEN = """
select listed.*, states.state
from (
    select * from ledger.dispatched_warnings qualify row_number() over (partition by warning_id order by entry_no desc) = 1
) as listed
inner join intermediate.int_warning_states as states using (warning_id)
where list_contains(?, states.state) and states.state <> 'held'
"""
_ORDER = "order by town_code, village_code nulls last, household_id nulls last, head_name, warning_type, warning_id"


@dataclass
class LineDecisions(Judged):
    """What came back: events to record, lines that go back with their reason, lines that say what holds already."""

    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def accepted(self) -> int:
        return len(self.events)

    @property
    def said(self) -> str:
        counts = Counter(event["event"] for event in self.events)
        return "交办审核表：" + "，".join(f"{choice} {counts[event]} 条" for choice, event in EVENT_OF.items())

    def record(self, connection: duckdb.DuckDBPyConnection) -> None:
        ledger.append(connection, "ledger.events", self.events)

    def write_rejected(self, path: Path, *, mark: str, created: datetime) -> None:
        lines, reasons = [line for *_, line in self.rejected], [reason for _, _, reason, _ in self.rejected]
        write_refused(path, lines, reasons, mark=mark, created=created)


def export_lines(site: Site, path: Path | None = None) -> tuple[Path, dict[str, int]]:
    """Write the lines that wait for approval, are held back, or are issued and open; returns the file and how many of each.

    Raises ReviewError before anything was proposed.
    """
    path = path or site.reports / f"交办审核表_{site.now():%Y%m%d}.xlsx"
    with connect(site) as connection:
        ledger.create_tables(connection)
        try:
            found = {
                PROPOSED: _rows(connection, _PROPOSED),
                HELD: _rows(connection, _HELD),
                OPEN: _rows(connection, _OPEN, list(WITHDRAWABLE)),
            }
        except duckdb.CatalogException:
            raise ReviewError("还没有筛查结果；请先运行 fangpin month") from None
        lines = {name: [_line(row, name) for row in rows] for name, rows in found.items()}
        ledger.record_export(connection, site.now(), "review", sum(map(len, lines.values())), is_masked=False)
    write_lines(path, lines, mark=rehearsal_mark(site), created=site.now())
    return path, {name: len(rows) for name, rows in lines.items()}


def _rows(connection: duckdb.DuckDBPyConnection, query: str, *given: Any) -> list[dict[str, Any]]:
    result = connection.execute(f"select * from ({query}) {_ORDER}", list(given))
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _line(row: Mapping[str, Any], sheet: str) -> dict[str, str]:
    said = {
        PROPOSED: lambda: f"{row['dispatch_id']} 期第 {row['proposal_no']} 号报批，{row['marks'] or ''}".rstrip("，"),
        HELD: lambda: f"{row['dispatch_id']} 期，{row['held_at']:%Y-%m-%d} 暂缓：{row['reason']}",
        OPEN: lambda: f"{STATES[row['state']]}，{row['issued_at']:%Y-%m-%d} 交办",
    }[sheet]()
    return {
        "镇": text_of(row["town_name"]), "行政村": text_of(row["village_name"]), "户主": text_of(row["head_name"]),
        "预警对象": subject_text(row), "预警类型": WARNING_TYPES[row["warning_type"]], "预警事实": text_of(row["evidence"]),
        "说明": said, NUMBER: row["warning_id"],
    }  # fmt: skip


def judge_lines(connection: duckdb.DuckDBPyConnection, lines: Lines, *, delivery_id: str, decided_at: datetime) -> LineDecisions:
    """Which lines are decisions and which go back; nothing is written."""
    decisions = LineDecisions()
    proposed, held = _dispatches(connection, _PROPOSED), _dispatches(connection, _LAST_HELD)
    states = _states(connection)
    for sheet, number, line in lines:
        warning_id, choice = line[NUMBER], line[DECISION]
        try:
            dispatch_id = _judge(line, proposed, held, states)
        except Unusable as error:
            decisions.rejected.append((sheet, number, str(error), line))
            continue
        if _holds_already(choice, warning_id, dispatch_id, held, states):
            decisions.repeated += 1
            continue
        event = {"warning_id": warning_id, "event": EVENT_OF[choice], "happened_at": decided_at, "done_by": line[DECIDER]}
        event |= {"source": f"{delivery_id}/{sheet}/{number}", "dispatch_id": dispatch_id, "reason": line[REASON] or None}
        decisions.events.append(event)
        held.pop(warning_id, None)
        if choice == HOLD and dispatch_id:
            held[warning_id] = dispatch_id
        elif choice != RELEASE:
            states[warning_id] = "withdrawn"
    return decisions


def _judge(
    line: Mapping[str, str], proposed: Mapping[str, str], held: Mapping[str, str], states: Mapping[str, str]
) -> str | None:
    """Of which dispatch a decision speaks, None for a withdrawal. Raises Unusable with what is wrong and what to do."""
    warning_id, choice = line[NUMBER], line[DECISION]
    if choice not in CHOICES:
        raise Unusable("“决定”不是暂缓、解除暂缓或撤回；请从下拉框中选择")
    if not line[DECIDER]:
        raise Unusable("没有填经办人；请填写作出决定的人")
    if choice != RELEASE and not line[REASON]:
        raise Unusable(f"{choice}没有写理由；请在“理由”栏写明")
    if choice == HOLD:
        if dispatch_id := held.get(warning_id) or proposed.get(warning_id):
            return dispatch_id
        if states.get(warning_id) in WITHDRAWABLE:
            raise Unusable("这条预警已经交办，不能暂缓；部门更正或误报的请选撤回")
        raise Unusable("等候批准的报批内容中没有这个预警编号；请重新导出交办审核表")
    if choice == RELEASE:
        if dispatch_id := held.get(warning_id):
            return dispatch_id
        if warning_id in proposed:
            return None
        raise Unusable("这条预警没有暂缓，不必解除；请核对预警编号")
    if warning_id in held or states.get(warning_id) in (*WITHDRAWABLE, "withdrawn"):
        return None
    if warning_id in proposed:
        raise Unusable("这条预警还没有交办，不必撤回；本期不交办的请选暂缓")
    if warning_id in states:
        raise Unusable(f"这条预警{STATES.get(states[warning_id], '')}，已经办结或措施已落实，不能撤回")
    raise Unusable("没有交办过这个预警编号；请重新导出交办审核表")


def _holds_already(
    choice: str, warning_id: str, dispatch_id: str | None, held: Mapping[str, str], states: Mapping[str, str]
) -> bool:
    if choice == HOLD:
        return held.get(warning_id) == dispatch_id
    if choice == RELEASE:
        return warning_id not in held
    return states.get(warning_id) == "withdrawn"


def _dispatches(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, str]:
    return dict(connection.execute(f"select warning_id, dispatch_id from ({query})").fetchall())


def _states(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The state of each warning; none before the first screening."""
    try:
        return dict(connection.execute("select warning_id, state from intermediate.int_warning_states").fetchall())
    except duckdb.CatalogException:
        return {}
