"""Which feed a file is, where its columns stand, and which period it is about.

A file is refused as a whole only for faults that leave its rows without a meaning.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from include.checking.columns_twice import check_columns_twice
from include.checking.find_feed import choose_contract, feed_of_zero_report, one_contract
from include.checking.find_head import HeadWords
from include.checking.find_period import not_taken, one_period, period_of, read_periods
from include.checking.list_rows import holds_list
from include.checking.match_columns import ReadTable, doubt_unstated, map_columns, unknown_columns
from include.checking.misplaced_cells import fill_merged, find_dittos, find_shifted, find_unreadable
from include.checking.reasons import refused, said
from include.checking.sent import Candidate, Sent, in_sheet, in_sheets
from include.checking.side_sheets import left_out, list_headless, without_examples, without_side_tables
from include.checking.table import Guess, Skipped, Table, holds_people, plain
from include.checking.tables import find_tables
from include.checking.units import TITLE, stated_units
from include.checking.zero_report import says_nothing
from include.contracts import Contract
from include.reading.cells import column_of
from include.reading.formats import Sheet, Workbook, is_blank, open_workbook
from include.reading.refusal import Refused

ZERO_TEXTS = 20
PICTURE_SHEET = ("picture", "只有图片、文本框或嵌入的文档，未读取")


@dataclass
class Recognised:
    """What a delivery was taken for. ``period`` is '' for event feeds, whose rows name the event."""

    contract: Contract
    tables: list[ReadTable]
    period: str
    skipped: list[Skipped]
    is_zero_report: bool
    unknown_columns: list[str] = field(default_factory=list)
    counts_in: str = "行"
    """What its row numbers count: 行 of a file, 条 of pushed JSON, the first object being 第 1 条."""
    guesses: list[Guess] = field(default_factory=list)
    past_period: str | None = None
    """A month long past that title or name states; it is the period only where that one is still owed."""

    def take_past_period(self) -> None:
        """The period that was taken for too old is the one still owed."""
        self.period, self.past_period = self.past_period or self.period, None
        self.guesses = [guess for guess in self.guesses if guess.code != "period_not_taken"]

    def filed_under(self, received_at: datetime) -> str:
        """The delivery's period; for event feeds the one event it is about, else the day it came."""
        if self.period:
            return self.period
        events: Counter[str] = Counter()
        for table in self.tables:
            index = table.column_index.get(self.contract.event_column or "")
            if index is not None:
                cells = column_of(table.table.rows, index)
                events.update(str(cell).strip() for cell in cells.distinct()[0] if cell is not None)
        return next(iter(events)) if len(events) == 1 else f"{received_at:%Y-%m-%d}"


def read_delivery(
    source: Path | BinaryIO,
    *,
    file_name: str,
    department: str,
    received_at: datetime,
    contracts: Sequence[Contract],
    kept: Workbook | None = None,
) -> Recognised:
    """The file ``source`` (sent as ``file_name`` by ``department``), opened unless its cells are kept, and recognised.

    Raises Refused.
    """
    return recognise(
        kept or open_workbook(source, file_name),
        file_name=file_name,
        department=department,
        received_at=received_at,
        contracts=contracts,
    )


