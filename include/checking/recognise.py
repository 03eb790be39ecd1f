"""Which feed a file is, where its columns stand, and which period it is about.

``FEEDS.md``, "Recognition": the contract with the most matched required columns wins, only a tie is refused; title and file
name help where columns tie, and of two contracts with the same matched columns the one that lacks fewer goes first.
A file is refused as a whole only for faults that leave its rows without a meaning.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from include.checking.period import ImpossiblePeriod, column_period, delivery_period, period_of_day, stated_period
from include.checking.tables import SEQUENCE_LABELS, HeadCell, HeadWords, Skipped, Table, find_table, holds_people, says_nothing
from include.contracts import Column, Contract, clean_header
from include.reading.cells import Cell, column_of, pick, put
from include.reading.formats import Sheet, Workbook, is_blank, open_workbook
from include.reading.refusal import Refused

MONEY_UNITS = {"元", "百元", "千元", "万元", "十万元", "百万元", "千万元", "亿元"}
AREA_UNITS = {"亩", "公顷", "平方米"}
ZERO_TEXTS = 20
MAX_MERGED = 2_000_000
SHARED_KINDS = {"town", "village", "towns", "villages", "year", "month", "term"}
PERIODS_IN_SHEETS = {"month", "quarter", "term", "year"}


@dataclass
class ReadTable:
    """A table with its contract's columns: Column.name -> cell index, and -> unit (元, 万元, 亩 …) for amounts and areas.

    By position in ``table.rows``: ``filled`` cells took the value of the merged cell they belong to, ``merged`` ones belong to a
    merged cell and stay blank, ``shifted`` rows have more cells than the head. ``other_places``: further heads that name the
    row's town and village (户籍乡镇 beside 居住乡镇).
    """

    table: Table
    column_index: dict[str, int]
    units: dict[str, str]
    filled: set[tuple[int, str]] = field(default_factory=set)
    merged: set[tuple[int, str]] = field(default_factory=set)
    shifted: dict[int, tuple[int, int]] = field(default_factory=dict)
    other_places: dict[str, int] = field(default_factory=dict)


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
    no_visible_sheet, empty_file, period_unreadable, zero_report_without_feed, nothing_filled.
    """
    return _Recogniser(file_name, department, received_at, contracts).recognise(workbook)


@dataclass
class _Candidate:
    """A table that was found, and the feed it is or the reason it is none of the sender's."""

    sheet: Sheet
    table: Table
    contract: Contract | None = None
    refusal: Refused | None = None
    column: str | None = None
    says_column: bool = False
    stated: str | None = None


