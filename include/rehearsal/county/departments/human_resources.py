"""县人社局, by the 9th of each month: people of the registry able and willing to work who have had no work this year."""

from __future__ import annotations

import random

from include.rehearsal.county.departments.medical_insurance import category_of
from include.rehearsal.county.people import CENSUS_DAY, Person
from include.rehearsal.county.planting import SIGNED, Draft, Faults, Rehearsal, titled
from include.rehearsal.county.schedule import quarter_day
from include.rehearsal.county.tables import Parcel, Row, Sheet

FEED = "human_resources__unemployed"


def parcels(rehearsal: Rehearsal) -> list[Parcel]:
    """One book with two sheets, and a web page that calls itself xls."""
    schedule = rehearsal.schedule
    draft = Draft(FEED, rehearsal.rng(FEED))
    workers = [p for p in rehearsal.people["registry"] if 18 <= p.age_on(CENSUS_DAY) <= 59]
    listed = rehearsal.stock(workers, FEED, schedule.ordinal)
    outside = rehearsal.stock(rehearsal.people["ordinary"], FEED, schedule.ordinal)

    def build(person: Person, ability: str = "有", intention: str = "有", status: str = "未就业") -> Row:
        rng = random.Random(f"{rehearsal.seed}|work|{person.number}")
        values = {
            "person_name": person.name,
            "id_number": person.number,
            "person_category": category_of(person) if person.household.id else "脱贫人口",
            "has_labour_ability": ability,
            "has_job_intention": intention,
            "employment_status": status,
            "last_employment_end_date": quarter_day((schedule.year - 1, rng.randint(1, 4)), rng.random())
            if rng.random() < 0.6
            else None,
        }
        return Row(values, person.place)

    for person in listed.regular(rehearsal.many(10, 130, 2500)):
        draft.add(build(person))
    Faults(build, listed, None, "id_number", "person_name", "person_name", ("employment_status", "不详")).plant(draft, rehearsal)
    for answers, kind in ((("无",), "no_ability"), (("有", "无"), "no_intention"), (("有", "有", "已就业"), "employed")):
        for _ in range(rehearsal.many(1, 4, 40)):
            draft.add(build(listed.fresh(), *answers), kind)
    for _ in range(rehearsal.many(1, 3, 30)):
        draft.add(build(outside.fresh()), "outside_registry")
    rows = draft.rows
    draft.rng.shuffle(rows)
    half = len(rows) // 2
    title = f"旌德县{schedule.year}年{schedule.month}月脱贫劳动力未就业人员名单"
    sheets = [
        Sheet("北片", rows[:half], titles=titled("县人社局", title, rehearsal.due_day(2)), has_total=True),
        Sheet("南片", rows[half:] + draft.repeated, titles=[title], repeat_head_every=25, foot=[SIGNED]),
    ]
    name = f"未就业人员{schedule.year}年{schedule.month}月.xlsx"
    page = Parcel(
        FEED,
        schedule.dispatch,
        f"未就业人员补充{schedule.year}年{schedule.month}月.xls",
        [Sheet("Sheet1", [build(listed.fresh()) for _ in range(2)], titles=[title])],
        rehearsal.at(rehearsal.due_day(0), 8, 30),
        form="html",
        kind="html_named_xls",
    )
    return [Parcel(FEED, schedule.dispatch, name, sheets, rehearsal.at(rehearsal.due_day(1), 9, 45)), page]
