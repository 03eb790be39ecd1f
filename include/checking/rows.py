"""Row checks: every row of a recognised delivery is accepted, rejected with its reasons, or a duplicate. None is lost.

Pure functions: no database, no files. Reasons name file, sheet, row and column and never a person. What a row means (signal
or not, whose it is) is decided later, in the models.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from include.checking.differences import differences
from include.checking.divisions import NOTES, Divisions
from include.checking.normalise import ARROW_TYPES, UNREADABLE, WAITING, Context, NormalisedColumn, Problem, normalise_column
from include.checking.period import next_month
from include.contracts import REGISTRY, load_contracts
from include.reading.cells import Rows, column_of
from include.reading.refusal import Refused

if TYPE_CHECKING:
    from include.checking.recognise import ReadTable, Recognised
    from include.contracts import Column, Contract
    from include.site import County

SUBJECT_NUMBERS = dict(filter(None, (contract.subject_number for contract in load_contracts())))
"""Columns that may hold the number of a row's subject -> the column with the name."""
NOT_COMPARED = frozenset({"sequence"})
FEWEST_ROWS_TO_JUDGE = 3  # 少于三行时,地名都不认识也只进待分派,不整份退回

ADDRESS_DIFFERS = "户籍地与居住地不是同一个村，按户籍地的镇、村归属；核查时请以实际居住地为准"

ISSUE_COLUMNS = ("sheet", "row_number", "column_name", "column_label", "level", "reason_code", "reason", "proposals")
TEXT = "str"
TYPES: dict[str, Any] = {
    "VARCHAR": TEXT,
    "INTEGER": "Int32",
    "BOOLEAN": "boolean",
    "DATE": pd.ArrowDtype(pa.date32()),
    "DECIMAL(18,2)": pd.ArrowDtype(pa.decimal128(18, 2)),
}


@dataclass
class Checked:
    """What became of a delivery's rows; row_count == len(accepted) + rejected_count + duplicate_count.

    accepted: the contract's columns, typed, and sheet, row_number, row_key, period, town_code, village_code, home_elsewhere,
    waits_code, waits_reason, repairs. issues: ISSUE_COLUMNS, level rejected, duplicate, waiting, finding or repaired.
    rejected_cells: (sheet, row number) -> the cells as they came.
    """

    accepted: pd.DataFrame
    issues: pd.DataFrame
    rejected_cells: dict[tuple[str, int], list[Any]]
    row_count: int
    rejected_count: int
    duplicate_count: int

    def __post_init__(self) -> None:
        if self.row_count != len(self.accepted) + self.rejected_count + self.duplicate_count:
            raise AssertionError("rows in != accepted + rejected + duplicate")

    @property
    def counts(self) -> dict[str, int]:
        """The accounts as the ledger names them."""
        return {
            "row_count": self.row_count, "accepted_count": len(self.accepted),
            "rejected_count": self.rejected_count, "duplicate_count": self.duplicate_count,
        }  # fmt: skip


@dataclass
class _Issue:
    position: int
    column: Column | None
    level: str
    code: str
    reason: str
    proposals: str | None = None


