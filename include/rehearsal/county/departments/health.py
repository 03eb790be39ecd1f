"""县卫健委, within three days of an event: public-health events of an area; a zero report; and a locked book."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from include.rehearsal.county.divisions import Place, Town
from include.rehearsal.county.planting import Rehearsal
from include.rehearsal.county.schedule import Schedule
from include.rehearsal.county.tables import Parcel, Row, Sheet

FEED = "health__epidemic_event"


def parcels(rehearsal: Rehearsal) -> list[Parcel]:
    """Three events in one file, a zero report that has no table at all, and a book nobody can open."""
    schedule = rehearsal.schedule
    rng = rehearsal.rng(FEED)
    towns: list[Town] = rng.sample(rehearsal.county.towns, 4)
    some = sorted(rng.sample(towns[0].villages, 2), key=lambda village: village.code)
    pair = sorted(towns[1:3], key=lambda town: town.code)
    events = (
        ("流感聚集性疫情", "传染病疫情", "一般", [Place.of(village) for village in some], "two_villages"),
        ("诺如病毒感染", "传染病疫情", "较大", [Place.of(town.villages[0]) for town in pair], "several_towns"),
        ("食物中毒事件", "食物中毒", None, [Place(towns[3])], "whole_town"),
    )
    rows = []
    for index, (name, sort, level, places, kind) in enumerate(events, start=1):
        day = schedule.day_since(index / 5)
        row = _event(schedule, index, name, sort, day, places)
        row.values |= {"event_level": level, "household_count": rng.randint(3, 40), "person_count": rng.randint(5, 90)}
        row.kind = kind
        rows.append(row)
    rows[0].shown["event_description"] = '=HYPERLINK("http://example.invalid","详情")'
    sheet = Sheet(
        "事件", rows, titles=["旌德县重大突发公共卫生事件和疫情信息"], labels={"reported_date": "报告时间"}, dates="chinese"
    )
    sent = schedule.day_since(0.75)
    last = schedule.last_month
    nothing = Sheet("Sheet1", [], note="本月无", has_heads=False, titles=[f"{last.year}年{last.month}月零报告"])
    locked = Sheet("Sheet1", [_event(schedule, 9, "水痘聚集性疫情", "传染病疫情", sent, [Place(towns[3])])])
    return [
        Parcel(FEED, None, f"疫情事件_{schedule.dispatch}.xlsx", [sheet], rehearsal.at(sent, 11, 30)),
        Parcel(
            FEED,
            None,
            f"卫健委零报告_{last:%Y-%m}.xlsx",
            [nothing],
            rehearsal.at(schedule.since, 16),
            status="zero_report",
            kind="zero_without_table",
        ),
        Parcel(
            FEED,
            None,
            f"疫情补充_{schedule.dispatch}.xlsx",
            [locked],
            rehearsal.at(sent, 17),
            form="protected",
            status="refused",
            why="password",
            kind="password",
        ),
    ]


def _event(schedule: Schedule, index: int, name: str, sort: str, day: date, places: list[Place]) -> Row:
    values: dict[str, Any] = {
        "event_id": f"YQ{schedule.year}{schedule.month:02d}{index:02d}",
        "event_name": name,
        "event_type": sort,
        "occurred_date": day,
        "reported_date": day + timedelta(days=1),
        "town_name": places,
        "village_name": places,
        "event_description": f"{name}，已处置",
    }
    return Row(values, places[0])
