"""Files as departments really send them, and what may become of each person in them: tables beside and below one another, units.

What counts is that nobody is lost without a word, nobody gets another's figures, and the words name the real fault. Each
situation stands with neighbours of its kind: another feed, other columns, another order, another format. ``test_sent_files.py``
runs them all; the values, periods and words are in ``sent_values.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.cases.makers import Make, csv, ods, xlsx
from tests.cases.sheets import (
    AREA,
    EPIDEMIC,
    HIT,
    INCIDENT,
    INCOME,
    LOSS,
    PETITION,
    RENOVATION,
    SELF_PAY,
    UNINSURED,
    WATER,
    Grid,
    backslashed,
    beside,
    grid,
    heads,
    lines,
    main_part_renamed,
    pasted,
    pasted_ods,
    person,
    saved,
    swapped,
    xls_sheets,
)


@dataclass(frozen=True)
class Taken:
    """Accepted for certain, with these values among others; ``words``: what is said of the row besides."""

    values: dict[str, Any] = field(default_factory=dict)
    words: str = ""


@dataclass(frozen=True)
class Waits:
    """Accepted, but put to a person with these words."""

    words: str


@dataclass(frozen=True)
class Back:
    """Goes back as a row with these words."""

    words: str


Fate = Taken | Waits | Back


@dataclass(frozen=True)
class Sent:
    """A file, who sends it, and its right outcomes. Words are patterns, compared in half width.

    people: for each person (or event, or warning) in the file what may become of the row; empty where only the whole file may go
    back. back: words of a refusal of the whole file; '' where that is not right. period: the period the file must be taken for.
    said: words that must stand in some finding or waiting line of the file, if any.
    """

    name: str
    situation: int
    department: str
    make: Make
    people: dict[str, tuple[Fate, ...]] = field(default_factory=dict)
    back: str = ""
    period: str = ""
    said: str = ""


BESIDE = "并排|并列|左右|旁边|同一行"
TWO_HEADS = "表头"
TAKEN = (Taken(),)


def yuan(**columns: str) -> tuple[Fate, ...]:
    return (Taken({name: Decimal(value) for name, value in columns.items()}),)


def _both(base: dict[str, Any], *names: str, first: int = 103) -> Grid:
    return grid(*(person(base, name, first + 2 * at) for at, name in enumerate(names)))


FOUR = dict.fromkeys(("张明", "李明", "周明", "吴明"), TAKEN)
_WATER = [_both(WATER, "张明", "李明"), _both(WATER, "周明", "吴明", first=107)]
_BESIDE_SAME = (
    Sent("same_head_beside", 1, "water", saved(beside(*_WATER), "xlsx"), FOUR, BESIDE),
    Sent(
        "three_beside_without_gap",
        1,
        "medical_insurance",
        saved(
            beside(
                beside(_both(UNINSURED, "张明", "李明"), _both(UNINSURED, "周明", first=107), 0),
                _both(UNINSURED, "吴明", first=109),
                0,
            ),
            "csv",
        ),
        FOUR,
        BESIDE,
    ),
    Sent(
        "beside_with_titles_and_numbers",
        1,
        "housing",
        saved(
            [
                ["危房改造农户名单"],
                *beside(
                    [["序号", *row] if at == 0 else [at, *row] for at, row in enumerate(_both(RENOVATION, "张明", "李明"))],
                    [
                        ["序号", *row] if at == 0 else [at + 2, *row]
                        for at, row in enumerate(_both(RENOVATION, "周明", "吴明", first=107))
                    ],
                ),
            ],
            "ods",
        ),
        FOUR,
        BESIDE,
    ),
    Sent(
        "beside_with_money_in_xls",
        1,
        "medical_insurance",
        saved(
            beside(
                grid(
                    person(SELF_PAY, "张明", 103, {"个人自付费用(元)": "41000"}),
                    person(SELF_PAY, "李明", 105, {"个人自付费用(元)": "42000"}),
                ),
                grid(person(SELF_PAY, "周明", 107, {"个人自付费用(元)": "43000"})),
                2,
            ),
            "xls",
        ),
        {"张明": yuan(self_pay_yuan="41000"), "李明": yuan(self_pay_yuan="42000"), "周明": yuan(self_pay_yuan="43000")},
        BESIDE,
    ),
    Sent(
        "second_block_begins_lower",
        1,
        "water",
        saved([*_WATER[0][:1], *beside(_WATER[0][1:], _WATER[1])], "html"),
        FOUR,
        f"{BESIDE}|{TWO_HEADS}",
    ),
)
_LOSS_OF_ZHOU = grid(person(LOSS, "周明", 107, {"经济损失(元)": "20000", "乡镇": "三溪镇", "行政村": "路西村"}))
_BESIDE_OTHER = tuple(
    Sent(name, 2, department, make, back=f"{BESIDE}|两种|两张")
    for name, department, make in (
        ("two_kinds_beside", "water", saved(beside(_both(WATER, "张明"), _LOSS_OF_ZHOU), "xlsx")),
        ("two_kinds_beside_other_order", "water", saved(beside(_LOSS_OF_ZHOU, _both(WATER, "张明")), "csv")),
        (
            "two_kinds_beside_without_gap",
            "medical_insurance",
            saved(beside(_both(UNINSURED, "张明"), _both(SELF_PAY, "周明", first=107), 0), "xls"),
        ),
        ("household_and_area_beside", "emergency", saved(beside(_both(HIT, "张明"), grid(AREA)), "ods")),
    )
)
_SELF_PAY = {
    "韩一": yuan(self_pay_yuan="45000", total_cost_yuan="60000"),
    "韩二": yuan(self_pay_yuan="20000", total_cost_yuan="50000"),
}
_HAN = (
    grid(person(SELF_PAY, "韩一", 170)),
    grid(person(SELF_PAY, "韩二", 171, {"医疗总费用(元)": "50000", "个人自付费用(元)": "20000"})),
)
_LOSSES = grid(person(LOSS, "韩一", 170)), grid(person(LOSS, "韩二", 171, {"受灾面积(亩)": "12", "经济损失(元)": "13000"}))
_INCOMES = (
    grid(person(INCOME, "韩一", 170)),
    grid(person(INCOME, "韩二", 171, {"本年人均纯收入(元)": "12000", "上年人均纯收入(元)": "7000"})),
)
_BELOW = (
    Sent(
        "second_head_swapped",
        3,
        "medical_insurance",
        saved([*_HAN[0], [], *swapped(_HAN[1], "医疗总费用(元)", "个人自付费用(元)")], "xlsx"),
        _SELF_PAY,
        TWO_HEADS,
    ),
    Sent(
        "second_head_swapped_at_once",
        3,
        "medical_insurance",
        saved([*_HAN[0], *swapped(_HAN[1], "大病保险报销(元)", "个人自付费用(元)")], "csv"),
        {"韩一": _SELF_PAY["韩一"], "韩二": yuan(self_pay_yuan="20000", serious_illness_yuan="4000")},
        TWO_HEADS,
    ),
    Sent(
        "second_head_area_and_loss",
        3,
        "water",
        saved([*_LOSSES[0], [], ["三溪镇"], *swapped(_LOSSES[1], "受灾面积(亩)", "经济损失(元)")], "xls"),
        {"韩一": yuan(loss_yuan="15000", affected_area_mu="3.5"), "韩二": yuan(loss_yuan="13000", affected_area_mu="12")},
        f"{TWO_HEADS}|两张表",
    ),
    Sent(
        "second_head_years_swapped",
        3,
        "rural_revitalization",
        saved([*_INCOMES[0], *swapped(_INCOMES[1], "本年人均纯收入(元)", "上年人均纯收入(元)")], "ods"),
        {"韩一": yuan(income_yuan="7500"), "韩二": yuan(income_yuan="12000", previous_income_yuan="7000")},
        TWO_HEADS,
    ),
    Sent(
        "second_head_lacks_a_column",
        3,
        "water",
        saved([*_LOSSES[0], [], *([row[at] for at in range(9) if at != 6] for row in _LOSSES[1])], "html"),
        {"韩一": yuan(loss_yuan="15000", affected_area_mu="3.5"), "韩二": yuan(loss_yuan="13000")},
        f"{TWO_HEADS}|两张表",
    ),
    Sent(
        "second_head_in_another_unit",
        3,
        "water",
        saved(
            [
                *_LOSSES[0],
                heads(LOSS, {"经济损失(元)": "经济损失(万元)"}),
                *lines(person(LOSS, "韩二", 171, {"经济损失(元)": "1.3"})),
            ],
            "xlsx",
        ),
        {"韩一": yuan(loss_yuan="15000"), "韩二": yuan(loss_yuan="13000")},
        TWO_HEADS,
    ),
)
_NAMELESS = [
    ["户主姓名", "乡镇", "行政村", "饮水问题类型"],
    ["周明", "三溪镇", "路西村", "水质"],
    ["吴明", "三溪镇", "路西村", "水量"],
]
_PETITIONS = (
    grid(person(PETITION, "张明", 103, {"信访编号": "XF1"})),
    grid(person(PETITION, "周明", 107, {"信访编号": "XF2", "身份证号": ""})),
)
_SHEETS = (
    Sent(
        "sheet_lacks_a_column",
        4,
        "water",
        xlsx(_WATER[0], sheet="旌阳镇", more={"三溪镇": _NAMELESS}),
        back="三溪镇.*发现日期",
    ),
    Sent(
        "sheet_lacks_a_column_in_xls",
        4,
        "petition",
        xls_sheets({"一月": _PETITIONS[0], "二月": [[cell for at, cell in enumerate(row) if at != 7] for row in _PETITIONS[1]]}),
        back="二月.*人均纯收入",
    ),
    Sent(
        "first_sheet_lacks_a_column",
        4,
        "health",
        xlsx(
            [[cell for at, cell in enumerate(row) if at != 4] for row in grid(EPIDEMIC)],
            sheet="甲",
            more={"乙": grid(EPIDEMIC | {"事件编号": "E2"})},
        ),
        back="甲.*报告日期",
    ),
    Sent(
        "sheet_without_a_head",
        4,
        "water",
        xlsx(_WATER[0], sheet="旌阳镇", more={"三溪镇": [[*row, "2024-03-01"] for row in _NAMELESS[1:]]}),
        back="三溪镇.*表头",
    ),
    Sent(
        "sheet_lacks_a_column_with_numbers",
        4,
        "medical_insurance",
        xlsx(
            _both(UNINSURED, "张明"),
            sheet="旌阳镇",
            more={"三溪镇": [[cell for at, cell in enumerate(row) if at != 4] for row in _both(UNINSURED, "周明", first=107)]},
        ),
        back="三溪镇.*人员类别",
    ),
)


def _hinted(name: str, department: str, base: dict[str, Any], label: str, head: str, cell: str, kind: str, **right: str) -> Sent:
    """A unit in a head's bracket beside a hint."""
    table = [heads(base, {label: head}), *lines(person(base, "冯二", 161, {label: cell}))]
    return Sent(name, 5, department, saved(table, kind), {"冯二": yuan(**right)})


