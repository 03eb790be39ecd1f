"""筛查:用已入库的数据生成十一类预警,逐表质量检查,更新质量文档。

Runs as soon as a real-time feed or the registry has published or the bureau has decided what waited, and as the first step of
each dispatch. Woken, it waits a moment for what is still being published, computes the warnings and lets those that by the
bureau's rule do not wait for the month go first (those that need its approval go to ``instant``); findings, queue and reports
follow.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import AssetAny, Context, FixedKeyMapper, PartitionedAssetTimetable, dag, task
from airflow.sdk.exceptions import AirflowSkipException

from include.contracts import load_contracts
from include.orchestration.assets import INBOX, PROPOSALS, RISK, raw_asset
from include.orchestration.keys import SCREEN
from include.orchestration.partitions import FeedMapper
from include.site import current_site

PROMPT = [raw_asset(contract.feed) for contract in load_contracts() if contract.screens_at_once]


@dag(
    schedule=PartitionedAssetTimetable(
        assets=AssetAny(*PROMPT, INBOX),
        partition_mapper_config={INBOX: FeedMapper(SCREEN)},
        default_partition_mapper=FixedKeyMapper("woken"),
    ),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    dag_display_name="筛查",
    tags=["筛查"],
)
def screen() -> None:
    @task(outlets=[RISK], retries=2, retry_delay=timedelta(seconds=10))
    def judge(*, partition_key: str | None = None) -> list[str]:
        from include.orchestration import steps
        from include.storage.workers import workers

        with workers():
            return steps.screen(current_site(), is_woken=bool(partition_key))

    @task(outlets=[PROPOSALS], retries=2, retry_delay=timedelta(seconds=10))
    def ask(proposals: list[str], *, outlet_events: Context) -> None:
        if not proposals:
            raise AirflowSkipException("没有须经批准的即时预警")
        outlet_events[PROPOSALS].add_partitions(proposals)

    @task(retries=2, retry_delay=timedelta(seconds=10))
    def complete(*, partition_key: str | None = None) -> None:
        from include.orchestration import steps

        if not partition_key:
            raise AirflowSkipException("已全部生成")
        steps.complete(current_site())

    judged = judge()
    judged >> complete()
    ask(judged)


screen()
