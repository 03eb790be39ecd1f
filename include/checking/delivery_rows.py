"""The rows of a delivery while they are checked: by position, with what is known and said of each so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from include.checking.reasons import Said, check_level, reason
from include.checking.table import Guess
from include.contracts import REGISTRY, Column, Contract, load_contracts
from include.reading.cells import Rows

SUBJECT_NUMBERS = dict(filter(None, (contract.subject_number for contract in load_contracts())))
"""Columns that may hold the number of a row's subject -> the column with the name."""
ISSUE_COLUMNS = ("sheet", "row_number", "column_name", "column_label", "level", "reason_code", "reason", "proposals")


@dataclass
class Issue:
    """What is said of a row. Raises KeyError or ValueError for a code or level that the catalogue of reasons does not know."""

    position: int
    column: Column | None
    level: str
    code: str
    reason: str
    proposals: str | None = None

    def __post_init__(self) -> None:
        check_level(self.code, self.level)


@dataclass
class DeliveryRows:
    """The rows of all tables of a delivery, one after the other. ``values``: Column.name -> one typed value a row."""

    contract: Contract
    file_name: str
    sheets: list[str] = field(default_factory=list)
    row_numbers: list[int] = field(default_factory=list)
    cells: list[Rows] = field(default_factory=list)
    values: dict[str, pa.Array] = field(default_factory=dict)
    repairs: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    waits: dict[int, list[tuple[str, str, str | None]]] = field(default_factory=lambda: defaultdict(list))
    rejected: set[int] = field(default_factory=set)
    duplicates: set[int] = field(default_factory=set)
    issues: list[Issue] = field(default_factory=list)
    merged: set[tuple[int, str]] = field(default_factory=set)
    unread: set[int] = field(default_factory=set)
    other_places: dict[int, tuple[Any, Any]] = field(default_factory=dict)
    counts_in: str = "行"
    guesses: list[Guess] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.row_numbers)

    def say(self, position: int, column: Column | None, level: str, words: Said, proposals: str | None = None) -> None:
        self.issues.append(Issue(position, column, level, *words, proposals))

    def reject(self, position: int, column: Column | None, words: Said) -> None:
        self.rejected.add(position)
        self.say(position, column, "rejected", words)

    def wait(self, position: int, column: Column | None, words: Said, proposals: str | None = None) -> None:
        """The row goes to a person; a registry row never waits, its fault is a finding."""
        if self.contract.feed == REGISTRY:
            self.say(position, column, "finding", words, proposals)
            return
        self.waits[position].append((*words, proposals))
        self.say(position, column, "waiting", words, proposals)

    def repair(self, position: int, column: Column, assumed: str) -> None:
        """The value was put in order; ``assumed`` says how."""
        self.repairs[position].append(column.name)
        self.say(position, column, "repaired", Said("repaired", assumed))

    def cells_of(self, positions: list[int]) -> Iterator[list[Any]]:
        """The rows at these positions, which ascend, as they came."""
        start, tables = 0, iter(self.cells)
        table: Rows = next(tables, [])
        for position in positions:
            while position - start >= len(table):
                start, table = start + len(table), next(tables)
            yield list(table[position - start])

    def column(self, name: str) -> Column | None:
        return self.contract.column(name) if name in self.values else None

    def seen_from(self, position: int, other: int) -> str:
        """Another row as a reader of this one finds it."""
        sheet = "" if self.sheets[position] == self.sheets[other] else f"工作表“{self.sheets[other]}”"
        return f"{sheet}第 {self.row_numbers[other]} {self.counts_in}"

    def issue_frame(self) -> pd.DataFrame:
        """Issues (ISSUE_COLUMNS) in the order of the file, then the guesses; each reason says where it is."""
        order = {column.name: number for number, column in enumerate(self.contract.columns)}
        known = [issue for issue in self.issues if issue.level != "waiting" or issue.position not in self.rejected]
        issues = sorted(known, key=lambda issue: (issue.position, order.get(issue.column.name, -1) if issue.column else -1))
        lines = [
            (
                self.sheets[issue.position],
                self.row_numbers[issue.position],
                issue.column.name if issue.column else None,
                issue.column.label if issue.column else None,
                issue.level,
                issue.code,
                self._located(issue),
                issue.proposals,
            )
            for issue in issues
        ]
        lines += [
            (guess.sheet, guess.row_number, None, None, _level(guess), guess.code, self._guessed(guess), None)
            for guess in self.guesses
        ]
        frame = pd.DataFrame(lines, columns=list(ISSUE_COLUMNS))
        return frame.astype({name: "int32" if name == "row_number" else "str" for name in ISSUE_COLUMNS})

    def _located(self, issue: Issue) -> str:
        at = self._place(self.sheets[issue.position], self.row_numbers[issue.position])
        return f"{at}{f'“{issue.column.label}”' if issue.column else ''}：{issue.reason}"

    def _guessed(self, guess: Guess) -> str:
        return f"{self._place(guess.sheet, guess.row_number)}：{guess.text}"

    def _place(self, sheet: str, row_number: int) -> str:
        row = f"第 {row_number} {self.counts_in}" if row_number else ""
        return f"《{self.file_name}》{f'工作表“{sheet}”' if sheet else ''}{row}"


def _level(guess: Guess) -> str:
    """A guess is the sender's to look at; one that the catalogue calls a finding is the bureau's too."""
    level = "finding" if reason(guess.code).finding else "guess"
    check_level(guess.code, level)
    return level


def is_null(values: pa.Array) -> npt.NDArray[np.bool_]:
    return values.is_null().to_numpy(zero_copy_only=False)


def coded(values: pa.Array) -> tuple[list[Any], npt.NDArray[np.int64]]:
    """Each different value once, the first for a missing one, and for each position which of them it is."""
    found = values.dictionary_encode()
    return [None, *found.dictionary.to_pylist()], found.indices.cast(pa.int64()).fill_null(-1).to_numpy() + 1