_HINTS = (
    _hinted("unit_behind_hint", "water", LOSS, "经济损失(元)", "经济损失（必填，万元）", "1.5", "xlsx", loss_yuan="15000"),
    _hinted("unit_before_hint", "water", LOSS, "经济损失(元)", "经济损失(万元；必填)", "1.5", "ods", loss_yuan="15000"),
    _hinted(
        "unit_after_a_comma",
        "medical_insurance",
        SELF_PAY,
        "个人自付费用(元)",
        "个人自付费用（选填、单位：万元）",
        "4.5",
        "xls",
        self_pay_yuan="45000",
    ),
    _hinted(
        "unit_after_a_space",
        "public_security",
        INCIDENT,
        "财产损失(元)",
        "财产损失【必填 万元】",
        "5",
        "csv",
        property_loss_yuan="50000",
    ),
    _hinted(
        "unit_in_a_second_bracket", "emergency", HIT, "已获救助(元)", "已获救助（必填）（千元）", "3", "html", relief_yuan="3000"
    ),
    _hinted("unit_of_an_area", "water", LOSS, "受灾面积(亩)", "受灾面积（选填，公顷）", "2", "xlsx", affected_area_mu="30"),
    _hinted(
        "hint_with_decimals",
        "rural_revitalization",
        INCOME,
        "本年人均纯收入(元)",
        "本年人均纯收入（万元，保留两位小数）",
        "0.75",
        "xlsx",
        income_yuan="7500",
    ),
)
_PLAIN = {"受灾面积(亩)": "受灾面积", "经济损失(元)": "经济损失"}


