"""入库:每类数据一个流程。读取、核对、质量检查、入库;不合格的行连同原因退回报送部门。

One ingest DAG per feed, made from its contract and keyed by period (events: by delivery); a faulty file goes back to its
department and stops nobody else's. Checking needs no warehouse, so several feeds are checked at once; each waits its turn to
publish.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, Context, PartitionedAssetTimetable, dag, task
from airflow.sdk.exceptions import AirflowSkipException

from include.contracts import Contract, load_contracts
from include.orchestration.assets import INBOX, raw_asset
from include.orchestration.partitions import FeedMapper
from include.site import current_site


def build_ingest_dag(contract: Contract) -> DAG:
    feed = contract.feed

    @dag(
        dag_id=f"ingest__{feed}",
        dag_display_name=f"入库·{contract.title}",
        schedule=PartitionedAssetTimetable(assets=INBOX, default_partition_mapper=FeedMapper(feed)),
        catchup=False,
        max_active_runs=1,
        doc_md=f"{__doc__}\n\n报送单位：{contract.department_name}。时限：{contract.due}。依据：{contract.clause}。",
        tags=["入库", contract.department_name],
        default_args={"retries": 2, "retry_delay": timedelta(seconds=10)},
    )
    def ingest() -> None:
        @task(outlets=[raw_asset(feed)])
        def ingest_feed(*, outlet_events: Context) -> list[str]:
            from include.orchestration import steps

            keys = steps.ingest(current_site(), feed)
            if not keys:  # an event of nothing would have everybody who waits for this feed look in vain
                raise AirflowSkipException("没有新入库的行")
            outlet_events[raw_asset(feed)].add_partitions(keys)
            return keys

        ingest_feed()

    return ingest()


for feed_contract in load_contracts():
    build_ingest_dag(feed_contract)
