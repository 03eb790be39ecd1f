"""The county's real towns and villages, and the many ways departments write their names.

Read straight from divisions.csv: this package shares no code with the pipeline that will read its files.
"""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass, field

from include.site import Site

CHINESE_DIGITS = "一二三四五六七八九"
NOT_IN_COUNTY = ("向阳村", "胜利村", "红星村", "前进村", "东方红村")


@dataclass(eq=False)
class Town:
    """One of the county's towns; code has 9 digits."""

    code: str
    name: str
    villages: list[Village] = field(default_factory=list)

    def write(self, rng: random.Random) -> str:
        """The town as a clerk may write it: in full, without 镇, with the county, with stray spaces."""
        luck = rng.random()
        if luck < 0.80:
            return self.name
        if luck < 0.92:
            return self.name.removesuffix("镇")
        return f"旌德县{self.name}" if luck < 0.97 else f" {self.name}　"


@dataclass(eq=False)
class Village:
    """A village or community; code has 12 digits, name is the one of the division table."""

    code: str
    name: str
    town: Town

    @property
    def base(self) -> str:
        """华丰 for 华丰村委会, 南门 for 南门居委会."""
        return self.name.removesuffix("村委会").removesuffix("居委会")

    @property
    def plain(self) -> str:
        """The everyday name: 华丰村, 南门居委会."""
        return f"{self.base}村" if self.name.endswith("村委会") else self.name

    def writings(self, group: int) -> list[str]:
        """Every way this place is written; `group` is the number of a villagers' group (村民组)."""
        if self.name.endswith("居委会"):
            return [self.name, self.base, f"{self.base}社区", f"{self.base}社区居委会"]
        village = f"{self.base}村"
        return [
            village,
            self.base,
            f"{village}委会",
            f"{village}村民委员会",
            f"{village}{group}组",
            f"{village}{CHINESE_DIGITS[group - 1]}组",
        ]

    def write(self, rng: random.Random) -> str:
        """Mostly the everyday name, now and then another way of writing it."""
        if rng.random() < 0.75:
            return self.plain
        return rng.choice(self.writings(rng.randint(1, 9)))


@dataclass(frozen=True)
class Place:
    """Where a row's writer meant: a village, only a town, nowhere we know, or another county."""

    town: Town | None = None
    village: Village | None = None
    is_elsewhere: bool = False

    @classmethod
    def of(cls, village: Village) -> Place:
        return cls(village.town, village)

    @property
    def town_code(self) -> str | None:
        return self.town.code if self.town else None

    @property
    def village_code(self) -> str | None:
        return self.village.code if self.village else None


def read_divisions(site: Site) -> list[Town]:
    """Towns in order of code, each with its villages; rows that have ended are left out."""
    towns: dict[str, Town] = {}
    with site.county_file("divisions.csv").open(encoding="utf-8-sig", newline="") as lines:
        for line in csv.DictReader(lines):
            if line["valid_to"]:
                continue
            town = towns.setdefault(line["town_code"], Town(line["town_code"], line["town_name"]))
            town.villages.append(Village(line["village_code"], line["village_name"], town))
    return sorted(towns.values(), key=lambda town: town.code)
