"""From a received delivery to ``raw.<feed>``: check it row by row, have it judged as a whole, publish or send it back.

``check_feed`` needs no warehouse and runs for several feeds at once; ``publish_feed`` is the one writer.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import shutil
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from include import ledger
from include.contracts import REGISTRY, Contract, contract
from include.identity.proposals import DAMAGED, RegistryIndex, RegistryPerson, proposal_text
from include.ingest.check import SUBJECT_NUMBERS, Checked, check_rows
from include.ingest.divisions import Divisions
from include.ingest.formats import Workbook, kept_workbook
from include.ingest.receive import announcement, archive_path, decide, kept_cells, refusal, return_stem, work_folder
from include.ingest.recognise import ReadTable, Recognised, read_delivery
from include.ingest.refusal import Refused
from include.lanes import Each, one_by_one
from include.ledger import Delivery, Outcome
from include.push.deliveries import contracts_of, settle_receipts
from include.reports.return_workbook import ReturnRow, write_return_workbook
from include.settings import Settings, settings
from include.warehouse import connect

if TYPE_CHECKING:
    from include.quality.gate import GateResult

EVENT_PERIODS = ("event",)
LARGEST_AT_ONCE = 1 << 20
TOGETHER = 100
ROWS_A_GROUP = 122_880  # as many as DuckDB keeps together: it reads and inserts the groups side by side
log = logging.getLogger(__name__)


def take_in_at_once(each: Each = one_by_one) -> frozenset[str]:
    """Check and publish the real-time deliveries that wait, whoever left them; returns their ids.

    They are a few rows each and a town waits for them: a wake-up of each feed's own ingest would cost more than the work. Large
    ones, and what fails here, stay waiting for it.
    """
    where = settings()
    with connect(where) as connection:
        ledger.create_tables(connection)
        sizes: dict[str, int] = {}
        for delivery in ledger.pending(connection):
            if delivery.feed and contract(delivery.feed).real_time:
                sizes[delivery.feed] = max(delivery.bytes, sizes.get(delivery.feed, 0))
    taken: set[str] = set()
    with ExitStack() as mine:
        small = [feed for feed, size in sorted(sizes.items()) if size <= LARGEST_AT_ONCE]
        small = [feed for feed in small if mine.enter_context(_alone_with(where, feed, waits=False))]
        for feed, checked in zip(small, each(_checked_at_once, small), strict=True):
            try:
                publish_feed(feed, checked)
                taken.update(checked)
            except Exception as error:  # its words may quote a cell
                log.error("%s 未能立即入库(%s),由它的入库流程再办", feed, type(error).__name__)
    return frozenset(taken)


def _checked_at_once(feed: str) -> list[str]:
    try:
        return check_feed(feed)
    except Exception as error:
        log.error("%s 未能立即核对(%s),由它的入库流程再办", feed, type(error).__name__)
        return []


def take_in(feed: str) -> list[str]:
    """Check and publish whatever waits of a feed; returns the periods that ``raw.<feed>`` now holds anew."""
    with _alone_with(settings(), feed, waits=True):
        return publish_feed(feed, check_feed(feed))


@contextmanager
def _alone_with(where: Settings, feed: str, *, waits: bool) -> Iterator[bool]:
    """Nobody else checks the feed's deliveries meanwhile: they have one work folder each. False when somebody does."""
    path = where.home / "work" / f".{feed}.lock"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if waits else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
        fcntl.flock(handle, fcntl.LOCK_UN)  # a worker forked meanwhile may have it open too


def check_feed(feed: str) -> list[str]:
    """Check every waiting delivery of a feed; leaves its rows for ``publish_feed`` and returns the delivery ids.

    Events come in bursts of a row or a few each: what came of them is judged in one go. Other deliveries are checked one by one.
    """
    where = settings()
    with connect(where) as connection:
        waiting = ledger.pending(connection, feed)
    are_small = all(delivery.bytes <= LARGEST_AT_ONCE for delivery in waiting)
    at_once = TOGETHER if contract(feed).period_kind in EVENT_PERIODS and are_small else 1
    checked, failures = [], []

    def tried(step: Callable[..., Any], delivery: Delivery, *given: Any) -> Any:
        try:
            return step(where, delivery, *given)
        except Exception as error:  # the delivery stays waiting; the others of its feed go on
            failures.append(delivery.delivery_id)
            place = "".join(traceback.format_tb(error.__traceback__)[-3:])
            log.error("批次 %s 核对时出错(%s):\n%s", delivery.delivery_id, type(error).__name__, place)

    for start in range(0, len(waiting), at_once):
        examined = [(delivery, tried(_examine, delivery)) for delivery in waiting[start : start + at_once]]
        gated = _gated_together(contract(feed), examined)
        for delivery, found in examined:
            if found is not None and tried(_judge, delivery, found, gated.get(delivery.delivery_id)):
                checked.append(delivery.delivery_id)
        del examined
        pa.default_memory_pool().release_unused()  # a large delivery leaves hundreds of megabytes
    if failures and not checked:
        raise RuntimeError(f"批次 {'、'.join(failures)} 核对时出错,仍在等候;详情见日志") from None
    return checked


