"""What a town sees of a dispatch: its workbooks below ``reports/<dispatch>/<town>/``, read by the heads of their columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook

from include.site import SettingsError

NUMBER, VISIT, VILLAGE, HEAD, SUBJECT, KIND = "预警编号", "户次", "行政村", "户主姓名", "预警对象", "预警类型"
FACT, HOUSEHOLD, PERSON, STATUS, ANSWER = "预警事实", "户编号", "身份证号", "名单登记情况", "是否属实"
EARLIER = "此前已交办"
HEADS_WITHIN = 8
KIND_LENGTH = 12
Sheet = list[list[Any]]
Book = dict[str, Sheet]
ISSUED_ON = re.compile(r"交办日期：(\d{4})年(\d{1,2})月(\d{1,2})日")


@dataclass(frozen=True)
class Asked:
    """One line of a verification sheet to be answered; ``given`` is all that the sheet says, by head."""

    warning_id: str
    town: str
    book: Path
    sheet: str
    row: int
    given: dict[str, Any] = field(hash=False)
    household_id: str = ""
    status: str = ""

    def text(self, head: str) -> str:
        return str(self.given.get(head) or "").strip()

    @property
    def village(self) -> str:
        return self.text(VILLAGE)

    @property
    def head(self) -> str:
        return self.text(HEAD)

    @property
    def kind(self) -> str:
        """The type of warning, from its own column or from the 【】 before the fact."""
        return self.text(KIND) or self.text(FACT).partition("】")[0].removeprefix("【")[:KIND_LENGTH]

    @property
    def is_area(self) -> bool:
        """An event of an area names no village and no head of household."""
        return not self.village and not self.head

    @property
    def household(self) -> str:
        """What tells one household from another: its number, else the village with the head, the person or the warning."""
        if self.is_area:
            return self.warning_id
        return self.household_id or f"{self.village}|{self.head or self.text(PERSON) or self.warning_id}"

    @property
    def joint(self) -> str:
        """Whose warnings one measure is for: the household, where a number or a head says that they are one household's."""
        return self.household if self.household_id or self.head else self.warning_id

    @property
    def is_monitored(self) -> bool:
        """A 监测对象 whose risk is not removed."""
        return "监测对象" in self.status and "未消除" in self.status


@dataclass(frozen=True)
class Affected:
    """A household of the registry where an event of an area was."""

    area_id: str
    household_id: str
    village: str
    head: str
    status: str


@dataclass
class Issued:
    """A dispatch as its towns see it; towns in the order of their names."""

    dispatch_id: str
    issued_on: date
    asked: dict[str, list[Asked]]
    affected: dict[str, list[Affected]]

    @property
    def is_monthly(self) -> bool:
        """Not one of those issued at once between the months."""
        return not self.dispatch_id.startswith("instant-")


def read_issued(folder: Path) -> Issued:
    """Read the workbooks of a dispatch's folder; a town without a line to answer is left out.

    Raises SettingsError when no town's workbook lies there.
    """
    asked: dict[str, list[Asked]] = {}
    affected: dict[str, list[Affected]] = {}
    days: set[date] = set()
    for place in sorted(path for path in folder.glob("*") if path.is_dir()):
        books = {path: _sheets(path) for path in sorted(place.glob("*.xlsx"))}
        statuses, homes = _known(books.values())
        lines = max((_asked(place.name, path, book, statuses) for path, book in books.items()), key=len, default=[])
        days |= {day for book in books.values() for day in _days(book) if ANSWER in _heads(book)}
        if lines:
            areas = {line.warning_id for line in lines if line.is_area}
            asked[place.name], affected[place.name] = lines, [home for home in homes if home.area_id in areas]
    if len(days) != 1:
        raise SettingsError(
            f"{folder} 中没有各镇的工作簿，或交办日期不一致", remedy=f"请先运行 fangpin month {folder.name} 交办这一期"
        )
    return Issued(folder.name, days.pop(), asked, affected)


