"""A pushed file is checked before it is answered: its rows one by one, as its ingest will check them again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from include.checking.delivery_rows import ISSUE_COLUMNS
from include.checking.divisions import Divisions
from include.checking.recognise import Recognised, read_delivery
from include.checking.rows import Checked, check_rows
from include.contracts import contract
from include.deliveries.receipt_facts import COUNTS, checked_facts, skipped_lines
from include.site import Site
from include.storage.ledger import Delivery

MAX_REJECTED_ROWS = 1000


@dataclass(frozen=True)
class CheckedPush:
    """What checking found of a pushed file; ``checked`` is None for a zero report."""

    read: Recognised
    checked: Checked | None
    period: str | None

    @property
    def is_zero_report(self) -> bool:
        return self.checked is None

    def receipt(self, delivery: Delivery) -> dict[str, Any]:
        """The receipt of the push as this delivery, until it is decided."""
        skipped = skipped_lines(self.read)
        if self.checked is None:
            return checked_facts(delivery, dict.fromkeys(COUNTS, 0), pd.DataFrame(columns=ISSUE_COLUMNS), skipped) | {
                "rejected_rows": []
            }
        counts = {name: self.checked.counts[column] for name, column in COUNTS.items()}
        return checked_facts(delivery, counts, self.checked.issues, skipped) | {
            "rejected_rows": list(_rejected(self.checked.issues))[:MAX_REJECTED_ROWS]
        }


def check_push(site: Site, source: Path | BinaryIO, *, file_name: str, feed: str, received_at: datetime) -> CheckedPush:
    """Check the rows of a pushed file. Raises Refused when it cannot be used as a whole, and ReadingEnded."""
    expected = contract(feed)
    read = read_delivery(
        source, file_name=file_name, department=expected.department, received_at=received_at, contracts=(expected,)
    )
    period = read.filed_under(received_at)
    if read.is_zero_report:
        return CheckedPush(read, None, period)
    checked = check_rows(read, file_name=file_name, received_at=received_at, divisions=Divisions.load(site), county=site.county)
    return CheckedPush(read, checked, period)


def _rejected(issues: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for line in issues[issues["level"] == "rejected"].to_dict("records"):
        label = line["column_label"]
        yield {
            "sheet": str(line["sheet"] or ""),
            "row": int(line["row_number"]),
            "column": label if isinstance(label, str) else None,
            "reason": str(line["reason"]),
        }
