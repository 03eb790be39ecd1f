"""县医保局, by the 9th of each month: who is not insured, and what people have paid themselves this year."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal

from include.rehearsal.county.people import Person, Population, newcomer
from include.rehearsal.county.planting import SIGNED, Draft, Faults, Rehearsal, titled
from include.rehearsal.county.tables import DUPLICATE, REJECTED, WAITING, Parcel, Row, Sheet

UNINSURED = "medical_insurance__uninsured"
MONITORED = "medical_insurance__self_pay_monitored"
HIGH = "medical_insurance__self_pay_high"
REASONS = ("外出务工未回", "认为不需要", "在外地参保未核实", "缴费困难", None)
COST_GROUP = "费用情况（元）"
COSTS = ("total_cost_yuan", "basic_insurance_yuan", "serious_illness_yuan", "medical_aid_yuan", "self_pay_yuan")
CARD_PREFIXES = ("810000", "820000", "830000", "934840")


def parcels(rehearsal: Rehearsal) -> list[Parcel]:
    """The uninsured (the file was dropped twice), self-pay of the monitored, self-pay above the line and its correction."""
    uninsured = _uninsured(rehearsal)
    again = Parcel(
        UNINSURED,
        None,
        "未参保名单（最终）.csv",
        [],
        rehearsal.at(rehearsal.due_day(0), 16, 40),
        form="csv",
        status="duplicate",
        copy_of=uninsured,
        kind="same_file_renamed",
    )
    return [uninsured, again, *_self_pay(rehearsal)]


def category_of(person: Person) -> str:
    """人员类别 as the registry would have it."""
    return "监测对象" if person.household.is_monitored else "脱贫人口"


def _uninsured(rehearsal: Rehearsal) -> Parcel:
    schedule, county = rehearsal.schedule, rehearsal.county
    draft = Draft(UNINSURED, rehearsal.rng(UNINSURED))
    listed = rehearsal.stock(rehearsal.people["registry"], UNINSURED, schedule.ordinal)
    outside = rehearsal.stock(rehearsal.people["ordinary"], UNINSURED, schedule.ordinal)

    def build(person: Person) -> Row:
        rng = random.Random(f"{rehearsal.seed}|{person.number}")
        values = {
            "person_name": person.name,
            "id_number": person.number,
            "person_category": category_of(person),
            "insured_year": schedule.year,
            "uninsured_reason": rng.choice(REASONS),
            "phone": f"138{rng.randrange(10**8):08d}",
        }
        return Row(values, person.place)

    for person in listed.regular(rehearsal.many(12, 90, 1500)):
        draft.add(build(person))
    Faults(build, listed, None, "id_number", "person_name", "person_name", ("person_category", "一般户")).plant(draft, rehearsal)

    contrary = draft.add(
        build(listed.fresh(lambda p: p.household.monitored_type.startswith(("边缘", "突发")))), "category_contradicts"
    )
    contrary.values["person_category"] = "脱贫人口"
    draft.add(build(outside.fresh()), "outside_registry")
    draft.add(build(listed.fresh()), "other_year").values["insured_year"] = schedule.year - 1
    draft.add(build(listed.fresh()), "formula_text").shown["uninsured_reason"] = "=1+1"
    draft.add(build(listed.fresh()), "formula_text").shown["phone"] = "+86 13800000000"
    draft.add(build(listed.fresh()), "formula_text").shown["uninsured_reason"] = "@外省参保"
    for (old, _, twin), kind in zip(county.second_homes, ("two_households_newest", "two_households_file_decides"), strict=True):
        draft.add(build(old if kind == "two_households_newest" else twin), kind)
    rare = county.registry[11].head
    if rare.number not in {row.values["id_number"] for row in draft.rows}:
        draft.add(build(rare), "rare_name")
    sheet = Sheet("", draft.finished(), labels={"id_number": "身份证号码", "village_name": "村（社区）"}, extra=("序号", "备注"))
    return Parcel(
        UNINSURED,
        schedule.dispatch,
        "未参保名单.csv",
        [sheet],
        rehearsal.at(rehearsal.due_day(2), 9, 5),
        form="csv",
        encoding="gb18030",
    )


def _costs(self_pay: Decimal) -> dict[str, Decimal]:
    """Costs and reimbursements that add up to what the person paid."""
    total = (self_pay * Decimal("2.5")).quantize(Decimal("0.01"))
    aid = (total * Decimal("0.05")).quantize(Decimal("0.01"))
    serious = (total * Decimal("0.10")).quantize(Decimal("0.01"))
    return dict(zip(COSTS, (total, total - self_pay - aid - serious, serious, aid, self_pay), strict=True))


def _paid_by_heavy_payer(rng: random.Random, entered: int, month: int) -> Decimal:
    """Above 30 000 from the month it is first reached, growing month by month."""
    start, step = rng.randint(3_000_100, 3_900_000), rng.randint(50_000, 300_000)
    return Decimal(start + step * (month - entered)) / 100


def _self_pay(rehearsal: Rehearsal) -> list[Parcel]:
    schedule = rehearsal.schedule
    as_of = schedule.last_month

    def build(person: Person, paid: Decimal | str) -> Row:
        amount = Decimal(paid)
        values = {"person_name": person.name, "id_number": person.number, "statistics_year": as_of.year, "as_of_month": as_of}
        return Row(values | _costs(amount), person.place)

    def build_high(person: Person, paid: Decimal | str, category: str | None = None) -> Row:
        row = build(person, paid)
        row.values["person_category"] = category or (category_of(person) if person.household.id else "参保居民")
        return row

    both: list[tuple[Person, Decimal]] = []
    monitored = _monitored(rehearsal, build, both)
    first, second = _high(rehearsal, build_high, both)
    return [monitored, first, second]


def _paid_by_monitored(rehearsal: Rehearsal, person: Person, as_of: date) -> Decimal:
    rng = random.Random(f"{rehearsal.seed}|{as_of.year}|{person.number}")
    entered = rng.randint(1, 12)
    if rng.random() < 0.06 and as_of.month >= entered:
        return _paid_by_heavy_payer(rng, entered, as_of.month)
    return Decimal(rng.randint(0, 2_800_000) * as_of.month // 12) / 100


def _monitored(rehearsal: Rehearsal, build, both: list[tuple[Person, Decimal]]) -> Parcel:  # type: ignore[no-untyped-def]
    schedule, as_of = rehearsal.schedule, rehearsal.schedule.last_month
    draft = Draft(MONITORED, rehearsal.rng(MONITORED))
    people = rehearsal.people["monitored"]
    listed = rehearsal.stock(people, MONITORED, schedule.ordinal)
    lifted = rehearsal.stock(rehearsal.people["lifted"], MONITORED, schedule.ordinal)
    outside = rehearsal.stock(rehearsal.people["ordinary"], MONITORED, schedule.ordinal)

    def build_usual(person: Person) -> Row:
        return build(person, _paid_by_monitored(rehearsal, person, as_of))

    Faults(build_usual, listed, None, "id_number", "person_name", "person_name").plant(draft, rehearsal)
    draft.add(build(listed.fresh(), "30000.00"), "boundary_30000.00")
    draft.add(build(listed.fresh(), "30000.01"), "boundary_30000.01")
    draft.add(build(outside.fresh(), "41234.50"), "outsider_above")
    draft.add(build(outside.fresh(), "1234.50"), "outsider_below").shown["self_pay_yuan"] = "1,234.50"
    draft.add(build(lifted.fresh(), "36000"), "lifted_out_above")
    draft.add(build(lifted.fresh(), "5200"), "lifted_out_below")
    draft.add(build(listed.fresh(), "32000"), "wan_text").shown["self_pay_yuan"] = "3.2万"
    draft.add(build(listed.fresh(), "31234.50"), "thousands_text").shown["self_pay_yuan"] = "31,234.50"
    about = draft.add(build(listed.fresh(), "30000"), "approximate", fate=WAITING, why="approximate_amount")
    about.shown["self_pay_yuan"] = "约3万"
    twice = listed.fresh()
    draft.add(build(twice, "12000"), "conflict", fate=WAITING, why="conflict")
    draft.add(build(twice, "33000"), "conflict", fate=WAITING, why="conflict")
    slashes = draft.add(build(listed.fresh(), "31000"), "slash_for_nothing")
    slashes.shown |= {"medical_aid_yuan": "/", "serious_illness_yuan": "-"}
    unreadable = draft.add(
        build(listed.fresh(), "31000"), "bad_amount", fate=REJECTED, fault_column="self_pay_yuan", why="bad_amount"
    )
    unreadable.shown["self_pay_yuan"] = "见附件"
    differing = listed.fresh()
    draft.add(build(differing, "31000"), "two_feeds_differ")
    both.append((differing, Decimal("32500")))
    spoken_for = {row.values["id_number"] for row in draft.rows}
    for person in people:
        if person.number not in spoken_for:
            row = draft.add(build_usual(person))
            if row.values["self_pay_yuan"] > 30_000:
                both.append((person, row.values["self_pay_yuan"]))
    until = f"截至{as_of.year}年{as_of.month}月底"
    sheet = Sheet(
        "监测对象自付",
        draft.finished(),
        titles=titled(
            "县医保局", f"旌德县{schedule.year}年{schedule.month}月监测对象累计自付费用情况表（{until}）", rehearsal.due_day(2)
        ),
        groups=dict.fromkeys(COSTS, COST_GROUP)
        | dict.fromkeys(("person_name", "id_number", "town_name", "village_name"), "人员基本信息"),
        labels=dict(zip(COSTS, ("医疗总费用", "基本医保报销", "大病保险报销", "医疗救助", "个人自付费用"), strict=True)),
        months="2024年2月",
        blank_every=400,
        has_total=True,
        foot=["注：本表为当年度累计数。", SIGNED],
    )
    name = f"监测对象自付费用{schedule.year}年{schedule.month}月.xlsx"
    return Parcel(MONITORED, schedule.dispatch, name, [sheet], rehearsal.at(rehearsal.due_day(1), 10, 20))


def _high(rehearsal: Rehearsal, build, both: list[tuple[Person, Decimal]]) -> tuple[Parcel, Parcel]:  # type: ignore[no-untyped-def]
    schedule, as_of = rehearsal.schedule, rehearsal.schedule.last_month
    draft = Draft(HIGH, rehearsal.rng(HIGH))
    rng = draft.rng
    lifted = rehearsal.stock(rehearsal.people["lifted"], HIGH, schedule.ordinal)
    outside = rehearsal.stock(rehearsal.people["ordinary"], HIGH, schedule.ordinal)

    def build_usual(person: Person) -> Row:
        luck = random.Random(f"{rehearsal.seed}|high|{as_of.year}|{person.number}")
        return build(person, _paid_by_heavy_payer(luck, 1, as_of.month))

    wanted = rehearsal.many(24, 240, 3000)
    for steady, share in ((lifted.steady, 0.4), (outside.steady, 0.6)):
        count = min(round(wanted * share), len(steady))
        for index, person in enumerate(steady[:count]):
            entered = 1 + index * 12 // count
            if entered <= as_of.month:
                luck = random.Random(f"{rehearsal.seed}|high|{as_of.year}|{person.number}")
                draft.add(build(person, _paid_by_heavy_payer(luck, entered, as_of.month)))
    for person, paid in both:
        draft.add(build(person, paid), "in_both_feeds")
    Faults(build_usual, lifted, outside, "id_number", "person_name", "self_pay_yuan", ("person_category", "外地户籍")).plant(
        draft, rehearsal
    )
    draft.add(build(lifted.fresh(), "30000.00"), "boundary_30000.00")
    draft.add(build(outside.fresh(), "30000.01"), "boundary_30000.01")
    draft.add(build(outside.fresh(), "29999.99"), "below_mark")
    draft.add(build(outside.fresh(), "34500", "脱贫人口"), "category_without_registry")
    for prefix in CARD_PREFIXES:
        holder = newcomer(
            rehearsal.county, rng, rng.choice(rehearsal.villages()), date(rng.randint(1950, 1999), rng.randint(1, 12), 15)
        )
        holder.number = _card_number(rehearsal, rng, prefix, holder)
        draft.add(build(holder, Decimal(rng.randint(3_100_000, 5_000_000)) / 100), "residence_card")
    rises, falls, grows, left_out = (draft.add(build(outside.fresh(), paid)) for paid in ("29000", "35000", "40000", "33000"))
    first_rows = draft.finished()

    changed = {id(rises): "31000", id(falls): "28000", id(grows): "41000"}
    second_rows = []
    for row in first_rows:
        if row is left_out:
            row.kind = "correction_left_out"
        elif id(row) in changed:
            row.is_superseded, row.kind = True, "correction_before"
            new = row.again(is_superseded=False, kind="correction_changed")
            new.values |= _costs(Decimal(changed[id(row)]))
            second_rows.append(new)
        elif row.fate not in (REJECTED, DUPLICATE):
            second_rows.append(row.again(fate=DUPLICATE, kind="correction_equal"))
    added = build(outside.fresh(), "32000")
    added.kind = "correction_added"
    second_rows.append(added)
    title = f"旌德县{schedule.year}年{schedule.month}月个人自付费用超3万元人员名单"
    first = Sheet(
        "Sheet1",
        first_rows,
        titles=titled("县医保局", title, rehearsal.due_day(2)),
        months="202402",
        has_total=True,
        foot=[SIGNED],
    )
    second = Sheet(
        "Sheet1", second_rows, titles=[f"{title}（更正）"], months="2024-02", order=("id_number", "person_name"), extra=("备注",)
    )
    name = f"自付超3万元人员{schedule.year}年{schedule.month}月"
    return (
        Parcel(HIGH, schedule.dispatch, f"{name}.xls", [first], rehearsal.at(rehearsal.due_day(1), 11, 0), form="xls"),
        Parcel(
            HIGH,
            schedule.dispatch,
            f"{name}（更正）.xlsx",
            [second],
            rehearsal.at(rehearsal.due_day(0), 17, 30),
            kind="corrected_version",
        ),
    )


def _card_number(rehearsal: Rehearsal, rng: random.Random, prefix: str, holder: Person) -> str:
    """The number of a residence permit or a foreigner's permanent residence card."""
    return Population(rng, rehearsal.county.numbers).number(holder.birth, holder.is_female, prefix)
