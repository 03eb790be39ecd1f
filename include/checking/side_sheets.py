"""Sheets and tables that are no list of the delivery: summaries, explanations, other periods. They are listed and not read."""

from __future__ import annotations

import re

from include.checking.find_period import PERIODS_IN_SHEETS, first_stated, other_period
from include.checking.list_rows import holds_list, looks_listed
from include.checking.reasons import refused, said
from include.checking.sent import Candidate, Sent, in_sheet
from include.checking.table import Guess, Skipped, Table, holds_people, plain
from include.contracts import TEMPLATE_SHEETS, Contract
from include.reading.cells import Cell
from include.reading.formats import Sheet, is_blank

EXAMPLE_SHEET = re.compile(r"(?:填写|填报|填表)?(?:示例|样例|范例|示范|例表)(?:表|页|\d{1,2})?")

WARNING_NUMBER = re.compile(r"W[0-9A-F]{12}")
FEWEST_ANSWERS = 2
"""Columns for answers that a sheet of answers has at least."""


def without_examples(found: list[Candidate], skipped: list[Skipped]) -> list[Candidate]:
    """Leaves out sheets that are called an example, unless nothing else holds a table."""
    others = [candidate for candidate in found if not EXAMPLE_SHEET.fullmatch((candidate.whole or candidate.sheet).name.strip())]
    if not others:
        return found
    skipped += [
        Skipped(candidate.sheet.name, 0, "example", "填写示例的工作表，未读取") for candidate in found if candidate not in others
    ]
    return others


def list_headless(headless: list[Sheet], contract: Contract, period: str, sent: Sent, skipped: list[Skipped]) -> None:
    """Sheets without a head are explanations, unless they hold rows of a list: then somebody would be lost.

    Raises Refused (no_header).
    """
    choices = {text for column in contract.columns for choice, others in column.choices.items() for text in (choice, *others)}
    for sheet in headless:
        is_of_a_period = contract.period_kind in PERIODS_IN_SHEETS
        stated = first_stated(contract, [sheet.name], sent.received_at) if is_of_a_period else None
        if stated and stated != period:
            skipped.append(other_period(sheet.name, stated, period))
        elif not EXAMPLE_SHEET.fullmatch(sheet.name.strip()) and (
            any(_names_warning(row) for row in sheet.rows)
            if contract.department == "town"
            else holds_people(sheet.rows) or any(looks_listed(row, choices) for row in sheet.rows)
        ):
            raise refused("no_header", file=sent.file_name, sheet=in_sheet(sheet))
        else:
            _list(
                sheet.name, [(number, all(is_blank(cell) for cell in row)) for number, row in enumerate(sheet.rows, 1)], skipped
            )


def without_side_tables(found: list[Candidate], contract: Contract, sent: Sent, skipped: list[Skipped]) -> list[Candidate]:
    """Leaves out summaries and the like; a list that is not understood refuses the file, with numbers of people in it or without.

    A town returns the workbook it was sent, whose other sheets are the bureau's own lists; one with answers is not left out.
    """
    for candidate in found:
        if candidate.refusal:
            is_list = (
                _holds_answers(candidate.table, contract)
                if contract.department == "town"
                else holds_list(candidate.table, sent.contracts)
            )
            if is_list:
                raise candidate.refusal
            table = candidate.table
            blank = {line.row_number for line in table.skipped if line.kind == "blank"}
            numbers = sorted({*table.row_numbers, *(line.row_number for line in table.skipped)})
            _list(candidate.sheet.name, [(number, number in blank) for number in numbers], skipped)
    return [candidate for candidate in found if not candidate.refusal]


def _holds_answers(table: Table, contract: Contract) -> bool:
    """Whether a row answers a warning: columns that the bureau leaves blank are filled, one beside its number, or several."""
    columns = {head.index: column for head in table.heads if (column := contract.by_head.get(head.label)) is not None}
    asked = [index for index, column in columns.items() if not column.is_prefilled]
    numbers = [index for index, column in columns.items() if column.kind == "warning_id"]
    if len(asked) < FEWEST_ANSWERS:
        return False
    for row in table.rows:
        answers = sum(not is_blank(row[index]) for index in asked)
        if answers > FEWEST_ANSWERS or (answers and any(not is_blank(row[index]) for index in numbers)):
            return True
    return False


def _names_warning(row: list[Cell]) -> bool:
    """Whether a row without a head has a warning's number in a cell and more than its facts beside it."""
    texts = [plain(cell) for cell in row if not is_blank(cell)]
    return len(texts) > FEWEST_ANSWERS and any(WARNING_NUMBER.fullmatch(text) for text in texts)


def _list(name: str, rows: list[tuple[int, bool]], skipped: list[Skipped]) -> None:
    skipped += [Skipped(name, number, *(("blank", "空行") if blank else ("note", "不是名单的工作表"))) for number, blank in rows]


def left_out(skipped: list[Skipped], contract: Contract) -> list[Guess]:
    """What was assumed of the sheets that are listed as not read; those of our template, and of a town's return, are our own."""
    kinds = {"hidden_sheet": "hidden", "example": "example", "picture": "picture"}
    found = {}
    for line in skipped if contract.department != "town" else ():
        if line.sheet in TEMPLATE_SHEETS:
            continue
        if line.kind == "other_period_sheet":
            found[line.sheet] = Guess(line.sheet, 0, "sheet_left_out", line.note)
        elif line.row_number == 0 and line.kind in kinds:
            found[line.sheet] = Guess(line.sheet, 0, *said("sheet_left_out", kinds[line.kind]))
        elif line.note == "不是名单的工作表":
            found[line.sheet] = Guess(line.sheet, 0, *said("sheet_left_out", "side"))
    return list(found.values())