def publish_feed(feed: str, delivery_ids: list[str]) -> list[str]:
    """Publish checked deliveries in the order they came; returns the periods that ``raw.<feed>`` now holds anew."""
    where = settings()
    with connect(where) as connection:
        waiting = [delivery for delivery in ledger.pending(connection, feed) if delivery.delivery_id in delivery_ids]
        outcomes = _publish_unheard_of(connection, where, feed, waiting)
        known = {outcome.delivery_id for outcome in outcomes}
        outcomes += [_publish(connection, where, delivery) for delivery in waiting if delivery.delivery_id not in known]
        settle_receipts(connection, where)
    for delivery_id in delivery_ids:
        shutil.rmtree(work_folder(where, delivery_id), ignore_errors=True)
        _waiting_people(where, delivery_id).unlink(missing_ok=True)
        announcement(where, delivery_id).unlink(missing_ok=True)
    return sorted({outcome.period for outcome in outcomes if outcome.status == "published" and outcome.period})


@dataclass
class Examined:
    """A delivery read and checked row by row; without ``checked`` it is a zero report, or refused for ``refused``."""

    read: Recognised | None = None
    checked: Checked | None = None
    row_count: int = 0
    refused: Refused | None = None


def _examine(where: Settings, delivery: Delivery) -> Examined:
    """Read and normalise one delivery and check its rows."""
    folder = work_folder(where, delivery.delivery_id)
    kept = kept_workbook(kept_cells(where, delivery.delivery_id))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    found = Examined()
    try:
        found.read = read = _read(where, delivery, kept)
        del kept
        _write_skipped(folder, delivery, read)
        if not read.is_zero_report:
            found.row_count = sum(len(table.table.rows) for table in read.tables)
            names_warnings = contract(delivery.feed or "").has_column("warning_id")
            checked = _check_rows(where, delivery, read, _issued_to(where) if names_warnings else None)
            for table in read.tables:
                table.table.rows = []  # hundreds of megabytes; what goes back is kept in checked
            _propose(where, delivery, read, checked)
            found.checked = checked
    except Refused as refused:
        found.refused = refused
    return found


def _judge(where: Settings, delivery: Delivery, found: Examined, result: GateResult | None) -> bool:
    """Gate an examined delivery, unless it was with others, and leave what was found in its work folder."""
    folder, expected = work_folder(where, delivery.delivery_id), contract(delivery.feed or "")
    refused = found.refused
    verdict: dict[str, Any] = {"status": "published", "rows": found.row_count}
    if found.read and found.checked:
        checked = found.checked
        verdict |= {"rejected": checked.rejected_count, "duplicates": checked.duplicate_count}
        try:
            if result is None:
                with ThreadPoolExecutor(1) as side:  # writing takes the second core while the gate has the first
                    written = side.submit(_write_rows, folder, where, delivery, expected, checked.accepted)
                    result = _gate(expected, delivery, checked)
                    written.result()
            else:
                _write_rows(folder, where, delivery, expected, checked.accepted)
            _heed(result, delivery, checked)
            _write_issues(folder, delivery, expected, checked)
            _return_rows(where, delivery, expected, found.read, checked)
        except Refused as at_the_gate:
            refused = at_the_gate
    elif not refused:
        verdict["status"] = "zero_report"
    if refused:
        verdict = {"status": "refused", "reason_code": refused.reason_code, "reason": refused.reason, "rows": found.row_count}
    (folder / "verdict.json").write_text(json.dumps(verdict, ensure_ascii=False), "utf-8")
    return True


