"""Where a row is: town and village from whatever was written, by code, name, short name or dated alias.

A village that only one town of the county has wins over the town written beside it. A place of another county is only
taken for that when it says so; an unknown name stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from include.checking.place_names import PlaceNames, clean_place
from include.checking.place_text import MOST_REMEMBERED, PlaceRead, PlaceReader, counted
from include.site import stamp

if TYPE_CHECKING:
    from include.site import County, Site

WHOLE_TOWN = frozenset({
    "全镇", "全乡", "整镇", "全镇各村", "全镇所有村", "各村", "所有村", "全部", "全部村", "全部村社区", "各村社区",
    "全镇各村社区", "全境", "全镇范围", "全域",
})  # fmt: skip
WHOLE_COUNTY = frozenset({
    "全县", "全县各镇", "各镇", "所有镇", "全部镇", "全县范围", "县域", "全县各乡镇", "各乡镇", "所有乡镇",
})  # fmt: skip


_ALL = r"(?:全县|县域|本县)?(?:范围)?(?:内)?的?(?:其他|其它|其余|各|所有|全部)*的?(?:乡镇|镇乡|镇|乡)?"
_ALL_BUT = re.compile(
    rf"{_ALL}[(,]?除了?(?P<first>.+?)(?:之外|以外|外)[,]?{_ALL}(?:均|都)?(?:受灾|涉及)?\)?|{_ALL}\(不含(?P<second>.+?)\)"
)


def _unnamed(said: int | None, named: int) -> int | None:
    """How many are not named where so many are said to be meant; 0 where it is not said how many."""
    if said is None or 0 < said <= named:
        return None
    return said - named if said else 0


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
    unnamed: int | None = None
    """How many towns (villages, where no town is missing) are meant and not named, 0 for some; None when all are."""


class Divisions:
    """The county's towns and villages with every name they go by."""

    def __init__(self, divisions: Iterable[Mapping[str, str]], aliases: Iterable[Mapping[str, str]], county: County) -> None:
        names = PlaceNames(divisions, aliases, county)
        self.town_names, self.village_names = names.town_names, names.village_names
        self._names = names
        self._reader = PlaceReader(names)
        self._places: dict[tuple[object, object, date | None], Placement] = {}

    @classmethod
    def load(cls, site: Site) -> Divisions:
        """From the county's divisions.csv and division_aliases.csv, read again when one of them changes."""
        return _loaded(site, *(stamp(site.county_file(name)) for name in ("divisions.csv", "division_aliases.csv", "county.yml")))

    def place(self, town_text: object, village_text: object, on: date | None = None) -> Placement:
        """The place a town cell and a village cell name together, on a day (None: names of any time).

        Codes stay None and the text stays as given where nothing in the county is called that; ``note`` is a code of
        the catalogue of reasons.
        """
        day = on.date() if isinstance(on, datetime) else on
        key = (town_text, village_text, day)
        if len(self._places) > MOST_REMEMBERED:
            self._places.clear()
        if key not in self._places:
            self._places[key] = self._place(town_text, village_text, day)
        return self._places[key]

    def _place(self, town_text: object, village_text: object, on: date | None) -> Placement:
        town_text, in_brackets = self._reader.without_brackets(town_text, on)
        if in_brackets and not clean_place(village_text):
            village_text = in_brackets[0][1]
        town_words, village_words = clean_place(town_text), clean_place(village_text)
        given = Placement(town_name=town_words or None, village_name=village_words or None)
        town = self._reader.read(town_words, is_village_cell=False, on=on)
        village = self._reader.read(village_words, is_village_cell=True, on=on)
        if town.elsewhere or village.elsewhere:
            return replace(given, note="other_county", elsewhere=True)
        if village_words in WHOLE_TOWN:
            village = PlaceRead(is_blank=True)
        towns = town.towns
        villages = village.villages or town.villages
        if not towns and not town.villages:
            towns = village.towns
        if len(villages) > 1:
            near = towns or village.towns
            inside = frozenset(code for code in villages if self._names.town_of[code] in near)
            villages = inside or villages
        if len(villages) == 1:
            (code,) = villages
            home = self._names.town_of[code]
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
        towns_text, in_brackets = self._reader.without_brackets(towns_text, day)
        villages_text, more = self._reader.without_brackets(villages_text, day)
        towns, strays, unknown_towns, is_elsewhere = self._towns_in(towns_text, day)
        named = dict.fromkeys(towns)
        villages = dict.fromkeys(strays)
        unknown_villages: list[str] = []
        for of_towns, text in (*in_brackets, *more):
            for piece in self._reader.pieces(text, is_village_cell=True, on=day):
                if piece in WHOLE_TOWN:
                    continue
                read = self._reader.read(piece, is_village_cell=True, on=day)
                in_town = frozenset(code for code in read.villages if self._names.town_of[code] in of_towns)
                villages |= dict.fromkeys(in_town)
                if not in_town:
                    unknown_villages.append(piece)
                    notes.append("village_unknown")
        for piece in self._reader.pieces(villages_text, is_village_cell=True, on=day):
            if piece in WHOLE_TOWN or piece in WHOLE_COUNTY:
                continue
            read = self._reader.read(piece, is_village_cell=True, on=day)
            inside = frozenset(code for code in read.villages if self._names.town_of[code] in (read.towns or named))
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
        homes = dict.fromkeys(self._names.town_of[code] for code in villages)
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
        unnamed = _unnamed(counted(towns_text), len(named))
        if unnamed is None and villages:
            unnamed = _unnamed(counted(villages_text), len(villages))
        return AreaPlacement(
            "、".join(sorted(named)),
            "、".join(self.town_names[code] for code in sorted(named)),
            "、".join(ordered_villages) or None,
            "、".join(names) or None,
            tuple(dict.fromkeys(notes)),
            unnamed=unnamed,
        )

    def _towns_in(self, text: object, on: date | None) -> tuple[list[str], list[str], list[str], bool]:
        """Town codes, villages written among the towns, words nobody knows, and whether another county is named."""
        towns: list[str] = []
        villages: list[str] = []
        unknown: list[str] = []
        is_elsewhere = False
        whole = clean_place(text)
        if (counted(text) or 0) == len(self.town_names):
            return sorted(self.town_names), villages, unknown, is_elsewhere
        if (but := _ALL_BUT.fullmatch(whole)) is not None:
            left_out, _, unknown, is_elsewhere = self._towns_in(but["first"] or but["second"], on)
            if left_out and not unknown:
                return sorted(set(self.town_names) - set(left_out)), villages, unknown, is_elsewhere
        for piece in self._reader.pieces(text, is_village_cell=False, on=on):
            if piece in WHOLE_COUNTY or self._names.without_own_county(piece) in ("", "全县", "各镇", "各乡镇"):
                towns += sorted(self.town_names)
                continue
            read = self._reader.read(piece, is_village_cell=False, on=on)
            towns += sorted(read.towns)
            if len(read.villages) == 1:
                villages += read.villages
            is_elsewhere |= read.elsewhere
            if not (read.towns or read.villages or read.elsewhere or read.is_blank):
                unknown.append(piece)
        return towns, villages, unknown, is_elsewhere


@lru_cache(maxsize=1)
def _loaded(site: Site, *_: tuple[int, int]) -> Divisions:
    return Divisions(site.county_rows("divisions.csv"), site.county_rows("division_aliases.csv"), site.county)
