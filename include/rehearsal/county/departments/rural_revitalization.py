"""县乡村振兴局: the registry of the national system, and once a year the households whose income is low, falling or eaten up."""

from __future__ import annotations

from decimal import Decimal

from include.rehearsal.county.people import Household
from include.rehearsal.county.planting import SIGNED, Draft, Faults, Rehearsal, titled
from include.rehearsal.county.tables import Parcel, Row, Sheet

FEED = "rural_revitalization__income_risk"
LOW, FALLING, HEAVY = "收入偏低", "收入连续下降", "支出较大"

# (situation as stated, income of this year, the last and the one before, what it shows)
CASES: tuple[tuple[str, tuple[str, str | None, str | None], str], ...] = (
    (LOW, ("8000.00", "7800", "7700"), "boundary_line"),
    (LOW, ("7999.99", "7800", "7700"), "boundary_below_line"),
    (LOW, ("9300", "9200", "9100"), "low_contradicted"),
    (FALLING, ("9300", "9200", "9900"), "fall_not_borne_out"),
    (FALLING, ("9300", "9400", "9350"), "fall_not_borne_out"),
    (FALLING, ("9300", "9600", None), "fall_without_earlier_year"),
    (FALLING, ("6500", "6400", "6300"), "low_not_stated"),
    (f"{FALLING}、{HEAVY}", ("9300", "9600", "9900"), "two_situations"),
    (HEAVY, ("16000", None, None), "heavy_spending"),
)


def parcels(rehearsal: Rehearsal) -> list[Parcel]:
    """The year's list when the year has ended or everything is wanted; the registry is written by itself."""
    schedule = rehearsal.schedule
    if not (schedule.is_year_due or schedule.all_feeds):
        return []
    year = schedule.ended_year
    draft = Draft(FEED, rehearsal.rng(FEED))
    rng = draft.rng
    listed = rehearsal.stock(rehearsal.listed_homes, FEED, year)
    outside = rehearsal.stock(rehearsal.ordinary_homes, FEED, year)

    def build(
        home: Household, situation: str = HEAVY, incomes: tuple[str, str | None, str | None] = ("11000", "10500", "10000")
    ) -> Row:
        this, previous, earlier = (Decimal(income) if income else None for income in incomes)
        values = {
            "income_year": year,
            "household_id": home.id or None,
            "head_name": home.head.name,
            "head_id_number": home.head.number,
            "member_count": len(home.members),
            "income_yuan": this,
            "previous_income_yuan": previous,
            "earlier_income_yuan": earlier,
            "rigid_spending_yuan": Decimal(rng.randint(2, 60) * 1000),
            "risk_situation": situation,
        }
        return Row(values, home.place)

    for home in listed.regular(rehearsal.many(8, 110, 1500)) + outside.regular(rehearsal.many(2, 8, 80)):
        this = rng.randint(4000, 7900)
        low = (str(this), str(this - rng.randint(0, 900)), str(this + 200))
        high = rng.randint(8500, 15000)
        falling = (str(high), str(high + rng.randint(100, 900)), str(high + rng.randint(1000, 3000)))
        heavy = (str(high), str(high - 300), str(high - 500))
        situation, incomes = rng.choice(((LOW, low), (FALLING, falling), (HEAVY, heavy), (f"{LOW}、{HEAVY}", low)))
        draft.add(build(home, situation, incomes))
    Faults(build, listed, outside, "head_id_number", "head_name", "income_yuan", ("risk_situation", "其他风险")).plant(
        draft, rehearsal
    )
    for stated, figures, kind in CASES:
        draft.add(build(listed.fresh(), stated, figures), kind)
    draft.add(build(outside.fresh(), LOW, ("5200", "5100", "5000")), "outside_registry")
    sheet = Sheet(
        "收入风险",
        draft.finished(),
        titles=titled("县乡村振兴局", f"旌德县{year}年度收入变化风险农户排查表", rehearsal.due_day(6)),
        groups=dict.fromkeys(("income_yuan", "previous_income_yuan", "earlier_income_yuan"), "人均纯收入"),
        labels={"member_count": "家庭人口数"},
        blank_every=50,
        has_total=True,
        foot=[SIGNED],
    )
    return [Parcel(FEED, str(year), f"收入风险排查{year}年度.xlsx", [sheet], rehearsal.at(rehearsal.due_day(6), 14))]
