"""The file of the registry's households where an epidemic or a disaster was: to be visited, and returned with the area's number.

It is a file of its own, since one event can concern many times the households of all other warnings together.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from include.reports.notice import notice_of
from include.reports.sheets import new_book
from include.reports.town_workbook.form import FormRow, column, write_form
from include.site import County

AFFECTED_SHEET = "受影响农户核查表"

GIVEN = (
    column("序号", 24, "centre"),
    column("预警编号", 42, "centre"),
    column("户编号", 42, "centre"),
    column("户主姓名", 34, "centre"),
    column("行政村", 36, "centre"),
    column("名单登记情况", 46, "centre"),
    column("预警事实", 66),
)


def write_affected_book(
    path: Path, *, mark: str, county: County, town_name: str, dispatch: Mapping[str, Any], affected: pd.DataFrame
) -> None:
    """Write one town's file.

    ``affected``: one row an area warning and registry household in the order of a visit, risk not removed first: warning_id,
    evidence, village_name, natural_village, household_id, head_name, member_count, registry_status, household_phone.
    """
    notice = notice_of(dispatch, county)
    title = f"{town_name}受影响地区在防贫名单内农户核查表"
    note = (
        "列出疫情、灾害所涉村（未写明村的为全镇）在防贫名单内的户，风险未消除的排在前面，请先走访。"
        "逐户填写的按本表报回，预警编号、户编号不要改动；没有受影响的户可以不填。"
    )
    rows = [
        FormRow(
            given=(
                number,
                *(
                    entry[name]
                    for name in ("warning_id", "household_id", "head_name", "village_name", "registry_status", "evidence")
                ),
            ),
            on_screen=(None, entry["natural_village"], entry["household_phone"]),
            member_count=entry["member_count"],
        )
        for number, entry in enumerate(affected.to_dict("records"), start=1)
    ]
    with new_book(path, mark=mark, title=title, author=notice.bureau, created=notice.issued_at) as book:
        write_form(book, notice, AFFECTED_SHEET, title, note, GIVEN, rows, "没有受影响的名单户。")
