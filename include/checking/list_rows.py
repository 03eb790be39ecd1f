"""Rows of a list, told from explanations and summaries by what they hold, with identity numbers in them or without."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date

from include.checking.not_data import EXAMPLE, SIGNATURE
from include.checking.table import Table, has_identity_number, plain
from include.contracts import Column, Contract, clean_choice
from include.reading.cells import Cell
from include.reading.formats import is_blank

NAME = re.compile(r"[一-龥㐀-䶿]{2,4}|[一-龥]{1,8}·[一-龥]{1,8}")
PLACE = re.compile(r"[一-龥]{1,12}(?:镇|乡|街道|村|社区|居委会|村委会|组)")
DAY = re.compile(r"20\d\d(?:年|[./-])\d{1,2}(?:月|[./-]|$).{0,12}")
SUBJECT_KINDS = {"name", "id_number", "certificate_number", "event_id", "warning_id"}
FEWEST_CELLS = 3


def looks_listed(row: list[Cell], choices: Collection[str]) -> bool:
    """Whether a row without a head over it names somebody, a place, and a day or one of the cleaned ``choices``."""
    texts = [plain(cell) for cell in row if not is_blank(cell)]
    if len(texts) < FEWEST_CELLS or any(":" in text or EXAMPLE.fullmatch(text) or SIGNATURE.fullmatch(text) for text in texts):
        return False
    places = [text for text in texts if PLACE.fullmatch(text)]
    chosen = [text for text in texts if clean_choice(text) in choices]
    names = [text for text in texts if NAME.fullmatch(text) and text not in places and text not in chosen]
    days = any(isinstance(cell, date) or (isinstance(cell, str) and DAY.fullmatch(plain(cell))) for cell in row)
    return bool(places and names and (chosen or days))


def lists_somebody(table: Table, contract: Contract) -> bool:
    """Whether the rows of a table whose head is at least half of the contract's are rows of its list.

    Where all but one of the required columns are there, rows need not name anybody: the one that lacks may be who it is about.
    """
    columns = {head.index: column for head in table.heads if (column := contract.by_head.get(head.label)) is not None}
    if not is_half(columns.values(), contract):
        return False
    matched = {column.name for column in columns.values()}
    lacks_one = sum(column.name not in matched for column in contract.required_columns) <= 1
    subjects = [index for index, column in columns.items() if column.kind in SUBJECT_KINDS]
    return any(
        (lacks_one or any(not is_blank(row[index]) for index in subjects))
        and sum(not is_blank(row[index]) for index in columns) >= FEWEST_CELLS
        for row in table.rows
    )


def is_half(columns: Collection[Column], contract: Contract) -> bool:
    """Whether at least two, and no fewer than are missing, of the contract's required columns are among these."""
    names = {column.name for column in columns}
    matched = sum(column.name in names for column in contract.required_columns)
    return matched >= max(2, len(contract.required_columns) - matched)


def holds_list(table: Table, contracts: Collection[Contract]) -> bool:
    """Whether leaving the table out would lose somebody."""
    return any(has_identity_number(row) for row in table.rows) or any(lists_somebody(table, contract) for contract in contracts)
