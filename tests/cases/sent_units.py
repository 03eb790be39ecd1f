"""Sent files: units behind hints, in lines above and in notes below."""

from __future__ import annotations

from typing import Any

from tests.cases.makers import LOSS
from tests.cases.sent import Back, Sent, Waits, yuan
from tests.cases.sheets import AREA, HIT, INCIDENT, INCOME, SELF_PAY, Grid, grid, heads, lines, person, saved


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
UNITS: tuple[Sent, ...] = (*_HINTS, *_ABOVE, *_BELOW_UNIT)
