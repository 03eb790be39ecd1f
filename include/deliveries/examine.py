"""From a received delivery to its verdict: read, checked row by row, judged as a whole, its faulty rows sent back.

Nothing here writes to the warehouse, so several feeds are checked at once; what was found lies in the delivery's work folder.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from include.checking.delivery_rows import SUBJECT_NUMBERS
from include.checking.divisions import Divisions
from include.checking.recognise import Recognised, recognise
from include.checking.returns import Issued
from include.checking.rows import Checked, check_rows
from include.checking.table import Guess
from include.contracts import REGISTRY, Contract, contract
from include.contracts.tables import raw_columns
from include.deliveries.answer import TRY_AGAIN
from include.deliveries.attempts import ATTEMPTS, count_attempt, is_of_the_machine
from include.deliveries.gated import apply_gate, gate_one, gate_several
from include.deliveries.issued_warnings import issued_warnings
from include.deliveries.push import contracts_of
from include.deliveries.receipt_facts import skipped_lines
from include.deliveries.receive import kept_cells, work_folder
from include.deliveries.same_again import same_as_before
from include.deliveries.send_back import send_back_rows
from include.deliveries.wordless import place_of
from include.identity.proposals import DAMAGED, RegistryIndex, RegistryPerson, proposal_text
from include.reading.formats import Workbook, kept_workbook, open_workbook
from include.reading.refusal import ReadingEnded, Refused
from include.site import Site
from include.storage import ledger
from include.storage.archive import ArchiveError, open_archived
from include.storage.ledger import Delivery, Volume
from include.storage.warehouse import connect

if TYPE_CHECKING:
    from include.quality.gate import GateResult

LARGEST_AT_ONCE = 1 << 20
TOGETHER = 100
ROWS_A_GROUP = 122_880  # as many as DuckDB keeps together: it reads and inserts the groups side by side
log = logging.getLogger(__name__)


def check_feed(site: Site, feed: str) -> list[str]:
    """Check every waiting delivery of a feed; leaves its rows for ``publish_feed`` and returns the delivery ids.

    Events come in bursts of a row or a few each: what came of them is judged in one go. Other deliveries are checked one by one.
    """
    with connect(site) as connection:
        waiting = ledger.pending(connection, feed)
        volumes = ledger.volumes(connection, feed)
        same = {delivery.delivery_id: same_as_before(connection, delivery) for delivery in waiting}
    are_small = all(delivery.bytes <= LARGEST_AT_ONCE for delivery in waiting)
    at_once = TOGETHER if contract(feed).is_event and are_small else 1
    checked = []

    def tried(step: Callable[..., Any], delivery: Delivery, *given: Any) -> Any:
        try:
            return step(site, delivery, *given)
        except Exception as error:  # the delivery stays waiting or is set aside; the others of its feed go on
            if is_of_the_machine(error):
                raise
            log.error("批次 %s 核对时出错（%s）：\n%s", delivery.delivery_id, type(error).__name__, place_of(error))
            if count_attempt(site, delivery.delivery_id) >= ATTEMPTS:
                give_up(site, delivery, error)
                checked.append(delivery.delivery_id)

    for start in range(0, len(waiting), at_once):
        examined = [
            (delivery, tried(_examine, delivery, same[delivery.delivery_id])) for delivery in waiting[start : start + at_once]
        ]
        gated = gate_several(
            site, contract(feed), {delivery.delivery_id: found.checked for delivery, found in examined if found and found.checked}
        )
        for delivery, found in examined:
            if found is not None and tried(_judge, delivery, found, gated.get(delivery.delivery_id), volumes):
                checked.append(delivery.delivery_id)
                if found.checked:  # a supplement that waits with it is seen to be one
                    volumes.append(Volume(delivery.period or "", found.row_count))
        del examined
        pa.default_memory_pool().release_unused()  # a large delivery leaves hundreds of megabytes
    return checked


def give_up(site: Site, delivery: Delivery, error: Exception) -> None:
    """Leave the verdict that the delivery is set aside."""
    folder = work_folder(site, delivery.delivery_id)
    shutil.rmtree(folder, ignore_errors=True)
    folder.unlink(missing_ok=True)
    folder.mkdir(parents=True, mode=0o700)
    verdict = {"status": "set_aside", "rows": 0, **_why(delivery, error)}
    (folder / "verdict.json").write_text(json.dumps(verdict, ensure_ascii=False), "utf-8")


def _why(delivery: Delivery, error: Exception) -> dict[str, str]:
    if isinstance(error, ReadingEnded):
        code, why = "reading_ended", f"没有读完（{error.reason}）"
    elif isinstance(error, ArchiveError):
        code, why = "archive_damaged", "的存档打不开，已告知数据组"
    else:
        code, why = "failed", f"处理时出错（{type(error).__name__}），是系统没有料到的情况，已告知数据组"
    return {"reason_code": code, "reason": f"《{delivery.file_name}》试了 {ATTEMPTS} 次，{why}；{TRY_AGAIN}"}


@dataclass
class Examined:
    """A delivery read and checked row by row; without ``checked`` it is a zero report, or refused for ``refused``."""

    read: Recognised | None = None
    checked: Checked | None = None
    row_count: int = 0
    refused: Refused | None = None


def _examine(site: Site, delivery: Delivery, same: Sequence[Guess]) -> Examined:
    """Read and normalise one delivery and check its rows."""
    folder = work_folder(site, delivery.delivery_id)
    kept = kept_workbook(kept_cells(site, delivery.delivery_id))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    found = Examined()
    try:
        found.read = read = _read(site, delivery, kept)
        del kept
        _write_skipped(folder, delivery, read)
        if not read.is_zero_report:
            read.guesses += same
            found.row_count = sum(len(table.table.rows) for table in read.tables)
            names_warnings = contract(delivery.feed or "").has_column("warning_id")
            checked = _check_rows(site, delivery, read, issued_warnings(site) if names_warnings else None)
            for table in read.tables:
                table.table.rows = []  # hundreds of megabytes; what goes back is kept in checked
            _propose(site, delivery, read, checked)
            _known_tails(site, delivery, checked)
            found.checked = checked
    except Refused as refused:
        found.refused = refused
    return found


def _judge(site: Site, delivery: Delivery, found: Examined, result: GateResult | None, volumes: Sequence[Volume]) -> bool:
    """Gate an examined delivery, unless it was with others, and leave what was found in its work folder."""
    folder, expected = work_folder(site, delivery.delivery_id), contract(delivery.feed or "")
    refused = found.refused
    verdict: dict[str, Any] = {"status": "published", "rows": found.row_count}
    if found.read and found.checked:
        checked = found.checked
        verdict |= {"rejected": checked.rejected_count, "duplicates": checked.duplicate_count}
        try:
            if result is None:
                with ThreadPoolExecutor(1) as side:  # writing takes the second core while the gate has the first
                    written = side.submit(_write_rows, folder, site, delivery, expected, checked.accepted)
                    result = gate_one(site, expected, delivery, checked, volumes)
                    written.result()
            else:
                _write_rows(folder, site, delivery, expected, checked.accepted)
            apply_gate(result, delivery, checked)
            _write_issues(folder, delivery, expected, checked)
            send_back_rows(site, delivery, expected, found.read, checked)
        except Refused as at_the_gate:
            refused = at_the_gate
    elif not refused:
        verdict["status"] = "zero_report"
    if refused:
        verdict = {"status": "refused", "reason_code": refused.reason_code, "reason": refused.reason, "rows": found.row_count}
    (folder / "verdict.json").write_text(json.dumps(verdict, ensure_ascii=False), "utf-8")
    return True


def _read(site: Site, delivery: Delivery, kept: Workbook | None = None) -> Recognised:
    """The delivery's tables, from the cells that receiving kept or else from the archive."""
    read = recognise(
        kept or _reopened(site, delivery),
        file_name=delivery.file_name,
        department=delivery.department,
        received_at=delivery.received_at,
        contracts=contracts_of(delivery.delivery_id, delivery.feed),
    )
    if read.past_period and read.past_period == delivery.period:
        read.take_past_period()
    return read


