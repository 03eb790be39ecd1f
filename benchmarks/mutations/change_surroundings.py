"""Changes of what stands around the table: totals, notes, titles, other sheets; and of encoding, format and extension."""

from __future__ import annotations

import random
from decimal import Decimal

from benchmarks.mutations.changes import change, is_one_table, split_part
from benchmarks.mutations.layout import Layout
from benchmarks.mutations.write_file import ENCODINGS, EXTENSIONS, ONE_SHEET

STRANGER = "佘太君"
"""Somebody who stands in no row of the table and must not be taken."""


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
    page.after[chance.randrange(len(layout.good.rows) - 1)] = [[chance.choice(["小计", "旌阳镇小计", "小计（3户）"])]]
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
    if not is_one_table(page) or page.has_parents:
        return False
    title = [f"2024年3月{layout.good.contract.title}"]
    page.above.insert(0, title)
    split_part(page, chance).lines = [["第1页"], title]
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
