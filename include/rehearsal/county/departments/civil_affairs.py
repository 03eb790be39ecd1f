"""县民政局, by the end of each quarter: people newly recognised as low-income."""

from __future__ import annotations

import random
from datetime import date

from include.rehearsal.county.people import Household, Person
from include.rehearsal.county.planting import SIGNED, Draft, Faults, Rehearsal, titled
from include.rehearsal.county.schedule import quarter_before, quarter_day, quarter_key, quarter_name
from include.rehearsal.county.tables import Parcel, Row, Sheet

FEED = "civil_affairs__new_low_income"
TYPES = ("低保对象", "特困人员", "低保边缘家庭", "支出型困难家庭")


def parcels(rehearsal: Rehearsal) -> list[Parcel]:
    """The quarter's list; with all feeds also the one before it, on which some of the 'new' already stand."""
    schedule = rehearsal.schedule
    if not (schedule.is_quarter_due or schedule.all_feeds):
        return []
    quarter = schedule.quarter
    before = quarter_before(quarter)
    draft = Draft(FEED, rehearsal.rng(FEED))
    rng = draft.rng
    listed = rehearsal.stock(rehearsal.listed_homes, FEED, quarter[0] * 4 + quarter[1])
    outside = rehearsal.stock(rehearsal.ordinary_homes, FEED, quarter[0] * 4 + quarter[1])

    def build(home: Household, member: Person | None = None, low_income: str | None = None, day: date | None = None) -> Row:
        luck = random.Random(f"{rehearsal.seed}|low_income|{home.head.number}")
        person = member or home.head
        values = {
            "person_name": person.name,
            "id_number": person.number,
            "head_name": home.head.name,
            "head_id_number": home.head.number,
            "low_income_type": low_income or luck.choice(TYPES),
            "residence_type": "农村",
            "recognised_date": day or quarter_day(quarter, luck.random()),
            "covered_count": len(home.members),
        }
        return Row(values, home.place)

    for home in listed.regular(rehearsal.many(6, 50, 700), kept=0) + outside.regular(rehearsal.many(5, 50, 700), kept=0):
        row = draft.add(build(home, rng.choice(home.members)))
        if home.id and rng.random() < 0.3:
            row.values |= {"head_name": None, "head_id_number": None}
    Faults(build, listed, outside, "id_number", "person_name", "recognised_date", ("low_income_type", "困难职工")).plant(
        draft, rehearsal
    )
    for home in (listed.fresh(), outside.fresh()):
        draft.add(build(home), "town_dweller").values["residence_type"] = "城市"
    draft.add(build(listed.fresh(), day=quarter_day(before, 0.5)), "date_outside_quarter")
    family = listed.fresh(lambda home: len(home.members) >= 2)
    for member in family.members[:2]:
        draft.add(build(family, member, "低保对象"), "two_members_one_type")
    several = listed.fresh(lambda home: len(home.members) >= 2)
    for member, low_income in zip(several.members[:2], TYPES[1:3], strict=True):
        draft.add(build(several, member, low_income), "two_types_one_household")
    alone = draft.add(build(outside.fresh(), low_income="特困人员"), "head_left_blank")
    alone.values |= {"head_name": None, "head_id_number": None}
    draft.add(build(listed.fresh(), day=date(quarter[0], quarter[1] * 3, 5)), "date_without_year").shown["recognised_date"] = (
        f"{quarter[1] * 3}月5日"
    )
    whole_month = draft.add(build(listed.fresh(), day=date(quarter[0], quarter[1] * 3 - 1, 1)), "month_without_day")
    whole_month.shown["recognised_date"] = f"{quarter[0]}年{quarter[1] * 3 - 1}月"
    parcels = []
    if schedule.all_feeds:
        parcels.append(_list_before(rehearsal, draft, build, [listed.fresh(), outside.fresh()]))
    name = quarter_name(quarter)
    sheet = Sheet(
        "新增",
        draft.finished(),
        titles=titled("县民政局", f"旌德县{name}新增低收入人口名单", rehearsal.due_day(4)),
        order=("town_name", "village_name", "person_name"),
        extra=("序号", "备注"),
        repeat_head_every=30,
        foot=["注：城市户籍一并列出。", SIGNED],
    )
    parcels.append(
        Parcel(FEED, quarter_key(quarter), f"新增低收入人口{name}.xlsx", [sheet], rehearsal.at(rehearsal.due_day(4), 15))
    )
    return parcels


def _list_before(rehearsal: Rehearsal, draft: Draft, build, homes: list[Household]) -> Parcel:  # type: ignore[no-untyped-def]
    """Last quarter's list: those on it were recognised before its quarter, so it signals nothing; now they are not new."""
    before = quarter_before(rehearsal.schedule.quarter)
    rows = []
    for home in homes:
        draft.add(build(home, low_income="低保边缘家庭"), "already_listed")
        rows.append(build(home, low_income="低保边缘家庭", day=quarter_day(quarter_before(before), 0.5)))
        rows[-1].kind = "list_before"
    name = quarter_name(before)
    sheet = Sheet("Sheet1", rows, titles=[f"旌德县{name}新增低收入人口名单"], dates="dot")
    return Parcel(
        FEED, quarter_key(before), f"新增低收入人口{name}.xls", [sheet], rehearsal.at(rehearsal.due_day(4), 9), form="xls"
    )
