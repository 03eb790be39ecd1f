"""The towns and villages of the county under every name they go by: code, full name, short name, dated alias."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from include.checking.kinds.private_use import mapped

if TYPE_CHECKING:
    from include.site import County

VILLAGE_SUFFIXES = (
    "社区居民委员会", "村村民委员会", "村民委员会", "居民委员会", "社区居委会", "社区委员会", "行政村", "村委会", "居委会",
    "村委", "社区", "村", "居",
)  # fmt: skip
TOWN_SUFFIXES = ("镇人民政府", "乡人民政府", "镇政府", "乡政府", "镇", "乡")

_INVISIBLE = re.compile(r"[\s\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\x00-\x1f\x7f'\"‘’“”`]")


def clean_place(text: object) -> str:
    """A place name in one writing: half-width, no spaces, no invisible characters; codes without a decimal point."""
    if text is None or isinstance(text, bool):
        return ""
    if isinstance(text, float):
        text = str(int(text)) if text == text and abs(text) < 1e15 and text == int(text) else ""
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", mapped(str(text))))


@dataclass(frozen=True)
class _Name:
    """One way of writing a division, with the days it is in force (both ends included)."""

    code: str
    valid_from: date | None
    valid_to: date | None

    def holds(self, on: date | None) -> bool:
        if on is None:
            return True
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)


class PlaceNames:
    """``town_names`` and ``village_names``: code -> canonical name; ``town_of``: village code -> town code."""

    def __init__(self, divisions: Iterable[Mapping[str, str]], aliases: Iterable[Mapping[str, str]], county: County) -> None:
        self.county = county
        self.town_names: dict[str, str] = {}
        self.village_names: dict[str, str] = {}
        self.town_of: dict[str, str] = {}
        self._towns: dict[str, list[_Name]] = {}
        self._villages: dict[str, list[_Name]] = {}
        self._own = tuple(dict.fromkeys((f"{county.province}{county.city}", county.province, county.city)))
        for row in divisions:
            self._add(row)
        for row in aliases:
            code, alias = row["division_code"].strip(), clean_place(row["alias"])
            name = _Name(code, _day(row.get("valid_from")), _day(row.get("valid_to")))
            if code in self.village_names:
                self._learn_village(alias, name)
            elif code in self.town_names:
                self._learn_town(alias, name)
        self.long_villages = sorted((name for name in self._villages if name.endswith(VILLAGE_SUFFIXES)), key=len, reverse=True)
        """Writings of villages with what kind of place it is, the longest first."""
        self.long_towns = sorted(self._towns, key=len, reverse=True)

    def towns(self, text: str, on: date | None) -> frozenset[str]:
        """Codes of the towns that go by this name on a day (None: at any time)."""
        return frozenset(name.code for name in self._towns.get(text, ()) if name.holds(on))

    def villages(self, text: str, on: date | None) -> frozenset[str]:
        """Codes of the villages that go by this name on a day (None: at any time)."""
        return frozenset(name.code for name in self._villages.get(text, ()) if name.holds(on))

    def without_own_county(self, text: str) -> str:
        """The text without this province, city and county in front."""
        for prefix in self._own:
            if prefix and text.startswith(prefix):
                text = text.removeprefix(prefix)
                break
        for prefix in (self.county.name, "本县", self.county.name.removesuffix("县")):
            if prefix and text.startswith(prefix) and not self._towns.get(text) and not self._villages.get(text):
                return text.removeprefix(prefix)
        return text

    def _add(self, row: Mapping[str, str]) -> None:
        town, village = row["town_code"].strip(), row["village_code"].strip()
        name = _Name(village, _day(row.get("valid_from")), _day(row.get("valid_to")))
        if town not in self.town_names:
            self.town_names[town] = row["town_name"].strip()
            self._learn_town(clean_place(row["town_name"]), _Name(town, None, None))
            self._towns[town] = [_Name(town, None, None)]
        if village:
            self.village_names[village] = row["village_name"].strip()
            self.town_of[village] = town
            self._learn_village(clean_place(row["village_name"]), name)
            self._villages[village] = [name]

    def _learn_town(self, text: str, name: _Name) -> None:
        base = _base(text, TOWN_SUFFIXES, at_least=1)
        for spelling in {text, base, *(base + suffix for suffix in TOWN_SUFFIXES)}:
            self._towns.setdefault(spelling, []).append(name)

    def _learn_village(self, text: str, name: _Name) -> None:
        base = _base(text, VILLAGE_SUFFIXES, at_least=2)
        spellings = {text, base, *(base + suffix for suffix in VILLAGE_SUFFIXES)}
        if base.endswith("村") and len(base) > 1:  # 俞村 + 村委会 is often written 俞村委会
            spellings |= {base[:-1] + suffix for suffix in VILLAGE_SUFFIXES if suffix.startswith("村")}
        for spelling in spellings:
            self._villages.setdefault(spelling, []).append(name)


def _base(name: str, suffixes: Iterable[str], *, at_least: int) -> str:
    """The name without the first suffix that leaves enough of it."""
    return next((name.removesuffix(end) for end in suffixes if name.endswith(end) and len(name) - len(end) >= at_least), name)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text.strip()) if text and text.strip() else None
