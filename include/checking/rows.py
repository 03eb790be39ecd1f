"""Row checks: every row of a recognised delivery is accepted, rejected with its reasons, or a duplicate. None is lost.

Pure functions: no database, no files. Reasons name file, sheet, row and column and never a person. What a row means (signal
or not, whose it is) is decided later, in the models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from include.checking.accepted_rows import accepted_frame
from include.checking.divisions import Divisions
from include.checking.doubtful_amounts import hold_doubtful
from include.checking.repeated_rows import find_repeated
from include.checking.returns import Issued, check_returns
from include.checking.row_cells import find_missing, normalise
from include.checking.row_keys import row_keys
from include.checking.row_periods import row_periods
from include.checking.row_places import place_rows

if TYPE_CHECKING:
    from include.checking.recognise import Recognised
    from include.site import County


@dataclass
class Checked:
    """What became of a delivery's rows; row_count == len(accepted) + rejected_count + duplicate_count.

    accepted: the contract's columns, typed, and sheet, row_number, row_key, period, town_code, village_code, home_elsewhere,
    waits_code, waits_reason, repairs. issues: ISSUE_COLUMNS, level rejected, duplicate, waiting, finding, repaired or guess.
    rejected_cells: (sheet, row number) -> the cells as they came.
    """

    accepted: pd.DataFrame
    issues: pd.DataFrame
    rejected_cells: dict[tuple[str, int], list[Any]]
    row_count: int
    rejected_count: int
    duplicate_count: int

    def __post_init__(self) -> None:
        if self.row_count != len(self.accepted) + self.rejected_count + self.duplicate_count:
            raise AssertionError("rows in != accepted + rejected + duplicate")

    @property
    def counts(self) -> dict[str, int]:
        """The accounts as the ledger names them."""
        return {
            "row_count": self.row_count, "accepted_count": len(self.accepted),
            "rejected_count": self.rejected_count, "duplicate_count": self.duplicate_count,
        }  # fmt: skip


def check_rows(
    recognised: Recognised,
    *,
    file_name: str,
    received_at: datetime,
    divisions: Divisions,
    county: County,
    issued_to: Mapping[str, Issued] | None = None,
) -> Checked:
    """Normalise, place and judge every row. Raises Refused(other_county) when more than half of them are another county's.

    ``issued_to`` says what each warning number was issued as; only a town's return needs it.
    """
    rows = normalise(recognised, file_name, received_at.date())
    hold_doubtful(rows, recognised, county.largest_household_yuan, received_at.date())
    places = place_rows(rows, divisions, county, received_at.date())
    find_missing(rows)
    check_returns(rows, issued_to or {}, received_at.date())
    periods = row_periods(rows, recognised.period)
    keys = find_repeated(rows, row_keys(rows, places))
    rejected = sorted(rows.rejected)
    return Checked(
        accepted=accepted_frame(rows, places, periods, keys),
        issues=rows.issue_frame(),
        rejected_cells={
            (rows.sheets[at], rows.row_numbers[at]): cells for at, cells in zip(rejected, rows.cells_of(rejected), strict=True)
        },
        row_count=len(rows),
        rejected_count=len(rows.rejected),
        duplicate_count=len(rows.duplicates),
    )
