"""筛查:用已入库的数据生成十一类预警,逐表质量检查,更新质量文档。

Runs as soon as a real-time feed has published, and as the first step of each dispatch. dbt says what a warning is.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import AssetAny, FixedKeyMapper, PartitionedAssetTimetable, dag, task

from include.assets import RISK, raw_asset
from include.contracts import load_contracts

REAL_TIME = [raw_asset(contract.feed) for contract in load_contracts() if contract.real_time]


@dag(
    schedule=PartitionedAssetTimetable(assets=AssetAny(*REAL_TIME), default_partition_mapper=FixedKeyMapper("real_time")),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    dag_display_name="筛查",
    tags=["筛查"],
)
def screen() -> None:
    @task(pool="warehouse", retries=1, retry_delay=timedelta(seconds=10))
    def build() -> dict[str, int]:
        from include.dispatch.screen import build_risk_tables

        return build_risk_tables()

    @task(outlets=[RISK])
    def gate() -> dict[str, str]:
        from include.dispatch.screen import gate_risk_tables

        return gate_risk_tables()

    build() >> gate()


screen()
