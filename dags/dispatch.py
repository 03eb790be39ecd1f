"""交办:每月十日整合比对,乡村振兴局批准后于十一日前交办各镇(通知第三条第二款)。

Screens everything accepted since the last cut-off, waits for the bureau, records the dispatch and writes each town's
workbook and letter, the bureau's county workbook and the delivery overview. The partition key is the dispatch's month. A month
issued before is only reported again. Lines held back while the bureau is asked withdraw the question: another run, without a
screening, asks about what was frozen anew. What is issued is what the bureau answered by Airflow's record, never an XCom.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import CronPartitionTimetable, TriggerRule, dag, task

from include.orchestration.asking import ask_the_bureau
from include.orchestration.assets import DISPATCHES
from include.site import current_site


@dag(
    schedule=CronPartitionTimetable("0 8 10 * *", timezone="Asia/Shanghai", key_format="%Y-%m"),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    dag_display_name="月度交办",
    tags=["交办"],
)
def dispatch() -> None:
    @task.short_circuit(ignore_downstream_trigger_rules=False, retries=2, retry_delay=timedelta(seconds=10))
    def admit(*, dag_run: Any) -> bool:
        from include.orchestration.runs import admit_month, is_anew

        admit_month(current_site(), dag_run)
        return not is_anew(dag_run)

    screen = TriggerDagRunOperator(
        task_id="screen", trigger_dag_id="screen", wait_for_completion=True, poke_interval=1, reset_dag_run=False,
        retries=2, retry_delay=timedelta(seconds=10),  # the scheduler may be lost while it waits
    )  # fmt: skip

    @task(trigger_rule=TriggerRule.NONE_FAILED, retries=2, retry_delay=timedelta(seconds=10))
    def prepare(*, dag_run: Any) -> str:
        from include.orchestration.runs import ask_for_month

        return ask_for_month(current_site(), dag_run)

    @task(outlets=[DISPATCHES], retries=2, retry_delay=timedelta(seconds=10))
    def issue(*, dag_run: Any) -> str:
        from include.orchestration.runs import issue_answered

        return issue_answered(current_site(), dag_run)

    @task(trigger_rule=TriggerRule.NONE_FAILED, retries=2, retry_delay=timedelta(seconds=10))
    def report(*, partition_key: str) -> list[str]:
        from include.orchestration.runs import report_issued
        from include.storage.workers import workers

        with workers():
            return report_issued(current_site(), partition_key)

    @task(retries=2, retry_delay=timedelta(seconds=10))
    def document() -> None:
        from include.screening.screen import write_docs

        write_docs(current_site())

    admit() >> screen >> prepare() >> ask_the_bureau("月度预警交办") >> issue() >> report() >> document()


dispatch()