@dataclass
class _Rows:
    """The rows of all tables of a delivery, by position, and what is known of each so far."""

    contract: Contract
    file_name: str
    sheets: list[str] = field(default_factory=list)
    row_numbers: list[int] = field(default_factory=list)
    cells: list[Rows] = field(default_factory=list)
    values: dict[str, pa.Array] = field(default_factory=dict)
    repairs: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    waits: dict[int, list[tuple[str, str, str | None]]] = field(default_factory=lambda: defaultdict(list))
    rejected: set[int] = field(default_factory=set)
    duplicates: set[int] = field(default_factory=set)
    issues: list[_Issue] = field(default_factory=list)
    merged: set[tuple[int, str]] = field(default_factory=set)
    unread: set[int] = field(default_factory=set)
    other_places: dict[int, tuple[Any, Any]] = field(default_factory=dict)
    counts_in: str = "行"

    def __len__(self) -> int:
        return len(self.row_numbers)

    def say(self, position: int, column: Column | None, level: str, code: str, reason: str, proposals: str | None = None) -> None:
        self.issues.append(_Issue(position, column, level, code, reason, proposals))

    def reject(self, position: int, column: Column | None, code: str, reason: str) -> None:
        self.rejected.add(position)
        self.say(position, column, "rejected", code, reason)

    def wait(self, position: int, column: Column | None, code: str, reason: str, proposals: str | None = None) -> None:
        """The row goes to a person; a registry row never waits, its fault is a finding."""
        if self.contract.feed == REGISTRY:
            self.say(position, column, "finding", code, reason, proposals)
            return
        self.waits[position].append((code, reason, proposals))
        self.say(position, column, "waiting", code, reason, proposals)

    def cells_of(self, positions: list[int]) -> Iterator[list[Any]]:
        """The rows at these positions, which ascend, as they came."""
        start, tables = 0, iter(self.cells)
        table: Rows = next(tables, [])
        for position in positions:
            while position - start >= len(table):
                start, table = start + len(table), next(tables)
            yield list(table[position - start])

    def column(self, name: str) -> Column | None:
        return self.contract.column(name) if name in self.values else None


def check_rows(
    recognised: Recognised,
    *,
    file_name: str,
    received_at: datetime,
    divisions: Divisions,
    county: County,
    issued_to: Mapping[str, str] | None = None,
) -> Checked:
    """Normalise, place and judge every row. Raises Refused(other_county) when more than half of them are another county's.

    ``issued_to`` says which town each warning number was issued to; only a town's return needs it.
    """
    rows = _normalised(recognised, file_name, received_at.date())
    places = _place(rows, divisions, county, received_at.date())
    _find_missing(rows)
    _refuse_other_town(rows, issued_to or {})
    periods = _periods(rows, recognised.period)
    keys = _row_keys(rows, places)
    keys = _find_repeated(rows, keys)
    return _checked(rows, places, periods, keys)


def _normalised(recognised: Recognised, file_name: str, received: date) -> _Rows:
    rows = _Rows(recognised.contract, file_name, counts_in=recognised.counts_in)
    parts: dict[str, list[pa.Array]] = {column.name: [] for column in recognised.contract.columns}
    for read in recognised.tables:
        start = len(rows)
        rows.sheets += [read.table.sheet] * len(read.table.rows)
        rows.row_numbers += read.table.row_numbers
        rows.cells.append(read.table.rows)
        cells = read.table.rows
        if read.shifted:
            cells = [[] if position in read.shifted else row for position, row in enumerate(cells)]
        for column in recognised.contract.columns:
            context = Context(column, read.units.get(column.name), recognised.period, received)
            normal = normalise_column(column_of(cells, read.column_index.get(column.name)), context)
            parts[column.name].append(normal.values)
            _note_cells(rows, column, normal, start)
        _note_layout(rows, read, start)
    for column in recognised.contract.columns:
        chunks = parts.pop(column.name)
        rows.values[column.name] = pa.concat_arrays(chunks) if chunks else pa.nulls(0, ARROW_TYPES[column.sql_type])
    return rows


def _note_cells(rows: _Rows, column: Column, normal: NormalisedColumn, start: int) -> None:
    for position, repair in normal.repairs.items():
        rows.repairs[start + position].append(column.name)
        rows.say(start + position, column, "repaired", "repaired", repair)
    for position, problem in normal.problems.items():
        _judge(rows, start + position, column, problem)


