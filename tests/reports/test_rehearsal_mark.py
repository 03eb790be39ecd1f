"""Every paper of a rehearsal says 演练 where nobody misses it, and none of the county's own does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from include.reports.letter import letter_of, letter_press
from include.reports.town_workbook import write_town_workbook
from include.site import County, Site, current_site
from include.site.home import make_real, make_rehearsal, rehearsal_mark

TOWN = "旌阳镇"
Make = Callable[[Site], None]


@pytest.mark.parametrize(("make", "is_marked"), [(make_rehearsal, True), (make_real, False)])
def test_a_letter(
    home: Path, make: Make, is_marked: bool, county: County, dispatch: dict[str, Any], warnings: pd.DataFrame
) -> None:
    make(current_site())
    letter = letter_of(mark=rehearsal_mark(current_site()), county=county, town_name=TOWN, dispatch=dispatch, warnings=warnings)
    assert letter.text.startswith("演练：本函只供演练，不具效力\n") is is_marked
    assert letter.subject.startswith("【演练】") is is_marked
    assert ("演练" in letter_press().source(letter)) is is_marked


@pytest.mark.parametrize(("make", "is_marked"), [(make_rehearsal, True), (make_real, False)])
def test_every_sheet(
    home: Path,
    make: Make,
    is_marked: bool,
    county: County,
    dispatch: dict[str, Any],
    warnings: pd.DataFrame,
    signals: pd.DataFrame,
    self_pay: pd.DataFrame,
) -> None:
    make(current_site())
    path = home / "book.xlsx"
    write_town_workbook(
        path,
        mark=rehearsal_mark(current_site()),
        county=county,
        town_name=TOWN,
        dispatch=dispatch,
        warnings=warnings,
        signals=signals,
        self_pay=self_pay,
        has_affected=True,
    )
    for sheet in openpyxl.load_workbook(path).worksheets:
        assert str(sheet["A1"].value).endswith("（演练）") is is_marked, sheet.title
        assert (sheet.oddHeader.center.text == "演练") is is_marked, sheet.title
