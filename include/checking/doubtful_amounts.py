"""Amounts that a person decides: a unit that leaves room where the readings differ for a rule, a sum no household's is.

Where units are stated that contradict each other, nobody but a person knows. Where none is stated and figures are small enough to
be in 万元, a row that meets its rule, or fails it, by either reading is not held up.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from include.checking.delivery_rows import DeliveryRows
from include.checking.kinds.column import normalise_column
from include.checking.kinds.reading import Context
from include.checking.reasons import said
from include.contracts import REGISTRY, Column
from include.reading.cells import column_of
from include.site import PROJECT

if TYPE_CHECKING:
    from include.checking.match_columns import ReadTable
    from include.checking.recognise import Recognised

RULES = PROJECT / "dbt_project" / "seeds" / "rules.csv"
LARGEST_IN_WAN = 100
"""A column whose figures are all smaller than this may as well be in 万元."""
FIXED_LINES = frozenset({"self_pay_yuan", "loss_yuan"})
INCOMES = frozenset({"income_yuan", "previous_income_yuan", "earlier_income_yuan"})
"""Compared with a line that is the county's own, or with each other."""


def hold_doubtful(rows: DeliveryRows, recognised: Recognised, largest_yuan: int, on: date) -> None:
    """Takes doubtful amounts out of the values and puts the question: which amount is it, in 元.

    ``largest_yuan``: what no household's and no person's amount exceeds without being looked at. Of the registry, where no row
    waits, a doubtful amount is left blank.
    """
    start = 0
    for read in recognised.tables:
        for column in rows.contract.columns:
            if column.kind == "amount" and column.name in read.column_index and not read.shifted:
                _weigh_readings(rows, read, column, recognised.period, on, start)
        start += len(read.table.rows)
    if rows.contract.subject in ("person", "household") and rows.contract.feed != REGISTRY:
        for column in rows.contract.columns:
            if column.kind == "amount":
                _hold_large(rows, column, largest_yuan)


def _weigh_readings(rows: DeliveryRows, read: ReadTable, column: Column, period: str, on: date, start: int) -> None:
    count = len(read.table.rows)
    first = rows.values[column.name].slice(start, count)
    unit, other = read.units.get(column.name), read.other_units.get(column.name)
    if other is None and column.name in read.unstated and unit == "元" and _may_be_wan(first):
        other = "万元" if column.name in FIXED_LINES | INCOMES else None
    if other is None:
        return
    cells = column_of(read.table.rows, read.column_index[column.name])
    second = normalise_column(cells, Context(column, other, period, on)).values
    held = []
    for at, (one, two) in enumerate(zip(first.to_pylist(), second.to_pylist(), strict=True)):
        if one is None or two is None or one == two:
            continue
        readings = {"unit": unit, "first": _yuan(one), "other": other, "second": _yuan(two)}
        is_stated = column.name in read.other_units or column.name in INCOMES
        if is_stated or _sides(rows.contract.feed, column.name, one, on) != _sides(rows.contract.feed, column.name, two, on):
            words = said("approximate_amount", "unit", **readings)
            rows.wait(start + at, column, words, f"{readings['first']} 或 {readings['second']}")
            held.append(start + at)
    _take_out(rows, column, held)


def _may_be_wan(hundredths: pa.Int64Array) -> bool:
    """Whether nothing in the column says that it is not in 万元."""
    figures = [value for value in hundredths.to_pylist() if value]
    return bool(figures) and all(abs(value) < LARGEST_IN_WAN * 100 for value in figures)


def _hold_large(rows: DeliveryRows, column: Column, largest_yuan: int) -> None:
    values = rows.values[column.name]
    held = np.flatnonzero(values.fill_null(0).to_numpy() > largest_yuan * 100).tolist()
    for position in held:
        limit = f"{largest_yuan / 10_000:g} 万元"
        rows.wait(position, column, said("approximate_amount", "large", limit=limit), _yuan(values[position].as_py()))
    _take_out(rows, column, held)


def _take_out(rows: DeliveryRows, column: Column, positions: list[int]) -> None:
    if positions:
        values = rows.values[column.name].to_pylist()
        for position in positions:
            values[position] = None
        rows.values[column.name] = pa.array(values, pa.int64())


def _yuan(hundredths: int) -> str:
    return f"{Decimal(hundredths) / 100:.2f}"


def _sides(feed: str, name: str, hundredths: int, on: date) -> list[bool]:
    """On which side of each of the feed's lines in force a figure is; none for a column that no rule looks at."""
    return [_meets(Decimal(hundredths) / 100, *line) for line in _lines(feed, on)] if name in FIXED_LINES else []


def _meets(yuan: Decimal, comparison: str, line: Decimal) -> bool:
    return {">": yuan > line, ">=": yuan >= line, "<": yuan < line, "<=": yuan <= line}[comparison]


def _lines(feed: str, on: date) -> Iterator[tuple[str, Decimal]]:
    for rule in _rules():
        in_force = rule["valid_from"] <= on.isoformat() <= (rule["valid_to"] or "9999")
        if rule["feed"] == feed and rule["threshold"] and rule["threshold_unit"] == "元" and in_force:
            yield rule["comparison"], Decimal(rule["threshold"])


@lru_cache(maxsize=1)
def _rules() -> list[dict[str, str]]:
    with RULES.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))
