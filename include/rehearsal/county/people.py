"""Fictional people: names, identity numbers (GB 11643-1999) and households.

Nobody here exists: surnames and given names are drawn separately, birth dates and sequence numbers at random. The towns and
villages they are put in are real. A county comes from its seed and size alone, so it is the same one month after month.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from include.rehearsal.county.divisions import Place, Town, Village

CENSUS_DAY = date(2024, 1, 1)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = "10X98765432"
HOME_PREFIX = "341825"
OTHER_PREFIXES = ("341021", "330127", "330122", "522631", "430121", "110105", "341802", "341824", "500101", "429004")

SURNAMES = (
    "王李张刘汪江吕方朱胡程吴周徐孙马黄杨陈赵何高林郭罗梁宋郑谢韩唐冯于董萧曹袁邓许傅沈曾彭苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟"
    "田任姜范石姚谭廖邹熊金陆郝孔白崔康毛邱秦史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍"
)
RARE_SURNAMES = ("欧阳", "诸葛", "司马", "上官", "仝", "訾", "璩", "缪", "昝", "麴")
MALE_GIVEN = (
    "建国志强文华明军勇伟平海东福贵根生发财德胜有才永康家宝金水长青春来大山小龙俊杰浩宇子轩天佑学文立新国庆新民光荣红星卫东"
)
FEMALE_GIVEN = "秀英桂兰玉梅春花小红丽娟美玲翠萍素芳雪琴晓燕月娥金凤彩云慧敏佳怡雨欣梦瑶思琪冬梅腊妹爱华淑珍红霞莉莉招娣"
RARE_GIVEN = ("䶮", "㛃", "玥彤", "翀", "甡", "垚", "喆", "珺", "煊")
MINORITY_NAMES = (
    ("阿依古丽·买买提", "维吾尔族", "653121"),
    ("扎西·多吉", "藏族", "540102"),
    ("古丽娜尔·艾合买提", "维吾尔族", "653121"),
    ("卓玛·央金", "藏族", "540102"),
    ("热依汗·吐尔逊", "维吾尔族", "653101"),
)


def check_character(seventeen: str) -> str:
    """The 18th character of an identity number: weighted sum modulo 11, read from 10X98765432."""
    return CHECK_CHARACTERS[sum(weight * int(digit) for weight, digit in zip(WEIGHTS, seventeen, strict=True)) % 11]


def identity_number(prefix: str, birth: date, sequence: int) -> str:
    """An 18-character number from area code, birth date and three-digit sequence (odd for men)."""
    body = f"{prefix}{birth:%Y%m%d}{sequence:03d}"
    return body + check_character(body)


@dataclass(eq=False, slots=True)
class Person:
    """One fictional person and the household they are listed in."""

    name: str
    number: str
    birth: date
    is_female: bool
    relation: str
    household: Household
    ethnicity: str = "汉族"
    identified_on: date | None = None

    @property
    def place(self) -> Place:
        return Place.of(self.household.village)

    def age_on(self, day: date) -> int:
        return day.year - self.birth.year - ((day.month, day.day) < (self.birth.month, self.birth.day))


@dataclass(eq=False, slots=True)
class Household:
    """A household; with an id it stands in the registry, without one it is an ordinary farm household (一般农户)."""

    village: Village
    id: str = ""
    household_type: str = ""
    monitored_type: str = ""
    risk_removed: str = ""
    first_identified_on: date | None = None
    risk_identified_on: date | None = None
    risk_removed_on: date | None = None
    poverty_cause: str = ""
    income_yuan: int = 0
    members: list[Person] = field(default_factory=list)

    @property
    def head(self) -> Person:
        return next(person for person in self.members if person.relation == "户主")

    @property
    def place(self) -> Place:
        return Place.of(self.village)

    @property
    def is_monitored(self) -> bool:
        return bool(self.monitored_type)


class Population:
    """Hands out people whose numbers are all different, from one stream of chance."""

    def __init__(self, rng: random.Random, taken: set[str]) -> None:
        self.rng = rng
        self.taken = taken

    def name(self, is_female: bool, surname: str | None = None) -> str:
        """A surname and one or two given characters; a few rare ones among them."""
        rng = self.rng
        luck = rng.random()
        if surname is None:
            surname = rng.choice(RARE_SURNAMES) if luck > 0.985 else rng.choice(SURNAMES)
        if luck < 0.01:
            return surname + rng.choice(RARE_GIVEN)
        given = FEMALE_GIVEN if is_female else MALE_GIVEN
        return surname + rng.choice(given) + (rng.choice(given) if rng.random() < 0.8 else "")

    def number(self, birth: date, is_female: bool, prefix: str | None = None) -> str:
        """A valid number nobody else has. Sequences ending in 00 are left out: Excel's lost tails must stay unmistakable."""
        rng = self.rng
        while True:
            area = prefix or (HOME_PREFIX if rng.random() < 0.93 else rng.choice(OTHER_PREFIXES))
            sequence = rng.randrange(1, 500) * 2 - (0 if is_female else 1)
            if sequence % 100 == 0:
                continue
            number = identity_number(area, birth, sequence)
            if number not in self.taken:
                self.taken.add(number)
                return number

    def birth(self, youngest: int, oldest: int) -> date:
        """A birth date that makes somebody between the two ages on census day."""
        return CENSUS_DAY - timedelta(days=self.rng.randint(youngest * 366, max(oldest * 365, youngest * 366 + 1)))

    def person(self, household: Household, relation: str, birth: date, *, is_female: bool, surname: str | None = None) -> Person:
        """A new member of the household."""
        person = Person(self.name(is_female, surname), self.number(birth, is_female), birth, is_female, relation, household)
        household.members.append(person)
        return person

    def household(self, village: Village) -> Household:
        """Head, perhaps spouse, children, a parent: sizes and ages as in a county that the young have left for work."""
        rng = self.rng
        home = Household(village)
        head_is_female = rng.random() < 0.12
        head = self.person(home, "户主", self.birth(32, 82), is_female=head_is_female)
        age = head.age_on(CENSUS_DAY)
        if rng.random() < 0.72:
            spouse = self.person(home, "配偶", self.birth(max(24, age - 5), max(26, age + 3)), is_female=not head_is_female)
            if rng.random() < 0.006:
                spouse.name, spouse.ethnicity, prefix = rng.choice(MINORITY_NAMES)
                self.taken.discard(spouse.number)
                spouse.number = self.number(spouse.birth, spouse.is_female, prefix)
        for _ in range(rng.choices((0, 1, 2, 3), weights=(30, 38, 26, 6))[0]):
            oldest = age - 22
            if oldest < 2:
                break
            is_female = rng.random() < 0.48
            birth = self.birth(max(1, oldest - 14), oldest)
            self.person(home, "之女" if is_female else "之子", birth, is_female=is_female, surname=head.name[0])
        if age < 62 and rng.random() < 0.25:
            is_female = rng.random() < 0.6
            self.person(home, "之母" if is_female else "之父", self.birth(age + 20, age + 26), is_female=is_female)
        return home