def _above(line: str, rows: Grid, title: str = "2024年度统计表") -> Grid:
    return [[title], [line], *rows]


_LOSS_15 = [heads(LOSS, _PLAIN), *lines(person(LOSS, "冯一", 160, {"经济损失(元)": "1.5"}))]
_ABOVE = (
    Sent(
        "two_units_above",
        6,
        "water",
        saved(_above("（单位：亩、万元）", _LOSS_15), "xlsx"),
        {"冯一": yuan(loss_yuan="15000", affected_area_mu="3.5")},
    ),
    Sent(
        "two_units_above_other_order",
        6,
        "water",
        saved(_above("单位：万元、公顷", _LOSS_15), "xls"),
        {"冯一": yuan(loss_yuan="15000", affected_area_mu="52.5")},
    ),
    Sent(
        "two_units_above_with_slash",
        6,
        "water",
        saved(_above("计量单位：亩/万元", _LOSS_15), "ods"),
        {"冯一": yuan(loss_yuan="15000", affected_area_mu="3.5")},
    ),
    Sent(
        "people_and_money_above",
        6,
        "emergency",
        saved(_above("单位：人、千元", [heads(AREA, {"直接经济损失(万元)": "直接经济损失"}), list(AREA.values())]), "csv"),
        {"Z1": yuan(direct_loss_yuan="12500")},
    ),
    Sent(
        "people_and_money_named_above",
        6,
        "rural_revitalization",
        saved(
            _above(
                "单位：家庭人口（人）、收入（万元）",
                [
                    heads(
                        INCOME,
                        {
                            "本年人均纯收入(元)": "本年人均纯收入",
                            "上年人均纯收入(元)": "上年人均纯收入",
                            "前年人均纯收入(元)": "前年人均纯收入",
                        },
                    ),
                    *lines(
                        person(
                            INCOME,
                            "冯一",
                            160,
                            {"本年人均纯收入(元)": "0.75", "上年人均纯收入(元)": "0.9", "前年人均纯收入(元)": "0.95"},
                        )
                    ),
                ],
                "2023年度收入风险农户名单",
            ),
            "xlsx",
        ),
        {"冯一": (*yuan(income_yuan="7500", previous_income_yuan="9000"), Waits("单位|万元"))},
    ),
    Sent(
        "own_unit_wins_over_the_line",
        6,
        "water",
        saved(_above("（单位：亩、万元）", grid(person(LOSS, "冯一", 160))), "xlsx"),
        {"冯一": (*yuan(loss_yuan="15000", affected_area_mu="3.5"), Waits("单位"))},
    ),
    Sent(
        "amount_in_the_title_is_no_unit",
        6,
        "water",
        saved([["产业受损1.2万元以上农户名单"], heads(LOSS, _PLAIN), *lines(person(LOSS, "冯一", 160))], "xlsx"),
        {"冯一": yuan(loss_yuan="15000")},
    ),
)


