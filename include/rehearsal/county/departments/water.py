"""县农水局: drinking-water troubles by the 9th of each month, farm losses at once."""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal

from include.rehearsal.county.people import Household, Person
from include.rehearsal.county.planting import SIGNED, Draft, Faults, Rehearsal, titled
from include.rehearsal.county.schedule import Schedule
from include.rehearsal.county.tables import WAITING, Parcel, Row, Sheet

WATER = "water__drinking_water"
LOSS = "water__industry_loss"
PROBLEMS = ("水质", "水量", "取水方便程度", "供水保证率")
TRADES = ("水稻种植", "灵芝种植", "茶叶种植", "生猪养殖", "土鸡养殖", "蚕桑养殖", "香榧种植", "中药材种植")
LOSS_REASONS = ("洪涝绝收", "低温冻害减产", "农产品滞销", "市场跌价", "病虫害减产")


def parcels(rehearsal: Rehearsal) -> list[Parcel]:
    """The month's drinking-water list and three lists of losses, each written in another manner."""
    return [_drinking_water(rehearsal), *_losses(rehearsal)]


def _drinking_water(rehearsal: Rehearsal) -> Parcel:
    schedule = rehearsal.schedule
    draft = Draft(WATER, rehearsal.rng(WATER))
    listed = rehearsal.stock(rehearsal.listed_homes, WATER, schedule.ordinal)
    outside = rehearsal.stock(rehearsal.ordinary_homes, WATER, schedule.ordinal)

    def build(home: Household) -> Row:
        rng = random.Random(f"{rehearsal.seed}|water|{home.head.number}")
        values = {
            "head_name": home.head.name,
            "head_id_number": home.head.number,
            "water_problem": rng.choice(PROBLEMS),
            "found_date": schedule.last_month.replace(day=rng.randint(1, 28)),
            "affected_count": len(home.members),
        }
        return Row(values, home.place)

    for home in listed.regular(rehearsal.many(6, 28, 300)) + outside.regular(rehearsal.many(3, 14, 150)):
        draft.add(build(home))
    Faults(build, listed, outside, "head_id_number", "head_name", "found_date", ("water_problem", "其他问题")).plant(
        draft, rehearsal
    )
    _without_number(rehearsal, draft, listed, outside, build)
    married = listed.fresh(lambda home: any(p.relation == "配偶" and "·" not in p.name for p in home.members))
    spouse = next(p for p in married.members if p.relation == "配偶")
    row = draft.add(build(married), "spouse_as_head")
    row.values |= {"head_name": spouse.name, "head_id_number": spouse.number}
    draft.add(build(listed.fresh()), "month_without_day").shown["found_date"] = (
        f"{schedule.last_month.year}年{schedule.last_month.month}月"
    )

    this_month, last_month = (f"{day.year}年{day.month}月" for day in (schedule.first_day, schedule.last_month))
    title = f"旌德县{this_month}农村饮水安全问题农户台账"
    sheet = Sheet(
        this_month,
        draft.finished(),
        titles=titled("县农水局", title, rehearsal.due_day(1)),
        labels={"head_name": "户主", "head_id_number": "身份证号码", "town_name": "所在乡镇"},
        order=("town_name", "village_name", "head_name", "head_id_number"),
        extra=("序号", "备注"),
        foot=["备注：停水不足三天的不列入。", SIGNED],
    )
    unread = [
        Sheet(
            last_month,
            [build(outside.fresh()) for _ in range(3)],
            titles=[f"旌德县{last_month}农村饮水安全问题农户台账"],
            is_read=False,
            labels=sheet.labels,
        ),
        Sheet("底稿", [build(outside.fresh()) for _ in range(2)], is_read=False, is_hidden=True),
    ]
    for other, kind in zip(unread, ("other_month_sheet", "hidden_sheet"), strict=True):
        for row in other.rows:
            row.kind = kind
    name = f"饮水安全台账{schedule.year}年{schedule.month}月.xlsx"
    return Parcel(WATER, schedule.dispatch, name, [sheet, *unread], rehearsal.at(rehearsal.due_day(1), 15, 10))


def _without_number(rehearsal: Rehearsal, draft: Draft, listed, outside, build) -> None:  # type: ignore[no-untyped-def]
    """Rows that give only a name and a village: one person fits, several fit, nobody fits."""
    known = Counter((p.household.village.code, p.name) for p in rehearsal.people["registry"])

    def is_unique(person: Person) -> bool:
        return known[person.household.village.code, person.name] == 1 and 2 <= len(person.name) <= 3

    unique = draft.add(build(listed.fresh(lambda home: is_unique(home.head))), "no_number_unique")
    spaced = draft.add(build(listed.fresh(lambda home: is_unique(home.head))), "no_number_unique_spaced")
    spaced.shown["head_name"] = "　".join(spaced.values["head_name"])
    home = listed.fresh(lambda home: any(p.relation == "配偶" and is_unique(p) for p in home.members))
    member = draft.add(build(home), "no_number_member")
    member.values["head_name"] = next(p.name for p in home.members if p.relation == "配偶" and is_unique(p))
    namesakes = rehearsal.county.namesakes
    several = draft.add(build(namesakes[rehearsal.schedule.ordinal % len(namesakes)]), "no_number_ambiguous")
    nobody = draft.add(build(outside.fresh(lambda home: (home.village.code, home.head.name) not in known)), "no_number_unknown")
    for row in (unique, spaced, member, several, nobody):
        row.values["head_id_number"] = None


