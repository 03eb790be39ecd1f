"""即时交办:按县设置须经批准的实时预警,乡村振兴局批准后交办有关的镇;不批准的随月度交办。

One run per frozen proposal; the partition key is the dispatch's id. What is issued at once needs no run of this; a feed that
brings more warnings in an hour than the county lets out unasked does.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import IdentityMapper, PartitionedAssetTimetable, dag, task

from include.orchestration.asking import ask_the_bureau
from include.orchestration.assets import DISPATCHES, PROPOSALS
from include.site import current_site


@dag(
    schedule=PartitionedAssetTimetable(assets=PROPOSALS, default_partition_mapper=IdentityMapper()),
    catchup=False,
    doc_md=__doc__,
    dag_display_name="即时交办",
    tags=["交办"],
)
def instant() -> None:
    @task(retries=2, retry_delay=timedelta(seconds=10))
    def prepare(*, dag_run: Any) -> str:
        from include.orchestration.runs import ask_at_once

        return ask_at_once(current_site(), dag_run)

    @task(outlets=[DISPATCHES], retries=2, retry_delay=timedelta(seconds=10))
    def issue(*, dag_run: Any) -> str:
        from include.orchestration.runs import issue_answered

        return issue_answered(current_site(), dag_run)

    @task(retries=2, retry_delay=timedelta(seconds=10))
    def report(*, partition_key: str) -> list[str]:
        from include.orchestration.runs import report_issued

        return report_issued(current_site(), partition_key)

    prepare() >> ask_the_bureau("即时预警交办") >> issue() >> report()


instant()
