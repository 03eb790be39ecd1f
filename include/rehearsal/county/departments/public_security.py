"""县公安局, at once: people hurt, killed or badly damaged in criminal cases and traffic accidents."""

from __future__ import annotations

from decimal import Decimal

from include.rehearsal.county.people import CENSUS_DAY, Person
from include.rehearsal.county.planting import SIGNED, Draft, Faults, Rehearsal
from include.rehearsal.county.tables import Parcel, Row, Sheet

FEED = "public_security__incident"


def parcels(rehearsal: Rehearsal) -> list[Parcel]:
    """The month's incidents, and the header-only file of a week without any."""
    schedule = rehearsal.schedule
    draft = Draft(FEED, rehearsal.rng(FEED))
    rng = draft.rng
    adults = [p for p in rehearsal.people["lifted"] if p.age_on(CENSUS_DAY) >= 18]
    listed = rehearsal.stock(adults, FEED, schedule.ordinal)
    outside = rehearsal.stock(rehearsal.people["ordinary"], FEED, schedule.ordinal)
    count = 0

    def build(person: Person, consequence: str = "重伤", incident: int = 0) -> Row:
        nonlocal count
        count += 1
        values = {
            "incident_id": f"AJ{schedule.year}{schedule.month:02d}{incident or 100 + count}",
            "incident_category": rng.choice(("交通事故", "刑事案件")),
            "occurred_date": schedule.day_since(rng.random() * 0.8),
            "person_name": person.name,
            "id_number": person.number,
            "consequence": consequence,
            "property_loss_yuan": Decimal(rng.randint(30, 200) * 1000) if consequence == "财产重大损失" else None,
        }
        return Row(values, person.place)

    for person in listed.regular(rehearsal.many(2, 6, 60), kept=0) + outside.regular(rehearsal.many(2, 8, 80), kept=0):
        draft.add(build(person, rng.choice(("重伤", "死亡", "财产重大损失"))))
    Faults(build, listed, outside, "id_number", "person_name", "occurred_date", ("consequence", "受惊")).plant(draft, rehearsal)
    draft.add(build(listed.fresh(), "轻伤"), "minor_injury")
    draft.add(build(outside.fresh(), "轻伤"), "minor_injury")
    draft.add(build(listed.fresh(), "财产重大损失"), "property_loss")
    for person in (listed.fresh(), outside.fresh()):
        draft.add(build(person, "重伤", 901), "two_victims")
    sheet = Sheet(
        "Sheet1",
        draft.finished(),
        titles=["案事件致人伤亡或财产重大损失人员信息"],
        dates="compact",
        extra=("序号",),
        foot=[SIGNED],
    )
    empty = Sheet("", [])
    return [
        Parcel(
            FEED, None, f"案事件人员_{schedule.dispatch}.xls", [sheet], rehearsal.at(schedule.day_since(0.93), 20, 0), form="xls"
        ),
        Parcel(
            FEED,
            None,
            f"案事件人员_{schedule.since:%Y%m%d}周.csv",
            [empty],
            rehearsal.at(schedule.day_since(0.2), 9, 0),
            form="csv",
            status="zero_report",
            kind="zero_header_only",
        ),
    ]
