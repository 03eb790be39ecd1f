"""批准: an answer counts only when the bureau's own user gave it to exactly what is frozen; who answered what is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from include.contracts import contract
from include.dispatch.propose import SHORT_DIGEST, DispatchError, Proposal, is_overtaken, newest_proposal, recompute_digest
from include.site import TIMEZONE, Site
from include.storage import ledger

DECISIONS = {"Approve": "approved", "Reject": "rejected"}
"""Airflow's options and what they mean."""
REASON = "reason"
"""The form's field in which the bureau says why it sends a proposal back."""
NO_REASON = "未写明原因"
AGAIN = "本次没有交办任何预警；请数据组重新运行该期交办，由乡村振兴局重新批准"


@dataclass(frozen=True)
class Answer:
    """What the bureau answered, when, and to which text; ``asked`` is the text as it stood before whoever answered."""

    decision: str
    answered_by: str
    answered_at: datetime
    asked: str
    reason: str | None = None

    @property
    def is_approval(self) -> bool:
        return self.decision == "approved"


def read_answer(site: Site, record: Mapping[str, Any] | None, approver_id: str) -> Answer:
    """The answer in Airflow's own record of it (``hitlDetails``). Raises DispatchError: nobody, or another user, answered.

    XCom says nothing here: whoever may edit tasks can write it, or mark the task as done.
    """
    if not record or not record.get("responded_at"):
        raise DispatchError("没有乡村振兴局的答复（任务可能被人标为完成或被清除）", remedy=AGAIN)
    user = record.get("responded_by_user") or {}
    if str(user.get("id")) != approver_id:
        raise DispatchError(f"答复的用户“{user.get('name') or '未知'}”不是批准人", remedy=AGAIN)
    options = record.get("chosen_options") or []
    if len(options) != 1 or options[0] not in DECISIONS:
        raise DispatchError("答复既不是批准也不是退回", remedy=AGAIN)
    decision = DECISIONS[options[0]]
    reason = str((record.get("params_input") or {}).get(REASON) or "").strip() or NO_REASON
    return Answer(
        decision=decision,
        answered_by=str(user.get("name") or user["id"]),
        answered_at=min(_local(str(record["responded_at"])), site.now()),  # a rehearsal's clock is not Airflow's
        asked=str(record.get("body") or ""),
        reason=reason if decision == "rejected" else None,
    )


def _local(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(TIMEZONE).replace(tzinfo=None, microsecond=0)


def approved_proposal(connection: duckdb.DuckDBPyConnection, dispatch_id: str, answer: Answer) -> Proposal:
    """The proposal that was answered. Raises DispatchError unless it is the newest, was asked as frozen, and is unchanged."""
    proposal = newest_proposal(connection, dispatch_id)
    if proposal is None:
        raise DispatchError(f"{dispatch_id} 期没有可批准的报批内容", remedy=AGAIN)
    if answer.asked.strip() != proposal.asked.strip():
        known = connection.execute(
            "select 1 from ledger.proposals where dispatch_id = ? and trim(asked) = ?", [dispatch_id, answer.asked.strip()]
        ).fetchone()
        why = "已重新冻结，原批准作废" if known else "批准人看到的不是冻结的原文"
        raise DispatchError(f"答复的不是 {proposal.name}（摘要 {proposal.digest[:SHORT_DIGEST]}）：{why}", remedy=AGAIN)
    if is_overtaken(connection, dispatch_id):
        raise DispatchError(f"{proposal.name}有行被暂缓或解除暂缓，原批准作废", remedy=AGAIN)
    if recompute_digest(connection, dispatch_id, proposal.number) != proposal.digest:
        raise DispatchError(f"台账中 {proposal.name}的内容与批准时的摘要不符", remedy=AGAIN)
    if answer.is_approval and _decision(connection, proposal) == "rejected":
        raise DispatchError(f"{proposal.name}此前已被退回，不能再批准", remedy=AGAIN)
    return proposal


def record_answer(connection: duckdb.DuckDBPyConnection, site: Site, proposal: Proposal, answer: Answer) -> None:
    """Keep in the ledger who answered what, once."""
    if not is_answered(connection, proposal):
        row = {"dispatch_id": proposal.dispatch_id, "proposal_no": proposal.number, "digest": proposal.digest}
        row |= {"decision": answer.decision, "reason": answer.reason, "answered_by": answer.answered_by}
        row |= {"answered_at": answer.answered_at, "recorded_at": site.now()}
        ledger.append(connection, "ledger.approvals", [row])


def is_answered(connection: duckdb.DuckDBPyConnection, proposal: Proposal) -> bool:
    """Whether the bureau has answered this proposal already."""
    return _decision(connection, proposal) is not None


def _decision(connection: duckdb.DuckDBPyConnection, proposal: Proposal) -> str | None:
    found = connection.execute(
        "select decision from ledger.approvals where dispatch_id = ? and proposal_no = ?",
        [proposal.dispatch_id, proposal.number],
    ).fetchone()
    return str(found[0]) if found else None


def refusals(connection: duckdb.DuckDBPyConnection, dispatch_id: str) -> list[str]:
    """What the bureau has sent back of a dispatch, in words for people."""
    found = connection.execute(
        """select proposal_no, answered_by, answered_at, reason from ledger.approvals
        where dispatch_id = ? and decision = 'rejected' order by proposal_no""",
        [dispatch_id],
    ).fetchall()
    return [
        f"{dispatch_id} 期第 {number} 号报批被 {by} 于 {at:%Y-%m-%d %H:%M} 退回：{reason}" for number, by, at, reason in found
    ]


def dispatch_lines(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Each dispatch issued and by whose word, in words for people."""
    found = connection.execute(
        "select dispatch_id, issued_at, approved_by, rule_of_issue from ledger.dispatches order by dispatch_id"
    ).fetchall()
    return [
        f"{dispatch_id} 期：{issued_at:%Y-%m-%d %H:%M} " + ("按县设置立即交办" if rule == "at_once" else f"由 {by} 批准交办")
        for dispatch_id, issued_at, by, rule in found
    ]


def approval_lines(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What was sent back and not issued since, and what a brake holds until the bureau answers, in words for people."""
    found = connection.execute(
        """select distinct dispatch_id from ledger.approvals
        where decision = 'rejected' and dispatch_id not in (select dispatch_id from ledger.dispatches) order by all"""
    ).fetchall()
    sent_back = [line for (dispatch_id,) in found for line in refusals(connection, dispatch_id)]
    return sent_back + brakes(connection)


def brakes(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What was held back and is neither answered nor issued since."""
    found = connection.execute(
        """select held.dispatch_id, held.feed, held.warning_count, held.hourly_limit, held.held_at
        from ledger.held_back as held
        where held.dispatch_id not in (select dispatch_id from ledger.approvals) and exists (
            select 1 from ledger.proposed_warnings as proposed
            where proposed.dispatch_id = held.dispatch_id and proposed.proposal_no = held.proposal_no
                and proposed.warning_id not in (select warning_id from ledger.dispatched_warnings)
        )
        order by held.held_at, held.dispatch_id, held.feed"""
    ).fetchall()
    return [
        f"{dispatch_id}：《{contract(feed).title}》{at:%Y-%m-%d %H:%M} 一小时内 {count} 条预警，超过每小时 {limit} 条，"
        "没有立即交办，等候乡村振兴局批准"
        for dispatch_id, feed, count, limit, at in found
    ]
