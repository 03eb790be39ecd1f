"""What is recorded of a delivery: the file as it came, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Delivery:
    """One received file, as it came: who, what, when."""

    delivery_id: str
    file_name: str
    department: str
    sha256: str
    bytes: int
    received_at: datetime
    modified_at: datetime
    feed: str | None = None
    period: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a delivery: published, refused, duplicate, zero_report or set_aside, with its row accounts."""

    delivery_id: str
    feed: str | None
    period: str | None
    status: str
    reason_code: str | None
    reason: str | None
    row_count: int
    accepted_count: int
    rejected_count: int
    duplicate_count: int
    decided_at: datetime

    def __post_init__(self) -> None:
        if self.row_count != self.accepted_count + self.rejected_count + self.duplicate_count:
            raise AssertionError(
                f"批次 {self.delivery_id} 行数不平：共 {self.row_count} 行，"
                f"接收 {self.accepted_count}、退回 {self.rejected_count}、重复 {self.duplicate_count}"
            )