def _read(where: Settings, delivery: Delivery, kept: Workbook | None = None) -> Recognised:
    """The delivery's tables, from the cells that receiving kept or else from the archive."""
    return read_delivery(
        archive_path(where, delivery),
        file_name=delivery.file_name,
        department=delivery.department,
        received_at=delivery.received_at,
        contracts=contracts_of(delivery.delivery_id, delivery.feed),
        kept=kept,
    )


def _check_rows(where: Settings, delivery: Delivery, read: Recognised, issued_to: dict[str, str] | None = None) -> Checked:
    return check_rows(
        read,
        file_name=delivery.file_name,
        received_at=delivery.received_at,
        divisions=Divisions.load(where),
        county=where.county,
        issued_to=issued_to,
    )


def _issued_to(where: Settings) -> dict[str, str]:
    """Name of the town that each warning was last issued to."""
    with connect(where) as connection:
        found = connection.execute(
            """select listed.warning_id, arg_max(listed.town_name, dispatches.issued_at)
            from ledger.dispatched_warnings as listed inner join ledger.dispatches as dispatches using (dispatch_id)
            where listed.town_name is not null group by listed.warning_id"""
        ).fetchall()
    return dict(found)


def _propose(where: Settings, delivery: Delivery, read: Recognised, checked: Checked) -> None:
    """Beside each refused identity number, whom of the registry it may belong to."""
    issues = checked.issues
    damaged = issues[
        (issues["level"] == "rejected") & issues["column_name"].isin(SUBJECT_NUMBERS) & issues["reason_code"].isin(DAMAGED)
    ]
    if damaged.empty or delivery.feed == REGISTRY:
        return
    registry, divisions = _registry(where, delivery), Divisions.load(where)
    tables = {table.table.sheet: table.column_index for table in read.tables}

    def cell(sheet: str, row_number: int, name: str) -> object:
        index, cells = tables[sheet].get(name), checked.rejected_cells[sheet, row_number]
        return cells[index] if index is not None and index < len(cells) else None

    for at, line in zip(damaged.index, damaged.to_dict("records"), strict=True):
        row, column = (line["sheet"], line["row_number"]), line["column_name"]
        place = divisions.place(cell(*row, "town_name"), cell(*row, "village_name"), on=delivery.received_at.date())
        found = registry.propose(cell(*row, column), cell(*row, SUBJECT_NUMBERS[column]), place.village_code)
        issues.loc[at, "proposals"] = proposal_text(found)


def _registry(where: Settings, delivery: Delivery) -> RegistryIndex:
    """The registry in force when the delivery came; one that came with it and is not published yet counts too."""
    with connect(where) as connection:
        frames = [
            connection.execute(
                f"""select person_name, village_code, id_number, household_id,
                    mode(data_date) over (partition by delivery_id) as data_date
                from raw.{REGISTRY} where received_at <= ?""",
                [delivery.received_at],
            ).df()
        ]
        waiting = ledger.pending(connection, REGISTRY)
    frames += [_waiting_registry(where, other) for other in waiting if other.received_at <= delivery.received_at]
    people = pd.concat([frame for frame in frames if not frame.empty] or frames)
    people = people[people["id_number"].notna() & (people["data_date"] == people["data_date"].max())]
    columns = people[["person_name", "village_code", "id_number", "household_id"]]
    found = columns.astype(object).where(columns.notna(), None).drop_duplicates()
    return RegistryIndex(RegistryPerson(*row) for row in found.itertuples(index=False, name=None))


def _waiting_registry(where: Settings, delivery: Delivery) -> pd.DataFrame:
    """The people of a registry that was received but not published; nobody when it will be refused.

    Every feed of one inbox asks for the same people, so they are read once and kept until the registry is published.
    """
    columns = ["person_name", "village_code", "id_number", "household_id", "data_date"]
    kept = _waiting_people(where, delivery.delivery_id)
    if kept.exists():
        return pd.read_parquet(kept)
    try:
        checked = _check_rows(where, delivery, _read(where, delivery))
    except Refused:
        return pd.DataFrame(columns=columns)
    people = checked.accepted[columns].astype(object)
    usual = people["data_date"].dropna().mode()
    if not len(usual):
        return people.iloc[:0]
    people = people.assign(data_date=pd.Timestamp(usual.iloc[-1]))
    kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = kept.with_suffix(f".{os.getpid()}")
    people.to_parquet(fresh, index=False)
    fresh.replace(kept)
    return people


def _waiting_people(where: Settings, delivery_id: str) -> Path:
    return where.home / "work" / "registry" / f"{delivery_id}.parquet"