def _note_layout(rows: _Rows, read: ReadTable, start: int) -> None:
    """Rows whose cells have moved go back unread; cells filled from the merged cell above are repairs."""
    for position, (cells, heads) in read.shifted.items():
        rows.unread.add(start + position)
        reason = f"本行有 {cells} 格，表头只有 {heads} 格，各列已错位；请检查格内的逗号（如 1,234.50），去掉或给该格加英文引号"
        rows.reject(start + position, None, "columns_shifted", reason)
    if (places := read.other_places) and len(places) == 2:
        columns = (column_of(read.table.rows, places[name]) for name in ("town_name", "village_name"))
        pairs = zip(*(column.cells(0, len(column)) for column in columns), strict=True)
        rows.other_places |= {start + position: pair for position, pair in enumerate(pairs)}
    for position, name in sorted(read.filled):
        rows.repairs[start + position].append(name)
        rows.say(start + position, rows.contract.column(name), "repaired", "repaired", "单元格与上方合并，按合并区域所填的值")
    for position, name in sorted(read.merged):
        column = rows.contract.column(name)
        rows.merged.add((start + position, name))
        if not column.required and position not in read.shifted:
            rows.say(
                start + position, column, "finding", "merged_cell", "单元格与上方合并，看不出本行的值。本行已收，此格按空白处理"
            )


def _judge(rows: _Rows, position: int, column: Column, problem: Problem) -> None:
    """An unreadable cell rejects the row where the column must be filled or is the subject's number; else it is a finding."""
    if problem.level == WAITING:
        rows.wait(position, column, problem.code, problem.reason, problem.proposal)
    elif problem.level == UNREADABLE and (column.required or column.name in SUBJECT_NUMBERS):
        rows.reject(position, column, problem.code, problem.reason)
    elif problem.level == UNREADABLE:
        rows.say(position, column, "finding", problem.code, f"{problem.reason}。本行已收，此格按空白处理", problem.proposal)
    else:
        rows.say(position, column, "finding", problem.code, problem.reason, problem.proposal)


@dataclass
class _Places:
    """Per row: town and village codes (joined by 、 for areas), and whether the row names another county."""

    towns: pa.LargeStringArray
    villages: pa.LargeStringArray
    elsewhere: npt.NDArray[np.bool_]


def _place(rows: _Rows, divisions: Divisions, county: County, on: date) -> _Places:
    nothing = pa.nulls(len(rows), pa.large_string())
    nowhere = _Places(nothing, nothing, np.zeros(len(rows), bool))
    if not rows.contract.has_column("town_name"):
        return nowhere
    if rows.contract.column("town_name").kind == "towns":
        places = _place_areas(rows, divisions, on)
    else:
        places = _place_rows(rows, divisions, on)
    if rows.contract.has_column("county_name"):
        _read_county_names(rows, places, county)
    _refuse_other_county(rows, places, county)
    column = rows.column("town_name")
    if not rows.contract.home_may_be_elsewhere:
        for position in np.flatnonzero(places.elsewhere).tolist():
            rows.reject(
                position, column, "other_county", f"所写地址属于其他县（市、区），不是{county.name}；请核对，确属外县的请删去"
            )
    return places


