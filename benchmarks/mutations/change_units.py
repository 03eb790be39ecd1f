"""Changes of where a unit is written; the cells are always written in it, so that no figure means anything else."""

from __future__ import annotations

import random

from benchmarks.mutations.changes import change, is_one_table, split_part
from benchmarks.mutations.good_files import UNITS, written
from benchmarks.mutations.layout import Layout


@change("下方表头换单位")
def second_head_unit(layout: Layout, chance: random.Random) -> bool:
    page = layout.pages[0]
    amounts = [name for name, unit in layout.units.items() if unit in UNITS["yuan"]]
    if not is_one_table(page) or page.has_parents or not amounts:
        return False
    name = chance.choice(amounts)
    unit = chance.choice([unit for unit in UNITS["yuan"] if unit != layout.units[name]])
    second = split_part(page, chance)
    second.heads[name] = f"{layout.heads[name]}({unit})"
    second.cells |= {(at, name): _in_unit(layout, at, name, unit) for at in second.rows}
    return True


def _unit_out_of_head(layout: Layout, chance: random.Random) -> str | None:
    """Writes every amount in one unit and takes the units out of the heads; the unit, or None where there is no amount."""
    amounts = [name for name, unit in layout.units.items() if unit in UNITS["yuan"]]
    if not amounts or any(page.unit_row or part.heads for page in layout.pages for part in page.parts) or layout.formats:
        return None
    unit = chance.choice(["元", "千元", "万元"])
    for name in amounts:
        _write_in(layout, name, unit)
        layout.units[name] = ""
    return unit


@change("单位移到表上方")
def unit_above(layout: Layout, chance: random.Random) -> bool:
    if (unit := _unit_out_of_head(layout, chance)) is None:
        return False
    units = [unit]
    areas = [name for name, unit_of in layout.units.items() if unit_of in UNITS["mu"]]
    if areas:
        area = chance.choice(["亩", "公顷"])
        for name in areas:
            _write_in(layout, name, area)
            layout.units[name] = ""
        units.insert(chance.randint(0, 1), area)
    line = chance.choice(["单位：{}", "（单位：{}）", "计量单位：{}", "金额单位：{}" if len(units) == 1 else "单位 {}"])
    for page in layout.pages:
        page.above.append([line.format(chance.choice("、，/,").join(units))])
    return True


@change("单位移到表下方注中")
def unit_below(layout: Layout, chance: random.Random) -> bool:
    if (unit := _unit_out_of_head(layout, chance)) is None:
        return False
    line = chance.choice(["注：金额单位为{}", "备注：以上金额均以{}为单位", "说明：1.金额单位：{}", "单位：{}"]).format(unit)
    for page in layout.pages:
        page.below.append([line])
    return True


@change("单位移到数字格式")
def unit_in_format(layout: Layout, chance: random.Random) -> bool:
    is_beside = any(page.beside is not None for page in layout.pages)
    if is_beside or layout.kind not in ("xlsx", "xls") or (unit := _unit_out_of_head(layout, chance)) is None:
        return False
    for each in layout.good.fields:
        if each.column.unit == "yuan":
            layout.formats[each.column.name] = chance.choice(['0.00"{}"', '#,##0.0###"{}"']).format(unit)
            for at in range(len(layout.good.rows)):
                layout.cells[at, each.column.name] = float(layout.cells[at, each.column.name])
    return True


@change("单位移到表头下一行")
def unit_row(layout: Layout, chance: random.Random) -> bool:
    if (
        any(page.has_parents or len(page.parts) > 1 for page in layout.pages)
        or (unit := _unit_out_of_head(layout, chance)) is None
    ):
        return False
    for page in layout.pages:
        page.unit_row = {each.column.name: unit for each in layout.good.fields if each.column.unit == "yuan"}
    return True


@change("单位并入提示括号")
def unit_in_hint(layout: Layout, chance: random.Random) -> bool:
    amounts = [name for name, unit in layout.units.items() if unit in UNITS["yuan"]]
    if not amounts or layout.formats:
        return False
    name = chance.choice(amounts)
    unit = chance.choice([*UNITS["yuan"]])
    _write_in(layout, name, unit)
    layout.units[name] = chance.choice(["必填，{}", "{}；选填", "必填 {}", "单位：{}、必填", "{}，保留两位小数"]).format(unit)
    return True


def _write_in(layout: Layout, name: str, unit: str) -> None:
    for at in range(len(layout.good.rows)):
        layout.cells[at, name] = _in_unit(layout, at, name, unit)


def _in_unit(layout: Layout, at: int, name: str, unit: str) -> str:
    return written(layout.good.rows[at].values[name], unit, layout.good.contract.column(name).unit or "")
