"""The task that asks the bureau: approve, or send back with a reason. Only the bureau's user can answer it."""

from __future__ import annotations

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param

from include.site import approver

LONGEST_REASON = 500


def ask_the_bureau(what: str) -> HITLOperator:
    """The task ``approve``: it shows what ``prepare`` froze. Whatever is answered, the task after it reads Airflow's record."""
    reason = Param("", type=["string", "null"], maxLength=LONGEST_REASON, title="退回原因", description="退回时请写明原因")
    return HITLOperator(
        task_id="approve",
        subject=f"{{{{ partition_key }}}} {what},请批准(Approve)或退回(Reject)",
        body="{{ ti.xcom_pull(task_ids='prepare') }}",
        options=["Approve", "Reject"],
        params={"reason": reason},
        assigned_users=[{"id": approver(), "name": "bureau"}],
    )