def _noted(name: str, kind: str, *below: str, department: str = "water", table: Grid = _LOSS_15, **right: str) -> Sent:
    """A unit that is said below the table: taken, or put to somebody, never overlooked."""
    right = right or {"loss_yuan": "15000"}
    rows = [*table, *([line] for line in below)]
    return Sent(
        name, 7, department, saved(rows, kind), {"冯一": (*yuan(**right), Waits("单位|万元"), Back("单位|万元"))}, "单位|万元"
    )


_BELOW_UNIT = (
    _noted("unit_in_a_note", "xlsx", "注：经济损失单位为万元"),
    _noted("unit_in_a_remark", "xls", "备注：以上金额单位：万元"),
    _noted("unit_in_the_second_note", "ods", "说明：1.本表由各镇填报", "2.金额以万元为单位"),
    _noted("unit_line_below", "csv", "单位：万元", "填表人：赵一"),
    _noted(
        "unit_below_medical",
        "xlsx",
        "注：费用单位均为万元",
        department="medical_insurance",
        table=[
            heads(SELF_PAY, {label: label.removesuffix("(元)") for label in SELF_PAY}),
            *lines(person(SELF_PAY, "冯一", 160, dict(zip(list(SELF_PAY)[7:], ("6", "1", "0.4", "0.1", "4.5"), strict=True)))),
        ],
        self_pay_yuan="45000",
    ),
)
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
        backslashed(xlsx(_both(UNINSURED, "张明"), sheet="甲", more={"乙": _both(UNINSURED, "李明", first=105)})),
        TWO,
    ),
    Sent("main_part_renamed", 10, "water", main_part_renamed(xlsx(grid(_ZHANG, _LI))), TWO),
    Sent("backslashes_in_ods", 10, "water", backslashed(ods(grid(_ZHANG, _LI))), TWO),
)
BY_LAYOUT: tuple[Sent, ...] = (
    *_BESIDE_SAME,
    *_BESIDE_OTHER,
    *_BELOW,
    *_SHEETS,
    *_HINTS,
    *_ABOVE,
    *_BELOW_UNIT,
    *_PICTURES,
    *_TEXTS,
    *_ARCHIVES,
)
