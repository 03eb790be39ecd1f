"""Where a row is: town and village from whatever was written, by code, name, short name or dated alias.

A village that only one town of the county has wins over the town written beside it. A place of another county is only
taken for that when it says so; an unknown name stays unknown.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from include.site import stamp

if TYPE_CHECKING:
    from include.site import County, Site

MOST_REMEMBERED = 100_000

VILLAGE_SUFFIXES = (
    "社区居民委员会", "村村民委员会", "村民委员会", "居民委员会", "社区居委会", "社区委员会", "行政村", "村委会", "居委会",
    "村委", "社区", "村", "居",
)  # fmt: skip
TOWN_SUFFIXES = ("镇人民政府", "乡人民政府", "镇政府", "乡政府", "镇", "乡")
WHOLE_TOWN = frozenset({
    "全镇", "全乡", "整镇", "全镇各村", "全镇所有村", "各村", "所有村", "全部", "全部村", "全部村社区", "各村社区",
    "全镇各村社区", "全境", "全镇范围", "全域",
})  # fmt: skip
WHOLE_COUNTY = frozenset({
    "全县", "全县各镇", "各镇", "所有镇", "全部镇", "全县范围", "县域", "全县各乡镇", "各乡镇", "所有乡镇",
})  # fmt: skip
MISSING = frozenset({"", "-", "--", "—", "——", "/", "\\", "无", "暂无", "不详", "空"})

NOTES = {
    "town_corrected": "所写乡镇与村不符，已按村所在的镇归属；请核对乡镇",
    "town_unknown": "所写乡镇不在本县乡镇名录，已按村所在的镇归属；请核对乡镇",
    "village_unknown": "所写村（社区）不在本县村名录，只归属到镇；请核对村名",
    "village_ambiguous": "本县有几个同名村（社区），无法确定是哪一个，只归属到镇；请写明乡镇和村全称",
    "place_unknown": "所写乡镇、村均不在本县名录，无法归属；请核对乡镇和村名",
    "other_county": "所写地址属于其他县（市、区）",
}

_INVISIBLE = re.compile(r"[\s\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\x00-\x1f\x7f'\"‘’“”`]")
_SEPARATORS = re.compile(r"[、,，;；/|\n\r\t 　]+")
_JOINTS = re.compile(r"[和及与]")
_GROUP = re.compile(r"[（(].*[）)]$|(?:第?[0-9一二三四五六七八九十百]+)?(?:村民)?(?:小组|组|队)(?:[0-9]+号?)?$|[0-9]+号$")
_REST_OF_GROUP = re.compile(r".{0,12}(?:组|队|号|户|自然村|屋|庄)$")
_COUNTED = re.compile(r"等?[0-9一二两三四五六七八九十]*个?(?:行政村|村社区|社区|镇|乡镇|村)$")
_OTHER_COUNTY = re.compile(
    r"(?P<name>[\u4e00-\u9fff]{1,6}?县|[\u4e00-\u9fff]{2,6}?(?<![社小园矿库林景片发])[市区]|[\u4e00-\u9fff]{2,6}?旗)(?P<rest>.*)"
)
_NOT_A_COUNTY = ("村", "组", "头", "镇", "乡")  # 古县村, 新市镇
_OUTSIDE = re.compile(r"^(?:外省|省外|外县|县外|外市|市外|外地)")
_PROVINCE = re.compile(
    r"^(?:北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西"
    r"|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门)(?:省|市|.{0,4}自治区|特别行政区)"
)


@dataclass(frozen=True)
class Placement:
    """Where a row is. Codes are None when unknown; names are canonical when recognised, else the text as given."""

    town_code: str | None = None
    town_name: str | None = None
    village_code: str | None = None
    village_name: str | None = None
    note: str | None = None
    elsewhere: bool = False


@dataclass(frozen=True)
class AreaPlacement:
    """What an area event covers: codes and names joined by 、; no village means the whole of the towns."""

    town_codes: str | None = None
    town_names: str | None = None
    village_codes: str | None = None
    village_names: str | None = None
    notes: tuple[str, ...] = ()
    elsewhere: bool = False


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


@dataclass(frozen=True)
class _Read:
    """What one text says: a village and the candidates it may be, a town, or another county."""

    towns: frozenset[str] = frozenset()
    villages: frozenset[str] = frozenset()
    is_blank: bool = False
    elsewhere: bool = False


def clean_place(text: object) -> str:
    """A place name in one writing: half-width, no spaces, no invisible characters; codes without a decimal point."""
    if text is None or isinstance(text, bool):
        return ""
    if isinstance(text, float):
        text = str(int(text)) if text == text and abs(text) < 1e15 and text == int(text) else ""
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", str(text)))


def _base(name: str, suffixes: Iterable[str], *, at_least: int) -> str:
    """The name without the first suffix that leaves enough of it."""
    return next((name.removesuffix(end) for end in suffixes if name.endswith(end) and len(name) - len(end) >= at_least), name)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text.strip()) if text and text.strip() else None


class Divisions:
    """The county's towns and villages with every name they go by."""

    def __init__(self, divisions: Iterable[Mapping[str, str]], aliases: Iterable[Mapping[str, str]], county: County) -> None:
        self.county = county
        self.town_names: dict[str, str] = {}
        self.village_names: dict[str, str] = {}
        self._town_of: dict[str, str] = {}
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
        self._long_villages = sorted((name for name in self._villages if name.endswith(VILLAGE_SUFFIXES)), key=len, reverse=True)
        self._long_towns = sorted(self._towns, key=len, reverse=True)
        self._reads: dict[tuple[str, bool, date | None], _Read] = {}
        self._places: dict[tuple[object, object, date | None], Placement] = {}

    @classmethod
    def load(cls, site: Site) -> Divisions:
        """From the county's divisions.csv and division_aliases.csv, read again when one of them changes."""
        return _loaded(site, *(stamp(site.county_file(name)) for name in ("divisions.csv", "division_aliases.csv", "county.yml")))

    def _add(self, row: Mapping[str, str]) -> None:
        town, village = row["town_code"].strip(), row["village_code"].strip()
        name = _Name(village, _day(row.get("valid_from")), _day(row.get("valid_to")))
        if town not in self.town_names:
            self.town_names[town] = row["town_name"].strip()
            self._learn_town(clean_place(row["town_name"]), _Name(town, None, None))
            self._towns[town] = [_Name(town, None, None)]
        if village:
            self.village_names[village] = row["village_name"].strip()
            self._town_of[village] = town
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

    @staticmethod
    def _codes(table: Mapping[str, list[_Name]], text: str, on: date | None) -> frozenset[str]:
        return frozenset(name.code for name in table.get(text, ()) if name.holds(on))

    def _without_own_county(self, text: str) -> str:
        for prefix in self._own:
            if prefix and text.startswith(prefix):
                text = text.removeprefix(prefix)
                break
        for prefix in (self.county.name, "本县", self.county.name.removesuffix("县")):
            if prefix and text.startswith(prefix) and not self._towns.get(text) and not self._villages.get(text):
                return text.removeprefix(prefix)
        return text

    def _read(self, text: str, *, is_village_cell: bool, on: date | None) -> _Read:
        key = (text, is_village_cell, on)
        if len(self._reads) > MOST_REMEMBERED:
            self._reads.clear()
        if key not in self._reads:
            self._reads[key] = self._understand(text, is_village_cell, on)
        return self._reads[key]

    def _understand(self, text: str, is_village_cell: bool, on: date | None) -> _Read:
        if text.lower() in MISSING:
            return _Read(is_blank=True)
        if text.isdigit():
            return self._by_code(text, on)
        found = self._lookup(text, is_village_cell, on)
        if found is not None:
            return found
        if _OUTSIDE.match(text):
            return _Read(elsewhere=True)
        rest = self._without_own_county(text)
        if rest != text:
            if not rest:
                return _Read(is_blank=True)
            found = self._lookup(rest, is_village_cell, on)
            if found is not None:
                return found
        elif _PROVINCE.match(text) and not text.startswith(self.county.province):
            return _Read(elsewhere=True)
        if self._names_other_county(rest):
            return _Read(elsewhere=True)
        return self._by_parts(rest, is_village_cell, on)

    def _by_code(self, text: str, on: date | None) -> _Read:
        villages, towns = self._codes(self._villages, text, on), self._codes(self._towns, text, on)
        if len(text) == 12 and text.endswith("000"):
            towns = self._codes(self._towns, text[:9], on)
        if villages or towns:
            return _Read(towns=towns, villages=villages)
        if text.rstrip("0") == self.county.code.rstrip("0"):
            return _Read(is_blank=True)
        return _Read(elsewhere=len(text) in (6, 9, 12) and not text.startswith(self.county.code) and text[:2] >= "11")

    def _lookup(self, text: str, is_village_cell: bool, on: date | None) -> _Read | None:
        """The whole text as a name: a village first in a village cell, a town first in a town cell."""
        villages, towns = self._codes(self._villages, text, on), self._codes(self._towns, text, on)
        if is_village_cell and villages:
            return _Read(villages=villages)
        if towns:
            return _Read(towns=towns)
        return _Read(villages=villages) if villages else None

    def _names_other_county(self, text: str) -> bool:
        match = _OTHER_COUNTY.match(text)
        if match is None or match["name"] in (self.county.name, self.county.city) or match["rest"].startswith(_NOT_A_COUNTY):
            return False
        town = next((name for name in self._long_towns if len(name) > 2 and text.startswith(name)), None)
        return town is None

    def _by_parts(self, text: str, is_village_cell: bool, on: date | None) -> _Read:
        """Town and village in one cell, and groups or house numbers behind a village."""
        trimmed = _GROUP.sub("", text)
        for candidate in dict.fromkeys((trimmed, text)):
            if candidate and (found := self._lookup(candidate, is_village_cell, on)) is not None:
                return found
        towns: frozenset[str] = frozenset()
        for prefix in self._long_towns:
            codes = self._codes(self._towns, prefix, on) if text.startswith(prefix) else frozenset()
            if not codes or len(prefix) < 2 or prefix.isdigit():
                continue
            rest = text.removeprefix(prefix)
            villages = self._village_with_group(rest, on)
            if villages:
                inside = frozenset(code for code in villages if self._town_of[code] in codes)
                return _Read(towns=codes, villages=inside or villages)
            if not towns and prefix.endswith(TOWN_SUFFIXES):
                towns = codes
        villages = self._village_with_group(text, on)
        return _Read(towns=towns, villages=villages)

    def _village_with_group(self, text: str, on: date | None) -> frozenset[str]:
        for candidate in dict.fromkeys((text, _GROUP.sub("", text))):
            if candidate and (codes := self._codes(self._villages, candidate, on)):
                return codes
        for name in self._long_villages:
            is_in_it = text.startswith(name) and _REST_OF_GROUP.fullmatch(text.removeprefix(name))
            if is_in_it and (codes := self._codes(self._villages, name, on)):
                return codes
        return frozenset()

    def place(self, town_text: object, village_text: object, on: date | None = None) -> Placement:
        """The place a town cell and a village cell name together, on a day (None: names of any time).

        Codes stay None and the text stays as given where nothing in the county is called that; `note` is a key of NOTES.
        """
        day = on.date() if isinstance(on, datetime) else on
        key = (town_text, village_text, day)
        if len(self._places) > MOST_REMEMBERED:
            self._places.clear()
        if key not in self._places:
            self._places[key] = self._place(town_text, village_text, day)
        return self._places[key]

    def _place(self, town_text: object, village_text: object, on: date | None) -> Placement:
        town_words, village_words = clean_place(town_text), clean_place(village_text)
        given = Placement(town_name=town_words or None, village_name=village_words or None)
        town = self._read(town_words, is_village_cell=False, on=on)
        village = self._read(village_words, is_village_cell=True, on=on)
        if town.elsewhere or village.elsewhere:
            return replace(given, note="other_county", elsewhere=True)
        if village_words in WHOLE_TOWN:
            village = _Read(is_blank=True)
        towns = town.towns
        villages = village.villages or town.villages
        if not towns and not town.villages:
            towns = village.towns
        if len(villages) > 1:
            near = towns or village.towns
            inside = frozenset(code for code in villages if self._town_of[code] in near)
            villages = inside or villages
        if len(villages) == 1:
            (code,) = villages
            home = self._town_of[code]
            note = None
            if towns and home not in towns:
                note = "town_corrected"
            elif not towns and not town.villages and not town.is_blank:
                note = "town_unknown"
            return Placement(home, self.town_names[home], code, self.village_names[code], note)
        if len(towns) == 1:
            (code,) = towns
            nothing_left = village.is_blank or village.towns == towns
            note = "village_ambiguous" if villages else None if nothing_left else "village_unknown"
            return replace(given, town_code=code, town_name=self.town_names[code], note=note)
        if villages:
            return replace(given, note="village_ambiguous")
        return given if town.is_blank and village.is_blank else replace(given, note="place_unknown")

    def place_area(self, towns_text: object, villages_text: object, on: date | None = None) -> AreaPlacement:
        """Several towns and villages written in one cell each (、 , ; / or spaces between), for area events."""
        day = on.date() if isinstance(on, datetime) else on
        notes: list[str] = []
        towns, strays, unknown_towns, is_elsewhere = self._towns_in(towns_text, day)
        named = dict.fromkeys(towns)
        villages = dict.fromkeys(strays)
        unknown_villages: list[str] = []
        for piece in self._pieces(villages_text, is_village_cell=True, on=day):
            if piece in WHOLE_TOWN or piece in WHOLE_COUNTY:
                continue
            read = self._read(piece, is_village_cell=True, on=day)
            inside = frozenset(code for code in read.villages if self._town_of[code] in (read.towns or named))
            choice = inside if len(inside) == 1 else read.villages
            if len(choice) == 1:
                villages |= dict.fromkeys(choice)
            elif read.elsewhere:
                is_elsewhere = True
            elif read.towns and not read.villages:
                named |= dict.fromkeys(sorted(read.towns))
            elif not read.is_blank:
                unknown_villages.append(piece)
                notes.append("village_ambiguous" if read.villages else "village_unknown")
        homes = dict.fromkeys(self._town_of[code] for code in villages)
        outside = [home for home in homes if home not in named]
        if outside and (towns or unknown_towns):
            notes.append("town_corrected" if towns else "town_unknown")
        elif unknown_towns:
            notes.append("town_unknown" if named else "place_unknown")
        if outside and len(named) == 1 and not any(home in named for home in homes):
            named = {}
        named |= dict.fromkeys(outside)
        if not named:
            words = clean_place(towns_text) or None, clean_place(villages_text) or None
            notes = ["other_county"] if is_elsewhere else ["place_unknown"] if any(words) else []
            return AreaPlacement(None, words[0], None, words[1], tuple(notes), is_elsewhere)
        if is_elsewhere:
            notes.append("other_county")
        ordered_villages = sorted(villages)
        names = [self.village_names[code] for code in ordered_villages] + unknown_villages
        return AreaPlacement(
            "、".join(sorted(named)),
            "、".join(self.town_names[code] for code in sorted(named)),
            "、".join(ordered_villages) or None,
            "、".join(names) or None,
            tuple(dict.fromkeys(notes)),
        )

    def _towns_in(self, text: object, on: date | None) -> tuple[list[str], list[str], list[str], bool]:
        """Town codes, villages written among the towns, words nobody knows, and whether another county is named."""
        towns: list[str] = []
        villages: list[str] = []
        unknown: list[str] = []
        is_elsewhere = False
        for piece in self._pieces(text, is_village_cell=False, on=on):
            if piece in WHOLE_COUNTY or self._without_own_county(piece) in ("", "全县", "各镇", "各乡镇"):
                towns += sorted(self.town_names)
                continue
            read = self._read(piece, is_village_cell=False, on=on)
            towns += sorted(read.towns)
            if len(read.villages) == 1:
                villages += read.villages
            is_elsewhere |= read.elsewhere
            if not (read.towns or read.villages or read.elsewhere or read.is_blank):
                unknown.append(piece)
        return towns, villages, unknown, is_elsewhere

    def _pieces(self, text: object, *, is_village_cell: bool, on: date | None) -> list[str]:
        """The single names in a cell, without 等3个村 and the like."""
        raw = str(text) if isinstance(text, str) else clean_place(text)
        pieces: list[str] = []
        for part in _SEPARATORS.split(raw):
            piece = clean_place(part)
            if self._lookup(piece, is_village_cell, on) is None:
                piece = _COUNTED.sub("", piece) if "等" in piece else piece
                piece = piece.removesuffix("等").removesuffix("等地")
                parts = [clean_place(half) for half in _JOINTS.split(piece)]
                reads = [self._read(half, is_village_cell=is_village_cell, on=on) for half in parts]
                if len(parts) > 1 and all(read.towns or read.villages for read in reads):
                    pieces += parts
                    continue
            if piece:
                pieces.append(piece)
        return pieces


@lru_cache(maxsize=1)
def _loaded(site: Site, *_: tuple[int, int]) -> Divisions:
    return Divisions(site.county_rows("divisions.csv"), site.county_rows("division_aliases.csv"), site.county)