def _batch(expected: Contract, checked: Checked) -> pd.DataFrame:
    """Every row of a delivery as the gate takes it."""
    names = [column.name for column in expected.columns]
    accepted = checked.accepted[[*names, "row_key", "period", "sheet", "row_number", "waits_code"]].assign(is_accepted=True)
    if not checked.rejected_count:
        return accepted
    rejected = checked.issues[checked.issues["level"] == "rejected"][["sheet", "row_number"]].drop_duplicates()
    batch = pd.concat([accepted, rejected.assign(is_accepted=False)], ignore_index=True).reindex(columns=accepted.columns)
    batch["is_accepted"] = batch["is_accepted"].astype(bool)
    return batch


def _gated_together(expected: Contract, examined: Sequence[tuple[Delivery, Examined | None]]) -> dict[str, GateResult]:
    """What the gate says of deliveries where one look says it of several."""
    from include.quality.gate import gate_together

    rows = {delivery.delivery_id: found.checked for delivery, found in examined if found and found.checked}
    if len(rows) < 2:
        return {}
    try:
        return gate_together(expected, {delivery_id: _batch(expected, checked) for delivery_id, checked in rows.items()})
    except Exception as error:  # one that cannot be looked at must not keep the others: then each is judged by itself
        log.error("%s 未能一并检查(%s),逐份检查", expected.feed, type(error).__name__)
        return {}


def _gate(expected: Contract, delivery: Delivery, checked: Checked) -> GateResult:
    """Great Expectations judges the delivery as a whole."""
    from include.quality.gate import gate_delivery

    batch = _batch(expected, checked)
    return gate_delivery(expected, batch, delivery_id=delivery.delivery_id, period=delivery.period or "")


def _heed(result: GateResult, delivery: Delivery, checked: Checked) -> None:
    """Raises Refused on a critical failure; a warning becomes a finding."""
    if not result.success:
        raise Refused("quality_gate", f"《{delivery.file_name}》未通过质量检查:{';'.join(result.critical)}。请核对后整份重新报送")
    lines = [
        {"level": "finding", "reason_code": "quality_gate", "reason": text, "sheet": None, "row_number": None}
        for text in result.warnings
    ]
    if lines:
        kinds = checked.issues.dtypes.replace({np.dtype("int32"): "Int32"}).to_dict()  # a whole delivery has no row number
        fresh = pd.DataFrame(lines).reindex(columns=list(kinds)).astype(kinds)
        checked.issues = pd.concat([checked.issues.astype(kinds), fresh], ignore_index=True)


def _write_skipped(folder: Path, delivery: Delivery, read: Recognised) -> None:
    lines = [*read.skipped, *(line for table in read.tables for line in table.table.skipped)]
    if not lines:
        return
    distinct = dict.fromkeys((delivery.delivery_id, line.sheet, line.row_number, line.kind, line.note) for line in lines)
    names = list(ledger.FIXED_TABLES["raw.skipped_rows"])
    table = pa.table({name: list(values) for name, values in zip(names, zip(*distinct, strict=True), strict=True)})
    pq.write_table(table, folder / "skipped.parquet")


def _write_rows(folder: Path, where: Settings, delivery: Delivery, expected: Contract, accepted: pd.DataFrame) -> None:
    rows = accepted.copy(deep=False)
    sheets, numbers = (pa.array(rows[name]).cast(pa.string()) for name in ("sheet", "row_number"))
    row_ids = pc.binary_join_element_wise(delivery.delivery_id, sheets, numbers, "/")
    rows["row_id"] = pd.Series(row_ids, rows.index, pd.ArrowDtype(pa.string()))
    rows["county_code"] = where.county.code
    rows["delivery_id"] = delivery.delivery_id
    rows["received_at"] = pd.Timestamp(delivery.received_at)
    rows["modified_at"] = pd.Timestamp(delivery.modified_at)
    if expected.period_kind not in EVENT_PERIODS:
        rows["period"] = delivery.period
    rows[list(ledger.raw_columns(expected))].to_parquet(
        folder / "rows.parquet", index=False, row_group_size=ROWS_A_GROUP, use_dictionary=False
    )


def _write_issues(folder: Path, delivery: Delivery, expected: Contract, checked: Checked) -> None:
    if checked.issues.empty:
        return
    issues = checked.issues.assign(delivery_id=delivery.delivery_id, feed=expected.feed)
    issues.reindex(columns=list(ledger.ISSUE_COLUMNS)).to_parquet(folder / "issues.parquet", index=False)