class _Recogniser:
    def __init__(self, file_name: str, department: str, received_at: datetime, contracts: Sequence[Contract]) -> None:
        self.file_name = file_name
        self.stem = re.sub(r"\.[A-Za-z]{2,5}$", "", file_name)
        self.department = department
        self.received_at = received_at
        self.contracts = tuple(contracts)
        self.own = tuple(contract for contract in contracts if contract.department == department)
        self.sender = next((contract.department_name for contract in self.own), department)
        self.skipped: list[Skipped] = []

    def recognise(self, workbook: Workbook) -> Recognised:
        found, headless = self._find_tables(workbook)
        if not found:
            return self._without_table(headless)
        for candidate in found:
            self._choose_contract(candidate)
        contract = self._one_contract(found)
        self._read_periods(found, contract)
        period, found = self._one_period(found, contract)
        self._check_headless(headless, contract, period)
        kept = self._without_side_sheets(found, contract)
        tables = [_map_columns(candidate.table, contract) for candidate in kept]
        for candidate, read in zip(kept, tables, strict=True):
            _fill_merged(read, candidate.sheet, contract)
            if workbook.kind == "csv":
                _find_shifted(read, candidate.sheet)
        if contract.department == "town":
            self._skip_unfilled(tables, contract)
        if workbook.kind == "json":
            _count_objects(read.table for read in tables)
        self.skipped += [skipped for candidate in kept for skipped in candidate.table.skipped]
        return Recognised(
            contract=contract,
            tables=tables,
            period=period,
            skipped=self.skipped,
            is_zero_report=not any(read.table.rows for read in tables),
            unknown_columns=_unknown_columns(tables),
            counts_in="条" if workbook.kind == "json" else "行",
        )

    # sheets

    def _find_tables(self, workbook: Workbook) -> tuple[list[_Candidate], list[Sheet]]:
        """Candidates of the visible sheets, and visible sheets with text but no head. Hidden and empty ones are listed."""
        words = HeadWords(self.contracts)
        found, headless = [], []
        for sheet in workbook.sheets:
            if not sheet.is_visible:
                self.skipped.append(Skipped(sheet.name, 0, "hidden_sheet", "隐藏的工作表,未读取"))
            elif all(is_blank(cell) for row in sheet.rows for cell in row):
                self.skipped.append(Skipped(sheet.name, 0, "empty_sheet", "空白工作表"))
            else:
                try:
                    table = find_table(sheet, self.contracts, words)
                except Refused as refused:
                    raise Refused(refused.reason_code, f"文件“{self.file_name}”{refused.reason}") from None
                if table is None:
                    headless.append(sheet)
                else:
                    found.append(_Candidate(sheet, table))
        if not any(sheet.is_visible for sheet in workbook.sheets):
            raise Refused("no_visible_sheet", f"文件“{self.file_name}”没有可见的工作表,隐藏的工作表不读取;请取消隐藏后重新报送")
        return found, headless

    def _without_table(self, headless: list[Sheet]) -> Recognised:
        """A workbook that only says there is nothing to report; everything else is refused."""
        if not headless:
            raise Refused("empty_file", f"文件“{self.file_name}”没有内容;本期无数据请写“本月无”后报送,否则请检查原文件")
        lines = [
            (sheet.name, row_number, [str(cell) for cell in row if not is_blank(cell)])
            for sheet in headless
            for row_number, row in enumerate(sheet.rows, 1)
        ]
        texts = [text for _, _, line in lines for text in line]
        nothing = any(says_nothing(text) and (len(line) == 1 or len(text) > 2) for _, _, line in lines for text in line)
        if not nothing or len(texts) > ZERO_TEXTS or any(holds_people(sheet.rows) for sheet in headless):
            raise Refused(
                "unknown_table",
                f"文件“{self.file_name}”{_in_sheets(headless)}没有找到表头,认不出是哪一种数据;"
                f"请使用{self.sender}的报送模板({self._own_titles()}),保留表头后重新报送",
            )
        contract = self._feed_of_zero_report(texts)
        for name, row_number, line in lines:
            self.skipped.append(Skipped(name, row_number, *(("zero_report", "零报告") if line else ("blank", "空行"))))
        period = self._stated_period(contract, None, texts, [sheet.name for sheet in headless])
        return Recognised(contract, [], period, self.skipped, is_zero_report=True)

    def _feed_of_zero_report(self, texts: list[str]) -> Contract:
        """The feed it names, else the department's only feed, else its only one with a due date."""
        named = self._named(self.own, [self.stem, *texts])
        regular = [contract for contract in self.own if contract.cadence in {"month", "quarter", "half_year", "year"}]
        for choice in (named, self.own, regular):
            if len(choice) == 1:
                return choice[0]
        raise Refused(
            "zero_report_without_feed",
            f"文件“{self.file_name}”是零报告,但没有写明是哪一种数据;请在标题或文件名中写明({self._own_titles()})后重新报送",
        )

    # the feed of one table

    def _choose_contract(self, candidate: _Candidate) -> None:
        try:
            candidate.contract = self._contract_of(candidate)
        except Refused as refused:
            candidate.refusal = refused

    def _contract_of(self, candidate: _Candidate) -> Contract:
        labels = {head.label for head in candidate.table.heads}
        at = f"文件“{self.file_name}”{_in_sheet(candidate.sheet)}第 {candidate.table.header_rows[0]} 行的表头"
        fits = [_Fit(contract, labels) for contract in self.contracts]
        own = [fit for fit in fits if fit.contract.department == self.department]
        most = max((len(fit.matched) for fit in own), default=0)
        other = max((fit for fit in fits if fit not in own), key=lambda fit: len(fit.matched), default=None)
        if other and other.is_half and len(other.matched) > most and not any(fit.is_whole for fit in own):
            name = other.contract.department_name
            raise Refused(
                "wrong_department",
                f"文件“{self.file_name}”{_in_sheet(candidate.sheet)}的内容是{name}的《{other.contract.title}》,却放在{self.sender}的文件夹;"
                f"请核对后放入“{name}”文件夹,或改报{self.sender}的数据",
            )
        best = [fit for fit in own if len(fit.matched) == most and fit.is_half]
        if not best:
            raise Refused(
                "unknown_table",
                f"{at}认不出是哪一种数据,现有列:{_listed(candidate.table)};"
                f"请使用{self.sender}的报送模板({self._own_titles()})后重新报送",
            )
        best = [fit for fit in best if not any(other.covers(fit) for other in best)]
        chosen = [fit.contract for fit in best]
        if len(chosen) > 1:
            chosen = self._named(chosen, [self.stem, candidate.sheet.name, *candidate.table.titles])
        if len(chosen) != 1:
            titles = "、".join(f"《{fit.contract.title}》" for fit in best)
            lacking = ",".join(f"《{fit.contract.title}》还缺{_quoted(fit.missing)}" for fit in best if fit.missing)
            raise Refused(
                "ambiguous",
                f"{at}与{titles}同样相符,无法确定是哪一种;现有列:{_listed(candidate.table)}{';' if lacking else ''}{lacking};"
                "请按其中一种的模板补齐列,或在标题中写明名称后重新报送",
            )
        contract = chosen[0]
        if missing := _Fit(contract, labels).missing:
            raise Refused(
                "missing_column",
                f"{at}缺少{_quoted(missing)}列(按《{contract.title}》核对);现有列:{_listed(candidate.table)};请补上缺少的列后重新报送",
            )
        return contract

    def _named(self, contracts: Sequence[Contract], texts: Sequence[str]) -> list[Contract]:
        """The contracts whose title, or one of whose title words, occurs in the texts."""
        whole = "\n".join(re.sub(r"\s+", "", text) for text in texts)
        return [contract for contract in contracts if any(word in whole for word in (contract.title, *contract.title_words))]

    def _own_titles(self) -> str:
        return "、".join(f"《{contract.title}》" for contract in self.own) or "尚无模板"

    # all tables of the file together

    def _one_contract(self, found: list[_Candidate]) -> Contract:
        feeds = list({candidate.contract.feed: candidate.contract for candidate in found if candidate.contract}.values())
        if not feeds:
            worst = next((candidate for candidate in found if holds_people(candidate.table.rows)), found[0])
            raise worst.refusal or AssertionError("a table without feed has a refusal")
        if len(feeds) > 1:
            parts = ";".join(
                f"{_in_sheet(candidate.sheet)}是《{candidate.contract.title}》" for candidate in found if candidate.contract
            )
            raise Refused("mixed_feeds", f"文件“{self.file_name}”里有几种不同的数据:{parts};请每种数据单独存成一个文件后重新报送")
        return feeds[0]

    def _read_periods(self, found: list[_Candidate], contract: Contract) -> None:
        """For each table the period its column states, else its titles, else its sheet's name."""
        index = None
        for candidate in found:
            if candidate.contract and contract.period_column and contract.period_kind in {*PERIODS_IN_SHEETS, "date"}:
                index = _map_columns(candidate.table, contract).column_index.get(contract.period_column)
                if index is not None:
                    values = column_of(candidate.table.rows, index)
                    candidate.column, candidate.says_column = column_period(contract, values, self.received_at)
            if contract.period_kind in PERIODS_IN_SHEETS:
                candidate.stated = candidate.column or self._first_stated(
                    contract, [*candidate.table.titles, candidate.sheet.name]
                )

    def _first_stated(self, contract: Contract, texts: Sequence[str]) -> str | None:
        for text in texts:
            try:
                if period := stated_period(text, contract.period_kind, self.received_at):
                    return period
            except ImpossiblePeriod:
                continue
        return None

    def _one_period(self, found: list[_Candidate], contract: Contract) -> tuple[str, list[_Candidate]]:
        """The delivery's period, and the candidates of that period; sheets of others are listed and not read."""
        periods = {candidate.stated for candidate in found if candidate.stated}
        if len(periods) > 1:
            by_name = self._first_stated(contract, [self.stem])
            by_day = period_of_day(contract.period_kind, self.received_at.date())
            if by_name in periods:
                period = str(by_name)
            elif by_day in periods:
                period = by_day
            else:
                period = max((p for p in periods if _order(p) <= _order(by_day)), key=_order, default=min(periods, key=_order))
            for candidate in found:
                if candidate.stated not in {None, period}:
                    note = f"内容属于 {candidate.stated},不是本批次的 {period},未读取"
                    self.skipped.append(Skipped(candidate.sheet.name, 0, "other_period_sheet", note))
            return period, [candidate for candidate in found if candidate.stated in {None, period}]
        column = max((candidate.column for candidate in found if candidate.column), default=None)
        titles = [title for candidate in found for title in candidate.table.titles]
        sheets = [candidate.sheet.name for candidate in found]
        unread = next((candidate for candidate in found if candidate.says_column), None)
        if column is None and unread and not self._first_stated(contract, [*titles, self.stem]):
            label = contract.column(contract.period_column or "").label
            raise Refused(
                "period_unreadable",
                f"文件“{self.file_name}”{_in_sheet(unread.sheet)}第 {unread.table.row_numbers[0]} 行起的“{label}”列无法识别,"
                f"不知道是哪一期的数据;请写成{_example(contract, self.received_at)}这样的形式后重新报送",
            )
        return self._stated_period(contract, column, titles, sheets), found

    def _stated_period(self, contract: Contract, column: str | None, titles: Sequence[str], sheets: Sequence[str]) -> str:
        try:
            return delivery_period(
                contract, column=column, titles=titles, file_name=self.stem, sheets=sheets, received_at=self.received_at
            )
        except ImpossiblePeriod as impossible:
            raise Refused(
                "period_unreadable",
                f"文件“{self.file_name}”的标题或文件名写的“{impossible}”不是有效的时间,不知道是哪一期的数据;"
                f"请改正(例如{_example(contract, self.received_at)})后重新报送",
            ) from None

    def _check_headless(self, headless: list[Sheet], contract: Contract, period: str) -> None:
        """Sheets without a head are explanations, unless they list people: then somebody would be lost."""
        for sheet in headless:
            stated = self._first_stated(contract, [sheet.name]) if contract.period_kind in PERIODS_IN_SHEETS else None
            if stated and stated != period:
                note = f"内容属于 {stated},不是本批次的 {period},未读取"
                self.skipped.append(Skipped(sheet.name, 0, "other_period_sheet", note))
            elif holds_people(sheet.rows) and contract.department != "town":
                raise Refused(
                    "no_header",
                    f"文件“{self.file_name}”{_in_sheet(sheet)}有人员名单却没有表头,无法读取;请加上与其他工作表相同的表头,或删去该工作表后重新报送",
                )
            else:
                self._list_side_sheet(sheet)

    def _without_side_sheets(self, found: list[_Candidate], contract: Contract) -> list[_Candidate]:
        """Leaves out summaries and the like; a list of people that is not understood refuses the file.

        A town returns the workbook it was sent, whose other sheets are the bureau's own lists.
        """
        for candidate in found:
            if candidate.refusal:
                if holds_people(candidate.sheet.rows) and contract.department != "town":
                    raise candidate.refusal
                self._list_side_sheet(candidate.sheet)
        return [candidate for candidate in found if not candidate.refusal]

    def _skip_unfilled(self, tables: list[ReadTable], contract: Contract) -> None:
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
                    table.skipped.append(Skipped(table.sheet, number, "unfilled", "尚未填写核查内容,待填写后再报"))
            table.skipped.sort(key=lambda skipped: skipped.row_number)
            _keep_rows(read, [position for position, is_unfilled in enumerate(is_open) if not is_unfilled])
        if unfilled and not any(read.table.rows for read in tables):
            raise Refused(
                "nothing_filled",
                f"文件“{self.file_name}”的 {unfilled} 行都还没有填写;请逐户填写“{contract.title}”的各栏后重新报送",
            )

    def _list_side_sheet(self, sheet: Sheet) -> None:
        for row_number, row in enumerate(sheet.rows, 1):
            blank = all(is_blank(cell) for cell in row)
            self.skipped.append(
                Skipped(sheet.name, row_number, "blank" if blank else "note", "空行" if blank else "不是名单的工作表")
            )


