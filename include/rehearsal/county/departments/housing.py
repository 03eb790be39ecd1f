"""县住建局, by the end of each quarter: this year's renovation plan, and houses that have become unsafe."""

from __future__ import annotations

import random

from include.rehearsal.county.people import Household
from include.rehearsal.county.planting import SIGNED, Draft, Faults, Rehearsal, Stock, titled
from include.rehearsal.county.schedule import quarter_day, quarter_key, quarter_name
from include.rehearsal.county.tables import Parcel, Row, Sheet

PLAN = "housing__renovation_plan"
HAZARD = "housing__hazard"
HAZARDS = ("屋面渗漏", "墙体开裂", "地基沉降", "屋架腐朽", "周边滑坡风险")


def parcels(rehearsal: Rehearsal) -> list[Parcel]:
    """Both lists of the quarter that ended last, when it is due or everything is wanted."""
    schedule = rehearsal.schedule
    if not (schedule.is_quarter_due or schedule.all_feeds):
        return []
    year, number = schedule.quarter
    listed = rehearsal.stock(rehearsal.listed_homes, "housing", year * 4 + number)
    outside = rehearsal.stock(rehearsal.ordinary_homes, "housing", year * 4 + number)
    both = [listed.fresh(), outside.fresh()]
    return [_plan(rehearsal, listed, outside, both), _hazards(rehearsal, listed, outside, both)]


def _plan(rehearsal: Rehearsal, listed: Stock[Household], outside: Stock[Household], both: list[Household]) -> Parcel:
    schedule = rehearsal.schedule
    year, _ = schedule.quarter
    draft = Draft(PLAN, rehearsal.rng(PLAN))

    def build(home: Household) -> Row:
        rng = random.Random(f"{rehearsal.seed}|plan|{home.head.number}")
        values = {
            "plan_year": year,
            "head_name": home.head.name,
            "head_id_number": home.head.number,
            "house_grade": rng.choice(("C级", "D级")),
            "renovation_method": rng.choice(("修缮加固", "拆除重建", "新建翻建")),
            "household_category": rng.choice(("低保户", "脱贫户", "其他困难户", None)),
        }
        return Row(values, home.place)

    for home in listed.regular(rehearsal.many(5, 40, 600)) + outside.regular(rehearsal.many(3, 20, 300)):
        draft.add(build(home))
    Faults(build, listed, outside, "head_id_number", "head_name", "house_grade", ("house_grade", "危险")).plant(draft, rehearsal)
    for home in both:
        draft.add(build(home), "plan_and_hazard")
    draft.add(build(listed.fresh()), "other_year").values["plan_year"] = year - 1
    draft.add(build(listed.fresh()), "full_width_grade").shown["house_grade"] = "Ｄ级"
    quarter = quarter_name(schedule.quarter)
    sheet = Sheet(
        "Sheet1",
        draft.finished(),
        titles=titled("县住建局", f"旌德县{quarter}农村危房改造计划农户名单", rehearsal.due_day(3)),
        labels={"village_name": "村（居）", "head_id_number": "户主身份证号码"},
        foot=[SIGNED],
    )
    when = rehearsal.at(rehearsal.due_day(3), 16)
    return Parcel(PLAN, quarter_key(schedule.quarter), f"危房改造计划{quarter}.ods", [sheet], when, form="ods")


def _hazards(rehearsal: Rehearsal, listed: Stock[Household], outside: Stock[Household], both: list[Household]) -> Parcel:
    schedule = rehearsal.schedule
    draft = Draft(HAZARD, rehearsal.rng(HAZARD))

    def build(home: Household, hazard: str | None = None, grade: str | None = None) -> Row:
        rng = random.Random(f"{rehearsal.seed}|hazard|{home.head.number}")
        values = {
            "head_name": home.head.name,
            "head_id_number": home.head.number,
            "hazard_type": hazard or rng.choice(HAZARDS),
            "house_grade": grade or rng.choice(("C级", "D级", "B级", "未鉴定")),
            "found_date": quarter_day(schedule.quarter, rng.random()),
        }
        return Row(values, home.place)

    for home in outside.regular(rehearsal.many(4, 30, 450)) + listed.regular(rehearsal.many(1, 6, 50)):
        draft.add(build(home))
    Faults(build, listed, outside, "head_id_number", "head_name", "hazard_type", ("house_grade", "危险")).plant(draft, rehearsal)
    for home in both:
        draft.add(build(home), "plan_and_hazard")
    unlucky = listed.fresh()
    for hazard in HAZARDS[:2]:
        draft.add(build(unlucky, hazard), "two_hazards")
    draft.add(build(outside.fresh(), grade="未鉴定"), "not_graded")
    draft.add(build(outside.fresh(), grade="A级"), "grade_a")
    last = quarter_day(schedule.quarter, 1)
    draft.add(build(listed.fresh()), "date_without_year").shown["found_date"] = f"{last.month}月5日"
    quarter = quarter_name(schedule.quarter)
    sheet = Sheet(
        "", draft.finished(), titles=[f"旌德县{quarter}住房安全隐患农户名单"], blank_every=11, labels={"found_date": "发现时间"}
    )
    when = rehearsal.at(rehearsal.due_day(3), 17)
    return Parcel(
        HAZARD,
        quarter_key(schedule.quarter),
        f"住房隐患{quarter}.csv",
        [sheet],
        when,
        form="csv",
        encoding="utf-8",
        delimiter="\t",
    )