def recognise(
    workbook: Workbook, *, file_name: str, department: str, received_at: datetime, contracts: Sequence[Contract]
) -> Recognised:
    """Feed, columns and period of a workbook.

    Raises Refused: unknown_table, missing_column, ambiguous, wrong_department, mixed_feeds, no_header, two_tables,
    no_visible_sheet, empty_file, in_picture, repeated_column, period_unreadable, zero_report_without_feed, nothing_filled.
    """
    sent = Sent(file_name, department, received_at, tuple(contracts))
    skipped: list[Skipped] = []
    found, headless = _find_tables(workbook, sent, skipped)
    if not found:
        return _without_table(headless, sent, skipped)
    found = without_examples(found, skipped)
    for candidate in found:
        choose_contract(candidate, sent)
    _check_kinds_of_each_sheet(found, sent)
    contract = one_contract(found, sent)
    read_periods(found, contract, sent)
    decided, found = one_period(found, contract, sent, skipped)
    period = decided.period
    list_headless(headless, contract, period, sent, skipped)
    kept = without_side_tables(found, contract, sent, skipped)
    for candidate in kept:
        _check_no_picture(candidate, sent)
        candidate.table.stated_units += stated_units(plain(sent.stem), TITLE)
    tables = [map_columns(candidate.table, contract) for candidate in kept]
    doubt_unstated(tables)
    for candidate, read in zip(kept, tables, strict=True):
        fill_merged(read, candidate.sheet, contract)
        check_columns_twice(read, candidate.sheet, contract, period, sent)
        find_dittos(read, contract)
        if workbook.kind in ("csv", "html"):
            find_unreadable(read)
        if workbook.kind == "csv":
            find_shifted(read, candidate.sheet)
    if contract.department == "town":
        _skip_unfilled(tables, contract, sent)
    if workbook.kind == "json":
        _count_objects(read.table for read in tables)
    guesses = [*_of_the_file(workbook), *left_out(skipped, contract)]
    skipped += [line for candidate in kept for line in candidate.table.skipped]
    return Recognised(
        contract=contract,
        tables=tables,
        period=period,
        skipped=skipped,
        is_zero_report=not any(read.table.rows for read in tables),
        unknown_columns=unknown_columns(tables),
        counts_in="条" if workbook.kind == "json" else "行",
        past_period=decided.past,
        guesses=guesses + [*not_taken(decided)] + [guess for read in tables for guess in (*read.table.guesses, *read.guesses)],
    )


def _find_tables(workbook: Workbook, sent: Sent, skipped: list[Skipped]) -> tuple[list[Candidate], list[Sheet]]:
    """Candidates of the visible sheets, and visible sheets with text but no head. Hidden and empty ones are listed."""
    words = HeadWords(sent.contracts)
    found, headless = [], []
    for sheet in workbook.sheets:
        if not sheet.is_visible:
            skipped.append(Skipped(sheet.name, 0, "hidden_sheet", "隐藏的工作表，未读取"))
        elif all(is_blank(cell) for row in sheet.rows for cell in row):
            skipped.append(Skipped(sheet.name, 0, *(PICTURE_SHEET if sheet.has_drawing else ("empty_sheet", "空白工作表"))))
        else:
            try:
                tables = find_tables(sheet, sent.contracts, words)
            except Refused as refusal:
                raise Refused(refusal.reason_code, f"文件“{sent.file_name}”{refusal.reason}") from None
            if not tables:
                headless.append(sheet)
            found += [Candidate(own, table, whole=sheet) for own, table in tables]
    if not any(sheet.is_visible for sheet in workbook.sheets):
        raise refused("no_visible_sheet", file=sent.file_name)
    return found, headless


def _without_table(headless: list[Sheet], sent: Sent, skipped: list[Skipped]) -> Recognised:
    """A workbook that only says there is nothing to report; everything else is refused."""
    if not headless:
        drawn = [line.sheet for line in skipped if line.kind == PICTURE_SHEET[0]]
        if drawn:
            raise refused("in_picture", file=sent.file_name, sheet=f"工作表“{drawn[0]}”")
        raise refused("empty_file", file=sent.file_name)
    lines = [
        (sheet.name, row_number, [str(cell) for cell in row if not is_blank(cell)])
        for sheet in headless
        for row_number, row in enumerate(sheet.rows, 1)
    ]
    texts = [text for _, _, line in lines for text in line]
    nothing = any(says_nothing(text) and (len(line) == 1 or len(text) > 2) for _, _, line in lines for text in line)
    if not nothing or len(texts) > ZERO_TEXTS or any(holds_people(sheet.rows) for sheet in headless):
        raise refused(
            "unknown_table",
            "headless",
            file=sent.file_name,
            sheets=in_sheets(headless),
            sender=sent.sender,
            titles=sent.own_titles,
        )
    contract = feed_of_zero_report(texts, sent)
    for name, row_number, line in lines:
        skipped.append(Skipped(name, row_number, *(("zero_report", "零报告") if line else ("blank", "空行"))))
    decided = period_of(contract, sent, column=None, titles=texts, sheets=[sheet.name for sheet in headless])
    return Recognised(
        contract, [], decided.period, skipped, is_zero_report=True, guesses=[*not_taken(decided)], past_period=decided.past
    )


