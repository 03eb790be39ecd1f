"""The paper for the doors of one town, as PDF: one page a household to fill in and sign, before each village its list.

Form and words are in ``household_pages.typ``; what is said of a household comes there as data, so that text stays text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

from include.reports.barcode import bars_of
from include.reports.labels import date_text
from include.reports.letter import letter_press
from include.reports.notice import notice_of, sources_of, split_listing, visit_name
from include.reports.town_workbook.answers import CRITERIA, EXCLUSION_REASONS, INCOMES, MONITORED_TYPES, THREE_GUARANTEES
from include.reports.visits import Visit, visits_of
from include.site import County

_FORM = Path(__file__).with_suffix(".typ")


def write_household_pages(
    path: Path,
    *,
    mark: str,
    county: County,
    town_name: str,
    dispatch: Mapping[str, Any],
    warnings: pd.DataFrame,
    signals: pd.DataFrame,
    members: pd.DataFrame,
    answers: pd.DataFrame,
    font_folder: Path | None = None,
) -> bool:
    """Write one town's pages; False, and no file, when the dispatch asks nothing new of the town.

    ``members``, ``answers``: as for ``visits_of``; the rest as for ``write_town_workbook`` and ``write_letter``.
    """
    notice = notice_of(dispatch, county)
    issued, continuing = split_listing(warnings)
    if issued.empty:
        return False
    visits = visits_of(
        notice,
        issued,
        continuing,
        members=members,
        answers=answers,
        sources=sources_of(signals, set(warnings["warning_id"]), county),
    )
    homes = [visit for visit in visits if not visit.is_area]
    villages = [(place, list(mine)) for place, mine in groupby(homes, key=lambda visit: visit.place)]
    press = letter_press(font_folder)
    press.set(
        path,
        _FORM.read_text("utf-8"),
        {
            "mark": mark,
            "county": county.name,
            "town": town_name,
            "bureau": notice.bureau,
            "dispatch": notice.short_name,
            "number": notice.number,
            "issued": date_text(notice.issued_on),
            "deadline": notice.deadline,
            "registry": date_text(notice.registry_date) if notice.registry_date else "",
            "fonts": {"body": list(press.chain("宋体")), "head": list(press.chain("黑体"))},
            "choices": {
                "criteria": CRITERIA,
                "types": MONITORED_TYPES,
                "reasons": EXCLUSION_REASONS,
                "guarantees": THREE_GUARANTEES,
                "incomes": INCOMES,
            },
            "areas": [_page(visit) for visit in visits if visit.is_area],
            "villages": [{"name": place, "visits": _pages(mine)} for place, mine in villages],
        },
    )
    return True


def _pages(visits: Sequence[Visit]) -> list[dict[str, Any]]:
    return [_page(visit) for visit in visits]


def _page(visit: Visit) -> dict[str, Any]:
    """A visit with its name and each warning's bars."""
    page = asdict(visit) | {"name": visit_name(visit.number)}
    page["reasons"] = [asdict(reason) | {"bars": bars_of(reason.warning_id)} for reason in visit.reasons]
    return page
