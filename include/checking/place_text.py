"""What one text says of a place: a village and the candidates it may be, a town, another county, or nothing.

A place of another county is only taken for that when it says so; an unknown name stays unknown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from include.checking.kinds.chinese_number import chinese_number
from include.checking.place_names import TOWN_SUFFIXES, PlaceNames, clean_place

MOST_REMEMBERED = 100_000
MISSING = frozenset({"", "-", "--", "—", "——", "/", "\\", "无", "暂无", "不详", "空"})

_SEPARATORS = re.compile(r"[、,，;；/|\n\r\t 　]+")
_JOINTS = re.compile(r"[和及与]")
_GROUP = re.compile(r"[（(].*[）)]$|(?:第?[0-9一二三四五六七八九十百]+)?(?:村民)?(?:小组|组|队)(?:[0-9]+号?)?$|[0-9]+号$")
_REST_OF_GROUP = re.compile(r".{0,12}(?:组|队|号|户|自然村|屋|庄)$")
_COUNTED = re.compile(r"等?[0-9一二两三四五六七八九十]*个?(?:行政村|村社区|社区|镇|乡镇|村)$")
_OTHER_COUNTY = re.compile(
    r"(?P<name>[\u4e00-\u9fff]{1,6}?县|[\u4e00-\u9fff]{2,6}?(?<![社小园矿库林景片发])[市区]|[\u4e00-\u9fff]{2,6}?旗)(?P<rest>.*)"
)
_NOT_A_COUNTY = ("村", "组", "头", "镇", "乡")  # 古县村, 新市镇
_BRACKETED = re.compile(r"(?P<town>[\u4e00-\u9fff]{2,8})\s*[（(](?P<villages>[^()（）]+)[)）]")
_AND_OTHERS = re.compile(
    r"等(?:(?P<count>[0-9]+|[一二两三四五六七八九十]+)个?(?P<what>乡镇|镇乡|镇|乡|街道|行政村|村社区|村|社区)|(?P<open>地|乡镇|镇|村|$))"
)
_OUTSIDE = re.compile(r"^(?:外省|省外|外县|县外|外市|市外|外地)")
_PROVINCE = re.compile(
    r"^(?:北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西"
    r"|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门)(?:省|市|.{0,4}自治区|特别行政区)"
)


@dataclass(frozen=True)
class PlaceRead:
    """What one text says; several codes where it does not decide between them."""

    towns: frozenset[str] = frozenset()
    villages: frozenset[str] = frozenset()
    is_blank: bool = False
    elsewhere: bool = False


def counted(text: object) -> int | None:
    """How many towns or villages a cell says there are (旌阳等5个乡镇: 5, 旌阳等地: 0 for some); else None."""
    found = _AND_OTHERS.search(clean_place(text))
    if found is None:
        return None
    return (int(found["count"]) if found["count"].isdigit() else chinese_number(found["count"]) or 0) if found["count"] else 0


class PlaceReader:
    """Reads place texts, each different one once."""

    def __init__(self, names: PlaceNames) -> None:
        self.names = names
        self._remembered: dict[tuple[str, bool, date | None], PlaceRead] = {}

    def read(self, text: str, *, is_village_cell: bool, on: date | None) -> PlaceRead:
        """A text as ``clean_place`` gives it, on a day (None: names of any time)."""
        key = (text, is_village_cell, on)
        if len(self._remembered) > MOST_REMEMBERED:
            self._remembered.clear()
        if key not in self._remembered:
            self._remembered[key] = self._understand(text, is_village_cell, on)
        return self._remembered[key]

    def without_brackets(self, text: object, on: date | None) -> tuple[object, list[tuple[frozenset[str], str]]]:
        """A cell without the brackets behind its towns, and what stood in them with the town's codes: 三溪镇（路西村）."""
        inside: list[tuple[frozenset[str], str]] = []
        if not isinstance(text, str):
            return text, inside

        def taken(match: re.Match[str]) -> str:
            towns = self.read(clean_place(match["town"]), is_village_cell=False, on=on).towns
            if towns:
                inside.append((towns, match["villages"]))
            return match["town"] if towns else match[0]

        return _BRACKETED.sub(taken, text), inside

    def pieces(self, text: object, *, is_village_cell: bool, on: date | None) -> list[str]:
        """The single names in a cell, without 等3个村 and the like."""
        raw = str(text) if isinstance(text, str) else clean_place(text)
        pieces: list[str] = []
        for part in _SEPARATORS.split(raw):
            piece = clean_place(part)
            if self._lookup(piece, is_village_cell, on) is None:
                piece = _COUNTED.sub("", piece) if "等" in piece else piece
                piece = piece.removesuffix("等").removesuffix("等地")
                parts = [clean_place(half) for half in _JOINTS.split(piece)]
                reads = [self.read(half, is_village_cell=is_village_cell, on=on) for half in parts]
                if len(parts) > 1 and all(read.towns or read.villages for read in reads):
                    pieces += parts
                    continue
            if piece:
                pieces.append(piece)
        return pieces

    def _understand(self, text: str, is_village_cell: bool, on: date | None) -> PlaceRead:
        if text.lower() in MISSING:
            return PlaceRead(is_blank=True)
        if text.isdigit():
            return self._by_code(text, on)
        found = self._lookup(text, is_village_cell, on)
        if found is not None:
            return found
        if _OUTSIDE.match(text):
            return PlaceRead(elsewhere=True)
        rest = self.names.without_own_county(text)
        if rest != text:
            if not rest:
                return PlaceRead(is_blank=True)
            found = self._lookup(rest, is_village_cell, on)
            if found is not None:
                return found
        elif _PROVINCE.match(text) and not text.startswith(self.names.county.province):
            return PlaceRead(elsewhere=True)
        if self._names_other_county(rest):
            return PlaceRead(elsewhere=True)
        return self._by_parts(rest, is_village_cell, on)

    def _by_code(self, text: str, on: date | None) -> PlaceRead:
        county = self.names.county.code
        villages, towns = self.names.villages(text, on), self.names.towns(text, on)
        if len(text) == 12 and text.endswith("000"):
            towns = self.names.towns(text[:9], on)
        if villages or towns:
            return PlaceRead(towns=towns, villages=villages)
        if text.rstrip("0") == county.rstrip("0"):
            return PlaceRead(is_blank=True)
        return PlaceRead(elsewhere=len(text) in (6, 9, 12) and not text.startswith(county) and text[:2] >= "11")

    def _lookup(self, text: str, is_village_cell: bool, on: date | None) -> PlaceRead | None:
        """The whole text as a name: a village first in a village cell, a town first in a town cell."""
        villages, towns = self.names.villages(text, on), self.names.towns(text, on)
        if is_village_cell and villages:
            return PlaceRead(villages=villages)
        if towns:
            return PlaceRead(towns=towns)
        return PlaceRead(villages=villages) if villages else None

    def _names_other_county(self, text: str) -> bool:
        county = self.names.county
        match = _OTHER_COUNTY.match(text)
        if match is None or match["name"] in (county.name, county.city) or match["rest"].startswith(_NOT_A_COUNTY):
            return False
        return not any(len(name) > 2 and text.startswith(name) for name in self.names.long_towns)

    def _by_parts(self, text: str, is_village_cell: bool, on: date | None) -> PlaceRead:
        """Town and village in one cell, and groups or house numbers behind a village."""
        trimmed = _GROUP.sub("", text)
        for candidate in dict.fromkeys((trimmed, text)):
            if candidate and (found := self._lookup(candidate, is_village_cell, on)) is not None:
                return found
        towns: frozenset[str] = frozenset()
        for prefix in self.names.long_towns:
            codes = self.names.towns(prefix, on) if text.startswith(prefix) else frozenset()
            if not codes or len(prefix) < 2 or prefix.isdigit():
                continue
            rest = text.removeprefix(prefix)
            villages = self._village_with_group(rest, on) or self._village_in_front(rest, codes, on)
            if villages:
                inside = frozenset(code for code in villages if self.names.town_of[code] in codes)
                return PlaceRead(towns=codes, villages=inside or villages)
            if not towns and prefix.endswith(TOWN_SUFFIXES):
                towns = codes
        villages = self._village_with_group(text, on)
        return PlaceRead(towns=towns, villages=villages)

    def _village_in_front(self, text: str, towns: frozenset[str], on: date | None) -> frozenset[str]:
        """The village of these towns that an address goes on with behind the town: 路西村大塘12号."""
        for name in self.names.long_villages:
            if text.startswith(name):
                codes = frozenset(code for code in self.names.villages(name, on) if self.names.town_of[code] in towns)
                if codes:
                    return codes
        return frozenset()

    def _village_with_group(self, text: str, on: date | None) -> frozenset[str]:
        for candidate in dict.fromkeys((text, _GROUP.sub("", text))):
            if candidate and (codes := self.names.villages(candidate, on)):
                return codes
        for name in self.names.long_villages:
            is_in_it = text.startswith(name) and _REST_OF_GROUP.fullmatch(text.removeprefix(name))
            if is_in_it and (codes := self.names.villages(name, on)):
                return codes
        return frozenset()