def _losses(rehearsal: Rehearsal) -> list[Parcel]:
    schedule = rehearsal.schedule
    draft = Draft(LOSS, rehearsal.rng(LOSS))
    rng = draft.rng
    listed = rehearsal.stock(rehearsal.listed_homes, LOSS, schedule.ordinal)
    outside = rehearsal.stock(rehearsal.ordinary_homes, LOSS, schedule.ordinal)

    def build(home: Household, loss: str | None = None, trade: str | None = None, share: float | None = None) -> Row:
        values = {
            "head_name": home.head.name,
            "head_id_number": home.head.number,
            "industry_type": trade or rng.choice(TRADES),
            "loss_reason": rng.choice(LOSS_REASONS),
            "affected_area_mu": Decimal(rng.randint(5, 300)) / 10,
            "loss_yuan": Decimal(loss) if loss else Decimal(rng.randint(1_200_000, 6_000_000)) / 100,
            "occurred_date": schedule.day_since(rng.random() * 0.9 if share is None else share),
        }
        return Row(values, home.place)

    for home in listed.regular(rehearsal.many(3, 12, 120), kept=0) + outside.regular(rehearsal.many(2, 8, 80), kept=0):
        draft.add(build(home))
    for _ in range(rehearsal.many(2, 5, 40)):
        draft.add(build(outside.fresh(), f"{rng.randint(500, 11999)}.00"), "below_mark")
    Faults(build, listed, outside, "head_id_number", "head_name", "loss_yuan").plant(draft, rehearsal)
    draft.add(build(listed.fresh(), "12000.00"), "boundary_12000.00")
    draft.add(build(listed.fresh(), "11999.99"), "boundary_11999.99")
    draft.add(build(outside.fresh(), "13500.50"), "thousands_text").shown["loss_yuan"] = "13,500.50"
    about = draft.add(build(listed.fresh(), "15000"), "approximate", fate=WAITING, why="approximate_amount")
    about.shown["loss_yuan"] = "约1.5万"
    unlucky = listed.fresh()
    for trade, share in (("水稻种植", 0.2), ("土鸡养殖", 0.2), ("水稻种植", 0.7)):
        draft.add(build(unlucky, "18000", trade, share), "one_household_several_losses")
    disputed = outside.fresh()
    for loss in ("13000", "15000"):
        draft.add(build(disputed, loss, "茶叶种植", 0.5), "conflict", fate=WAITING, why="conflict")
    draft.add(build(outside.fresh(), "16800"), "formula_text").shown["loss_reason"] = "-市场跌价"
    return [
        _in_wan(rehearsal, build, listed, outside),
        _in_yuan(schedule, rehearsal, draft),
        _single(rehearsal, build(outside.fresh(), "22000")),
    ]


def _in_wan(rehearsal: Rehearsal, build, listed, outside) -> Parcel:  # type: ignore[no-untyped-def]
    """A list whose amounts are in 万元, said once above the table."""
    schedule = rehearsal.schedule
    rows = [
        build(listed.fresh(), "12000.00"),
        build(outside.fresh(), "11999.99"),
        build(outside.fresh(), "35600"),
        build(listed.fresh(), "800"),
    ]
    for row, kind in zip(rows, ("boundary_in_wan", "boundary_in_wan", "unit_line_wan", "below_mark"), strict=True):
        row.kind = kind
    title = f"旌德县农业产业受损农户信息（{schedule.last_month.year}年{schedule.last_month.month}月）"
    sheet = Sheet(
        "产业受损",
        rows,
        titles=[title],
        unit_line="单位：万元",
        units={"loss_yuan": "万元"},
        labels={"affected_area_mu": "受灾面积（亩）", "head_name": "户主"},
        dates="dot",
        has_total=True,
    )
    name = f"产业受损_{schedule.dispatch}_一.xlsx"
    return Parcel(LOSS, None, name, [sheet], rehearsal.at(schedule.day_since(0.92), 9, 0), kind="unit_line_wan")


def _in_yuan(schedule: Schedule, rehearsal: Rehearsal, draft: Draft) -> Parcel:
    sheet = Sheet(
        "",
        draft.finished(),
        titles=["旌德县农业产业受损农户信息"],
        labels={"loss_yuan": "损失金额(元)"},
        blank_every=9,
        foot=[SIGNED],
    )
    when = rehearsal.at(schedule.day_since(0.95), 14, 0)
    return Parcel(
        LOSS, None, f"产业受损_{schedule.dispatch}_二.csv", [sheet], when, form="csv", encoding="utf-8-sig", delimiter=";"
    )


def _single(rehearsal: Rehearsal, row: Row) -> Parcel:
    """One household's loss sent on its own, as it happens."""
    schedule = rehearsal.schedule
    sheet = Sheet("Sheet1", [row], units={"loss_yuan": "万元"}, dates="cell")
    return Parcel(
        LOSS, None, f"产业受损_{schedule.dispatch}_三.ods", [sheet], rehearsal.at(schedule.day_since(0.97), 8, 30), form="ods"
    )
