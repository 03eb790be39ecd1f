"""收件:文件到齐或接口推送后立即(至迟每五分钟)清空收件箱,逐份登记、存档、识别,并唤醒对应数据的入库流程。

The inbox is the queue: the watcher's events and the timetable only wake this DAG. A file is hashed, archived and recorded
before anything else happens to it. Small real-time deliveries are taken in at once, because a town waits for them; every other
one wakes the one DAG of its feed through the asset ``inbox``, keyed ``<feed>|<period>`` (events: ``<feed>|<last delivery>``, one
wake-up for all that came together). A review workbook needs no ingest: its decisions are recorded as it is received. As long as
a real-time feed, the registry or a decision is not screened, whatever interrupted it, ``screen|woken`` wakes the screening.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import AssetOrTimeSchedule, Context, CronTriggerTimetable, dag, task
from airflow.sdk.exceptions import AirflowSkipException

from include.orchestration.assets import FILES, INBOX
from include.site import current_site


@dag(
    schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable("*/5 * * * *", timezone="Asia/Shanghai"), assets=FILES),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    dag_display_name="收件",
    tags=["收件"],
)
def receive() -> None:
    @task(outlets=[INBOX], retries=2, retry_delay=timedelta(seconds=10))
    def receive_inbox(*, ti: Context, outlet_events: Context) -> None:
        from include.orchestration import steps
        from include.orchestration.runs import ask_anew
        from include.storage.workers import workers

        with workers():
            keys = steps.receive(current_site(), is_retry=ti.try_number > 1)
        ask_anew(current_site())
        if not keys:
            raise AirflowSkipException("没有待入库的批次，也没有待筛查的结论")
        outlet_events[INBOX].add_partitions(keys)

    receive_inbox()


receive()
