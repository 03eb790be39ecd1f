"""From a checked delivery to ``raw.<feed>``: published, refused or set aside, in the order in which deliveries came.

``publish_feed`` is the one writer. ``ingest_feed`` and ``ingest_small_events`` check and publish what waits.
"""

from __future__ import annotations

import fcntl
import json
import logging
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from include.contracts import Contract, contract
from include.contracts.tables import raw_columns
from include.deliveries.answer import copy_aside, decide, refusal, setting_aside
from include.deliveries.attempts import ATTEMPTS, count_attempt, forget_attempts, is_of_the_machine
from include.deliveries.examine import LARGEST_AT_ONCE, check_feed, give_up, waiting_people
from include.deliveries.receipts import write_receipts
from include.deliveries.receive import partition_key, work_folder
from include.deliveries.returned_events import MEASURE, VERIFICATION, record_returns
from include.deliveries.wordless import place_of, wordless
from include.reading.refusal import Refused
from include.site import Site
from include.storage import ledger
from include.storage.ledger import Delivery, Outcome
from include.storage.warehouse import connect, rollback
from include.storage.workers import in_parallel

RETRY_SECONDS = 3.0
BEFORE = {MEASURE: VERIFICATION}
"""What rests on another feed: measures are for those who qualify, and the answer may lie beside them in the inbox."""
log = logging.getLogger(__name__)


@wordless()
def ingest_small_events(site: Site) -> frozenset[str]:
    """Check and publish the real-time deliveries that wait, whoever left them; returns their ids.

    They are a few rows each and a town waits for them: a wake-up of each feed's own ingest would cost more than the work. Large
    ones, and what fails here, stay waiting for it.
    """
    with connect(site) as connection:
        ledger.create_tables(connection)
        sizes: dict[str, int] = {}
        for delivery in ledger.pending(connection):
            if delivery.feed and contract(delivery.feed).real_time:
                sizes[delivery.feed] = max(delivery.bytes, sizes.get(delivery.feed, 0))
    taken: set[str] = set()
    with ExitStack() as mine:
        small = [feed for feed, size in sorted(sizes.items()) if size <= LARGEST_AT_ONCE]
        small = [feed for feed in small if mine.enter_context(_alone_with(site, feed, waits=False))]
        for feed, checked in zip(small, _check_at_once(site, small), strict=True):
            try:
                publish_feed(site, feed, checked)
                taken.update(checked)
            except Exception as error:  # its words may quote a cell
                log.error("%s 未能立即入库（%s），由它的入库流程再办", feed, type(error).__name__)
    return frozenset(taken)


def _check_at_once(site: Site, feeds: list[str]) -> list[list[str]]:
    try:
        return in_parallel(partial(_checked_at_once, site), feeds)
    except Exception as error:  # a worker died: all of it is left to the feeds' own ingests, which are woken as ever
        log.error("未能立即核对（%s），由各自的入库流程再办", type(error).__name__)
        return [[] for _ in feeds]


def _checked_at_once(site: Site, feed: str) -> list[str]:
    try:
        return check_feed(site, feed)
    except Exception as error:
        log.error("%s 未能立即核对（%s），由它的入库流程再办", feed, type(error).__name__)
        return []


@wordless()
def ingest_feed(site: Site, feed: str) -> list[str]:
    """Check and publish whatever waits of a feed; returns the keys of what ``raw.<feed>`` now holds anew.

    What fails is tried again after the others are published, until it is set aside: nothing waits for ever.
    """
    keys = set()
    if before := BEFORE.get(feed):
        ingest_feed(site, before)
    with _alone_with(site, feed, waits=True):
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(RETRY_SECONDS)
            keys |= set(publish_feed(site, feed, check_feed(site, feed)))
            with connect(site) as connection:
                if not ledger.pending(connection, feed):
                    break
    return sorted(keys)


@contextmanager
def _alone_with(site: Site, feed: str, *, waits: bool) -> Iterator[bool]:
    """Nobody else checks the feed's deliveries meanwhile: they have one work folder each. False when somebody does."""
    path = site.home / "work" / f".{feed}.lock"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if waits else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
        fcntl.flock(handle, fcntl.LOCK_UN)  # a worker forked meanwhile may have it open too


