"""What a filled-in workbook of the bureau comes to: what is recorded, what goes back, what was said before."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from include.errors import FangpinError


class Unusable(FangpinError):
    """A line that cannot be used; the message goes back to whoever filled it in."""


@dataclass
class Judged(ABC):
    """Lines that go back with their reason (sheet, row, reason, cells by head), and how many only repeat what holds already."""

    rejected: list[tuple[str, int, str, dict[str, str]]] = field(default_factory=list)
    repeated: int = 0

    @property
    @abstractmethod
    def accepted(self) -> int:
        """How many lines are decisions."""

    @property
    @abstractmethod
    def said(self) -> str:
        """What is recorded, in words for the receipt."""

    @abstractmethod
    def record(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Append the decisions to the ledger."""

    @abstractmethod
    def write_rejected(self, path: Path, *, mark: str, created: datetime) -> None:
        """Write the lines that go back as a workbook that can be corrected and dropped into the inbox again."""

    @property
    def row_count(self) -> int:
        return self.accepted + len(self.rejected) + self.repeated
