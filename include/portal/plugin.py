"""What the product adds to Airflow, registered through the entry point ``airflow.plugins``."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from include.portal.partitions import FeedMapper


class FangpinPlugin(AirflowPlugin):
    """Partition mappers of the product."""

    name = "fangpin"
    partition_mappers = [FeedMapper]  # noqa: RUF012  (Airflow declares it so)
