"""Ask a household once: the same hundred households are signalled in six months running, and who is visited when is planned.

The plan says it household by household and month by month; nothing here works out whether a warning reopens. What the county's
design says of it: another event, an amount higher by half or more than at the last answer, a worse level, or six months gone by
since the last answer; otherwise the household is only watched (动态监测), and nobody is sent.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from include.rehearsal.county import registry
from include.rehearsal.county.divisions import read_divisions
from include.rehearsal.county.people import Household, make_county
from include.rehearsal.county.planting import Rehearsal
from include.rehearsal.county.schedule import Schedule
from include.rehearsal.county.writers import Grid, write_xlsx
from include.rehearsal.returns.issued import Asked, Issued
from include.rehearsal.returns.plan import SILENT, TEXT, WELL, Return, Town
from include.rehearsal.returns.truth import Truth
from include.rehearsal.year.scenario import REGISTRY, SENT_AT, Drop
from include.site import Site

BEFORE, MONTHS = "2024-01", ("2024-03", "2024-04", "2024-05", "2024-06", "2024-07", "2024-08")
"""An earlier dispatch, which only those see of whom six months will have gone by; and the six months running."""
SELF_PAY, WATER, HAZARD = "medical_insurance__self_pay_high", "water__drinking_water", "housing__hazard"
SENT_ON = 7

ASKED, REOPENED, OPEN, WATCHED = "asked", "reopened", "open", "watched"
"""A month for a household: asked for the first time, asked again, its warning still open, or watched without a visit."""


@dataclass(frozen=True)
class Group:
    """Households that fare alike: how many, and month by month what is signalled and what comes of it.

    ``amounts`` are 自付 in 元, ``found`` the 发现日期, ``grades`` the house's grade where one is reported, each by month.
    """

    name: str
    count: int
    outcomes: tuple[str, ...]
    amounts: tuple[str, ...] = ()
    found: tuple[date, ...] = ()
    grades: tuple[str | None, ...] = ()
    reason: str = ""
    is_earlier: bool = False


WINTER, SPRING = date(2023, 12, 20), date(2024, 5, 20)
CREEPING = ("31000", "34000", "37000", "40000", "43000", "46499.99")
ONCE = (ASKED, WATCHED, WATCHED, WATCHED, WATCHED, WATCHED)
GROUPS = (
    Group("自付缓慢增长、不到一半", 22, ONCE, amounts=CREEPING),
    Group("同一处饮水问题每月重复", 10, ONCE, found=(WINTER,) * 6),
    Group(
        "自付恰好多一半", 20, (ASKED, WATCHED, WATCHED, REOPENED, WATCHED, WATCHED), reason="higher_amount",
        amounts=("32000", "36000", "47999.99", "48000", "60000", "71999.99"),
    ),
    Group(
        "饮水又出一处问题", 20, (ASKED, WATCHED, WATCHED, REOPENED, WATCHED, WATCHED), reason="another_event",
        found=(WINTER, WINTER, WINTER, SPRING, SPRING, SPRING),
    ),
    Group(
        "住房由C级变为D级", 8, (ASKED, WATCHED, WATCHED, WATCHED, REOPENED, WATCHED), reason="worse_level",
        amounts=CREEPING, grades=("C级", None, None, None, "D级", None),
    ),
    Group("符合条件、尚未办结", 10, (ASKED, OPEN, OPEN, OPEN, OPEN, OPEN), amounts=CREEPING),
    Group(
        "距上次核查满六个月", 10, (WATCHED, WATCHED, WATCHED, WATCHED, WATCHED, REOPENED), reason="time_gone_by",
        found=(WINTER,) * 6, is_earlier=True,
    ),
)  # fmt: skip
STILL_OPEN = "符合条件、尚未办结"


@dataclass
class AskOnce:
    """The hundred households with their groups; they are of the registry and not monitored."""

    site: Site
    seed: int = 7
    members: dict[str, list[Household]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rehearsal = Rehearsal(
            make_county(read_divisions(self.site), self.seed, "small"), Schedule.of(BEFORE, None, False), self.seed, "small"
        )
        homes = iter([home for home in self.rehearsal.listed_homes if not home.is_monitored])
        self.members = {group.name: [*itertools.islice(homes, group.count)] for group in GROUPS}

    @property
    def months(self) -> tuple[str, ...]:
        return (BEFORE, *MONTHS)

    def households(self, month: str, outcome: str) -> set[str]:
        """户编号 of those to whom this happens in a month."""
        if month == BEFORE:
            groups = [group for group in GROUPS if group.is_earlier and outcome == ASKED]
        else:
            groups = [group for group in GROUPS if group.outcomes[MONTHS.index(month)] == outcome]
        return {home.id for group in groups for home in self.members[group.name]}

    def visits(self) -> dict[str, int]:
        """Over the six months: households signalled, visits asked, of them again, and saved (open or watched)."""
        counts = {name: sum(len(self.households(month, name)) for month in MONTHS) for name in (ASKED, REOPENED, OPEN, WATCHED)}
        return {"signalled": sum(counts.values()), **counts, "saved": counts[OPEN] + counts[WATCHED]}

    def drops(self, below: Path) -> Iterator[Drop]:
        """The registry, and each month's files of three departments, written below a folder."""
        for month in self.months:
            day = date.fromisoformat(f"{month}-{SENT_ON:02d}")
            path = below / month / f"脱贫户和监测对象名单_{day:%Y%m%d}.xlsx"
            path.parent.mkdir(parents=True)
            registry.write_registry(self.rehearsal.county, day, path)
            yield Drop(datetime.combine(day, SENT_AT) - timedelta(days=1), path, "rural_revitalization", REGISTRY)
            yield from self._month(month, day, path.parent)

    def _month(self, month: str, day: date, below: Path) -> Iterator[Drop]:
        number = 0 if month == BEFORE else MONTHS.index(month)
        groups = [group for group in GROUPS if month != BEFORE or group.is_earlier]
        before = day.replace(day=1) - timedelta(days=1)
        costs, water, hazards = [], [], []
        for group in groups:
            for home in self.members[group.name]:
                head = (home.head.name, home.head.number, home.village.town.name, home.village.name)
                if group.amounts:
                    self_pay = float(group.amounts[number])
                    costs.append(
                        [*head, f"{before:%Y}", f"{before:%Y-%m}", self_pay * 3, self_pay, self_pay, 0.0, self_pay, "脱贫人口"]
                    )
                if group.found:
                    water.append([*head, "水量", group.found[number], 3])
                if group.grades and group.grades[number]:
                    hazards.append([*head, "墙体开裂", group.grades[number], WINTER])
        quarter = f"{day:%Y}年第{'一二三四'[(day.month - 1) // 3]}季度"
        label = f"{day.year}年{day.month}月"
        for feed, folder, title, heads, rows in (
            (SELF_PAY, "medical_insurance", f"{label}自付费用较高人员名单", COST_HEADS, costs),
            (WATER, "water", f"{label}饮水安全问题排查表", WATER_HEADS, water),
            (HAZARD, "housing", f"{quarter}住房安全隐患排查表", HAZARD_HEADS, hazards),
        ):
            if rows:
                path = below / f"{title}.xlsx"
                write_xlsx([Grid("Sheet1", [[title], list(heads), *rows], [(0, 0, 0, len(heads) - 1)])], path)
                yield Drop(datetime.combine(day, SENT_AT), path, folder, feed)

    def returns(self, issued: Issued) -> list[Return]:
        """Every town visits in time and writes a csv; nobody has measures set."""
        truth = Unchanged(self.seed, needy=frozenset(home.id for home in self.members[STILL_OPEN]))
        towns = [Town(issued, town, truth, WELL, TEXT, SILENT, None) for town in issued.asked]
        return [item for town in towns for item in town.returns()]


@dataclass
class Unchanged(Truth):
    """What is signalled is true and brings nobody into need but the households named."""

    needy: frozenset[str] = frozenset()

    def is_true(self, asked: Asked) -> bool:
        return True

    def is_in_need(self, asked: Asked) -> bool:
        return asked.household_id in self.needy


HEAD_AND_PLACE = ("户主姓名", "户主身份证号", "乡镇", "行政村")
COST_HEADS = (
    "姓名", "身份证号", "乡镇", "行政村", "统计年度", "统计截止月份", "医疗总费用(元)", "基本医保报销(元)", "大病保险报销(元)",
    "医疗救助(元)", "个人自付费用(元)", "人员类别",
)  # fmt: skip
WATER_HEADS = (*HEAD_AND_PLACE, "饮水问题类型", "发现日期", "影响人数")
HAZARD_HEADS = (*HEAD_AND_PLACE, "隐患类型", "房屋鉴定等级", "发现日期")