# Columns


class _Fit:
    """How well a table's labels fit a contract. ``matched`` are the labels that name a required column."""

    def __init__(self, contract: Contract, labels: set[str]) -> None:
        self.contract = contract
        found = {column.name: labels & column.heads for column in contract.required_columns}
        self.matched = {min(heads) for heads in found.values() if heads}
        self.missing = [column.label for column in contract.required_columns if not found[column.name]]

    @property
    def is_whole(self) -> bool:
        return not self.missing

    def covers(self, other: _Fit) -> bool:
        """The same columns are matched and fewer are missing: 自付(监测对象) against the same with 人员类别."""
        return other.matched <= self.matched and set(self.missing) < set(other.missing)

    @property
    def is_half(self) -> bool:
        return len(self.matched) >= max(2, len(self.missing))


def _map_columns(table: Table, contract: Contract) -> ReadTable:
    """Each column takes the head with its own name, else the alias listed first; of equal heads one that is filled."""
    places: dict[str, list[HeadCell]] = {}
    for head in table.heads:
        if (column := contract.by_head.get(head.label)) is not None:
            places.setdefault(column.name, []).append(head)
    column_index = {
        column.name: _preferred(places[column.name], column, table) for column in contract.columns if column.name in places
    }
    by_index = {head.index: head.unit for head in table.heads}
    other_places = {
        name: next(index for index in sorted(head.index for head in places[name]) if index != column_index[name])
        for name in ("town_name", "village_name")
        if len(places.get(name, ())) > 1
    }
    units = {
        column.name: _unit(column, by_index[column_index[column.name]], table.unit)
        for column in contract.columns
        if column.unit and column.name in column_index
    }
    return ReadTable(table, column_index, units, other_places=other_places)


