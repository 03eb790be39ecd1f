"""收件:文件到齐或接口推送后立即(至迟每五分钟)清空收件箱,逐份登记、存档、识别,并唤醒对应数据的入库流程。

The inbox is the queue: the watcher's events and the timetable only wake this DAG. A file is hashed, archived and recorded
before anything else happens to it; each delivery that waits for its ingest wakes the one DAG of its feed through the asset
``inbox``, keyed ``<feed>|<period>``.
A review workbook needs no ingest: its decisions are recorded as it is received, and wake the screening through the asset
``reviews``.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import AssetOrTimeSchedule, Context, CronTriggerTimetable, dag, task
from airflow.sdk.exceptions import AirflowSkipException

from include.assets import FILES, INBOX, REVIEWS
from include.portal.partitions import SEPARATOR


@dag(
    schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable("*/5 * * * *", timezone="Asia/Shanghai"), assets=FILES),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    dag_display_name="收件",
    tags=["收件"],
)
def receive() -> None:
    @task(outlets=[INBOX], pool="warehouse", retries=2, retry_delay=timedelta(seconds=10))
    def receive_inbox(*, outlet_events: Context) -> list[str]:
        from include.ingest.receive import receive_inbox

        arrivals = receive_inbox()
        waiting = sorted({f"{item.feed}{SEPARATOR}{item.period}" for item in arrivals if item.status == "waiting"})
        reviews = [item.delivery_id for item in arrivals if item.is_review]
        if not waiting and not reviews:
            raise AirflowSkipException("收件箱中没有待入库的批次,也没有核定")
        if waiting:
            outlet_events[INBOX].add_partitions(waiting)
        return reviews

    @task(outlets=[REVIEWS])
    def announce_reviews(reviews: list[str], *, outlet_events: Context) -> None:
        if not reviews:
            raise AirflowSkipException("没有收到核定")
        outlet_events[REVIEWS].add_partitions(reviews)

    announce_reviews(receive_inbox())


receive()
