"""筛查:用已入库的数据生成十一类预警,逐表质量检查,更新质量文档。

Runs as soon as a real-time feed or the registry has published or the bureau has decided what waited, and as the first step of
each dispatch. Of several wake-ups only the last one screens: an earlier one leaves the work to it. dbt says what a warning is.
Warnings that by the bureau's rule do not wait for the month are issued at once; those that need its approval go to ``instant``.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import AssetAny, Context, FixedKeyMapper, PartitionedAssetTimetable, dag, task
from airflow.sdk.exceptions import AirflowSkipException

from include.assets import PROPOSALS, REVIEWS, RISK, raw_asset
from include.contracts import load_contracts
from include.ingest.check import REGISTRY

PROMPT = [raw_asset(contract.feed) for contract in load_contracts() if contract.real_time or contract.feed == REGISTRY]
WOKEN = "woken"


@dag(
    schedule=PartitionedAssetTimetable(assets=AssetAny(*PROMPT, REVIEWS), default_partition_mapper=FixedKeyMapper(WOKEN)),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    dag_display_name="筛查",
    tags=["筛查"],
)
def screen() -> None:
    @task(pool="warehouse", retries=2, retry_delay=timedelta(seconds=10))
    def build(*, partition_key: str | None = None) -> dict[str, int]:
        from include.dispatch.screen import build_risk_tables, has_news

        if partition_key == WOKEN and not has_news():
            raise AirflowSkipException("没有新的结论,或还有批次正在入库;由随后的一次筛查处理")
        return build_risk_tables(is_prompt=partition_key == WOKEN)

    @task(outlets=[RISK])
    def gate(*, partition_key: str | None = None) -> dict[str, str]:
        from include.dispatch.screen import gate_risk_tables

        return gate_risk_tables(is_prompt=partition_key == WOKEN)

    @task(pool="warehouse", retries=2, retry_delay=timedelta(seconds=10))
    def notify() -> list[str]:
        from include.dispatch.issue import dispatch_at_once

        return dispatch_at_once()

    @task(outlets=[PROPOSALS])
    def ask(proposals: list[str], *, outlet_events: Context) -> None:
        if not proposals:
            raise AirflowSkipException("没有须经批准的即时预警")
        outlet_events[PROPOSALS].add_partitions(proposals)

    notified = notify()
    build() >> gate() >> notified
    ask(notified)


screen()
