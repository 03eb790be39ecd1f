"""Good tables of every feed, made from the contracts and fictional people: each cell, and what it must come out as."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from include.contracts import Column, Contract
from include.identity.numbers import check_character

SURNAMES, GIVEN = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨", "明华强芳秀英军丽伟敏静磊洋勇艳杰娟涛超霞"
VILLAGES = (
    ("旌阳镇", "341825100", "华丰村", "华丰村委会", "341825100202"),
    ("旌阳镇", "341825100", "凫山村", "凫山村委会", "341825100203"),
    ("旌阳镇", "341825100", "板桥村", "板桥村委会", "341825100206"),
    ("蔡家桥镇", "341825101", "朱旺村", "朱旺村委会", "341825101201"),
    ("蔡家桥镇", "341825101", "庆丰村", "庆丰村委会", "341825101203"),
)
LEVELS = {"disability_level": ("一级", "二级", "三级"), "response_level": ("Ⅰ级", "Ⅱ级", "Ⅲ级")}
YEARS = {"income_year": 2023}
CHOICES = {"attendance_status": ("辍学", "失学"), "household_type": ("脱贫户", "边缘易致贫户"), "risk_removed": ("是", "否")}
HAVING = ("has_labour_ability", "has_job_intention")
WORDS = {
    "industry_type": ("茶叶", "水稻", "生猪"), "loss_reason": ("冻害", "洪涝", "滞销"), "grade": ("三年级", "五年级"),
    "school_name": ("旌阳小学", "三溪中学"), "hazard_type": ("墙体开裂", "屋顶漏雨"), "event_type": ("传染病", "中毒"),
    "event_name": ("流感", "食物中毒"), "disaster_name": ("暴雨", "大雪"), "disaster_type": ("洪涝", "雪灾"),
    "appeal_content": ("住房漏雨", "务工欠薪"), "damage_description": ("房屋倒塌", "农田被淹"),
    "situation": ("已入户看过", "与本人谈过"),
    "exclusion_reason": ("收入稳定", "子女赡养"), "measures": ("产业帮扶", "公益性岗位"), "county_name": ("旌德县",),
    "relation_to_head": ("户主",), "ethnicity": ("汉族",), "renovation_method": ("修缮加固", "拆除重建"),
    "household_category": ("低保户", "脱贫户"),
}  # fmt: skip
UNITS = {"yuan": {"元": 1, "千元": 1000, "万元": 10000}, "mu": {"亩": 1, "公顷": 15}}
"""Units of amounts and areas -> how much of the contract's own unit one of them is."""

Cell = Any


@dataclass(frozen=True)
class Field:
    """One column of the good table: its head without the unit, and the unit its cells are written in ('' for none)."""

    column: Column
    label: str
    unit: str


@dataclass(frozen=True)
class Known:
    """One row: the cell of each field and the value each column must have when the row is accepted. ``name``: found by it."""

    name: str
    cells: dict[str, Cell]
    values: dict[str, Any]


@dataclass(frozen=True)
class Good:
    """A good table."""

    contract: Contract
    fields: tuple[Field, ...]
    rows: tuple[Known, ...]


def make_good(contract: Contract, chance: random.Random) -> Good:
    """A table of four to nine rows; optional columns are there or not."""
    kept = [column for column in contract.columns if column.required or column.is_key or chance.random() < 0.6]
    fields = tuple(_field(column, chance) for column in kept if column.name != "sequence")
    names = chance.sample([surname + given for surname in SURNAMES for given in GIVEN], 60)
    rows = tuple(_row(contract, fields, at, names, chance) for at in range(chance.randint(4, 9)))
    return Good(contract, fields, rows)


def written(amount: Decimal, unit: str, of: str) -> str:
    """An amount in 元, or an area in 亩, in another unit."""
    return f"{(amount / UNITS[of][unit]).normalize():f}"


