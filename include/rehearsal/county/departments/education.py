"""县教体局, by the end of March and of December: rural children in compulsory education who are not at school."""

from __future__ import annotations

import random
from datetime import date, timedelta

from include.rehearsal.county.divisions import Place
from include.rehearsal.county.people import Household, Person, Population, newcomer
from include.rehearsal.county.planting import SIGNED, Draft, Faults, Rehearsal, titled
from include.rehearsal.county.tables import Parcel, Row, Sheet

FEED = "education__dropout"
AWAY = ("失学", "辍学", "疑似辍学", "长期旷课", "未入学")
GRADES = ("一年级", "二年级", "三年级", "四年级", "五年级", "六年级", "七年级", "八年级", "九年级")


def parcels(rehearsal: Rehearsal) -> list[Parcel]:
    """The list of the term reported last."""
    schedule = rehearsal.schedule
    if not (schedule.is_term_due or schedule.all_feeds):
        return []
    year, season = schedule.term
    starts = date(year, 9, 1) if season == "autumn" else date(year, 3, 1)
    writings = (
        (f"{year}年秋季", f"{year}年秋季学期", f"{year}-{year + 1}学年第一学期")
        if season == "autumn"
        else (f"{year}年春季", f"{year}年春季学期", f"{year - 1}-{year}学年第二学期")
    )
    draft = Draft(FEED, rehearsal.rng(FEED))
    rng = draft.rng
    ordinal = year * 2 + (season == "autumn")
    listed = rehearsal.stock([p for p in rehearsal.people["registry"] if 8 <= p.age_on(starts) <= 14], FEED, ordinal)
    outside = rehearsal.stock([p for p in rehearsal.people["ordinary"] if 8 <= p.age_on(starts) <= 14], FEED, ordinal)

    def build(child: Person, status: str = "辍学", absent_since: date | None = None) -> Row:
        luck = random.Random(f"{rehearsal.seed}|school|{child.number}")
        guardian = child.household.head
        grade = min(9, max(1, child.age_on(starts) - 5))
        town = child.household.village.town.name
        values = {
            "term": luck.choice(writings),
            "child_name": child.name,
            "child_id_number": child.number,
            "student_number": f"G{child.number}",
            "school_name": f"{town}中心小学" if grade <= 6 else f"{town}初级中学",
            "school_stage": "小学" if grade <= 6 else "初中",
            "grade": GRADES[grade - 1],
            "attendance_status": status,
            "absence_date": absent_since or (starts + timedelta(days=luck.randint(1, 25))),
            "absence_reason": luck.choice(("厌学", "家庭困难", "身体原因", "随父母外出")),
            "guardian_name": guardian.name,
            "guardian_id_number": guardian.number if luck.random() < 0.8 else None,
            "phone": f"139{luck.randrange(10**8):08d}",
        }
        return Row(values, child.place)

    def child_born(birth: date) -> Person:
        home: Household = newcomer(
            rehearsal.county, rng, rng.choice(rehearsal.villages()), birth.replace(year=birth.year - 30, day=9)
        ).household
        return Population(rng, rehearsal.county.numbers).person(home, "之子", birth, is_female=False)

    for child in listed.regular(rehearsal.many(4, 12, 90)) + outside.regular(rehearsal.many(2, 6, 50)):
        draft.add(build(child, random.Random(child.number).choice(AWAY)))
    Faults(build, listed, outside, "child_id_number", "child_name", "grade", ("attendance_status", "其他情况")).plant(
        draft, rehearsal
    )
    sixteen, six = starts.replace(year=starts.year - 16), starts.replace(year=starts.year - 6)
    next_day = timedelta(days=1)
    for birth, kind in (
        (sixteen, "age_exactly_16"),
        (sixteen + next_day, "age_one_day_under_16"),
        (six, "age_exactly_6"),
        (six + next_day * 300, "age_under_6"),
    ):
        draft.add(build(child_born(birth), "未入学" if birth >= six else "辍学", starts + timedelta(days=3)), kind)
    older = draft.add(build(child_born(sixteen - timedelta(days=40))), "absent_before_16")
    older.values["absence_date"] = starts - timedelta(days=70)
    younger = draft.add(build(child_born(six + timedelta(days=30)), "未入学"), "absent_after_6")
    younger.values["absence_date"] = starts + timedelta(days=35)
    for status, kind in (
        ("送教上门", "taught_at_home"),
        ("休学", "sick_leave"),
        ("延缓入学", "deferred"),
        ("在读", "at_school"),
    ):
        draft.add(build(outside.fresh(), status), kind)
    for status in AWAY:
        draft.add(build(listed.fresh(), status), "every_status")
    elsewhere = draft.add(build(outside.fresh()), "home_elsewhere")
    elsewhere.place = Place(is_elsewhere=True)
    elsewhere.shown |= {"town_name": "绩溪县金沙镇", "village_name": "高枧村"}
    title = f"旌德县{writings[0]}控辍保学失学辍学学生信息表"
    sheet = Sheet(
        "Sheet1",
        draft.finished(),
        titles=titled("县教体局", title, rehearsal.due_day(4)),
        labels={"child_id_number": "学生身份证号码", "guardian_name": "监护人"},
        extra=("序号",),
        foot=[SIGNED],
    )
    when = rehearsal.at(rehearsal.due_day(4), 11)
    return [Parcel(FEED, f"{year}-{season}", f"控辍保学{writings[0]}.xls", [sheet], when, form="xls")]