def _return_rows(where: Settings, delivery: Delivery, expected: Contract, read: Recognised, checked: Checked) -> None:
    """Rejected rows go back with the reason beside each; sheets whose figures are in other units in a workbook of their own."""
    faults = dict(list(checked.issues[checked.issues["level"] == "rejected"].groupby(["sheet", "row_number"])))
    alike: dict[frozenset[tuple[str, str]], list[ReadTable]] = {}
    for table in read.tables:
        alike.setdefault(frozenset(table.units.items()), []).append(table)
    folder = where.returns / delivery.department
    for number, tables in enumerate(alike.values(), start=1):
        labels, places = _common_heads(tables)
        rows = [
            ReturnRow(
                sheet=sheet,
                row_number=row_number,
                cells=[cells[at] if at is not None and at < len(cells) else None for at in places[sheet]],
                reasons=list(mine["reason"]),
                columns=list(mine["column_name"].dropna()),
                proposals="\n".join(text for text in mine["proposals"] if isinstance(text, str)),
            )
            for (sheet, row_number), cells in checked.rejected_cells.items()
            if sheet in places
            for mine in [faults[sheet, row_number]]
        ]
        if rows:
            folder.mkdir(parents=True, exist_ok=True)
            part = f"_{number}" if len(alike) > 1 else ""
            write_return_workbook(
                folder / f"{return_stem(delivery)}{part}_退回行.xlsx",
                delivery=vars(delivery) | checked.counts,
                contract=expected,
                head_labels=labels,
                rows=rows,
                units=tables[0].units,
            )


def _common_heads(tables: list[ReadTable]) -> tuple[list[str], dict[str, list[int | None]]]:
    """One row of heads for the rows of these sheets, and per sheet the cell that belongs under each.

    A column the contract knows is one column whatever each sheet calls it, and has the first sheet's head.
    """
    heads: dict[str, str] = {}
    cells: dict[str, dict[str, int]] = {}
    for table in tables:
        names = {index: name for name, index in table.column_index.items()}
        cells[table.table.sheet] = {names.get(head.index, head.label): head.index for head in table.table.heads}
        for head in table.table.heads:
            heads.setdefault(names.get(head.index, head.label), head.label)
    return list(heads.values()), {sheet: [found.get(name) for name in heads] for sheet, found in cells.items()}


def _publish_unheard_of(
    connection: duckdb.DuckDBPyConnection, where: Settings, feed: str, waiting: list[Delivery]
) -> list[Outcome]:
    """Publish, all in one transaction, deliveries of events if nobody has reported any of those before; else none."""
    verdicts = {delivery.delivery_id: _verdict(where, delivery) for delivery in waiting}
    new = [delivery for delivery in waiting if verdicts[delivery.delivery_id]["status"] == "published"]
    if len(new) < 2 or contract(feed).period_kind not in EVENT_PERIODS:
        return []
    folders = [work_folder(where, delivery.delivery_id) for delivery in new]
    rows = [str(folder / "rows.parquet") for folder in folders]
    heard_of = connection.execute(
        f"""select 1 from read_parquet($rows) group by row_key having count(*) > 1
        union all select 1 from read_parquet($rows) semi join raw.{feed} using (row_key) limit 1""",
        {"rows": rows},
    ).fetchone()
    if heard_of:
        return []
    connection.execute("begin")
    _append(connection, f"raw.{feed}", rows)
    for table, name in (("raw.row_issues", "issues.parquet"), ("raw.skipped_rows", "skipped.parquet")):
        _append(connection, table, [str(folder / name) for folder in folders if (folder / name).exists()])
    outcomes = [_published(where, delivery, verdicts[delivery.delivery_id]) for delivery in new]
    ledger.insert(connection, "ledger.outcomes", outcomes)
    connection.execute("commit")
    return outcomes


def _verdict(where: Settings, delivery: Delivery) -> dict[str, Any]:
    """What checking said of a delivery."""
    return dict(json.loads((work_folder(where, delivery.delivery_id) / "verdict.json").read_text("utf-8")))


def _published(where: Settings, delivery: Delivery, verdict: Mapping[str, Any], repeated: int = 0) -> Outcome:
    rows, rejected, duplicates = verdict["rows"], verdict["rejected"], verdict["duplicates"] + repeated
    return decide(
        where, delivery, "published", None, None,
        rows=rows, accepted=rows - rejected - duplicates, rejected=rejected, duplicates=duplicates,
    )  # fmt: skip


