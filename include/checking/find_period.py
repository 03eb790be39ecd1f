"""Which period a file with its tables is about, and which of its sheets belong to another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from include.checking.delivery_period import Decided, delivery_period
from include.checking.match_columns import map_columns
from include.checking.period import ImpossiblePeriod, column_period, period_of_day, stated_period
from include.checking.reasons import refused, said
from include.checking.sent import Candidate, Sent, in_sheet
from include.checking.table import Guess, Skipped
from include.contracts import Contract
from include.reading.cells import column_of

PERIODS_IN_SHEETS = {"month", "quarter", "term", "year"}


def read_periods(found: list[Candidate], contract: Contract, sent: Sent) -> None:
    """For each table the period its column states, else its titles, else its sheet's name."""
    for candidate in found:
        if candidate.contract and contract.period_column and contract.period_kind in {*PERIODS_IN_SHEETS, "date"}:
            index = map_columns(candidate.table, contract).column_index.get(contract.period_column)
            if index is not None:
                values = column_of(candidate.table.rows, index)
                candidate.column, candidate.says_column = column_period(contract, values, sent.received_at)
        if contract.period_kind in PERIODS_IN_SHEETS:
            candidate.stated = candidate.column or first_stated(
                contract, [*candidate.table.titles, candidate.sheet.name], sent.received_at
            )


def one_period(found: list[Candidate], contract: Contract, sent: Sent, skipped: list[Skipped]) -> tuple[Decided, list[Candidate]]:
    """The delivery's period, and the candidates of that period; sheets of others are listed and not read.

    Raises Refused (period_unreadable).
    """
    periods = {candidate.stated for candidate in found if candidate.stated}
    if len(periods) > 1:
        period = _of_several(periods, contract, sent)
        skipped += [
            other_period(candidate.sheet.name, candidate.stated, period)
            for candidate in found
            if candidate.stated and candidate.stated != period
        ]
        return Decided(period), [candidate for candidate in found if not candidate.stated or candidate.stated == period]
    column = max((candidate.column for candidate in found if candidate.column), default=None)
    titles = [title for candidate in found for title in candidate.table.titles]
    sheets = [candidate.sheet.name for candidate in found]
    unread = next((candidate for candidate in found if candidate.says_column), None)
    if column is None and unread and not first_stated(contract, [*titles, sent.stem], sent.received_at):
        raise refused(
            "period_unreadable",
            "column",
            file=sent.file_name,
            sheet=in_sheet(unread.sheet),
            row=unread.table.row_numbers[0],
            column=contract.column(contract.period_column or "").label,
            example=_example(contract, sent.received_at),
        )
    return period_of(contract, sent, column=column, titles=titles, sheets=sheets), found


def period_of(contract: Contract, sent: Sent, *, column: str | None, titles: Sequence[str], sheets: Sequence[str]) -> Decided:
    """The period that column, titles, file name or sheets state, else that of the day of receipt.

    Raises Refused (period_unreadable).
    """
    try:
        return delivery_period(
            contract, column=column, titles=titles, file_name=sent.stem, sheets=sheets, received_at=sent.received_at
        )
    except ImpossiblePeriod as impossible:
        example = _example(contract, sent.received_at)
        raise refused("period_unreadable", "title", file=sent.file_name, stated=impossible, example=example) from None


def not_taken(decided: Decided) -> Iterator[Guess]:
    """What title and names say of a time that is not the delivery's period."""
    if decided.passed_over:
        stated = "、".join(f"“{words}”" for words in decided.passed_over)
        yield Guess("", 0, *said("period_not_taken", stated=stated, period=decided.period))


def first_stated(contract: Contract, texts: Sequence[str], received_at: datetime) -> str | None:
    """The first possible period that one of the texts states."""
    for text in texts:
        try:
            if period := stated_period(text, contract.period_kind, received_at):
                return period
        except ImpossiblePeriod:
            continue
    return None


def other_period(sheet: str, stated: str, period: str) -> Skipped:
    """A sheet of another period, as it is listed."""
    return Skipped(sheet, 0, "other_period_sheet", f"内容属于 {stated}，不是本批次的 {period}，未读取")


def _of_several(periods: set[str], contract: Contract, sent: Sent) -> str:
    """The period the file's name states, else that of the day of receipt, else the last one before it."""
    by_name = first_stated(contract, [sent.stem], sent.received_at)
    by_day = period_of_day(contract.period_kind, sent.received_at.date())
    if by_name in periods:
        return str(by_name)
    if by_day in periods:
        return by_day
    return max((p for p in periods if _order(p) <= _order(by_day)), key=_order, default=min(periods, key=_order))


def _order(period: str) -> tuple[str, int]:
    year, _, part = period.partition("-")
    return year, {"spring": 1, "autumn": 2}.get(part, int(re.sub(r"\D", "", part) or 0))


def _example(contract: Contract, received_at: datetime) -> str:
    written = {
        "month": f"“{received_at.year}年{received_at.month}月”",
        "quarter": f"“{received_at.year}年第一季度”",
        "term": f"“{received_at.year}年春季学期”",
        "year": f"“{received_at.year}年”",
    }
    return written.get(contract.period_kind, f"“{received_at:%Y-%m-%d}”")