def _reopened(site: Site, delivery: Delivery) -> Workbook:
    with open_archived(site, delivery.sha256) as content:
        return open_workbook(content, delivery.file_name)


def _check_rows(site: Site, delivery: Delivery, read: Recognised, issued_to: dict[str, Issued] | None = None) -> Checked:
    return check_rows(
        read,
        file_name=delivery.file_name,
        received_at=delivery.received_at,
        divisions=Divisions.load(site),
        county=site.county,
        issued_to=issued_to,
    )


def _known_tails(site: Site, delivery: Delivery, checked: Checked) -> None:
    """Numbers that end in 000 are certain where the registry has them: nothing is left to say."""
    noted = checked.issues["reason_code"] == "tail_of_zeros"
    if not noted.any() or delivery.feed == REGISTRY:
        return
    known = _registry(site, delivery).numbers
    rows = checked.accepted.set_index(["sheet", "row_number"])
    certain = [
        at
        for at, line in checked.issues[noted].to_dict("index").items()
        if (line["sheet"], line["row_number"]) in rows.index
        and rows.at[(line["sheet"], line["row_number"]), line["column_name"]] in known
    ]
    checked.issues = checked.issues.drop(index=certain)


def _propose(site: Site, delivery: Delivery, read: Recognised, checked: Checked) -> None:
    """Beside each refused identity number, whom of the registry it may belong to."""
    issues = checked.issues
    damaged = issues[
        (issues["level"] == "rejected") & issues["column_name"].isin(SUBJECT_NUMBERS) & issues["reason_code"].isin(DAMAGED)
    ]
    if damaged.empty or delivery.feed == REGISTRY:
        return
    registry, divisions = _registry(site, delivery), Divisions.load(site)
    tables = {table.table.sheet: table.column_index for table in read.tables}

    def cell(sheet: str, row_number: int, name: str) -> object:
        index, cells = tables[sheet].get(name), checked.rejected_cells[sheet, row_number]
        return cells[index] if index is not None and index < len(cells) else None

    for at, line in zip(damaged.index, damaged.to_dict("records"), strict=True):
        row, column = (line["sheet"], line["row_number"]), line["column_name"]
        place = divisions.place(cell(*row, "town_name"), cell(*row, "village_name"), on=delivery.received_at.date())
        found = registry.propose(cell(*row, column), cell(*row, SUBJECT_NUMBERS[column]), place.village_code)
        issues.loc[at, "proposals"] = proposal_text(found)


