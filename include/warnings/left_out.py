"""People in rows that were not taken: sent back, in files refused whole, on hidden sheets and sheets of other months.

Their cells are only in the archive. What nobody has looked at before is read once, without keeping the warehouse from others;
the numbers found stay in the warehouse, which is encrypted, so that the next question costs nothing.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from itertools import permutations
from typing import Any

import duckdb
import pyarrow as pa

from include.checking.divisions import Divisions
from include.identity.numbers import repair_number
from include.identity.proposals import (
    DAMAGED,
    LEAST_KNOWN_DIGITS,
    MOST_WRONG_DIGITS,
    RegistryPerson,
    agreement,
    name_key,
    names_agree,
    surviving_digits,
    weigh,
)
from include.reading.cells import Cell, Rows
from include.reading.formats import open_workbook
from include.reading.refusal import Refused
from include.site import Site
from include.storage import ledger
from include.storage.archive import open_archived
from include.storage.ledger import Delivery
from include.storage.warehouse import connect

NO_DATA = ("blank", "header", "empty_sheet", "title", "unit_line")
"""Kinds of skipped rows that name nobody; any other may hold a person who was taken for something else."""
ENOUGH_DIGITS = 15
FEWEST_FIGURES = 6
"""As many as a text file has of a number that was shown as 3.4E+17 and such."""
LONGEST_WORD, MOST_WORDS = 30, 12
UNCERTAIN_NAME = "没有此人的姓名可以核对"

_WHOLE = re.compile(r"(?<!\d)\d{17}[\dXx](?![\dA-Za-z])")
_FIGURES = re.compile(r"\d")
log = logging.getLogger(__name__)

PEOPLE = pa.schema(
    [
        ("delivery_id", pa.string()), ("sheet", pa.string()), ("row_number", pa.int32()), ("digits", pa.string()),
        ("is_whole", pa.bool_()), ("words", pa.list_(pa.string())),
    ]
)  # fmt: skip


@dataclass(frozen=True)
class LeftOut:
    """A row that names the person, or may, and was not taken. ``likeness``: why it may be the person; None when it surely is."""

    feed: str | None
    period: str | None
    file_name: str
    sheet: str
    row_number: int
    received_at: datetime
    why: str
    likeness: str | None


@dataclass(frozen=True)
class NotSearched:
    """Files that nobody can say anything of: refused and not to be opened (password, damaged), or not ingested yet."""

    unreadable: int
    waiting: int


def find_left_out(site: Site, number: str, names: Sequence[tuple[str, str | None]]) -> tuple[list[LeftOut], NotSearched]:
    """Rows not taken with this number, and those with a damaged number that can be this one; and what was not searched.

    ``names``: name and village code of the person wherever known, to tell a damaged number's holder from others.
    """
    unread = _read_archive(site)
    with connect(site) as connection:
        surely = [(line, None) for line in _rows(connection, "is_whole and people.digits = ?", number)]
        divisions = Divisions.load(site)
        perhaps = [
            (line, likeness)
            for line in _rows(connection, "not is_whole")
            if (likeness := _likeness(line, number, names, divisions)) is not None
        ]
        (unreadable,) = connection.execute("select count(*) from raw.left_out_files where not is_readable").fetchone() or (0,)
        (set_aside,) = connection.execute("select count(*) from ledger.outcomes where status = 'set_aside'").fetchone() or (0,)
        waiting = len(ledger.pending(connection))
    found = {(line["delivery_id"], line["sheet"], line["row_number"]): _left_out(line, why) for line, why in [*perhaps, *surely]}
    return sorted(found.values(), key=lambda item: (item.received_at, item.file_name, item.sheet, item.row_number)), NotSearched(
        unreadable + set_aside + unread, waiting
    )


def _left_out(line: dict[str, Any], likeness: str | None) -> LeftOut:
    names = ("feed", "period", "file_name", "sheet", "row_number", "received_at", "why")
    return LeftOut(**{name: line[name] for name in names}, likeness=likeness)


ROWS = """
select people.delivery_id, people.sheet, people.row_number, people.digits, people.words, deliveries.file_name,
    deliveries.received_at, coalesce(outcomes.feed, deliveries.feed) as feed,
    coalesce(outcomes.period, deliveries.period) as period,
    case
        when outcomes.status = 'refused' then '整份退回：' || coalesce(outcomes.reason, '')
        when issues.reason is not null then '退回：' || issues.reason
        else coalesce(skipped.note, '未读取')
    end as why
from raw.left_out_people as people
inner join ledger.deliveries as deliveries on deliveries.delivery_id = people.delivery_id
inner join ledger.outcomes as outcomes on outcomes.delivery_id = people.delivery_id
left join (
    select delivery_id, sheet, row_number, string_agg(reason, ';' order by column_name) as reason
    from raw.row_issues where level = 'rejected' group by all
) as issues
    on issues.delivery_id = people.delivery_id and issues.sheet is not distinct from people.sheet
        and issues.row_number = people.row_number
left join (
    select delivery_id, sheet, row_number, any_value(note) as note from raw.skipped_rows group by all
) as skipped
    on skipped.delivery_id = people.delivery_id and skipped.sheet is not distinct from people.sheet
        and skipped.row_number in (0, people.row_number)
