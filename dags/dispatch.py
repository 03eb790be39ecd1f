"""交办:每月十日整合比对,乡村振兴局批准后于十一日前交办各镇(通知第三条第二款)。

Screens everything accepted since the last cut-off, waits for the bureau, records the dispatch and writes each town's
workbook and letter, the bureau's county workbook and the delivery overview. The partition key is the dispatch's month.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import CronPartitionTimetable, TriggerRule, dag, task
from airflow.sdk.exceptions import AirflowSkipException

from include.assets import DISPATCHES
from include.settings import approver


@dag(
    schedule=CronPartitionTimetable("0 8 10 * *", timezone="Asia/Shanghai", key_format="%Y-%m"),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    dag_display_name="月度交办",
    tags=["交办"],
)
def dispatch() -> None:
    screen = TriggerDagRunOperator(
        task_id="screen", trigger_dag_id="screen", wait_for_completion=True, poke_interval=1, reset_dag_run=False,
        retries=2, retry_delay=timedelta(seconds=10),  # the scheduler may be lost while it waits
    )  # fmt: skip

    @task(retries=2, retry_delay=timedelta(seconds=10))
    def prepare(*, partition_key: str) -> str:
        from include.dispatch.issue import propose_dispatch

        summary = propose_dispatch(partition_key)
        if summary is None:
            raise AirflowSkipException(f"{partition_key} 期已交办,只重出报表;之后收到的数据进入下一期")
        return summary

    approve = ApprovalOperator(
        task_id="approve",
        subject="{{ partition_key }} 月度预警交办,请批准",
        body="{{ ti.xcom_pull(task_ids='prepare') }}",
        assigned_users=[{"id": approver(), "name": "bureau"}],
    )

    @task(outlets=[DISPATCHES], retries=2, retry_delay=timedelta(seconds=10))
    def issue(approval: dict[str, object], *, partition_key: str) -> str:
        from include.dispatch.issue import issue_dispatch

        return issue_dispatch(partition_key, approval)

    @task(trigger_rule=TriggerRule.NONE_FAILED, retries=2, retry_delay=timedelta(seconds=10))
    def report(*, partition_key: str) -> list[str]:
        from include.dispatch.issue import write_reports
        from include.lanes import lanes

        with lanes() as each:
            return write_reports(partition_key, each)

    @task(retries=2, retry_delay=timedelta(seconds=10))
    def document() -> None:
        from include.dispatch.screen import write_docs

        write_docs()

    screen >> prepare() >> approve
    issue(approve.output) >> report() >> document()


dispatch()