def _count_objects(tables: Iterable[Table]) -> None:
    """Number pushed rows as their sender counts them: the keys, which stand above them as heads, are no row of his."""
    for table in tables:
        table.row_numbers = [number - 1 for number in table.row_numbers]
        data = (skipped for skipped in table.skipped if skipped.row_number not in table.header_rows)
        table.skipped = [replace(skipped, row_number=skipped.row_number - 1) for skipped in data]


def _fill_merged(read: ReadTable, sheet: Sheet, contract: Contract) -> None:
    """A town, village or period merged over several rows holds for each of them; of other cells nobody knows whose they are."""
    if sum(bottom - top for top, _, bottom, _ in sheet.merged) > MAX_MERGED:
        return
    table = read.table
    columns = {index: contract.column(name) for name, index in read.column_index.items()}
    for top, left, bottom, right in sheet.merged:
        covered = [index for index in columns if left <= index <= right]
        first, last = bisect_right(table.row_numbers, top + 1), bisect_right(table.row_numbers, bottom + 1)
        for position in range(first, last) if covered and top + 1 not in table.header_rows else ():
            for index in covered:
                column, value = columns[index], sheet.rows[top][left] if left < len(sheet.rows[top]) else None
                if not is_blank(table.rows[position][index]):
                    continue
                if column.kind in SHARED_KINDS and left == index and not is_blank(value):
                    put(table.rows, position, index, value)
                    read.filled.add((position, column.name))
                else:
                    read.merged.add((position, column.name))