def publish_feed(site: Site, feed: str, delivery_ids: list[str]) -> list[str]:
    """Publish checked deliveries in the order they came; returns the keys of what ``raw.<feed>`` now holds anew.

    The keys of an event feed are delivery ids: the number of an event is what a cell said.
    """
    with connect(site) as connection:
        waiting = [delivery for delivery in ledger.pending(connection, feed) if delivery.delivery_id in delivery_ids]
        outcomes = _publish_new_events(connection, site, feed, waiting)
        known = {outcome.delivery_id for outcome in outcomes}
        tried = [_publish_or_wait(connection, site, delivery) for delivery in waiting if delivery.delivery_id not in known]
        outcomes += [outcome for outcome in tried if outcome]
        if feed in (VERIFICATION, MEASURE):
            record_returns(connection)
        write_receipts(connection, site)
    for delivery_id in delivery_ids:
        shutil.rmtree(work_folder(site, delivery_id), ignore_errors=True)
        waiting_people(site, delivery_id).unlink(missing_ok=True)
    for outcome in outcomes:
        forget_attempts(site, outcome.delivery_id)
    anew = [outcome for outcome in outcomes if outcome.status == "published"]
    return sorted({partition_key(feed, outcome.period, outcome.delivery_id) for outcome in anew})


def _publish_new_events(connection: duckdb.DuckDBPyConnection, site: Site, feed: str, waiting: list[Delivery]) -> list[Outcome]:
    """Publish, all in one transaction, deliveries of events if nobody has reported any of those before; else none."""
    verdicts = {delivery.delivery_id: _verdict(site, delivery) for delivery in waiting}
    new = [delivery for delivery in waiting if verdicts[delivery.delivery_id]["status"] == "published"]
    if len(new) < 2 or not contract(feed).is_event:
        return []
    rows = [str(work_folder(site, delivery.delivery_id) / "rows.parquet") for delivery in new]
    known_before = connection.execute(
        f"""select 1 from read_parquet($rows) group by row_key having count(*) > 1
        union all select 1 from read_parquet($rows) semi join raw.{feed} using (row_key) limit 1""",
        {"rows": rows},
    ).fetchone()
    if known_before:
        return []
    try:
        return _publish_together(connection, site, new, verdicts, rows)
    except duckdb.Error as error:  # which of them it is, shows when each is published by itself
        rollback(connection)
        log.error("%s 未能一并入库（%s），逐份入库", feed, type(error).__name__)
        return []


def _publish_together(
    connection: duckdb.DuckDBPyConnection,
    site: Site,
    new: list[Delivery],
    verdicts: Mapping[str, Mapping[str, Any]],
    rows: list[str],
) -> list[Outcome]:
    folders = [work_folder(site, delivery.delivery_id) for delivery in new]
    connection.execute("begin")
    ledger.forget(connection, [delivery.delivery_id for delivery in new], new[0].feed)
    _append(connection, f"raw.{new[0].feed}", rows)
    for table, name in (("raw.row_issues", "issues.parquet"), ("raw.skipped_rows", "skipped.parquet")):
        _append(connection, table, [str(folder / name) for folder in folders if (folder / name).exists()])
    outcomes = [_published(site, delivery, verdicts[delivery.delivery_id]) for delivery in new]
    connection.execute("commit")
    ledger.append(connection, "ledger.outcomes", outcomes)
    return outcomes


def _verdict(site: Site, delivery: Delivery) -> dict[str, Any]:
    """What checking said of a delivery."""
    return dict(json.loads((work_folder(site, delivery.delivery_id) / "verdict.json").read_text("utf-8")))


def _published(site: Site, delivery: Delivery, verdict: Mapping[str, Any], repeated: int = 0) -> Outcome:
    rows, rejected, duplicates = verdict["rows"], verdict["rejected"], verdict["duplicates"] + repeated
    return decide(
        site, delivery, "published", None, None,
        rows=rows, accepted=rows - rejected - duplicates, rejected=rejected, duplicates=duplicates,
    )  # fmt: skip