@dataclass
class County:
    """The rehearsal county: its divisions, the households of the registry and some ordinary ones."""

    towns: list[Town]
    registry: list[Household]
    ordinary: list[Household]
    numbers: set[str]
    second_homes: list[tuple[Person, Household, Person]] = field(default_factory=list)
    namesakes: list[Household] = field(default_factory=list)
    old_numbers: set[str] = field(default_factory=set)

    @property
    def villages(self) -> list[Village]:
        return [village for town in self.towns for village in town.villages]


REGISTRY_HOUSEHOLDS = {"small": 300, "county": 8_000, "large": 150_000}
ORDINARY_HOUSEHOLDS = {"small": 260, "county": 1_500, "large": 15_000}
POVERTY_CAUSES = ("因病", "因残", "因学", "缺劳动力", "缺技术", "因灾", "交通条件落后", "缺资金")
MONITORED_TYPES = (
    "脱贫不稳定户",
    "边缘易致贫户",
    "突发严重困难户",
    "脱贫不稳定户（已消除）",
    "边缘易致贫户(2023年新增)",
    "突发严重困难户-因病",
)
RISK_REMOVED = ("是", "否", "风险已消除", "风险未消除", "已消除", "未消除")


def make_county(towns: list[Town], seed: int, size: str, progress: Callable[[str, int, int], None] | None = None) -> County:
    """The county of these towns, a seed and a size; the same every time it is asked for."""
    rng = random.Random(f"county|{seed}|{size}")
    villages = [village for town in towns for village in town.villages]
    population = Population(rng, set())
    wanted = REGISTRY_HOUSEHOLDS[size]
    registry: list[Household] = []
    for index in range(wanted):
        registry.append(_enrol(population.household(rng.choice(villages)), index, rng))
        if progress and index % 5000 == 0:
            progress("编造全县人口", index, wanted)
    ordinary = [population.household(rng.choice(villages)) for _ in range(ORDINARY_HOUSEHOLDS[size])]
    county = County(towns, registry, ordinary, population.taken)
    _plant_rare_name(registry)
    _plant_second_homes(county)
    _plant_namesakes(county)
    county.old_numbers = {home.head.number for home in registry[7:200:37] if home.head.number[6:8] == "19"}
    if progress:
        progress("编造全县人口", wanted, wanted)
    return county