def _find_shifted(read: ReadTable, sheet: Sheet) -> None:
    """Rows of a text file with more cells than the head: an amount such as 1,234.50 without quotation marks became two.

    A mark at the end of every row is no cell; a row longer than that has moved to the right, and nobody knows from where on.
    """
    lengths = [len(sheet.rows[number - 1]) for number in read.table.row_numbers]
    head = max(len(sheet.rows[number - 1]) for number in read.table.header_rows)
    longer = Counter(length for length in lengths if length > head)
    usual, count = max(longer.items(), key=lambda item: (item[1], -item[0]), default=(head, 0))
    for position, (number, length) in enumerate(zip(read.table.row_numbers, lengths, strict=True)):
        cells = sheet.rows[number - 1]
        is_marked_end = length == usual and count * 2 > len(lengths) and all(is_blank(cell) for cell in cells[head:])
        if length > head and not (is_marked_end and not _has_split_amount(cells)):
            read.shifted[position] = (length, head)


def _has_split_amount(cells: list[Cell]) -> bool:
    return any(
        re.fullmatch(r"\s*[-¥￥]?[1-9]\d{0,2}", str(left)) and re.fullmatch(r"\d{3}(?:\.\d+)?\s*", str(right))
        for left, right in pairwise(cells)
    )


