"""The example row of a template: nobody's row, even if somebody takes its mark away.

It says 示例 in the first column and before each name and event number, and its identity numbers, with the right check character,
are of a division that does not exist: no reader takes one of the three for real.
"""

from __future__ import annotations

from datetime import date

from include.contracts import Column, Contract
from include.identity.numbers import check_character
from include.reports.requirements import choices_of

EXAMPLE = "示例"
NOWHERE = "000000"
"""No province begins so: a number with it is refused by every check there is."""
EXAMPLE_DAY = date(2024, 3, 5)
ADULT, CHILD, GUARDIAN = "19800101001", "20120101002", "19820101003"
"""Birth date and sequence of the example's people."""
BY_KIND: dict[str, object] = {
    "area": 5.5, "count": 3, "year": EXAMPLE_DAY.year, "month": "2024-02", "date": EXAMPLE_DAY, "term": "2024年春季",
    "phone": "13800000000", "event_id": f"{EXAMPLE}-2024-001", "warning_id": f"{EXAMPLE}-W000000000000",
    "household_id": f"{EXAMPLE}-001", "text": "……",
}  # fmt: skip


def example_value(contract: Contract, column: Column, town: str, village: str) -> object:
    """What the example says in a column; ``town`` and ``village`` are the county's own."""
    if column.example:
        return float(column.example) if column.kind in ("amount", "area", "count") else column.example
    if column.kind in ("town", "towns"):
        return town
    if column.kind in ("village", "villages"):
        return village
    if column.kind in ("id_number", "certificate_number", "student_number"):
        number = _number(column.name)
        suffix = "11" if column.kind == "certificate_number" else ""
        return f"G{number}" if column.kind == "student_number" else f"{number}{suffix}"
    if column.kind == "name":
        return f"（{EXAMPLE}）{_person(column.name)}"
    if choices := choices_of(column):
        return choices[0]
    return BY_KIND.get(column.kind, "")


def _number(name: str) -> str:
    born = CHILD if name.startswith(("child", "student")) else GUARDIAN if name.startswith("guardian") else ADULT
    body = f"{NOWHERE}{born}"
    return body + check_character(body)


def _person(name: str) -> str:
    return "乙" if name.startswith("child") else "丙" if name.startswith("guardian") else "甲"