def _check_kinds_of_each_sheet(found: list[Candidate], sent: Sent) -> None:
    """Tables of one sheet are parts of one list; a summary among them is none. Raises Refused (two_tables).

    A town returns the bureau's own sheets.
    """
    by_sheet: dict[int, list[Candidate]] = {}
    for candidate in found:
        by_sheet.setdefault(id(candidate.whole), []).append(candidate)
    for together in by_sheet.values():
        lists = [candidate for candidate in together if candidate.contract or holds_list(candidate.table, sent.contracts)]
        kinds = {candidate.contract.feed if candidate.contract else "" for candidate in lists}
        if len(lists) > 1 and len(kinds) > 1 and sent.department != "town":
            parts = "；".join(
                f"{in_sheet(candidate.whole or candidate.sheet)}第 {candidate.table.header_rows[0]} 行起"
                + f"（{candidate.table.columns}）"
                + (f"是《{candidate.contract.title}》" if candidate.contract else f"读不成：{candidate.refusal}")
                for candidate in lists
            )
            raise refused("two_tables", "kinds", file=sent.file_name, parts=parts)


def _check_no_picture(candidate: Candidate, sent: Sent) -> None:
    """A head without rows under a picture is no zero report: the list is in the picture. Raises Refused (in_picture)."""
    table = candidate.table
    if candidate.sheet.has_drawing and not table.rows and not any(line.kind == "zero_report" for line in table.skipped):
        raise refused("in_picture", file=sent.file_name, sheet=in_sheet(candidate.sheet))


def _of_the_file(workbook: Workbook) -> list[Guess]:
    """What was not as the file's name says, or not as a spreadsheet writes it."""
    return [Guess("", 0, *said(code)) for code in workbook.notes]


def _skip_unfilled(tables: list[ReadTable], contract: Contract, sent: Sent) -> None:
    """Rows of a returned sheet that hold only what the bureau wrote are not answered yet: they are listed, not rejected."""
    asked = [column.name for column in contract.columns if not column.is_prefilled]
    unfilled = 0
    for read in tables:
        answers = [read.column_index[name] for name in asked if name in read.column_index]
        table = read.table
        is_open = [all(is_blank(row[index]) for index in answers) for row in table.rows]
        if not any(is_open) or read.shifted:
            continue
        unfilled += sum(is_open)
        for number, is_unfilled in zip(table.row_numbers, is_open, strict=True):
            if is_unfilled:
                table.skip(number, "unfilled", "尚未填写核查内容，待填写后再报")
        table.skipped.sort(key=lambda line: line.row_number)
        read.keep_rows([position for position, is_unfilled in enumerate(is_open) if not is_unfilled])
    if unfilled and not any(read.table.rows for read in tables):
        raise refused("nothing_filled", file=sent.file_name, rows=unfilled, title=contract.title)


def _count_objects(tables: Iterable[Table]) -> None:
    """Number pushed rows as their sender counts them: the keys, which stand above them as heads, are no row of his."""
    for table in tables:
        table.row_numbers = [number - 1 for number in table.row_numbers]
        data = (line for line in table.skipped if line.row_number not in table.header_rows)
        table.skipped = [replace(line, row_number=line.row_number - 1) for line in data]
