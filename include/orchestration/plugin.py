"""What the product adds to Airflow, registered through the entry point ``airflow.plugins``."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from include.orchestration.beijing_time import BeijingTime
from include.orchestration.partitions import FeedMapper
from include.portal.push_api import create_app


class FangpinPlugin(AirflowPlugin):
    """Partition mappers, the push API and the time zone of the product."""

    name = "fangpin"
    partition_mappers = [FeedMapper]  # noqa: RUF012  (Airflow declares it so)
    fastapi_apps = [{"app": create_app(), "url_prefix": "/fangpin", "name": "fangpin"}]  # noqa: RUF012
    fastapi_root_middlewares = [{"middleware": BeijingTime, "name": "beijing_time"}]  # noqa: RUF012