def _place_rows(rows: _Rows, divisions: Divisions, on: date) -> _Places:
    (towns, town), (villages, village) = (_coded(rows.values[name]) for name in ("town_name", "village_name"))
    pairs, which = np.unique(town * len(villages) + village, return_inverse=True)  # each pair of names once
    placed = [divisions.place(towns[pair // len(villages)], villages[pair % len(villages)], on=on) for pair in pairs.tolist()]
    rows.values["town_name"] = _texts([place.town_name for place in placed]).take(which)
    rows.values["village_name"] = _texts([place.village_name for place in placed]).take(which)
    has_note = np.array([place.note is not None and not place.elsewhere for place in placed], bool)
    for position in np.flatnonzero(has_note[which]).tolist():
        _note_place(rows, position, placed[which[position]].note or "")
    for position, pair in rows.other_places.items():
        place, other = placed[which[position]], divisions.place(*pair, on=on)
        if place.village_code and (other.elsewhere or other.village_code not in (None, place.village_code)):
            rows.say(position, rows.column("village_name"), "finding", "address_differs", ADDRESS_DIFFERS)
    return _Places(
        _texts([place.town_code for place in placed]).take(which),
        _texts([place.village_code for place in placed]).take(which),
        np.array([place.elsewhere for place in placed], bool)[which],
    )


def _texts(values: Iterable[str | None]) -> pa.LargeStringArray:
    return pa.array(values, pa.large_string())


def _coded(values: pa.Array) -> tuple[list[Any], npt.NDArray[np.int64]]:
    """Each different value once, the first for a missing one, and for each position which of them it is."""
    coded = values.dictionary_encode()
    return [None, *coded.dictionary.to_pylist()], coded.indices.cast(pa.int64()).fill_null(-1).to_numpy() + 1


def _place_areas(rows: _Rows, divisions: Divisions, on: date) -> _Places:
    pairs = zip(rows.values["town_name"].to_pylist(), rows.values["village_name"].to_pylist(), strict=True)
    found = [divisions.place_area(town, village, on=on) for town, village in pairs]
    rows.values["town_name"] = _texts(place.town_names for place in found)
    rows.values["village_name"] = _texts(place.village_names for place in found)
    for position, place in enumerate(found):
        for note in place.notes:
            if not place.elsewhere:
                _note_place(rows, position, note)
    return _Places(
        _texts(place.town_codes for place in found),
        _texts(place.village_codes for place in found),
        np.array([place.elsewhere for place in found], bool),
    )


def _note_place(rows: _Rows, position: int, note: str) -> None:
    is_about_village = note in ("village_unknown", "village_ambiguous")
    rows.say(position, rows.column("village_name" if is_about_village else "town_name"), "finding", note, NOTES[note])


def _read_county_names(rows: _Rows, places: _Places, county: County) -> None:
    """The registry's export names the county in a column of its own."""
    own = (county.name, county.name.removesuffix("县").removesuffix("市").removesuffix("区"), county.code)
    names, which = _coded(rows.values["county_name"])
    is_other = np.array([bool(name) and not any(word in name for word in own) for name in names])[which]
    nothing = pa.scalar(None, pa.large_string())
    places.elsewhere |= is_other
    places.towns = pc.if_else(pa.array(is_other), nothing, places.towns)
    places.villages = pc.if_else(pa.array(is_other), nothing, places.villages)


def _refuse_other_county(rows: _Rows, places: _Places, county: County) -> None:
    """More than half of the rows say another county, or name no town and no village that this one has."""
    total = len(rows)
    elsewhere = int(places.elsewhere.sum())
    unknown = int((_is_null(places.towns) & ~places.elsewhere & ~_is_null(rows.values["town_name"])).sum())
    can_judge = total >= FEWEST_ROWS_TO_JUDGE
    says_so = elsewhere * 2 > total and (can_judge or not rows.contract.home_may_be_elsewhere)
    if says_so or (can_judge and (elsewhere + unknown) * 2 > total):
        raise Refused(
            "other_county",
            f"《{rows.file_name}》{total} 行中有 {elsewhere + unknown} 行的乡镇、村不属于{county.name}，超过一半，整份退回；"
            f"请核对是否报错了县，改报{county.name}的数据",
        )


def _is_null(values: pa.Array) -> npt.NDArray[np.bool_]:
    return values.is_null().to_numpy(zero_copy_only=False)


def _refuse_other_town(rows: _Rows, issued_to: Mapping[str, str]) -> None:
    """In a town's return, rows about warnings of another town: the return is of the town that more than half of it is about."""
    if not issued_to or "warning_id" not in rows.values:
        return
    towns = [issued_to.get(number or "") for number in rows.values["warning_id"].to_pylist()]
    own, count = Counter(town for town in towns if town).most_common(1)[0] if any(towns) else ("", 0)
    if count * 2 <= sum(town is not None for town in towns):
        return
    for position, town in enumerate(towns):
        if town and town != own:
            reason = f"此预警交办给{town}，本表其他行是{own}的；请核对预警编号，确属{town}的由{town}核查上报"
            rows.reject(position, rows.column("warning_id"), "other_town", reason)


def _find_missing(rows: _Rows) -> None:
    """A blank cell in a column that must be filled; cells with a problem of their own have said so already."""
    said = {
        (issue.position, issue.column.name) for issue in rows.issues if issue.column and issue.level in ("rejected", "waiting")
    }
    for column in rows.contract.required_columns:
        for position in np.flatnonzero(_is_null(rows.values[column.name])).tolist():
            if (position, column.name) in said or position in rows.unread:
                continue
            if (position, column.name) in rows.merged:
                rows.reject(position, column, "merged_cell", "此列必填，但单元格与上方合并，看不出本行的值；请取消合并，逐行填写")
            else:
                rows.reject(position, column, "missing", "此列必填，没有填写；请补填")


def _periods(rows: _Rows, period: str) -> pa.LargeStringArray:
    """The delivery's period for every row; for event feeds the row's own event number or day."""
    contract = rows.contract
    own = contract.event_column or contract.period_column
    if contract.period_kind == "event" and own:
        return _written(rows.values[own])
    if contract.period_column and period:
        column = contract.column(contract.period_column)
        values, which = _coded(rows.values[column.name])
        differs = np.array([value is not None and _stated_period(column.kind, value) != period for value in values])
        reason = f"所写时间与本批次所属期 {period} 不一致，仍归入本批次；请核对"
        for position in np.flatnonzero(differs[which]).tolist():
            rows.say(position, column, "finding", "period_mismatch", reason)
    return pa.repeat(pa.scalar(period, pa.large_string()), len(rows))


def _written(values: pa.Array) -> pa.LargeStringArray:
    """Values as text, a day as 2024-03-01; a missing one is empty."""
    if pa.types.is_boolean(values.type):
        values = pc.if_else(values, "True", "False")
    return values.cast(pa.string()).cast(pa.large_string()).fill_null("")


def _stated_period(kind: str, value: Any) -> str:
    """The period a value of the period column speaks of: figures to the end of a month are the next month's delivery."""
    if kind == "month":
        year, month = next_month(int(value[:4]), int(value[5:7]))
        return f"{year}-{month:02}"
    return value.isoformat() if isinstance(value, date) else str(value)


def _row_keys(rows: _Rows, places: _Places) -> pa.LargeStringArray:
    """What makes a row the same row in a later delivery: number and event; name and village where there is no number."""
    parts: list[pa.LargeStringArray] = []
    for name in rows.contract.row_key:
        values = rows.values[name]
        if name in SUBJECT_NUMBERS:
            parts.append(_subject_keys(rows, places, values, SUBJECT_NUMBERS[name]))
        elif name == "town_name":
            parts.append(_either(places.towns, values))
        else:
            parts.append(_written(values))
    return pc.binary_join_element_wise(*parts, pa.scalar("|", pa.large_string()))


def _either(first: pa.LargeStringArray, second: pa.LargeStringArray) -> pa.LargeStringArray:
    """The first text, where it is missing or empty the second."""
    return pc.if_else(pc.not_equal(first.fill_null(""), ""), first, second).fill_null("")


def _subject_keys(rows: _Rows, places: _Places, numbers: pa.LargeStringArray, name_column: str) -> pa.LargeStringArray:
    """The identity number; without one the name and the village (its code, else town and village as written)."""
    if not numbers.null_count:
        return numbers
    blank = pa.nulls(len(rows), pa.large_string())
    names, villages = (rows.values.get(name, blank).fill_null("") for name in (name_column, "village_name"))
    written = pc.binary_join_element_wise(places.towns.fill_null(""), villages, pa.scalar("", pa.large_string()))
    by_name = pc.binary_join_element_wise(names, _either(places.villages, written), pa.scalar("@", pa.large_string()))
    return pc.coalesce(numbers, by_name)


def _find_repeated(rows: _Rows, keys: pa.LargeStringArray) -> pa.LargeStringArray:
    """Rows of one key: equal ones are duplicates, different ones wait for a person. Returns the keys.

    Rows of an area event that name different villages of one town are different rows: from the second on, the key names them.
    """
    _, which = _coded(keys)
    groups: dict[int, list[int]] = defaultdict(list)
    for position in np.flatnonzero(np.bincount(which)[which] > 1).tolist():
        if position not in rows.rejected:
            groups[int(which[position])].append(position)
    compared = [column for column in rows.contract.columns if column.name not in NOT_COMPARED]
    apart: dict[int, str] = {}
    for positions in groups.values():
        if len(positions) > 1:
            if rows.contract.subject == "area":
                positions = _apart_by_village(rows, apart, positions, compared)
            _compare(rows, positions, compared)
    if not apart:
        return keys
    return _texts(f"{key}|{apart[at]}" if at in apart else key for at, key in enumerate(keys.to_pylist()))


def _apart_by_village(rows: _Rows, apart: dict[int, str], positions: list[int], compared: list[Column]) -> list[int]:
    """The rows that really share the first one's key; the others are set apart, by village, and compared among themselves."""
    villages = rows.values["village_name"]
    by_village: dict[Any, list[int]] = defaultdict(list)
    for position in positions:
        by_village[villages[position].as_py()].append(position)
    first, *others = by_village.values()
    for group in others:
        for position in group:
            apart[position] = villages[position].as_py() or ""
        _compare(rows, group, compared)
    return first


def _compare(rows: _Rows, positions: list[int], compared: list[Column]) -> None:
    kept: dict[tuple[Any, ...], int] = {}
    for position in positions:
        content = (*(rows.values[column.name][position].as_py() for column in compared), tuple(rows.waits.get(position, ())))
        if content in kept:
            rows.duplicates.add(position)
            rows.say(position, None, "duplicate", "same_row", f"与{_where(rows, position, kept[content])}内容相同，只收一行")
        else:
            kept[content] = position
    if len(kept) > 1:
        first = next(iter(kept.values()))
        differing = [
            column.label for column, values in zip(compared, zip(*kept, strict=True), strict=False) if len(set(values)) > 1
        ]
        for content, position in kept.items():
            other = first if position != first else list(kept.values())[1]
            others = {_where(rows, position, at): cells for cells, at in kept.items() if at != position}
            what = "、".join(differing) or "内容"
            reason = f"与{_where(rows, position, other)}是同一对象，但{what}不同；请乡村振兴局与部门核实以哪一行为准"
            rows.wait(position, None, "conflict", reason, differences(compared, content, others))


def _where(rows: _Rows, position: int, other: int) -> str:
    """Another row as a reader of this one finds it."""
    sheet = "" if rows.sheets[position] == rows.sheets[other] else f"工作表“{rows.sheets[other]}”"
    return f"{sheet}第 {rows.row_numbers[other]} {rows.counts_in}"


def _checked(rows: _Rows, places: _Places, periods: pa.Array, keys: pa.Array) -> Checked:
    left_out = rows.rejected | rows.duplicates
    kept = np.delete(np.arange(len(rows)), sorted(left_out)) if left_out else None

    def series(values: Sequence[Any] | pa.Array, sql_type: str) -> pd.Series[Any]:
        whole = values if isinstance(values, pa.Array) else pa.array(values, ARROW_TYPES[sql_type])
        return _series(whole if kept is None else whole.take(pa.array(kept)), sql_type)

    waits: list[Any] = [None] * len(rows)
    reasons: list[Any] = [None] * len(rows)
    for position, wait in rows.waits.items():
        waits[position] = wait[0][0]
        reasons[position] = "；".join(reason for _, reason, _ in wait)
    repairs: list[Any] = [None] * len(rows)
    for position, names in rows.repairs.items():
        repairs[position] = "、".join(names)
    frame = {column.name: series(rows.values.pop(column.name), column.sql_type) for column in rows.contract.columns}
    frame |= {
        "sheet": series(rows.sheets, "VARCHAR"),
        "row_number": series(rows.row_numbers, "INTEGER").astype("int32"),
        "row_key": series(keys, "VARCHAR"),
        "period": series(periods, "VARCHAR"),
        "town_code": series(places.towns, "VARCHAR"),
        "village_code": series(places.villages, "VARCHAR"),
        "home_elsewhere": series(pa.array(places.elsewhere), "BOOLEAN").astype("bool"),
        "waits_code": series(waits, "VARCHAR"),
        "waits_reason": series(reasons, "VARCHAR"),
        "repairs": series(repairs, "VARCHAR"),
    }
    return Checked(
        accepted=pd.DataFrame(frame),
        issues=_issue_frame(rows),
        rejected_cells={
            (rows.sheets[at], rows.row_numbers[at]): cells
            for at, cells in zip(sorted(rows.rejected), rows.cells_of(sorted(rows.rejected)), strict=True)
        },
        row_count=len(rows),
        rejected_count=len(rows.rejected),
        duplicate_count=len(rows.duplicates),
    )


def _series(values: pa.Array, sql_type: str) -> pd.Series[Any]:
    dtype = TYPES[sql_type]
    if sql_type in ("INTEGER", "BOOLEAN"):
        missing = values.is_null().to_numpy(zero_copy_only=False)
        made = pd.arrays.IntegerArray if sql_type == "INTEGER" else pd.arrays.BooleanArray
        return pd.Series(made(values.fill_null(0 if sql_type == "INTEGER" else False).to_numpy(zero_copy_only=False), missing))
    if sql_type == "DECIMAL(18,2)":
        values = _decimals(values, dtype.pyarrow_dtype)
    return pd.Series(pd.array(values, dtype=dtype))


def _decimals(hundredths: pa.Int64Array, kind: pa.Decimal128Type) -> pa.Array:
    """Whole hundredths as decimals, laid out directly: 128 bits each, the upper 64 only carry the sign."""
    low = hundredths.fill_null(0).to_numpy()
    words = np.stack([low, low >> 63], axis=1)
    validity = pa.array(hundredths.is_valid()).buffers()[1] if hundredths.null_count else None
    return pa.Array.from_buffers(kind, len(hundredths), [validity, pa.py_buffer(words)])


def _issue_frame(rows: _Rows) -> pd.DataFrame:
    """Issues in the order of the file, each reason saying where it is."""
    order = {column.name: number for number, column in enumerate(rows.contract.columns)}
    known = [issue for issue in rows.issues if issue.level != "waiting" or issue.position not in rows.rejected]
    issues = sorted(known, key=lambda issue: (issue.position, order.get(issue.column.name, -1) if issue.column else -1))
    lines = [
        (
            rows.sheets[issue.position],
            rows.row_numbers[issue.position],
            issue.column.name if issue.column else None,
            issue.column.label if issue.column else None,
            issue.level,
            issue.code,
            _located(rows, issue),
            issue.proposals,
        )
        for issue in issues
    ]
    frame = pd.DataFrame(lines, columns=list(ISSUE_COLUMNS))
    return frame.astype({name: "int32" if name == "row_number" else TEXT for name in ISSUE_COLUMNS})


def _located(rows: _Rows, issue: _Issue) -> str:
    sheet = rows.sheets[issue.position]
    at = (
        f"《{rows.file_name}》"
        + (f"工作表“{sheet}”" if sheet else "")
        + f"第 {rows.row_numbers[issue.position]} {rows.counts_in}"
    )
    return f"{at}{f'“{issue.column.label}”' if issue.column else ''}：{issue.reason}"
