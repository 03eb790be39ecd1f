"""Where the rows of a delivery are: town and village of each, and whether it is another county's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from include.checking.delivery_rows import DeliveryRows, coded, is_null
from include.checking.divisions import Divisions
from include.checking.reasons import refused, said

if TYPE_CHECKING:
    from include.site import County

FEWEST_ROWS_TO_JUDGE = 3  # 少于三行时，地名都不认识也只进待分派，不整份退回


@dataclass
class Places:
    """Per row: town and village codes (joined by 、 for areas), and whether the row names another county."""

    towns: pa.LargeStringArray
    villages: pa.LargeStringArray
    elsewhere: npt.NDArray[np.bool_]


def place_rows(rows: DeliveryRows, divisions: Divisions, county: County, on: date) -> Places:
    """The places of all rows; names become canonical in the rows' values.

    Raises Refused (other_county) when more than half of the rows are another county's.
    """
    if not rows.contract.has_column("town_name"):
        nothing = pa.nulls(len(rows), pa.large_string())
        return Places(nothing, nothing, np.zeros(len(rows), bool))
    covers_several = rows.contract.column("town_name").kind == "towns"
    places = (_place_areas if covers_several else _place_homes)(rows, divisions, on)
    if rows.contract.has_column("county_name"):
        _read_county_names(rows, places, county)
    _refuse_other_county(rows, places, county)
    if not rows.contract.home_may_be_elsewhere:
        column, words = rows.column("town_name"), said("other_county", "row", county=county.name)
        for position in np.flatnonzero(places.elsewhere).tolist():
            rows.reject(position, column, words)
    return places


def texts(values: Iterable[str | None]) -> pa.LargeStringArray:
    return pa.array(values, pa.large_string())


def _place_homes(rows: DeliveryRows, divisions: Divisions, on: date) -> Places:
    (towns, town), (villages, village) = (coded(rows.values[name]) for name in ("town_name", "village_name"))
    pairs, which = np.unique(town * len(villages) + village, return_inverse=True)  # each pair of names once
    placed = [divisions.place(towns[pair // len(villages)], villages[pair % len(villages)], on=on) for pair in pairs.tolist()]
    rows.values["town_name"] = texts([place.town_name for place in placed]).take(which)
    rows.values["village_name"] = texts([place.village_name for place in placed]).take(which)
    has_note = np.array([place.note is not None and not place.elsewhere for place in placed], bool)
    for position in np.flatnonzero(has_note[which]).tolist():
        _note_place(rows, position, placed[which[position]].note or "")
    for position, pair in rows.other_places.items():
        place, other = placed[which[position]], divisions.place(*pair, on=on)
        if place.village_code and (other.elsewhere or other.village_code not in (None, place.village_code)):
            rows.say(position, rows.column("village_name"), "finding", said("address_differs"))
    return Places(
        texts([place.town_code for place in placed]).take(which),
        texts([place.village_code for place in placed]).take(which),
        np.array([place.elsewhere for place in placed], bool)[which],
    )


def _place_areas(rows: DeliveryRows, divisions: Divisions, on: date) -> Places:
    pairs = zip(rows.values["town_name"].to_pylist(), rows.values["village_name"].to_pylist(), strict=True)
    found = [divisions.place_area(town, village, on=on) for town, village in pairs]
    rows.values["town_name"] = texts(place.town_names for place in found)
    rows.values["village_name"] = texts(place.village_names for place in found)
    for position, place in enumerate(found):
        for note in place.notes:
            if not place.elsewhere:
                _note_place(rows, position, note)
        if place.unnamed is not None:
            words = said("places_not_named", *(("some",) if not place.unnamed else ()), missing=place.unnamed)
            rows.say(position, rows.column("town_name"), "finding", words)
    return Places(
        texts(place.town_codes for place in found),
        texts(place.village_codes for place in found),
        np.array([place.elsewhere for place in found], bool),
    )


def _note_place(rows: DeliveryRows, position: int, note: str) -> None:
    is_about_village = note in ("village_unknown", "village_ambiguous")
    words = said(note, "area" if note == "other_county" else "")
    rows.say(position, rows.column("village_name" if is_about_village else "town_name"), "finding", words)


def _read_county_names(rows: DeliveryRows, places: Places, county: County) -> None:
    """The registry's export names the county in a column of its own."""
    own = (county.name, county.name.removesuffix("县").removesuffix("市").removesuffix("区"), county.code)
    names, which = coded(rows.values["county_name"])
    is_other = np.array([bool(name) and not any(word in name for word in own) for name in names])[which]
    nothing = pa.scalar(None, pa.large_string())
    places.elsewhere |= is_other
    places.towns = pc.if_else(pa.array(is_other), nothing, places.towns)
    places.villages = pc.if_else(pa.array(is_other), nothing, places.villages)


def _refuse_other_county(rows: DeliveryRows, places: Places, county: County) -> None:
    """More than half of the rows say another county, or name no town and no village that this one has."""
    total = len(rows)
    elsewhere = int(places.elsewhere.sum())
    unknown = int((is_null(places.towns) & ~places.elsewhere & ~is_null(rows.values["town_name"])).sum())
    can_judge = total >= FEWEST_ROWS_TO_JUDGE
    says_so = elsewhere * 2 > total and (can_judge or not rows.contract.home_may_be_elsewhere)
    if says_so or (can_judge and (elsewhere + unknown) * 2 > total):
        others = elsewhere + unknown
        raise refused("other_county", "file", file=rows.file_name, total=total, others=others, county=county.name)
