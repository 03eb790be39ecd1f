"""县应急管理局, at once: areas under a relief response, and households still in difficulty after relief."""

from __future__ import annotations

from decimal import Decimal

from include.rehearsal.county.divisions import Place
from include.rehearsal.county.people import Household
from include.rehearsal.county.planting import Draft, Faults, Rehearsal
from include.rehearsal.county.tables import Parcel, Row, Sheet

AREA = "emergency__disaster_area"
HOUSEHOLD = "emergency__disaster_household"
DAMAGE = ("房屋倒塌两间", "稻田被淹", "房顶受损", "家禽被冲走", "口粮受损")
# (name, kind of disaster, level as written, what it shows)
RESPONSES = (
    ("暴雨洪涝", "洪涝", "Ⅳ级", "level_roman"),
    ("低温雨雪冰冻", "低温冷冻和雪灾", "IV级", "level_letters"),
    ("山体滑坡", "地质灾害", "4级", "level_figure"),
    ("大风冰雹", "风雹", "四级", "level_chinese"),
    ("干旱", "旱灾", "4", "level_bare_figure"),
    ("台风外围影响", "台风", "Ⅲ级", "level_above"),
    ("短时强降雨", "洪涝", "Ⅴ级", "level_below_mark"),
    ("雷击火灾", "森林火灾", "五级", "level_below_mark"),
)


def disaster_id(rehearsal: Rehearsal, index: int) -> str:
    return f"ZH{rehearsal.schedule.year}{rehearsal.schedule.month:02d}{index:02d}"


def parcels(rehearsal: Rehearsal) -> list[Parcel]:
    """The responses in one file, the households in another."""
    return [_areas(rehearsal), _households(rehearsal)]


def _areas(rehearsal: Rehearsal) -> Parcel:
    schedule = rehearsal.schedule
    rng = rehearsal.rng(AREA)
    rows = []
    for index, (name, sort, level, kind) in enumerate(RESPONSES, start=1):
        town = rng.choice(rehearsal.county.towns)
        villages = sorted(rng.sample(town.villages, rng.randint(1, 3)), key=lambda village: village.code)
        places = [Place.of(village) for village in villages]
        if kind == "level_figure":
            places = [Place(town)]
        elif kind == "level_above":
            places = [Place(each) for each in sorted(rng.sample(rehearsal.county.towns, 3), key=lambda each: each.code)]
        values = {
            "disaster_id": disaster_id(rehearsal, index),
            "disaster_name": name,
            "disaster_type": sort,
            "response_level": level,
            "started_date": schedule.day_since(index / 10),
            "town_name": places,
            "village_name": places,
            "affected_count": rng.randint(40, 2000),
            "direct_loss_yuan": Decimal(rng.randint(1000, 90000)) * 1000,
        }
        rows.append(Row(values, places[0], kind=kind))
    sheet = Sheet("灾情", rows, titles=["旌德县启动救灾应急响应地区灾情信息"], dates="slash")
    return Parcel(AREA, None, f"应急响应灾情_{schedule.dispatch}.xlsx", [sheet], rehearsal.at(schedule.day_since(0.85), 18, 0))


def _households(rehearsal: Rehearsal) -> Parcel:
    schedule = rehearsal.schedule
    draft = Draft(HOUSEHOLD, rehearsal.rng(HOUSEHOLD))
    rng = draft.rng
    listed = rehearsal.stock(rehearsal.listed_homes, HOUSEHOLD, schedule.ordinal)
    outside = rehearsal.stock(rehearsal.ordinary_homes, HOUSEHOLD, schedule.ordinal)

    def build(home: Household, in_difficulty: str = "是", event: int = 0) -> Row:
        values = {
            "disaster_id": disaster_id(rehearsal, event or rng.randint(1, 6)),
            "head_name": home.head.name,
            "head_id_number": home.head.number,
            "damage_description": rng.choice(DAMAGE),
            "relief_yuan": Decimal(rng.randint(2, 80) * 100),
            "is_still_in_difficulty": in_difficulty,
            "assessed_date": schedule.day_since(0.8),
        }
        return Row(values, home.place)

    for home in listed.regular(rehearsal.many(3, 12, 120), kept=0) + outside.regular(rehearsal.many(2, 6, 60), kept=0):
        draft.add(build(home))
    Faults(build, listed, outside, "head_id_number", "head_name", "damage_description", ("is_still_in_difficulty", "待定")).plant(
        draft, rehearsal
    )
    draft.add(build(listed.fresh(), "否"), "not_in_difficulty")
    draft.add(build(outside.fresh(), "否"), "not_in_difficulty")
    struck_twice = listed.fresh()
    for event in (1, 2):
        draft.add(build(struck_twice, event=event), "two_disasters")
    sheet = Sheet(
        "Sheet1",
        draft.finished(),
        titles=["救助后基本生活仍有困难受灾农户"],
        labels={"relief_yuan": "已获救助金额(元)"},
        dates="iso",
    )
    return Parcel(
        HOUSEHOLD,
        None,
        f"受灾困难农户_{schedule.dispatch}.ods",
        [sheet],
        rehearsal.at(schedule.day_since(0.9), 10, 0),
        form="ods",
    )
