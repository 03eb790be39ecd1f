"""Screening: dbt turns what was accepted up to the cut-off into the eleven risk tables, then each table is judged."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import duckdb

from include.contracts import REGISTRY, contract, load_contracts
from include.deliveries.returned_events import record_returns
from include.errors import FangpinError
from include.site import INSTANT_RULES, PROJECT, Site
from include.storage import ledger
from include.storage.warehouse import connect, dbt_environment, fault_of, warehouse_lock
from include.storage.workers import in_parallel

if TYPE_CHECKING:
    import pandas as pd

    from include.quality.gate import GateResult

WARNING_TYPES = (
    "illness", "epidemic", "schooling", "housing", "water", "low_income",
    "employment_income", "disability", "industry", "disaster", "petition",
)  # fmt: skip


LOOK_SECONDS = 0.5
PROMPT_FEEDS = frozenset(contract.feed for contract in load_contracts() if contract.screens_at_once)
"""What is screened as soon as it is published."""
QUIET = ("--log-level", "none", "--log-level-file", "info")
BUILD = ("build", "--full-refresh", "--exclude-resource-type", "unit_test")
"""Everything anew: a seed of an earlier release has other columns, and dbt would only refill it."""
TABLES = "config.materialized:table"
REGISTRY_TABLES = ("int_registry_in_force", "int_registry_persons", "int_registry_households", "int_registry_numbers")
"""They change only with the registry, and then everything is built."""


class ScreeningError(FangpinError, RuntimeError):
    """Screening cannot go on; the message says what is missing and who should do what."""


def run_dbt(*arguments: str, site: Site) -> Any:
    """Run one dbt command in this process, which spares it seconds of loading, and return dbt's result.

    dbt keeps the warehouse open after its work; it is closed here, so that others come in. What dbt prints goes nowhere: a
    database's message may quote a cell. Raises ScreeningError with the names of the failed nodes, and WarehouseError when it is
    the file that cannot be read.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    for folder in ("target", "logs"):
        (site.dbt / folder).mkdir(parents=True, exist_ok=True)
    project = str(PROJECT / "dbt_project")
    with warehouse_lock(site), _environment(dbt_environment(site)):
        try:
            done = dbtRunner().invoke([*QUIET, *arguments, "--project-dir", project, "--profiles-dir", project])
        finally:
            DuckDBConnectionManager.close_all_connections()
    if not done.success:
        nodes = [node for node in getattr(done.result, "results", ()) if node.status in ("error", "fail")]
        for told in (*(node.message for node in nodes), done.exception):
            if fault := fault_of(site, str(told)):
                raise fault
        failed = "、".join(node.node.unique_id for node in nodes) or "未能开始运行"
        raise ScreeningError(f"筛查模型运行失败（{failed}）", remedy=f"详情见 {site.dbt / 'logs' / 'dbt.log'}")
    return done.result


@contextmanager
def _environment(given: Mapping[str, str]) -> Iterator[None]:
    """These variables for as long as something that only reads its environment runs."""
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def has_news(site: Site, patience: float = 0.0) -> bool:
    """Whether anything was decided since the last screening.

    While a delivery that screens at once is still under way this waits for it, so that a burst is screened in one go: up to
    ``patience`` seconds, since one that nobody can read must not keep the others waiting.
    """
    deadline = time.monotonic() + patience
    while True:
        with connect(site) as connection:
            ledger.create_tables(connection)
            (screened,) = connection.execute("select coalesce(max(outcome_count), 0) from ledger.screenings").fetchone() or (0,)
            is_news = ledger.count_outcomes(connection) > screened
            is_busy = any(delivery.feed in PROMPT_FEEDS for delivery in ledger.pending(connection))
        if not is_news or not is_busy or time.monotonic() > deadline:
            return is_news
        time.sleep(LOOK_SECONDS)


