"""Sent files: lists pasted as pictures, cells written as formula text, archives packed by other programs."""

from __future__ import annotations

from typing import Any

from tests.cases.makers import LOSS, UNINSURED, csv, xlsx
from tests.cases.sent import TAKEN, Sent, yuan
from tests.cases.sheets import HIT, Grid, backslashed, grid, listed, main_part_renamed, pasted, pasted_ods, person

_EMPTY = [list(LOSS)]
_PICTURES = tuple(
    Sent(name, 8, department, make, back="图片|文本框")
    for name, department, make in (
        ("head_and_picture", "water", pasted(_EMPTY, "A3")),
        ("title_head_and_picture", "medical_insurance", pasted([["2024年3月未参保人员名单"], list(UNINSURED)], "B4")),
        ("head_and_text_box", "emergency", pasted([list(HIT)], "A2", as_text="张明 旌阳镇华丰村")),
        ("head_and_picture_in_ods", "water", pasted_ods(_EMPTY)),
    )
)


def _guarded(*rows: dict[str, Any], at: tuple[int, ...] = (1,), as_written: str = '="{}"') -> Grid:
    """A table whose cells at those places are written so that a spreadsheet keeps them as text."""
    table = grid(*rows)
    return [
        table[0],
        *([as_written.format(cell) if place in at else cell for place, cell in enumerate(row)] for row in table[1:]),
    ]


_ZHANG, _LI = person(LOSS, "张明", 103), person(LOSS, "李明", 105)
TWO = {"张明": TAKEN, "李明": TAKEN}
_TEXTS = (
    Sent("number_as_formula_text", 9, "water", csv(_guarded(_ZHANG, _LI)), TWO),
    Sent(
        "number_as_quoted_formula_text",
        9,
        "water",
        csv(_guarded(_ZHANG, _LI, as_written='"=""{}"""'), encoding="utf-8-sig"),
        TWO,
    ),
    Sent(
        "every_cell_as_formula_text",
        9,
        "medical_insurance",
        csv(
            _guarded(person(UNINSURED, "张明", 103), person(UNINSURED, "李明", 105), at=tuple(range(7))),
            "名单.txt",
            encoding="utf-8",
            delimiter="\t",
        ),
        TWO,
    ),
    Sent(
        "amount_as_formula_text",
        9,
        "water",
        csv(_guarded(_ZHANG, _LI, at=(1, 7, 8)), delimiter=";"),
        {"张明": yuan(loss_yuan="15000"), "李明": yuan(loss_yuan="15000")},
    ),
)
_ARCHIVES = (
    Sent("backslashes", 10, "water", backslashed(xlsx(grid(_ZHANG, _LI))), TWO),
    Sent(
        "backslashes_two_sheets",
        10,
        "medical_insurance",
        backslashed(xlsx(listed(UNINSURED, "张明"), sheet="甲", more={"乙": listed(UNINSURED, "李明", first=105)})),
        TWO,
    ),
    Sent("main_part_renamed", 10, "water", main_part_renamed(xlsx(grid(_ZHANG, _LI))), TWO),
    Sent("backslashes_and_main_part_renamed", 10, "water", backslashed(main_part_renamed(xlsx(grid(_ZHANG, _LI)))), TWO),
)
FORMATS: tuple[Sent, ...] = (*_PICTURES, *_TEXTS, *_ARCHIVES)