def read_issued_until(reports: Path, last: Issued) -> list[Issued]:
    """Every dispatch issued up to the day of ``last``, in the order of issue; the last one among them."""
    folders = (path for path in sorted(reports.glob("*")) if path.is_dir() and path.name != last.dispatch_id)
    earlier = [issued for folder in folders if (issued := _issued_in(folder)) and issued.issued_on <= last.issued_on]
    return [*sorted(earlier, key=lambda issued: (issued.issued_on, issued.dispatch_id)), last]


def _issued_in(folder: Path) -> Issued | None:
    """The dispatch of a folder; None where other papers lie."""
    try:
        return read_issued(folder)
    except SettingsError:
        return None


def _sheets(path: Path) -> Book:
    with CalamineWorkbook.from_path(path) as book:
        return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def find_head(rows: Iterable[Sequence[Any]]) -> tuple[int, dict[str, int]] | None:
    """The row of the heads (from 1) and each head's column (from 1); None for a sheet that lists no warnings."""
    for number, cells in enumerate(islice(rows, HEADS_WITHIN), start=1):
        if NUMBER in cells:
            return number, {str(cell): column for column, cell in reversed([*enumerate(cells, start=1)]) if cell}
    return None


def _rows(sheet: Sheet) -> Iterator[tuple[int, dict[str, Any]]]:
    """Every row with a warning's number, as head → value (None where the cell is empty)."""
    found = find_head(sheet)
    if found is None:
        return
    start, columns = found
    for number, cells in enumerate(sheet[start:], start=start + 1):
        if cells[columns[NUMBER] - 1]:
            yield number, {head: None if cells[column - 1] == "" else cells[column - 1] for head, column in columns.items()}


def _asked(town: str, path: Path, book: Book, known: dict[str, tuple[str, str]]) -> list[Asked]:
    """The lines of the sheets to be filled in; what earlier dispatches asked stays with those."""
    lines: dict[str, Asked] = {}
    for title, sheet in book.items():
        heads = find_head(sheet)
        if heads is None or ANSWER not in heads[1] or EARLIER in title or _is_of_households(sheet):
            continue
        for row, given in _rows(sheet):
            number = str(given[NUMBER])
            household_id, status = known.get(number, ("", ""))
            household_id = str(given.get(HOUSEHOLD) or household_id)
            lines.setdefault(number, Asked(number, town, path, title, row, given, household_id, str(given.get(STATUS) or status)))
    return list(lines.values())


def _is_of_households(sheet: Sheet) -> bool:
    """A sheet in which every row names a 户编号 is about the households of an area's event."""
    return all(given.get(HOUSEHOLD) for _, given in _rows(sheet))


def _known(books: Iterable[Book]) -> tuple[dict[str, tuple[str, str]], list[Affected]]:
    """What the other sheets say: 户编号 and 名单登记情况 of each warning, and the registry's households of each area."""
    statuses: dict[str, tuple[str, str]] = {}
    homes: dict[tuple[str, str], Affected] = {}
    for book in books:
        for sheet in book.values():
            for _, given in _rows(sheet):
                number, household_id = str(given[NUMBER]), str(given.get(HOUSEHOLD) or "")
                status = str(given.get(STATUS) or "")
                if STATUS in given:
                    statuses.setdefault(number, (household_id, status))
                if household_id:
                    home = Affected(number, household_id, str(given.get(VILLAGE) or ""), str(given.get(HEAD) or ""), status)
                    homes.setdefault((number, household_id), home)
    return statuses, [*homes.values()]


def _heads(book: Book) -> set[str]:
    return {head for sheet in book.values() if (found := find_head(sheet)) for head in found[1]}


def _days(book: Book) -> Iterator[date]:
    for sheet in book.values():
        for cells in sheet[:HEADS_WITHIN]:
            for cell in cells:
                if isinstance(cell, str) and (match := ISSUED_ON.search(cell)):
                    yield date(int(match[1]), int(match[2]), int(match[3]))
