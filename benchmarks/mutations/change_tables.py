"""Changes of the table itself: where it stands, its heads, the order of its columns, merged cells, sheets."""

from __future__ import annotations

import random

from benchmarks.mutations.changes import change, is_one_table, split_part
from benchmarks.mutations.layout import Layout, Page
from benchmarks.mutations.write_file import ONE_SHEET


@change("块下移右移")
def move_block(layout: Layout, chance: random.Random) -> bool:
    page = layout.pages[0]
    page.down, page.right = chance.randint(0, 6), chance.randint(1, 4)
    return True


@change("中间空行")
def blank_rows(layout: Layout, chance: random.Random) -> bool:
    layout.pages[0].blanks |= set(chance.sample(range(1, len(layout.good.rows)), 2))
    return True


@change("中间空列")
def blank_columns(layout: Layout, chance: random.Random) -> bool:
    layout.pages[0].gaps |= set(chance.sample(layout.pages[0].parts[0].order, 2))
    return True


@change("表头重复")
def repeat_head(layout: Layout, chance: random.Random) -> bool:
    page = layout.pages[0]
    if not is_one_table(page):
        return False
    split_part(page, chance)
    return True


@change("列序打乱")
def shuffle_columns(layout: Layout, chance: random.Random) -> bool:
    order = list(layout.pages[0].parts[0].order)
    chance.shuffle(order)
    for page in layout.pages:
        for part in page.parts:
            part.order = list(order)
    return True


@change("下方表头换列")
def second_head_swapped(layout: Layout, chance: random.Random) -> bool:
    page = layout.pages[0]
    if not is_one_table(page) or page.has_parents:
        return False
    one, other = _two_alike(layout, chance)
    second = split_part(page, chance)
    second.order = [other if name == one else one if name == other else name for name in second.order]
    second.lines = chance.choice([[], [[]], [["三溪镇"]], [["（二）"]]])
    return True


@change("合并的两行表头")
def two_row_head(layout: Layout, chance: random.Random) -> bool:
    page = layout.pages[0]
    if len(page.parts) > 1 or page.beside is not None or page.unit_row or page.gaps:
        return False
    page.has_parents = True
    return True


@change("值合并")
def merge_values(layout: Layout, chance: random.Random) -> bool:
    places = [each.column.name for each in layout.good.fields if each.column.kind in ("town", "village")]
    if not places or layout.pages[0].beside is not None or layout.kind in ("csv", "tsv"):
        return False
    layout.pages[0].merged_columns = set(places if chance.random() < 0.5 else places[:1])
    return True


@change("分成两张工作表")
def split_sheets(layout: Layout, chance: random.Random) -> bool:
    return _second_page(layout, chance, has_head=True)


@change("第二张工作表没有表头", is_doubtful=True)
def split_sheets_without_head(layout: Layout, chance: random.Random) -> bool:
    return _second_page(layout, chance, has_head=False)


@change("第二张工作表缺列", is_doubtful=True)
def split_sheets_lacking(layout: Layout, chance: random.Random) -> bool:
    if not _second_page(layout, chance, has_head=True):
        return False
    lacking = chance.choice([each.column.name for each in layout.good.fields if each.column.required])
    part = layout.pages[1].parts[0]
    part.order = [name for name in part.order if name != lacking]
    return True


@change("左右并排两块")
def two_beside(layout: Layout, chance: random.Random) -> bool:
    page = layout.pages[0]
    if (
        len(page.parts) > 1
        or page.has_parents
        or page.merged_columns
        or layout.extra
        or page.after
        or page.unit_row
        or layout.formats
    ):
        return False
    page.beside = chance.randint(0, 2)
    return True


def _second_page(layout: Layout, chance: random.Random, *, has_head: bool) -> bool:
    page = layout.pages[0]
    if len(layout.pages) > 1 or not is_one_table(page) or layout.kind in ONE_SHEET or page.merged_columns:
        return False
    second = split_part(page, chance)
    page.parts.pop()
    second.lines, second.has_head = [], has_head
    layout.pages.append(Page("三溪镇", [second], [list(line) for line in page.above], unit_row=page.unit_row if has_head else {}))
    page.blanks -= set(second.rows)
    return True


def _two_alike(layout: Layout, chance: random.Random) -> tuple[str, str]:
    """Two columns of one kind where there are such, so that the swap is not seen in the cells."""
    by_kind: dict[str, list[str]] = {}
    for each in layout.good.fields:
        by_kind.setdefault(each.column.kind, []).append(each.column.name)
    alike = [names for names in by_kind.values() if len(names) > 1]
    one, other = chance.sample(chance.choice(alike or [[each.column.name for each in layout.good.fields]]), 2)
    return one, other
