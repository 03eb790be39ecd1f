"""Sheets that are no list of the delivery: summaries, explanations, other periods. They are listed and not read."""

from __future__ import annotations

from include.checking.find_period import PERIODS_IN_SHEETS, first_stated, other_period
from include.checking.reasons import refused
from include.checking.sent import Candidate, Sent, in_sheet
from include.checking.table import Skipped, holds_people
from include.contracts import Contract
from include.reading.formats import Sheet, is_blank


def list_headless(headless: list[Sheet], contract: Contract, period: str, sent: Sent, skipped: list[Skipped]) -> None:
    """Sheets without a head are explanations, unless they list people: then somebody would be lost.

    Raises Refused (no_header).
    """
    for sheet in headless:
        is_of_a_period = contract.period_kind in PERIODS_IN_SHEETS
        stated = first_stated(contract, [sheet.name], sent.received_at) if is_of_a_period else None
        if stated and stated != period:
            skipped.append(other_period(sheet.name, stated, period))
        elif holds_people(sheet.rows) and contract.department != "town":
            raise refused("no_header", file=sent.file_name, sheet=in_sheet(sheet))
        else:
            _list(sheet, skipped)


def without_side_sheets(found: list[Candidate], contract: Contract, skipped: list[Skipped]) -> list[Candidate]:
    """Leaves out summaries and the like; a list of people that is not understood refuses the file.

    A town returns the workbook it was sent, whose other sheets are the bureau's own lists.
    """
    for candidate in found:
        if candidate.refusal:
            if holds_people(candidate.sheet.rows) and contract.department != "town":
                raise candidate.refusal
            _list(candidate.sheet, skipped)
    return [candidate for candidate in found if not candidate.refusal]


def _list(sheet: Sheet, skipped: list[Skipped]) -> None:
    for row_number, row in enumerate(sheet.rows, 1):
        blank = all(is_blank(cell) for cell in row)
        skipped.append(Skipped(sheet.name, row_number, *(("blank", "空行") if blank else ("note", "不是名单的工作表"))))
