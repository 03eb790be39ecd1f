"""Sent files: tables beside and below one another, and sheets that lack a head or a column."""

from __future__ import annotations

from tests.cases.makers import LOSS, PETITION, UNINSURED, WATER, xlsx
from tests.cases.sent import TAKEN, Sent, yuan
from tests.cases.sheets import (
    AREA,
    EPIDEMIC,
    HIT,
    INCOME,
    RENOVATION,
    SELF_PAY,
    beside,
    grid,
    heads,
    lines,
    listed,
    person,
    saved,
    swapped,
    xls_sheets,
)

BESIDE = "并排|并列|左右|旁边|同一行"
TWO_HEADS = "表头"


FOUR = dict.fromkeys(("张明", "李明", "周明", "吴明"), TAKEN)
_WATER = [listed(WATER, "张明", "李明"), listed(WATER, "周明", "吴明", first=107)]
_BESIDE_SAME = (
    Sent("same_head_beside", 1, "water", saved(beside(*_WATER), "xlsx"), FOUR, BESIDE),
    Sent(
        "three_beside_without_gap",
        1,
        "medical_insurance",
        saved(
            beside(
                beside(listed(UNINSURED, "张明", "李明"), listed(UNINSURED, "周明", first=107), 0),
                listed(UNINSURED, "吴明", first=109),
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
                    [["序号", *row] if at == 0 else [at, *row] for at, row in enumerate(listed(RENOVATION, "张明", "李明"))],
                    [
                        ["序号", *row] if at == 0 else [at + 2, *row]
                        for at, row in enumerate(listed(RENOVATION, "周明", "吴明", first=107))
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
        ("two_kinds_beside", "water", saved(beside(listed(WATER, "张明"), _LOSS_OF_ZHOU), "xlsx")),
        ("two_kinds_beside_other_order", "water", saved(beside(_LOSS_OF_ZHOU, listed(WATER, "张明")), "csv")),
        (
            "two_kinds_beside_without_gap",
            "medical_insurance",
            saved(beside(listed(UNINSURED, "张明"), listed(SELF_PAY, "周明", first=107), 0), "xls"),
        ),
        ("household_and_area_beside", "emergency", saved(beside(listed(HIT, "张明"), grid(AREA)), "ods")),
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
    *(
        Sent(
            f"sheet_of_{department}_lacks_the_column_that_names_the_event",
            4,
            department,
            xlsx(
                grid(event),
                sheet="旌阳镇",
                more={"三溪镇": [row[1:] for row in grid(event | {"乡镇": "三溪镇"})]},
            ),
            back=f"三溪镇.*{next(iter(event))}",
        )
        for department, event in (("health", EPIDEMIC), ("emergency", AREA))
    ),
    Sent(
        "sheet_lacks_the_column_of_names",
        4,
        "water",
        xlsx(
            _WATER[0],
            sheet="旌阳镇",
            more={
                "三溪镇": [
                    ["乡镇", "行政村", "饮水问题类型", "发现日期"],
                    ["三溪镇", "路西村", "水质", "2024-03-01"],
                    ["三溪镇", "路西村", "水量", "2024-03-02"],
                ]
            },
        ),
        back="三溪镇.*户主姓名",
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
            listed(UNINSURED, "张明"),
            sheet="旌阳镇",
            more={"三溪镇": [[cell for at, cell in enumerate(row) if at != 4] for row in listed(UNINSURED, "周明", first=107)]},
        ),
        back="三溪镇.*人员类别",
    ),
)
TABLES: tuple[Sent, ...] = (*_BESIDE_SAME, *_BESIDE_OTHER, *_BELOW, *_SHEETS)
