"""The changes of layout: each takes a file's layout and changes it as some office would, or says that it does not fit.

A change never makes a figure mean something else: where it writes another unit, the cells are written in it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal

from benchmarks.mutations.good_files import UNITS, written
from benchmarks.mutations.layout import Layout, Page, Part
from benchmarks.mutations.write_file import ENCODINGS, EXTENSIONS, ONE_SHEET

Change = Callable[[Layout, random.Random], bool]
CHANGES: dict[str, Change] = {}
DOUBTFUL: set[str] = set()
"""Changes after which a person, too, might ask back."""
STRANGER = "佘太君"


def change(name: str, *, is_doubtful: bool = False) -> Callable[[Change], Change]:
    """Registers a change under the name in the table of results."""

    def register(made: Change) -> Change:
        CHANGES[name] = made
        if is_doubtful:
            DOUBTFUL.add(name)
        return made

    return register


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
    if len(page.parts) > 1 or page.beside is not None:
        return False
    _split(page, chance)
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
    if len(page.parts) > 1 or page.beside is not None or page.has_parents:
        return False
    one, other = _two_alike(layout, chance)
    second = _split(page, chance)
    second.order = [other if name == one else one if name == other else name for name in second.order]
    second.lines = chance.choice([[], [[]], [["三溪镇"]], [["（二）"]]])
    return True


@change("下方表头换单位")
def second_head_unit(layout: Layout, chance: random.Random) -> bool:
    page = layout.pages[0]
    amounts = [name for name, unit in layout.units.items() if unit in UNITS["yuan"]]
    if len(page.parts) > 1 or page.beside is not None or page.has_parents or not amounts:
        return False
    name = chance.choice(amounts)
    unit = chance.choice([unit for unit in UNITS["yuan"] if unit != layout.units[name]])
    second = _split(page, chance)
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
    line = chance.choice(["单位：{}", "（单位：{}）", "计量单位：{}", "金额单位：{}" if len(units) == 1 else "单位:{}"])
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
    if layout.kind not in ("xlsx", "xls") or (unit := _unit_out_of_head(layout, chance)) is None:
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
    if not places or layout.pages[0].beside is not None:
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
    if len(page.parts) > 1 or page.has_parents or page.merged_columns or layout.extra or page.after or page.unit_row:
        return False
    page.beside = chance.randint(0, 2)
    return True


@change("合计行")
def totals(layout: Layout, chance: random.Random) -> bool:
    order = layout.pages[0].parts[0].order
    line = [chance.choice(["合计", "总计", "小计"]), *[""] * (len(order) - 1)]
    for at, name in enumerate(order):
        if at and layout.good.contract.column(name).unit == "yuan" and layout.pages[0].beside is None:
            cells = [layout.cells[row, name] for row in range(len(layout.good.rows))]
            line[at] = f"{sum(Decimal(str(cell)) for cell in cells):f}"
    layout.pages[0].below.insert(0, line)
    return True


@change("小计行")
def subtotals(layout: Layout, chance: random.Random) -> bool:
    page = layout.pages[0]
    if page.beside is not None or page.merged_columns:
        return False
    page.after[chance.randrange(len(layout.good.rows) - 1)] = [[chance.choice(["小计", "旌阳镇小计", "小计:3户"])]]
    return True


@change("夹着镇名行")
def town_lines(layout: Layout, chance: random.Random) -> bool:
    page = layout.pages[0]
    if page.beside is not None or page.merged_columns:
        return False
    for at in chance.sample(range(len(layout.good.rows) - 1), 2):
        page.after[at] = [[chance.choice(["蔡家桥镇", "二、蔡家桥镇", "蔡家桥镇（3户）"])]]
    return True


@change("每页重复标题和表头")
def page_breaks(layout: Layout, chance: random.Random) -> bool:
    page = layout.pages[0]
    if len(page.parts) > 1 or page.beside is not None or page.has_parents:
        return False
    title = [f"2024年3月{layout.good.contract.title}"]
    page.above.insert(0, title)
    _split(page, chance).lines = [["第1页"], title]
    return True


@change("示例行")
def example_row(layout: Layout, chance: random.Random) -> bool:
    page = layout.pages[0]
    if page.beside is not None or page.unit_row or layout.extra or page.gaps or page.has_parents:
        return False
    order = page.parts[0].order
    kinds = [layout.good.contract.column(name).kind for name in order]
    example = [STRANGER if kind == "name" else "341825199001010012" if kind == "id_number" else layout.cells[0, name]
               for name, kind in zip(order, kinds, strict=True)]  # fmt: skip
    layout.extra["序号"] = [str(at + 1) for at in range(len(layout.good.rows))]
    page.example = [*example, chance.choice(["示例", "例"])]
    return True


@change("文本写成等号引号")
def formula_text(layout: Layout, chance: random.Random) -> bool:
    if not encoding(layout, chance):
        return False
    for each in layout.good.fields:
        if each.column.kind in ("id_number", "certificate_number", "student_number", "phone"):
            for at in range(len(layout.good.rows)):
                layout.cells[at, each.column.name] = f'="{layout.cells[at, each.column.name]}"'
    return True


@change("落款")
def signature(layout: Layout, chance: random.Random) -> bool:
    layout.pages[0].below += [["填表人：赵一", "", "审核人：钱二"], ["2024年3月8日"]]
    return True


@change("说明")
def notes(layout: Layout, chance: random.Random) -> bool:
    layout.pages[0].below.append(
        [chance.choice(["注：本表由各镇汇总上报", "说明：1.数据截至2024年2月底", "备注：以上人员均已核实"])]
    )
    return True


@change("标题带月份")
def month_in_title(layout: Layout, chance: random.Random) -> bool:
    title = layout.good.contract.title
    words = chance.choice(
        ["2024年3月{}", "截至2024年2月底{}", "2023年12月缴费截止{}", "{}（2024年3月8日）", "关于〔2023〕12号文件的{}"]
    )
    layout.pages[0].above.insert(0, [words.format(title)])
    return True


@change("隐藏的工作表")
def hidden_sheet(layout: Layout, chance: random.Random) -> bool:
    if layout.kind in ONE_SHEET or layout.kind == "ods":
        return False
    order = layout.pages[0].parts[0].order
    stranger = [STRANGER if layout.good.contract.column(name).kind == "name" else layout.cells[0, name] for name in order]
    layout.more.append(("底稿", [[layout.head(name) for name in order], stranger], True))
    return True


@change("填表说明工作表")
def sheet_of_notes(layout: Layout, chance: random.Random) -> bool:
    if layout.kind in ONE_SHEET:
        return False
    layout.more.append(("填表说明", [["填表说明"], ["1.身份证号按文本填写"], ["2.金额填写到角"]], False))
    return True


@change("表下有图片")
def with_picture(layout: Layout, chance: random.Random) -> bool:
    if layout.kind != "xlsx":
        return False
    layout.pages[0].has_picture = True
    return True


@change("多出的列")
def extra_columns(layout: Layout, chance: random.Random) -> bool:
    if layout.pages[0].beside is not None or any(len(page.parts) > 1 for page in layout.pages):
        return False
    count = len(layout.good.rows)
    layout.extra["备注"] = [chance.choice(["", "已核实", "外出"]) for _ in range(count)]
    layout.extra["信息员"] = [chance.choice(["高远", "夏天"]) for _ in range(count)]
    return True


@change("编码")
def encoding(layout: Layout, chance: random.Random) -> bool:
    if len(layout.pages) > 1 or layout.more or layout.formats or layout.pages[0].has_picture or layout.pages[0].has_parents:
        return False
    if layout.pages[0].merged_columns:
        return False
    layout.kind, layout.encoding = chance.choice(["csv", "tsv"]), chance.choice(ENCODINGS)
    return True


@change("格式")
def file_format(layout: Layout, chance: random.Random) -> bool:
    choices = ["xls", "ods"] + (["html"] if len(layout.pages) == 1 and not layout.more else [])
    if layout.formats or layout.pages[0].has_picture or any(is_hidden for _, _, is_hidden in layout.more):
        return False
    layout.kind = chance.choice(choices)
    return True


@change("扩展名不符")
def wrong_extension(layout: Layout, chance: random.Random) -> bool:
    own = EXTENSIONS[layout.kind]
    layout.extension = chance.choice([each for each in (".xls", ".xlsx", ".csv", ".et", ".ods") if each != own])
    return True


# What several changes do


def _split(page: Page, chance: random.Random) -> Part:
    """The rows of the page's only part in two parts, each with a head; the second is returned."""
    part = page.parts[0]
    at = chance.randint(1, len(part.rows) - 1)
    second = Part(part.rows[at:], list(part.order), lines=chance.choice([[], [[]]]), cells=part.cells)
    part.rows = part.rows[:at]
    page.parts.append(second)
    return second


def _second_page(layout: Layout, chance: random.Random, *, has_head: bool) -> bool:
    page = layout.pages[0]
    if len(layout.pages) > 1 or len(page.parts) > 1 or page.beside is not None or layout.kind in ONE_SHEET or page.merged_columns:
        return False
    second = _split(page, chance)
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


def _write_in(layout: Layout, name: str, unit: str) -> None:
    for at in range(len(layout.good.rows)):
        layout.cells[at, name] = _in_unit(layout, at, name, unit)


def _in_unit(layout: Layout, at: int, name: str, unit: str) -> str:
    return written(layout.good.rows[at].values[name], unit, layout.good.contract.column(name).unit or "")
