"""Which DAG a received delivery wakes: the key ``<feed>|<period>`` becomes ``<period>`` for that feed alone.

Where several counties share one Airflow, keys, assets and DAGs bear the county's code in front: ``<county>|<feed>|<period>``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from airflow.partition_mappers.base import PartitionMapper

from include.orchestration.keys import SEPARATOR


class FeedMapper(PartitionMapper):
    """Maps the inbox's keys to one feed's periods; other feeds' keys map to nothing, so their events start no run."""

    def __init__(self, feed: str, county: str = "") -> None:
        super().__init__()
        self.feed, self.county = feed, county

    def to_downstream(self, key: str) -> str | Iterable[str]:
        before, _, period = key.rpartition(SEPARATOR)
        return [period] if before == SEPARATOR.join(filter(None, (self.county, self.feed))) else []

    def serialize(self) -> dict[str, Any]:
        return {"feed": self.feed, "county": self.county}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> PartitionMapper:
        return cls(data["feed"], data.get("county", ""))
