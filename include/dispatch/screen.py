"""Screening: dbt turns what was accepted up to the cut-off into the eleven risk tables, then each table is judged."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

from include import ledger
from include.contracts import load_contracts
from include.settings import PROJECT, Settings, settings
from include.warehouse import connect, dbt_environment, held

WARNING_TYPES = (
    "illness", "epidemic", "schooling", "housing", "water", "low_income",
    "employment_income", "disability", "industry", "disaster", "petition",
)  # fmt: skip


REGISTRY = "rural_revitalization__registry"


class ScreeningError(RuntimeError):
    """Screening cannot go on; the message says what is missing and who should do what."""


def run_dbt(*arguments: str, where: Settings | None = None) -> str:
    """Run one dbt command as its own process (dbt holds the file lock as long as it lives) and return what it printed.

    Raises ScreeningError with the names of the failed nodes, never with row contents.
    """
    where = where or settings()
    for folder in ("target", "logs"):
        (where.dbt / folder).mkdir(parents=True, exist_ok=True)
    project = str(PROJECT / "dbt_project")
    command = [
        str(Path(sys.executable).with_name("dbt")), "--no-use-colors", *arguments,
        "--project-dir", project, "--profiles-dir", project,
    ]  # fmt: skip
    with held(where) as lock:
        done = subprocess.run(
            command,
            env={**os.environ, **dbt_environment(where)},
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            pass_fds=(lock,),
        )
    if done.returncode:
        raise ScreeningError(
            f"筛查模型运行失败({_failed_nodes(where) or '未能开始运行'});详情见 {where.dbt / 'logs' / 'dbt.log'}"
        )
    return done.stdout


def _failed_nodes(where: Settings) -> str:
    results = where.dbt / "target" / "run_results.json"
    if not results.exists():
        return ""
    nodes = json.loads(results.read_text("utf-8")).get("results", [])
    return "、".join(node["unique_id"] for node in nodes if node["status"] in ("error", "fail"))


def has_news() -> bool:
    """Whether anything was decided since the last screening and no delivery that screens at once is still under way."""
    prompt = [contract.feed for contract in load_contracts() if contract.real_time or contract.feed == REGISTRY]
    with connect(settings()) as connection:
        ledger.create_tables(connection)
        if any(delivery.feed in prompt for delivery in ledger.pending(connection)):
            return False
        (screened,) = connection.execute("select coalesce(max(outcome_count), 0) from ledger.screenings").fetchone() or (0,)
        return ledger.count_outcomes(connection) > screened


def build_risk_tables() -> dict[str, int]:
    """Build every model on what was accepted up to now; returns the number of warnings of each type.

    Raises ScreeningError while the county has no registry: without it nobody can be matched, so deliveries wait.
    """
    where = settings()
    cutoff = where.now()
    with connect(where) as connection:
        ledger.create_tables(connection)
        outcome_count = ledger.count_outcomes(connection)
    registry_date = prepare_screening(where, cutoff)
    run_dbt(
        "build",
        "--exclude-resource-type",
        "unit_test",
        "--vars",
        json.dumps({"cutoff_at": cutoff.isoformat(sep=" ")}),
        where=where,
    )
    with connect(where) as connection:
        ledger.insert(
            connection,
            "ledger.screenings",
            [
                {
                    "cutoff_at": cutoff,
                    "registry_date": registry_date,
                    "outcome_count": outcome_count,
                    "screened_at": where.now(),
                }
            ],
        )
        counted = connection.execute("select warning_type, count(*) from risk.risk_warnings group by all").fetchall()
    return dict.fromkeys(WARNING_TYPES, 0) | dict(counted)


def prepare_screening(where: Settings, cutoff: datetime) -> date:
    """Bring the county's own tables in and return the data date of the registry in force at the cut-off."""
    with connect(where) as connection:
        ledger.create_tables(connection)
        ledger.load_county(connection, where)
        (registry_date,) = connection.execute(
            "select max(data_date) from raw.rural_revitalization__registry where received_at <= ?", [cutoff]
        ).fetchone() or (None,)
    if registry_date is None:
        bureau = where.county.departments[where.county.bureau]
        raise ScreeningError(
            f"还没有脱贫人口和监测对象名单,无法筛查;请{bureau}导出名单放入 {where.inbox / bureau},已收到的数据会一直等候"
        )
    return registry_date


def gate_risk_tables() -> dict[str, str]:
    """Judge each risk table as a whole; raises ScreeningError on a critical failure, so that nothing is dispatched.

    The findings are counted for the auditors beside them and stop nothing.
    """
    from include.quality.gate import gate_risk, record_findings

    where = settings()
    with connect(where) as connection:
        tables = {name: connection.execute(f"from risk.risk_{name}").df() for name in WARNING_TYPES}
        findings = connection.execute(
            "select feed, finding_code, count(*) as finding_count from report.report_findings group by all order by all"
        ).df()
    verdicts, failures, run_name = {}, [], f"{where.now():%Y-%m-%d %H:%M}"
    record_findings(findings, run_name=run_name)
    for name, batch in tables.items():
        result = gate_risk(name, batch, run_name=run_name)
        verdicts[name] = "通过" if result.success and not result.warnings else "有提示" if result.success else "未通过"
        failures += [f"{name}:{text}" for text in result.critical]
    if failures:
        raise ScreeningError(f"预警表未通过质量检查,已停止交办:{';'.join(failures)}")
    return verdicts


def write_docs() -> None:
    """Bring both sets of documents up to date: the models' (one file, no outside link) and the quality site."""
    from include.quality.gate import build_docs

    where = settings()
    run_dbt("docs", "generate", "--static", where=where)
    page = where.docs / "models" / "index.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(where.dbt / "target" / "static_index.html", page)
    build_docs()