def _enrol(home: Household, index: int, rng: random.Random) -> Household:
    """Enter a household in the registry: about one in fifteen is monitored, the others lifted out of poverty."""
    home.id = f"{home.village.code}{index:06d}"
    home.first_identified_on = date(rng.choice((2013, 2014, 2014, 2014, 2016)), rng.randint(1, 12), rng.randint(1, 28))
    home.poverty_cause = rng.choice(POVERTY_CAUSES)
    home.income_yuan = rng.randint(9_000, 26_000)
    home.household_type = "脱贫户" if rng.random() < 0.97 else "脱贫户（不享受政策）"
    if index % 15 == 3:
        home.monitored_type = MONITORED_TYPES[(index // 15) % len(MONITORED_TYPES)]
        home.risk_removed = RISK_REMOVED[(index // 15) % 5 if index % 2 else rng.randrange(6)]
        home.risk_identified_on = date(rng.randint(2020, 2023), rng.randint(1, 12), rng.randint(1, 28))
        if home.risk_removed in ("是", "风险已消除", "已消除"):
            home.risk_removed_on = date(2023, rng.randint(1, 12), rng.randint(1, 28))
        if not home.monitored_type.startswith("脱贫不稳定户"):
            home.household_type = "一般农户"
            home.first_identified_on = home.risk_identified_on
    for person in home.members:
        person.identified_on = home.first_identified_on
    return home


def _plant_rare_name(registry: list[Household]) -> None:
    """One head is called 䶮, which Python's gbk cannot read and GB18030 can."""
    head = registry[11].head
    head.name = head.name[0] + "䶮"


def _plant_second_homes(county: County) -> None:
    """Two people stand in two households: the first was identified anew in the second, the other on the same day in both."""
    lifted_out = [home for home in county.registry[20:] if not home.is_monitored]
    grown_up = [
        person
        for home in lifted_out[::3]
        for person in home.members
        if person.relation in ("之子", "之女") and 24 < person.age_on(CENSUS_DAY) < 50
    ]
    for person, is_newer in zip(grown_up[:2], (True, False), strict=True):
        old = person.household
        new = next(home for home in reversed(lifted_out) if home.village.town is not old.village.town)
        lifted_out.remove(new)
        twin = Person(person.name, person.number, person.birth, person.is_female, "之媳" if person.is_female else "之婿", new)
        new.first_identified_on = date(2018, 6, 15) if is_newer else old.first_identified_on
        for member in new.members:
            member.identified_on = new.first_identified_on
        twin.identified_on = date(2018, 6, 15) if is_newer else person.identified_on
        new.members.append(twin)
        county.second_homes.append((person, new, twin))


def _plant_namesakes(county: County) -> None:
    """In some villages two heads of household bear the same name: name and village alone cannot tell them apart."""
    by_village: dict[str, list[Household]] = {}
    for home in county.registry[40:]:
        if not home.is_monitored:
            by_village.setdefault(home.village.code, []).append(home)
    for homes in list(by_village.values())[:24]:
        if len(homes) >= 2:
            homes[0].head.name = homes[1].head.name
            county.namesakes.append(homes[0])


def newcomer(county: County, rng: random.Random, village: Village, birth: date, *, is_female: bool = False) -> Person:
    """Somebody outside the registry with a given birth date, head of a household of their own."""
    home = Household(village)
    return Population(rng, county.numbers).person(home, "户主", birth, is_female=is_female)