def is_screening_due(site: Site) -> bool:
    """Whether something that screens at once was decided since the last screening, and there is a registry to screen with.

    What was decided since is what the ledger recorded after it, whatever the clock said.
    """
    with connect(site) as connection:
        ledger.create_tables(connection)
        found = connection.execute(
            f"""select 1 from (select *, row_number() over (order by entry_no) as place from ledger.outcomes)
            where status = 'published' and (feed is null or list_contains(?, feed))
                and place > (select coalesce(max(outcome_count), 0) from ledger.screenings)
                and exists (select 1 from raw.{REGISTRY})
            limit 1""",
            [sorted(PROMPT_FEEDS)],
        ).fetchone()
    return found is not None and has_news(site)


def screen(site: Site, *, is_prompt: bool = False) -> dict[str, str]:
    """Build the risk tables and judge each as a whole; returns the verdicts. Raises ScreeningError.

    It is recorded only when both are done: what is interrupted before is news still.
    """
    with screening_alone(site):
        screening = build_tables(site, is_prompt=is_prompt)
        verdicts = gate_risk_tables(site, is_prompt=is_prompt)
        record_screening(site, screening)
    return verdicts


@contextmanager
def screening_alone(site: Site) -> Iterator[None]:
    """While the tables are built and judged nobody freezes them, and the other way round."""
    site.dbt.mkdir(parents=True, exist_ok=True)
    with (site.dbt / ".screening.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(handle, fcntl.LOCK_UN)


def build_tables(site: Site, *, is_prompt: bool) -> dict[str, Any]:
    """Screen what was accepted up to now; returns what there is to record of it.

    A ``prompt`` screening computes the tables that instant notices come from, if nothing but rows changed since everything was
    built and tested last, and a notice waits seconds less. ``complete_tables`` then brings the others up to the same cut-off.
    Raises ScreeningError while the county has no registry: without it nobody can be matched, so deliveries wait.
    """
    with connect(site) as connection:
        now = site.now()  # not before the lock is ours: what others decide until then counts
        cutoff, registry_date = prepare_screening(connection, site, now)
        outcome_count = ledger.count_outcomes(connection)
        basis = _basis(connection)
        is_prompt = is_prompt and (basis,) in connection.execute("select basis from raw.builds").fetchall()
        if not is_prompt:
            connection.execute("delete from raw.builds")  # what is interrupted here is built whole the next time
    if is_prompt:
        selected = (*_notice_tables(site), "risk_warnings", "risk_signals")
        run_dbt("run", "--no-write-json", "--select", *selected, "--exclude", *REGISTRY_TABLES, site=site)
    else:
        run_dbt(*BUILD, site=site)
        with connect(site) as connection:
            _record_build(connection, site, basis, outcome_count)
    return {"cutoff_at": cutoff, "registry_date": registry_date, "outcome_count": outcome_count}


def record_screening(site: Site, screening: Mapping[str, Any]) -> None:
    """Enter what ``build_tables`` returned: from now on what it looked at is no news."""
    with connect(site) as connection:
        ledger.append(connection, "ledger.screenings", [{**screening, "screened_at": site.now()}])


def _record_build(connection: duckdb.DuckDBPyConnection, site: Site, basis: str, outcome_count: int) -> None:
    """Say beside the tables, since they may be thrown away, on what they rest and up to how many outcomes all are complete."""
    line = {"basis": basis, "outcome_count": outcome_count, "built_at": site.now()}
    connection.execute("delete from raw.builds")
    ledger.append(connection, "raw.builds", [line])


def complete_tables(site: Site) -> None:
    """Bring what prompt screenings left (other warnings, findings, queue, reports) up to the cut-off of the last one, if any."""
    with connect(site) as connection:
        ledger.create_tables(connection)
        (screened,) = connection.execute("select max(outcome_count) from ledger.screenings").fetchone() or (None,)
        basis, complete = connection.execute("select basis, outcome_count from raw.builds").fetchone() or (None, None)
        if screened is None or complete == screened:
            return
        basis, is_built = basis or _basis(connection), basis is not None
    if is_built:
        excluded = (*_notice_tables(site), *REGISTRY_TABLES)
        run_dbt("run", "--no-write-json", "--select", TABLES, "--exclude", *excluded, site=site)
    else:  # by an earlier release, or a build was interrupted
        run_dbt(*BUILD, site=site)
    with connect(site) as connection:
        _record_build(connection, site, basis, screened)


def _notice_tables(site: Site) -> list[str]:
    """The tables that the warnings of an instant notice come from, as dbt selects them."""
    return [f"+risk_{name},{TABLES}" for name in _instant_types(site)]


def _basis(connection: duckdb.DuckDBPyConnection) -> str:
    """What everything but rows rests on: the project's files as they are, and the registry delivered last."""
    registry = connection.execute(f"select count(*), max(received_at) from raw.{REGISTRY}").fetchone()
    return f"{_fingerprint()} {registry}"


def _fingerprint() -> str:
    """Changes when a file of the dbt project does."""
    digest = hashlib.sha256()
    for path in sorted((PROJECT / "dbt_project").rglob("*.*")):
        stat = path.stat()
        digest.update(f"{path}|{stat.st_size}|{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def prepare_screening(connection: duckdb.DuckDBPyConnection, site: Site, now: datetime) -> tuple[datetime, date]:
    """Bring the county's own tables and the cut-off in; returns the cut-off and the data date of the registry then in force."""
    ledger.create_tables(connection)
    ledger.load_county(connection, site)
    record_returns(connection)  # what a crash kept from being said
    cutoff = ledger.set_cutoff(connection, now)
    (registry_date,) = connection.execute(f"select max(data_date) from raw.{REGISTRY}").fetchone() or (None,)
    if registry_date is None:
        bureau = site.county.departments[site.county.bureau]
        raise ScreeningError(
            "还没有脱贫人口和监测对象名单，无法筛查",
            remedy=f"请{bureau}导出名单放入 {site.inbox / bureau}，已收到的数据会一直等候",
        )
    return cutoff, registry_date


def gate_risk_tables(site: Site, *, is_prompt: bool = False) -> dict[str, str]:
    """Judge each risk table as a whole; raises ScreeningError on a critical failure, so that nothing is dispatched.

    The findings are counted for the auditors beside them and stop nothing. A ``prompt`` screening dispatches from a few tables
    only: the others, and the findings, are judged by the next dispatch of a month.
    """
    from include.quality.gate import record_findings

    names = _instant_types(site) if is_prompt else WARNING_TYPES
    with connect(site) as connection:
        tables = [(name, connection.execute(f"from risk.risk_{name}").df()) for name in names]
        if not is_prompt:
            findings = connection.execute(
                "select feed, finding_code, count(*) as finding_count from report.report_findings group by all order by all"
            ).df()
    if not is_prompt:
        record_findings(site, findings, run_name=_run_name(site))
    results = dict(zip(names, in_parallel(partial(_gate_table, site), tables), strict=True))
    if failures := [f"{name}:{text}" for name, result in results.items() for text in result.critical]:
        raise ScreeningError(f"预警表未通过质量检查，已停止交办：{'；'.join(failures)}")
    return {name: "有提示" if result.warnings else "通过" for name, result in results.items()}


def _gate_table(site: Site, table: tuple[str, pd.DataFrame]) -> GateResult:
    from include.quality.gate import gate_risk

    name, rows = table
    return gate_risk(site, name, rows, run_name=_run_name(site))


def _run_name(site: Site) -> str:
    return f"{site.now():%Y-%m-%d %H:%M}"


def _instant_types(site: Site) -> tuple[str, ...]:
    """The warning types an instant dispatch may list."""
    feeds = [feed for rule in INSTANT_RULES for feed in site.county.instant_feeds(rule)]
    types = {contract(feed).warning_type for feed in feeds}
    return tuple(name for name in WARNING_TYPES if name in types)


def write_docs(site: Site) -> None:
    """Bring both sets of documents up to date: the models' (one file, no outside link) and the quality site."""
    from include.quality.gate import build_docs

    run_dbt("docs", "generate", "--static", site=site)
    page = site.docs / "models" / "index.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(site.dbt / "target" / "static_index.html", page)
    build_docs(site)
