"""巡查:每天早晚看一遍谁该报没报、谁该反馈没反馈、当月交办发没发,按县里定的分级催办,每级只催一次。

First tells departments what came of registered households (处理结果), so that only what could not be told is chased.
Reads the ledger and the calendar, closes the warehouse, writes 催报函 and 催办函 (PDF and text), sends them by the county's
channels and records what went out; a slow channel must not keep the others waiting for the warehouse. In
the evening it warns the bureau when the next day is the last one for the month's dispatch and it has not been issued.
Beside that it removes what killed servers left of pushes that nobody got a receipt for.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag, task

from include.site import current_site


@dag(
    schedule=CronTriggerTimetable("30 8,18 * * *", timezone="Asia/Shanghai"),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    dag_display_name="巡查催办",
    tags=["催办"],
)
def sweep() -> None:
    @task(retries=2, retry_delay=timedelta(minutes=10))
    def remind() -> dict[str, int]:
        from include.orchestration import steps

        return steps.sweep(current_site())

    @task
    def clear_incoming() -> int:
        from include.portal.push_api import clear_incoming

        return clear_incoming(current_site())

    remind()
    clear_incoming()


sweep()
