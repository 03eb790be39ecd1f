"""How clerks write things: numbers of persons, dates, amounts, places and choices in all their variants, cell by cell."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from include.rehearsal.county.divisions import Place
from include.rehearsal.county.people import check_character
from include.rehearsal.county.tables import Column, Row, Sheet

EXCEL_DAY_ZERO = date(1899, 12, 30)
FULL_WIDTH = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")


def _fifteen(number: str) -> str:
    return number[:6] + number[8:17]


# Ways to write a number that a reader can undo without loss; `can_write` says which numbers they apply to.
ID_WRITINGS: dict[str, Callable[[str], str]] = {
    "id_full_width": lambda number: number.translate(FULL_WIDTH),
    "id_apostrophe": lambda number: f"'{number}",
    "id_spaces": lambda number: f"{number[:6]} {number[6:14]} {number[14:]}",
    "id_no_break_space": lambda number: f"{number}\u00a0",
    "id_zero_width": lambda number: f"{number[:10]}\u200b{number[10:]}",
    "id_tab": lambda number: f"\t{number}",
    "id_student_number": lambda number: f"G{number}",
    "id_15_digits": _fifteen,
    "id_certificate": lambda number: f"{number}43",
    "id_lower_case": lambda number: number.replace("X", "x"),
    "id_cyrillic": lambda number: number.replace("X", "\u0425"),
    "id_times_sign": lambda number: number.replace("X", "\u00d7"),
}


def can_write(kind: str, number: str) -> bool:
    """Whether this number has a shape the writing applies to."""
    if kind in ("id_lower_case", "id_cyrillic", "id_times_sign"):
        return number.endswith("X")
    return kind != "id_15_digits" or number[6:8] == "19"


def wrong_check(number: str) -> str:
    """The number with another check character."""
    return number[:17] + ("5" if number[17] != "5" else "6")


def as_float(number: str) -> float:
    """What a spreadsheet keeps of a number typed as a figure: 15 digits, the rest zeros."""
    return float(int(number[:15] + "000"))


def lost_tail(number: str) -> str:
    """Digits that survived and 000, as text; never with the right check character, which an honest number would have."""
    bodies = (f"{number[:12]}{day:02d}{digit}00" for day in range(1, 28) for digit in range(1, 10))
    return next(f"{body}0" for body in bodies if check_character(body) != "0")


LEVEL_WRITINGS = {
    1: ("一级", "1级", "1", "一"),
    2: ("二级", "2级", "2", "二"),
    3: ("三级", "3级", "3", "三"),
    4: ("四级", "4级", "4", "四"),
}
CHOICE_WRITINGS = {
    "低保对象": ("低保对象", "低保对象", "低保"),
    "特困人员": ("特困人员", "特困人员", "特困"),
    "视力": ("视力", "视力残疾"),
    "听力": ("听力", "听力残疾"),
    "言语": ("言语", "言语残疾"),
    "肢体": ("肢体", "肢体残疾"),
    "智力": ("智力", "智力残疾"),
    "精神": ("精神", "精神残疾"),
    "多重": ("多重", "多重残疾"),
    "C级": ("C级", "C级", "C"),
    "D级": ("D级", "D级", "Ｄ级", "D"),
}
DATE_WRITINGS: dict[str, Callable[[date], Any]] = {
    "cell": lambda day: day,
    "dot": lambda day: f"{day.year}.{day.month}.{day.day}",
    "compact": lambda day: f"{day:%Y%m%d}",
    "chinese": lambda day: f"{day.year}年{day.month}月{day.day}日",
    "slash": lambda day: f"{day.year}/{day.month}/{day.day}",
    "iso": lambda day: day.isoformat(),
    "serial": lambda day: (day - EXCEL_DAY_ZERO).days,
}
MONTH_WRITINGS: dict[str, Callable[[date], Any]] = {
    "2024-02": lambda day: f"{day:%Y-%m}",
    "2024年2月": lambda day: f"{day.year}年{day.month}月",
    "202402": lambda day: f"{day:%Y%m}",
}
UNIT_FACTOR = {"元": Decimal(1), "万元": Decimal(10_000), "亩": Decimal(1)}


class Pen:
    """Writes the cells of one sheet, with its own luck, in the sheet's manner."""

    def __init__(self, sheet: Sheet, rng: random.Random) -> None:
        self.sheet = sheet
        self.rng = rng

    def cell(self, row: Row, column: Column) -> Any:
        """The cell of a row in a column: as shown when the row says so, else what it means in some usual writing."""
        if column.key in row.shown:
            return row.shown[column.key]
        value = row.values.get(column.key)
        if column.kind == "town":
            return row.place.town.write(self.rng) if row.place.town else None
        if column.kind == "village":
            return row.place.village.write(self.rng) if row.place.village else None
        if value is None:
            return None
        writer = getattr(self, f"_{column.kind}", None)
        return writer(value, column) if writer else value

    def _amount(self, value: Decimal, column: Column) -> Any:
        unit = self.sheet.units.get(column.key, column.unit or "元")
        figure = value / UNIT_FACTOR[unit]
        if unit == "元" and self.rng.random() < 0.04:
            return f"{figure:,.2f}"
        return figure

    def _area(self, value: Decimal, column: Column) -> Any:
        return value

    def _date(self, value: date, column: Column) -> Any:
        manner = self.sheet.dates if self.sheet.dates != "mixed" else self.rng.choice(tuple(DATE_WRITINGS))
        return DATE_WRITINGS[manner](value)

    def _month(self, value: date, column: Column) -> Any:
        return MONTH_WRITINGS[self.sheet.months](value)

    def _level(self, value: int, column: Column) -> Any:
        return self.rng.choice(LEVEL_WRITINGS[value])

    def _choice(self, value: str, column: Column) -> Any:
        return self.rng.choice(CHOICE_WRITINGS[value]) if value in CHOICE_WRITINGS else value

    def _towns(self, value: list[Place], column: Column) -> str:
        return "、".join(dict.fromkeys(place.town.name for place in value if place.town))

    def _villages(self, value: list[Place], column: Column) -> str | None:
        return "、".join(place.village.plain for place in value if place.village) or None
