"""即时交办:按县设置须经批准的实时预警,乡村振兴局批准后交办有关的镇;不批准的随月度交办。

One run per frozen proposal; the partition key is the dispatch's id. What is issued at once needs no run of this.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import IdentityMapper, PartitionedAssetTimetable, dag, task

from include.assets import DISPATCHES, PROPOSALS
from include.settings import approver


@dag(
    schedule=PartitionedAssetTimetable(assets=PROPOSALS, default_partition_mapper=IdentityMapper()),
    catchup=False,
    doc_md=__doc__,
    dag_display_name="即时交办",
    tags=["交办"],
)
def instant() -> None:
    @task(retries=2, retry_delay=timedelta(seconds=10))
    def prepare(*, partition_key: str) -> str:
        from include.dispatch.issue import summarise

        return summarise(partition_key)

    approve = ApprovalOperator(
        task_id="approve",
        subject="{{ partition_key }} 即时预警交办,请批准",
        body="{{ ti.xcom_pull(task_ids='prepare') }}",
        assigned_users=[{"id": approver(), "name": "bureau"}],
    )

    @task(outlets=[DISPATCHES], retries=2, retry_delay=timedelta(seconds=10))
    def issue(approval: dict[str, object], *, partition_key: str) -> str:
        from include.dispatch.issue import issue_dispatch

        return issue_dispatch(partition_key, approval)

    @task(retries=2, retry_delay=timedelta(seconds=10))
    def report(*, partition_key: str) -> list[str]:
        from include.dispatch.issue import write_reports

        return write_reports(partition_key)

    prepare() >> approve
    issue(approve.output) >> report()


instant()