def _keep_rows(read: ReadTable, positions: list[int]) -> None:
    """Leaves the other rows out of a table that has been read."""
    place = {position: new for new, position in enumerate(positions)}
    read.table.rows = pick(read.table.rows, positions)
    read.table.row_numbers = [read.table.row_numbers[position] for position in positions]
    read.filled = {(place[position], name) for position, name in read.filled if position in place}
    read.merged = {(place[position], name) for position, name in read.merged if position in place}


def _preferred(heads: list[HeadCell], column: Column, table: Table) -> int:
    if len(heads) == 1:
        return heads[0].index
    order = [clean_header(text)[0] for text in (column.label, *column.aliases)]
    return min(heads, key=lambda head: (order.index(head.label), _is_empty(table, head.index), head.index)).index


def _is_empty(table: Table, index: int) -> bool:
    cells, _ = column_of(table.rows, index).distinct()
    return all(is_blank(cell) for cell in cells)


def _unit(column: Column, own: str | None, of_table: str | None) -> str:
    """The head's unit, else the table's (单位:万元 above it), else the one of the contract's own head."""
    usual, known = ("元", MONEY_UNITS) if column.unit == "yuan" else ("亩", AREA_UNITS)
    return next((unit for unit in (own, of_table, column.header_unit) if unit in known), usual)


def _unknown_columns(tables: list[ReadTable]) -> list[str]:
    seen: dict[str, None] = {}
    for read in tables:
        used = set(read.column_index.values())
        seen.update(
            {head.label: None for head in read.table.heads if head.index not in used and head.label not in SEQUENCE_LABELS}
        )
    return list(seen)


# Words


def _order(period: str) -> tuple[str, int]:
    year, _, part = period.partition("-")
    return year, {"spring": 1, "autumn": 2}.get(part, int(re.sub(r"\D", "", part) or 0))


def _in_sheet(sheet: Sheet) -> str:
    return f"工作表“{sheet.name}”" if sheet.name else ""


def _in_sheets(sheets: list[Sheet]) -> str:
    names = "、".join(f"“{sheet.name}”" for sheet in sheets if sheet.name)
    return f"工作表{names}" if names else ""


def _listed(table: Table) -> str:
    """The heads as read; a head that holds digits like a number of somebody's is not repeated."""
    labels = [head.label for head in table.heads if len(head.label) <= 30 and not re.search(r"\d{6,}", head.label)]
    return "、".join(labels[:40]) or "无"


def _quoted(labels: list[str]) -> str:
    return "、".join(f"“{label}”" for label in labels)


def _example(contract: Contract, received_at: datetime) -> str:
    written = {
        "month": f"“{received_at.year}年{received_at.month}月”",
        "quarter": f"“{received_at.year}年第一季度”",
        "term": f"“{received_at.year}年春季学期”",
        "year": f"“{received_at.year}年”",
    }
    return written.get(contract.period_kind, f"“{received_at:%Y-%m-%d}”")
