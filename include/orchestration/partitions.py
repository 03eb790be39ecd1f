"""Which ingest DAG a received delivery wakes: the key ``<feed>|<period>`` becomes ``<period>`` for that feed alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from airflow.partition_mappers.base import PartitionMapper

SEPARATOR = "|"
SCREEN = "screen"


def inbox_key(kind: str, period: str) -> str:
    """The key of what was received: a feed and its period, or ``SCREEN``."""
    return f"{kind}{SEPARATOR}{period}"


class FeedMapper(PartitionMapper):
    """Maps the inbox's keys to one feed's periods; other feeds' keys map to nothing, so their events start no run."""

    def __init__(self, feed: str) -> None:
        super().__init__()
        self.feed = feed

    def to_downstream(self, key: str) -> str | Iterable[str]:
        feed, _, period = key.partition(SEPARATOR)
        return [period] if feed == self.feed else []

    def serialize(self) -> dict[str, Any]:
        return {"feed": self.feed}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> PartitionMapper:
        return cls(data["feed"])