def _publish(connection: duckdb.DuckDBPyConnection, where: Settings, delivery: Delivery) -> Outcome:
    """Merge one checked delivery into its raw table and decide it, in one transaction."""
    folder, verdict = work_folder(where, delivery.delivery_id), _verdict(where, delivery)
    expected = contract(delivery.feed or "")
    connection.execute("begin")
    if (folder / "skipped.parquet").exists():
        _append(connection, "raw.skipped_rows", [str(folder / "skipped.parquet")])
    if verdict["status"] == "refused":
        outcome = refusal(where, delivery, Refused(verdict["reason_code"], verdict["reason"]), expected, verdict["rows"])
    elif verdict["status"] == "zero_report":
        outcome = decide(where, delivery, "zero_report", None, None)
    else:
        outcome = _published(where, delivery, verdict, _merge(connection, delivery, expected, folder))
    ledger.insert(connection, "ledger.outcomes", [outcome])
    connection.execute("commit")
    return outcome


def _append(connection: duckdb.DuckDBPyConnection, table: str, paths: list[str]) -> None:
    if paths:
        connection.execute(f"insert into {table} by name select * from read_parquet(?)", [paths])


def _merge(connection: duckdb.DuckDBPyConnection, delivery: Delivery, expected: Contract, folder: Path) -> int:
    """Insert rows that are new or changed; returns how many were already there just so.

    A later file of the same feed and period merges by row key; rows it leaves out stay and are listed.
    """
    table = f"raw.{expected.feed}"
    has_period = expected.period_kind not in EVENT_PERIODS
    scope = "where stored.period = $period" if has_period else ""
    given = {"period": delivery.period} if has_period else {}
    content = [name for name in ledger.raw_columns(expected) if name in {column.name for column in expected.columns}]
    content += ["town_code", "village_code"] if "town_name" in content else []
    same = " and ".join(f'incoming."{name}" is not distinct from latest."{name}"' for name in [*content, "waits_code"])
    connection.read_parquet(str(folder / "rows.parquet")).create_view("incoming")
    connection.execute(
        f"""create or replace temp table latest as select stored.* from {table} as stored {scope}
        qualify rank() over (partition by row_key order by received_at desc, modified_at desc, delivery_id desc) = 1""",
        given,
    )
    connection.execute(
        f"""create or replace temp table repeated as
        select incoming.row_id, latest.delivery_id as earlier, latest.row_number as earlier_row from incoming
        inner join latest on incoming.row_key = latest.row_key and {same}
        qualify row_number() over (partition by incoming.row_id order by latest.row_id) = 1"""
    )
    (repeated,) = connection.execute("select count(*) from repeated").fetchone() or (0,)
    only_new = "where row_id not in (select row_id from repeated)" if repeated else ""  # costs time even when idle
    connection.execute(f"insert into {table} by name select * from incoming {only_new}")
    if (folder / "issues.parquet").exists():
        _append(connection, "raw.row_issues", [str(folder / "issues.parquet")])
    issue = "insert into raw.row_issues by name select $id as delivery_id, $feed as feed, {columns}"
    named = {"id": delivery.delivery_id, "feed": expected.feed}
    connection.execute(
        issue.format(
            columns="""incoming.sheet, incoming.row_number, 'duplicate' as level, 'same_as_earlier' as reason_code,
            '与批次 ' || repeated.earlier || ' 第 ' || repeated.earlier_row || ' 行相同,不重复入库' as reason
            from repeated inner join incoming on incoming.row_id = repeated.row_id"""
        ),
        named,
    )
    if has_period:
        connection.execute(
            issue.format(
                columns="""latest.sheet, latest.row_number, 'finding' as level, 'left_out' as reason_code,
                '批次 ' || latest.delivery_id || ' 第 ' || latest.row_number
                    || ' 行在本批次中未再列出,仍予保留;如应撤回请乡村振兴局办理' as reason
                from latest where latest.row_key not in (select row_key from incoming)
                    and exists (select 1 from latest as kept inner join incoming on incoming.row_key = kept.row_key)"""
            ),
            named,
        )
    for name in ("view incoming", "table latest", "table repeated"):
        connection.execute(f"drop {name}")
    return int(repeated)