def _registry(site: Site, delivery: Delivery) -> RegistryIndex:
    """The registry in force when the delivery came; one that came with it and is not published yet counts too."""
    with connect(site) as connection:
        frames = [
            connection.execute(
                f"""select person_name, village_code, id_number, household_id,
                    mode(data_date) over (partition by delivery_id) as data_date
                from raw.{REGISTRY} where received_at <= ?""",
                [delivery.received_at],
            ).df()
        ]
        waiting = ledger.pending(connection, REGISTRY)
    frames += [_waiting_registry(site, other) for other in waiting if other.received_at <= delivery.received_at]
    people = pd.concat([frame for frame in frames if not frame.empty] or frames)
    people = people[people["id_number"].notna() & (people["data_date"] == people["data_date"].max())]
    columns = people[["person_name", "village_code", "id_number", "household_id"]]
    found = columns.astype(object).where(columns.notna(), None).drop_duplicates()
    return RegistryIndex(RegistryPerson(*row) for row in found.itertuples(index=False, name=None))


def _waiting_registry(site: Site, delivery: Delivery) -> pd.DataFrame:
    """The people of a registry that was received but not published; nobody when it will be refused.

    Every feed of one inbox asks for the same people, so they are read once and kept until the registry is published.
    """
    columns = ["person_name", "village_code", "id_number", "household_id", "data_date"]
    kept = waiting_people(site, delivery.delivery_id)
    if kept.exists():
        return pd.read_parquet(kept)
    try:
        checked = _check_rows(site, delivery, _read(site, delivery))
    except Exception as error:  # its own check says what is wrong with it; the others' proposals do without
        if is_of_the_machine(error):
            raise
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


def waiting_people(site: Site, delivery_id: str) -> Path:
    return site.home / "work" / "registry" / f"{delivery_id}.parquet"


def _write_skipped(folder: Path, delivery: Delivery, read: Recognised) -> None:
    if lines := [{"delivery_id": delivery.delivery_id, **asdict(line)} for line in skipped_lines(read)]:
        pq.write_table(pa.Table.from_pylist(lines), folder / "skipped.parquet")


def _write_rows(folder: Path, site: Site, delivery: Delivery, expected: Contract, accepted: pd.DataFrame) -> None:
    rows = accepted.copy(deep=False)
    sheets, numbers = (pa.array(rows[name]).cast(pa.string()) for name in ("sheet", "row_number"))
    row_ids = pc.binary_join_element_wise(delivery.delivery_id, sheets, numbers, "/")
    rows["row_id"] = pd.Series(row_ids, rows.index, pd.ArrowDtype(pa.string()))
    rows["county_code"] = site.county.code
    rows["delivery_id"] = delivery.delivery_id
    rows["received_at"] = pd.Timestamp(delivery.received_at)
    rows["modified_at"] = pd.Timestamp(delivery.modified_at)
    if not expected.is_event:
        rows["period"] = delivery.period
    rows[list(raw_columns(expected))].to_parquet(
        folder / "rows.parquet", index=False, row_group_size=ROWS_A_GROUP, use_dictionary=False
    )


def _write_issues(folder: Path, delivery: Delivery, expected: Contract, checked: Checked) -> None:
    if checked.issues.empty:
        return
    issues = checked.issues.assign(delivery_id=delivery.delivery_id, feed=expected.feed)
    names = [name for name in ledger.ISSUE_COLUMNS if name != "county_code"]  # the warehouse says whose it is
    issues.reindex(columns=names).to_parquet(folder / "issues.parquet", index=False)