"""


def _rows(connection: duckdb.DuckDBPyConnection, condition: str, *given: Any) -> list[dict[str, Any]]:
    found = connection.execute(f"{ROWS} where {condition}", list(given))
    columns = [item[0] for item in found.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


def _likeness(line: dict[str, Any], number: str, names: Sequence[tuple[str, str | None]], divisions: Divisions) -> str | None:
    """Why a damaged number can be this one, None when it cannot: digits alone are enough only of somebody without a name."""
    same, known = agreement(line["digits"], number)
    if known - same > MOST_WRONG_DIGITS:
        return None
    if not names:
        return f"留存的{known}位号码全部相符、{UNCERTAIN_NAME}" if same == known >= ENOUGH_DIGITS else None
    for name, village in names:
        words = line["words"]
        written = next((word for word in words if names_agree(name_key(word), name_key(name))), "")
        on = line["received_at"].date()
        is_there = village is not None and any(
            divisions.place(town, place, on=on).village_code == village
            for town, place in [*((None, word) for word in words), *permutations(words, 2)]
        )
        found = weigh(RegistryPerson(name, village, number, ""), line["digits"], name_key(written), village if is_there else None)
        if found:
            return found.evidence
        if written and is_there and same == known:  # too few digits to say so without both
            return f"姓名相同、同村、留存的{known}位号码全部相符"
    return None


def _read_archive(site: Site) -> int:
    """Look for people in the files not looked at so far; returns how many could not be read this time and are tried again."""
    with connect(site) as connection:
        ledger.create_tables(connection)
        names = ", ".join(f"deliveries.{item.name}" for item in fields(Delivery))
        todo = connection.execute(
            f"""select {names} from ledger.deliveries as deliveries
            inner join ledger.outcomes as outcomes on outcomes.delivery_id = deliveries.delivery_id
            anti join raw.left_out_files as known on known.delivery_id = deliveries.delivery_id
            where outcomes.status = 'refused' or (
                outcomes.status in ('published', 'zero_report') and outcomes.feed is not null and (
                    outcomes.rejected_count > 0 or deliveries.delivery_id in (
                        select skipped.delivery_id from raw.skipped_rows as skipped where not list_contains(?, skipped.kind)
                    )
                )
            )
            order by deliveries.delivery_id""",
            [list(NO_DATA)],
        ).fetchall()
    failed = 0
    for row in todo:
        delivery = Delivery(*row)
        try:
            people: pa.Table | None = _people(site, delivery)
        except Refused:
            people = None
        except Exception as error:  # its words may quote a cell; the others are still to be looked at
            log.error("批次 %s 的存档未能查找（%s）", delivery.delivery_id, type(error).__name__)
            failed += 1
            continue
        _keep(site, delivery, people)
    return failed


def _people(site: Site, delivery: Delivery) -> pa.Table:
    """Every number in the file, sheet by sheet, hidden ones too. Raises Refused when it cannot be opened."""
    with open_archived(site, delivery.sha256) as content:
        book = open_workbook(content, delivery.file_name, with_hidden=True)
    on, first = delivery.received_at.date(), 0 if book.kind == "json" else 1  # pushed rows count from below their keys
    lines = [
        {"delivery_id": delivery.delivery_id, "sheet": sheet.name, **line}
        for sheet in book.sheets
        for line in _numbers(sheet.rows, on, first)
    ]
    return pa.Table.from_pylist(lines, PEOPLE)


def _numbers(rows: Rows, on: date, first: int) -> Iterator[dict[str, Any]]:
    for row_number, row in enumerate(rows, start=first):
        found = {digits: is_whole for cell in row for digits, is_whole in _digits(cell, on)}
        words = _words(row) if not all(found.values()) else []
        for digits, is_whole in found.items():
            yield {"row_number": row_number, "digits": digits, "is_whole": is_whole, "words": [] if is_whole else words}


def _digits(cell: Cell, on: date) -> Iterator[tuple[str, bool]]:
    """What a cell says of somebody's number: the number itself, or what is left of a damaged one; in a longer text each."""
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        return
    if isinstance(cell, str) and (len(cell) > LONGEST_WORD or _is_sentence(cell)):
        for text in _WHOLE.findall(cell):
            yield from _digits(text, on)
        return
    if isinstance(cell, str) and sum(character.isdigit() for character in cell) < FEWEST_FIGURES:
        return
    number, _, error = repair_number(cell, on)
    if number:
        yield number, True
    elif error in DAMAGED:
        left = surviving_digits(cell)
        if error == "float_number" or sum(mark.isalnum() for mark in left) >= LEAST_KNOWN_DIGITS:
            yield left, False


def _is_sentence(text: str) -> bool:
    """A number among words, as in a note below a table."""
    return any("\u4e00" <= character <= "\u9fff" for character in text)


def _words(row: Sequence[Cell]) -> list[str]:
    """The cells that can be the name or the place of whoever the row is about."""
    texts = (cell.strip() for cell in row if isinstance(cell, str))
    return [text for text in dict.fromkeys(texts) if text and len(text) <= LONGEST_WORD and not _FIGURES.search(text)][
        :MOST_WORDS
    ]


def _keep(site: Site, delivery: Delivery, people: pa.Table | None) -> None:
    """Keep what was found but for the rows that were taken, or are the same as one that was."""
    with connect(site) as connection:
        connection.execute("begin")
        for table in ("raw.left_out_people", "raw.left_out_files"):
            connection.execute(f"delete from {table} where delivery_id = ?", [delivery.delivery_id])
        if people is not None:
            connection.register("found_people", people)
            taken = [f"select sheet, row_number from raw.{delivery.feed} where delivery_id = $id"] if delivery.feed else []
            taken.append("select sheet, row_number from raw.row_issues where delivery_id = $id and level = 'duplicate'")
            ledger.append_selected(
                connection,
                "raw.left_out_people",
                f"""select * from found_people
                where (sheet, row_number) not in (
                    select (coalesce(sheet, ''), row_number) from ({" union all ".join(taken)}) where row_number is not null
                )""",
                {"id": delivery.delivery_id},
            )
            connection.unregister("found_people")
        ledger.append(
            connection, "raw.left_out_files", [{"delivery_id": delivery.delivery_id, "is_readable": people is not None}]
        )
        connection.execute("commit")
