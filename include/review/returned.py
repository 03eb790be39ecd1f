"""A workbook that comes back from the bureau: what waited for a person, or lines of a dispatch; each is judged in its own way."""

from __future__ import annotations

from datetime import datetime

import duckdb

from include.reading.formats import Workbook
from include.review.answers import judge_answers
from include.review.judged import Judged
from include.review.line_workbook import decided_lines
from include.review.lines import judge_lines
from include.review.workbook import KEY, Lines, answered_lines
from include.site import Site


def returned_lines(workbook: Workbook) -> Lines | None:
    """The lines that the bureau filled in, of either workbook. None: it is something else."""
    answered = answered_lines(workbook)
    return decided_lines(workbook) if answered is None else answered


def judge(connection: duckdb.DuckDBPyConnection, site: Site, lines: Lines, *, delivery_id: str, decided_at: datetime) -> Judged:
    """What the lines decide and which go back; nothing is written."""
    if any(KEY in line for *_, line in lines):
        return judge_answers(connection, site, lines, delivery_id=delivery_id, decided_at=decided_at)
    return judge_lines(connection, lines, delivery_id=delivery_id, decided_at=decided_at)