def _publish_or_wait(connection: duckdb.DuckDBPyConnection, site: Site, delivery: Delivery) -> Outcome | None:
    """Publish one delivery; what cannot be published waits and is checked anew, or is set aside. The others go on."""
    try:
        return _publish(connection, site, delivery)
    except (duckdb.IOException, duckdb.FatalException, duckdb.InternalException):  # the warehouse itself
        raise
    except Exception as error:
        rollback(connection)
        if is_of_the_machine(error):
            raise
        log.error("批次 %s 入库时出错（%s）：\n%s", delivery.delivery_id, type(error).__name__, place_of(error))
        if count_attempt(site, delivery.delivery_id) < ATTEMPTS:
            return None
        give_up(site, delivery, error)
        return _publish(connection, site, delivery)


def _publish(connection: duckdb.DuckDBPyConnection, site: Site, delivery: Delivery) -> Outcome:
    """Merge one checked delivery into its raw table, in one transaction, and then decide it: only that makes its rows count."""
    folder, verdict = work_folder(site, delivery.delivery_id), _verdict(site, delivery)
    expected = contract(delivery.feed or "")
    connection.execute("begin")
    ledger.forget(connection, [delivery.delivery_id], delivery.feed)
    if (folder / "skipped.parquet").exists():
        _append(connection, "raw.skipped_rows", [str(folder / "skipped.parquet")])
    if verdict["status"] == "refused":
        outcome = refusal(site, delivery, Refused(verdict["reason_code"], verdict["reason"]), expected, verdict["rows"])
    elif verdict["status"] == "set_aside":
        outcome = setting_aside(site, delivery, verdict["reason_code"], verdict["reason"])
        copy_aside(site, delivery, verdict["reason"])
    elif verdict["status"] == "zero_report":
        outcome = decide(site, delivery, "zero_report", None, None)
    else:
        outcome = _published(site, delivery, verdict, _merge_by_row_key(connection, delivery, expected, folder))
    connection.execute("commit")
    ledger.append(connection, "ledger.outcomes", [outcome])
    return outcome


def _append(connection: duckdb.DuckDBPyConnection, table: str, paths: list[str]) -> None:
    if paths:
        ledger.append_selected(connection, table, "select * from read_parquet(?)", [paths])


def _merge_by_row_key(connection: duckdb.DuckDBPyConnection, delivery: Delivery, expected: Contract, folder: Path) -> int:
    """Insert rows that are new or changed; returns how many were already there just so.

    A later file of the same feed and period merges by row key; rows it leaves out stay and are listed.
    """
    table = f"raw.{expected.feed}"
    has_period = not expected.is_event
    scope = "where stored.period = $period" if has_period else ""
    given = {"period": delivery.period} if has_period else {}
    content = [name for name in raw_columns(expected) if name in {column.name for column in expected.columns}]
    content += ["town_code", "village_code"] if "town_name" in content else []
    same = " and ".join(f'incoming."{name}" is not distinct from latest."{name}"' for name in [*content, "waits_code"])
    connection.read_parquet(str(folder / "rows.parquet")).create_view("incoming")
    connection.execute(
        f"""create or replace temp table latest as select stored.* from {table} as stored
        left join (select delivery_id, entry_no as place from ledger.deliveries) as recorded using (delivery_id) {scope}
        qualify rank() over (partition by row_key order by recorded.place desc nulls last) = 1""",
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
    named = {"id": delivery.delivery_id, "feed": expected.feed}
    ledger.append_selected(
        connection,
        "raw.row_issues",
        """select $id as delivery_id, $feed as feed, incoming.sheet, incoming.row_number,
            'duplicate' as level, 'same_as_earlier' as reason_code,
            '与批次 ' || repeated.earlier || ' 第 ' || repeated.earlier_row || ' 行相同，不重复入库' as reason
            from repeated inner join incoming on incoming.row_id = repeated.row_id""",
        named,
    )
    if has_period:
        ledger.append_selected(
            connection,
            "raw.row_issues",
            """select $id as delivery_id, $feed as feed, latest.sheet, latest.row_number,
                'finding' as level, 'left_out' as reason_code,
                '批次 ' || latest.delivery_id || ' 第 ' || latest.row_number
                    || ' 行在本批次中未再列出，仍予保留；如应撤回请乡村振兴局办理' as reason
                from latest where latest.row_key not in (select row_key from incoming)
                    and exists (select 1 from latest as kept inner join incoming on incoming.row_key = kept.row_key)""",
            named,
        )
    for name in ("view incoming", "table latest", "table repeated"):
        connection.execute(f"drop {name}")
    return int(repeated)
