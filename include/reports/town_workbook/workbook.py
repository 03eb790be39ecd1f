"""A town's workbook as a whole: which sheets it has, in which order."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from include.reports.labels import WARNING_TYPES
from include.reports.notice import notice_of, sources_of, split_listing, watched_of
from include.reports.sheets import new_book
from include.reports.town_workbook.by_type import write_type_sheet
from include.reports.town_workbook.monitoring import write_monitoring
from include.reports.town_workbook.self_pay import write_self_pay
from include.reports.town_workbook.summary import write_summary
from include.reports.town_workbook.verification import CONTINUING_SHEET, VERIFICATION_SHEET, write_verification
from include.site import County


def write_town_workbook(
    path: Path,
    *,
    mark: str,
    county: County,
    town_name: str,
    dispatch: Mapping[str, Any],
    warnings: pd.DataFrame,
    signals: pd.DataFrame,
    self_pay: pd.DataFrame,
    answers: pd.DataFrame | None = None,
    has_affected: bool = False,
) -> None:
    """Write the workbook of one town.

    ``dispatch``: the ``ledger.dispatches`` row. ``warnings``: that town's ``ledger.dispatched_warnings`` of it.
    ``signals``: ``risk_signals``, others' are ignored. ``self_pay``: that town's ``report_self_pay_information``.
    ``answers``: that town's ``answers_before`` the dispatch. ``has_affected``: a file of the registry's households in an area
    goes with it. Raises ValueError when another town's warning is among them.
    """
    if not warnings.empty and "town_name" in warnings and set(warnings["town_name"].dropna()) - {town_name}:
        raise ValueError(f"{town_name}的工作簿中混入了其他镇的预警")
    notice = notice_of(dispatch, county)
    issued, continuing = split_listing(warnings)
    watched = watched_of(warnings)
    sources = sources_of(signals, set(warnings["warning_id"]), county)
    title = f"{county.name}防止返贫动态监测部门筛查预警{'即时' if notice.is_instant else ''}交办（{town_name})"
    with new_book(path, mark=mark, title=title, author=notice.bureau, created=notice.issued_at) as book:
        write_summary(book, notice, town_name, title, issued, continuing, watched, self_pay, has_affected)
        for warning_type in WARNING_TYPES:
            new, old = (frame[frame["warning_type"] == warning_type] for frame in (issued, continuing))
            if len(new) or len(old):
                write_type_sheet(book, notice, town_name, warning_type, new, old, sources)
        if len(self_pay) or not notice.is_instant:
            write_self_pay(book, notice, town_name, self_pay)
        if len(watched):
            write_monitoring(book, notice, county, town_name, watched, pd.DataFrame() if answers is None else answers)
        write_verification(book, notice, town_name, VERIFICATION_SHEET, issued)
        if len(continuing):
            write_verification(book, notice, town_name, CONTINUING_SHEET, continuing)
