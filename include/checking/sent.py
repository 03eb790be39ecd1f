"""A file as it was sent, the tables found in it, and how messages name where something is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from include.checking.table import Table
from include.contracts import Contract
from include.reading.formats import Sheet
from include.reading.refusal import Refused

MOST_LABELS, LONGEST_LABEL = 40, 30


@dataclass(frozen=True)
class Sent:
    """What is known of a file before it is understood: its name, who sent it, when it came, and what it may be."""

    file_name: str
    department: str
    received_at: datetime
    contracts: tuple[Contract, ...]

    @cached_property
    def stem(self) -> str:
        return re.sub(r"\.[A-Za-z]{2,5}$", "", self.file_name)

    @cached_property
    def own(self) -> tuple[Contract, ...]:
        """The contracts of the sender."""
        return tuple(contract for contract in self.contracts if contract.department == self.department)

    @cached_property
    def sender(self) -> str:
        return next((contract.department_name for contract in self.own), self.department)

    @cached_property
    def own_titles(self) -> str:
        return "、".join(f"《{contract.title}》" for contract in self.own) or "尚无模板"


@dataclass
class Candidate:
    """A table that was found, and the feed it is or the reason it is none of the sender's.

    ``column``: the period its period column states, ``says_column`` whether that says anything at all; ``stated``: the period of
    column, titles or sheet name; ``whole``: the sheet as it was sent, where the table is not all of it.
    """

    sheet: Sheet
    table: Table
    contract: Contract | None = None
    refusal: Refused | None = None
    column: str | None = None
    says_column: bool = False
    stated: str | None = None
    whole: Sheet | None = None


def in_sheet(sheet: Sheet) -> str:
    return f"工作表“{sheet.name}”" if sheet.name else ""


def in_sheets(sheets: list[Sheet]) -> str:
    names = "、".join(f"“{sheet.name}”" for sheet in sheets if sheet.name)
    return f"工作表{names}" if names else ""


def heads_of(table: Table) -> str:
    """The heads as read; a head that holds digits like a number of somebody's is not repeated."""
    labels = [head.label for head in table.heads if len(head.label) <= LONGEST_LABEL and not re.search(r"\d{6,}", head.label)]
    return "、".join(labels[:MOST_LABELS]) or "无"


def quoted(labels: Sequence[str]) -> str:
    return "、".join(f"“{label}”" for label in labels)
