"""县信访局, at once: petitioners whose income is below the line and whose life is hard."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from include.rehearsal.county.people import CENSUS_DAY, Person
from include.rehearsal.county.planting import Draft, Faults, Rehearsal
from include.rehearsal.county.tables import Parcel, Row, Sheet

FEED = "petition__case"
APPEALS = ("反映家中生活困难", "要求落实低保政策", "反映住房漏雨", "要求解决就医费用", "反映子女上学困难")


def parcels(rehearsal: Rehearsal) -> list[Parcel]:
    """The month's cases, and a zero report that says 本月无 under its heads."""
    schedule = rehearsal.schedule
    draft = Draft(FEED, rehearsal.rng(FEED))
    rng = draft.rng
    adults = [p for p in rehearsal.people["registry"] if p.age_on(CENSUS_DAY) >= 18 and "·" not in p.name]
    listed = rehearsal.stock(adults, FEED, schedule.ordinal)
    outside = rehearsal.stock(rehearsal.people["ordinary"], FEED, schedule.ordinal)
    count = 0

    def build(person: Person, income: str | None = None, in_difficulty: str = "是") -> Row:
        nonlocal count
        count += 1
        values = {
            "case_id": f"XF{schedule.year}{schedule.month:02d}{count:03d}",
            "accepted_date": schedule.day_since(rng.random() * 0.9),
            "person_name": person.name,
            "id_number": person.number,
            "appeal_content": rng.choice(APPEALS),
            "income_yuan": Decimal(income) if income else Decimal(rng.randint(3000, 7900)),
            "is_in_difficulty": in_difficulty,
        }
        return Row(values, person.place)

    for person in listed.regular(rehearsal.many(3, 10, 100), kept=0) + outside.regular(rehearsal.many(2, 8, 80), kept=0):
        draft.add(build(person))
    Faults(build, listed, outside, "id_number", "person_name", "income_yuan", ("is_in_difficulty", "不清楚")).plant(
        draft, rehearsal
    )
    draft.add(build(listed.fresh(), "8000.00"), "boundary_line_in_difficulty")
    draft.add(build(listed.fresh(), "8000.00", "否"), "boundary_line_no_difficulty")
    draft.add(build(outside.fresh(), "7999.99"), "boundary_below_line")
    draft.add(build(listed.fresh(), "5600", "否"), "no_difficulty")
    draft.add(build(outside.fresh(), "15200"), "above_line")
    draft.add(build(outside.fresh(), "6100"), "formula_text").shown["appeal_content"] = "-要求修路；=解决饮水"
    known = Counter((p.household.village.code, p.name) for p in rehearsal.people["registry"])
    unique = draft.add(build(listed.fresh(lambda p: known[p.household.village.code, p.name] == 1)), "no_number_unique")
    nobody = draft.add(build(outside.fresh(lambda p: (p.household.village.code, p.name) not in known)), "no_number_unknown")
    namesake = rehearsal.county.namesakes[(schedule.ordinal + 1) % len(rehearsal.county.namesakes)].head
    several = draft.add(build(namesake), "no_number_ambiguous")
    for row in (unique, nobody, several):
        row.values["id_number"] = None
    sheet = Sheet(
        "",
        draft.finished(),
        titles=["旌德县信访反映基本生活困难人员信息"],
        dates="iso",
        labels={"income_yuan": "家庭人均纯收入(元)"},
    )
    nothing = Sheet("Sheet1", [], note="本月无", titles=["旌德县信访反映基本生活困难人员信息"])
    when = rehearsal.at(schedule.day_since(0.94), 17, 0)
    return [
        Parcel(FEED, None, f"信访困难人员_{schedule.dispatch}.csv", [sheet], when, form="csv", encoding="utf-8-sig"),
        Parcel(
            FEED,
            None,
            f"信访零报告_{schedule.since:%Y%m%d}.xlsx",
            [nothing],
            rehearsal.at(schedule.since, 17, 0),
            status="zero_report",
            kind="zero_row",
        ),
    ]
