"""A cell read as one kind, as the tests of every kind need it."""

from __future__ import annotations

from datetime import date
from typing import Any

from include.checking.kinds.column import READERS
from include.checking.kinds.reading import Context, Reading
from include.contracts import Column

RECEIVED = date(2024, 3, 10)
LEVELS = {"1": ("一级",), "2": ("二级",), "3": ("三级",), "4": ("四级",), "5": ("五级",)}
LOW_INCOME = {"低保对象": ("低保", "低保户"), "特困人员": ("特困",), "低保边缘家庭": (), "支出型困难家庭": ()}
SITUATIONS: dict[str, tuple[str, ...]] = {"收入偏低": (), "收入连续下降": ("连续下降",), "支出较大": ()}
CHOICES = {"level": LEVELS, "choice": LOW_INCOME, "choices": SITUATIONS}


def context(
    kind: str, *, name: str = "x", label: str = "某列", unit: str | None = None, period: str = "2024-03", is_open: bool = False
) -> Context:
    column = Column(name, label, (), kind, None, True, "internal", CHOICES.get(kind, {}), is_open)
    return Context(column, unit, period, RECEIVED)


def read(kind: str, cell: object, **given_context: Any) -> Reading:
    return READERS[kind](cell, context(kind, **given_context))


def code(reading: Reading) -> str | None:
    return reading.problem.code if reading.problem else None
