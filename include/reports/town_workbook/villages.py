"""A workbook a village: its own rows of the town's verification sheets, to be filled in there and returned in the same way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from include.reports.notice import WHOLE_TOWN, notice_of, split_listing
from include.reports.sheets import new_book
from include.reports.town_workbook.verification import CONTINUING_SHEET, VERIFICATION_SHEET, write_verification
from include.site import County

VILLAGE_FOLDER = "分村"


def write_village_books(
    folder: Path, stem: str, *, mark: str, county: County, town_name: str, dispatch: Mapping[str, Any], warnings: pd.DataFrame
) -> list[Path]:
    """Write one workbook for each village with a warning; households whose village is not known have one of their own.

    Arguments as for ``write_town_workbook``; ``stem`` begins each file's name. A household bears the number it has in the town's
    workbook and on its page. Area events are the town's to answer and stand in no village's book.
    """
    notice = notice_of(dispatch, county)
    issued, continuing = (frame[frame["place"] != WHOLE_TOWN] for frame in split_listing(warnings))
    written = []
    for place in dict.fromkeys([*issued["place"], *continuing["place"]]):
        path = folder / f"{stem}_{_file_name(place)}_入户核查表.xlsx"
        mine, earlier = (frame[frame["place"] == place] for frame in (issued, continuing))
        title = f"{town_name}{place}{VERIFICATION_SHEET}"
        with new_book(path, mark=mark, title=title, author=notice.bureau, created=notice.issued_at) as book:
            write_verification(book, notice, f"{town_name}{place}", VERIFICATION_SHEET, mine)
            if len(earlier):
                write_verification(book, notice, f"{town_name}{place}", CONTINUING_SHEET, earlier)
        written.append(path)
    return written


def _file_name(place: str) -> str:
    """A village's name as part of a file's: it may be a department's text."""
    return re.sub(r'[\\/:*?"<>|\s]', "", place)[:40] or "未写明"