def _field(column: Column, chance: random.Random) -> Field:
    label, unit = column.label, ""
    if column.unit:
        unit = column.header_unit or ("元" if column.unit == "yuan" else "亩")
        label = label.removesuffix(f"({unit})")
    elif column.aliases and chance.random() < 0.25:
        label = chance.choice(column.aliases[:3]) if column.kind not in ("name", "id_number", "date") else label
    return Field(column, label, unit)


def _number(chance: random.Random, is_child: bool) -> str:
    born = date(2011 if is_child else 1950, 1, 1) + timedelta(chance.randrange(1500 if is_child else 14000))
    first = f"341825{born:%Y%m%d}{chance.randint(101, 989)}"
    return first + check_character(first)


def _row(contract: Contract, fields: tuple[Field, ...], at: int, names: list[str], chance: random.Random) -> Known:
    town, town_code, village, village_name, village_code = chance.choice(VILLAGES)
    number = _number(chance, contract.has_column("child_id_number"))
    own: dict[str, Callable[[], tuple[Cell, Any]]] = {
        "town": lambda: (town, town),
        "towns": lambda: (town, town),
        "village": lambda: (village, village_name if contract.has_column("town_name") else village),
        "villages": lambda: (village, village_name),
    }
    cells: dict[str, Cell] = {}
    values: dict[str, Any] = {}
    named = 0
    for field in fields:
        column = field.column
        if column.kind in own:
            cell, value = own[column.kind]()
        elif column.kind == "name":
            cell = value = names[at] if named == 0 else names[at + 10 * named]
            named += 1
        elif column.name in ("id_number", "child_id_number") or (
            column.name == "head_id_number" and contract.claims[0] == "head"
        ):
            cell = value = number
        elif column.kind == "certificate_number":
            cell = value = f"{number}4{chance.randint(1, 3)}"
        elif column.kind == "student_number":
            cell = value = f"G{number}"
        else:
            cell, value = _value(field, at, chance)
        cells[column.name], values[column.name] = cell, value
    if "town_name" in cells:
        values |= {"town_code": town_code}
        if "village_name" in cells:
            values |= {"village_code": village_code}
    return Known(names[at] if named else str(cells[contract.event_column or "warning_id"]), cells, values)


def _value(field: Field, at: int, chance: random.Random) -> tuple[Cell, Any]:
    column = field.column
    match column.kind:
        case "id_number":
            number = _number(chance, False)
            return number, number
        case "amount" | "area":
            of = "yuan" if column.kind == "amount" else "mu"
            amount = Decimal(chance.randint(12, 880) * 100) if of == "yuan" else Decimal(chance.randint(2, 60)) / 2
            return written(amount, field.unit, of), amount
        case "count":
            count = chance.randint(1, 8)
            return count if chance.random() < 0.5 else str(count), count
        case "year":
            year = YEARS.get(column.name, 2024)
            return chance.choice([year, str(year)]), year
        case "month":
            return "2024-02", "2024-02"
        case "term":
            return "2024年春季", "2024-spring"
        case "date":
            day = date(2024, 1, 1) + timedelta(chance.randint(1, 60))
            return chance.choice(
                [f"{day}", f"{day:%Y/%m/%d}", f"{day.year}.{day.month}.{day.day}", f"{day:%Y年%m月%d日}", day]
            ), day
        case "flag":
            is_so = column.name == "is_true" or (column.name != "meets_criteria" and chance.random() < 0.7)
            return ("有无" if column.name in HAVING else "是否")[not is_so], is_so
        case "level":
            level = chance.randrange(3)
            return LEVELS[column.name][level], level + 1
        case "choice" | "choices":
            choice = chance.choice(CHOICES.get(column.name, tuple(column.choices)))
            return choice, choice
        case "event_id":
            text = f"{column.name[:1].upper()}2024{at + 1:03d}"
            return text, text
        case "warning_id":
            text = f"W{chance.randrange(16**12):012X}"
            return text, text
        case "household_id":
            text = f"H{chance.randrange(10**9):010d}"
            return text, text
        case "phone":
            text = f"1390000{chance.randrange(10**4):04d}"
            return text, text
        case _:
            text = chance.choice(WORDS.get(column.name, ("情况甲", "情况乙", "情况丙")))
            return text, text
