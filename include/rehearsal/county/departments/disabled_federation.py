"""县残联, by the end of each quarter: people with a new disability certificate who are short of labour and at risk."""

from __future__ import annotations

import random
from datetime import date

from include.rehearsal.county.people import Person
from include.rehearsal.county.planting import SIGNED, Draft, Faults, Rehearsal, titled
from include.rehearsal.county.schedule import quarter_before, quarter_day, quarter_key, quarter_name
from include.rehearsal.county.tables import WAITING, Parcel, Row, Sheet

FEED = "disabled_federation__new_certificate"
CATEGORIES = ("视力", "听力", "言语", "肢体", "智力", "精神", "多重")


def certificate(number: str, category: str, level: int) -> str:
    """The 20 characters of a certificate: identity number, category 1-7, level 1-4."""
    return f"{number}{CATEGORIES.index(category) + 1}{level}"


def parcels(rehearsal: Rehearsal) -> list[Parcel]:
    """The certificates of the quarter that ended last."""
    schedule = rehearsal.schedule
    if not (schedule.is_quarter_due or schedule.all_feeds):
        return []
    quarter = schedule.quarter
    draft = Draft(FEED, rehearsal.rng(FEED))
    rng = draft.rng
    ordinal = quarter[0] * 4 + quarter[1]
    listed = rehearsal.stock(rehearsal.people["registry"], FEED, ordinal)
    outside = rehearsal.stock(rehearsal.people["ordinary"], FEED, ordinal)

    def build(
        person: Person,
        category: str = "肢体",
        level: int = 2,
        is_short: str = "是",
        risk: str | None = "高",
        day: date | None = None,
    ) -> Row:
        luck = random.Random(f"{rehearsal.seed}|certificate|{person.number}")
        values = {
            "person_name": person.name,
            "id_number": person.number,
            "certificate_number": certificate(person.number, category, level),
            "disability_category": category,
            "disability_level": level,
            "issued_date": day or quarter_day(quarter, luck.random()),
            "is_short_of_labour": is_short,
            "poverty_risk": risk,
        }
        return Row(values, person.place)

    for person in listed.regular(rehearsal.many(5, 25, 300), kept=0) + outside.regular(rehearsal.many(4, 25, 300), kept=0):
        category = rng.choice(CATEGORIES[:6])
        draft.add(build(person, category, rng.choice((1, 2)), risk=rng.choice(("高", "高", None))))
    Faults(build, listed, outside, "id_number", "person_name", "issued_date", ("is_short_of_labour", "不详")).plant(
        draft, rehearsal
    )
    for category, level, kind in (
        ("肢体", 3, "level_3_limb"),
        ("智力", 3, "level_3_intellectual"),
        ("精神", 3, "level_3_mental"),
        ("视力", 4, "level_4"),
        ("多重", 2, "multiple_level_2"),
    ):
        draft.add(build(listed.fresh(), category, level), kind)
    draft.add(build(outside.fresh(), "多重", 3), "multiple_level_3", fate=WAITING, why="multiple_disability_level_3")
    draft.add(build(listed.fresh(), is_short="否"), "not_short_but_high_risk")
    draft.add(build(outside.fresh(), risk="中"), "risk_not_high")
    draft.add(build(listed.fresh(), risk=None), "risk_not_given")
    draft.add(build(outside.fresh(), day=quarter_day(quarter_before(quarter), 0.4)), "date_outside_quarter")
    reissue = draft.add(build(listed.fresh(), level=1), "reissue")
    reissue.values["certificate_number"] += "B1"
    higher, lower = outside.fresh(), listed.fresh()
    draft.add(build(higher), "number_against_columns").values["certificate_number"] = certificate(higher.number, "肢体", 3)
    draft.add(build(lower, level=3), "number_against_columns").values["certificate_number"] = certificate(lower.number, "智力", 3)
    name = quarter_name(quarter)
    sheet = Sheet(
        "",
        draft.finished(),
        titles=titled("县残联", f"旌德县{name}新办残疾人证人员信息", rehearsal.due_day(5)),
        labels={"poverty_risk": "返贫致贫风险等级", "id_number": "身份证号码"},
        foot=[SIGNED],
    )
    when = rehearsal.at(rehearsal.due_day(5), 10)
    return [
        Parcel(
            FEED, quarter_key(quarter), f"新办残疾人证{name}.csv", [sheet], when, form="csv", encoding="gb18030", delimiter=";"
        )
    ]
