"""One month's cycle on the real DAGs: receive, ingest, screen, approve, issue, report — and what came out of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pandas as pd

from include.deliveries.attempts import ATTEMPTS
from include.deliveries.inbox import inbox_files, settled
from include.dispatch.approve import refusals
from include.dispatch.propose import is_issued
from include.orchestration.airflow_api import ServiceError
from include.orchestration.users import approver_id
from include.screening.screen import ScreeningError, prepare_screening
from include.service.airflow import Airflow
from include.site import Site
from include.site.home import keep_clock
from include.storage import ledger
from include.storage.warehouse import connect

FINISHED = ("success", "failed")
POLL_SECONDS = 0.5
QUIET_SECONDS = 30.0
ANSWER_AFTER_SECONDS = 2.0
"""An answer quicker than the scheduler has taken note of the pause makes it take the task for a lost one, and fail it."""


@dataclass
class Cycle:
    """What a month's run came to."""

    dispatch_id: str
    was_issued_before: bool = False
    is_issued: bool = False
    failures: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    restarts: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """True when every DAG run succeeded and the dispatch is issued."""
        return self.is_issued and not self.failures


Report = Callable[[str, int, int], None]


def run_month(
    site: Site,
    month: str,
    *,
    approve_as: str | None,
    report: Report,
    on_approval: Callable[[str], None],
    on_passwords: Callable[[dict[str, str]], None],
) -> Cycle:
    """Run the cycle whose dispatch is ``month`` (``YYYY-MM``) on a scheduler of its own, and stop that again.

    ``report(step, done, total)`` is told the progress; ``on_approval(url)`` when a person must approve in the browser,
    and ``on_passwords`` the passwords of users made for this, to be shown once.
    Raises ServiceError when Airflow itself does not work.
    """
    cycle = Cycle(month)
    started = time.monotonic()
    report("启动 Airflow", 0, 1)
    with Airflow(site) as airflow:
        keep_clock(site, site.now())  # not before the home is this month's alone
        report("启动 Airflow", 1, 1)
        on_passwords(airflow.passwords)
        cycle.seconds["启动 Airflow"] = time.monotonic() - started
        _time(cycle, "收件与入库", lambda: _ingest(airflow, site, cycle, report))
        _time(cycle, "筛查、批准与交办", lambda: _dispatch(airflow, site, cycle, approve_as, report, on_approval))
        cycle.restarts = airflow.restarts()
        stopping = time.monotonic()
    cycle.seconds["停止 Airflow"] = time.monotonic() - stopping
    return cycle


def _time(cycle: Cycle, step: str, work: Callable[[], None]) -> None:
    started = time.monotonic()
    work()
    cycle.seconds[step] = time.monotonic() - started


def _ingest(airflow: Airflow, site: Site, cycle: Cycle, report: Report) -> None:
    """Empty the inbox and wait until no delivery waits and no ingest is under way, or nothing has moved for a while."""
    before = {run["dag_run_id"] for run in airflow.runs() if run["state"] in FINISHED}
    for _ in range(ATTEMPTS):  # a reading that ended is tried again, then set aside
        run_id = airflow.trigger("receive")
        _finish(
            airflow, "receive", run_id, cycle, lambda tasks: report("收件", sum(task["state"] in FINISHED for task in tasks), 1)
        )
        if not _await_quiet(site):
            break
    with connect(site) as connection:
        ledger.create_tables(connection)
        expected = {f"ingest__{item.feed}" for item in ledger.pending(connection)}
    moved_at = time.monotonic()
    while time.monotonic() - moved_at < QUIET_SECONDS:
        runs = [run for run in airflow.runs() if run["dag_id"].startswith("ingest__") and run["dag_run_id"] not in before]
        ended = {run["dag_id"] for run in runs if run["state"] in FINISHED}
        report("入库", len(expected & ended), len(expected))
        if airflow.look() or any(run["state"] not in FINISHED for run in runs):
            moved_at = time.monotonic()
        elif expected <= ended:
            break
        time.sleep(POLL_SECONDS)
    cycle.failures += [f"{run['dag_id']} {run['partition_key']}" for run in runs if run["state"] == "failed"]
    with connect(site) as connection:
        cycle.failures += [f"批次 {item.delivery_id} 尚未处理" for item in ledger.pending(connection)]


def _await_quiet(site: Site) -> bool:
    """Whether files still wait in the inbox that can be received, once those that must lie still have had their time."""
    until = time.monotonic() + site.county.quiet_seconds + POLL_SECONDS
    while files := inbox_files(site):
        if settled(site, files):
            return True
        if time.monotonic() > until:
            break
        time.sleep(POLL_SECONDS)
    return False


def _dispatch(
    airflow: Airflow, site: Site, cycle: Cycle, approve_as: str | None, report: Report, on_approval: Callable[[str], None]
) -> None:
    with connect(site) as connection:
        try:
            prepare_screening(connection, site, site.now())
        except ScreeningError as error:
            cycle.failures.append(str(error))
            return
        cycle.was_issued_before = is_issued(connection, cycle.dispatch_id)
    run_id = _unfinished(airflow, cycle.dispatch_id) or airflow.trigger("dispatch", partition_key=cycle.dispatch_id)
    answers = Answers(airflow, approve_as, on_approval)

    def watch(tasks: list[dict[str, Any]]) -> None:
        report("筛查、批准与交办", sum(task["state"] in (*FINISHED, "skipped") for task in tasks), len(tasks))
        answers.give()

    _finish(airflow, "dispatch", run_id, cycle, watch)
    if approve_as:
        for run in [run for run in airflow.runs(dag_id="instant") if run["state"] not in FINISHED]:
            _finish(airflow, "instant", str(run["dag_run_id"]), cycle, lambda _: answers.give())
    with connect(site) as connection:
        cycle.is_issued = is_issued(connection, cycle.dispatch_id)
        cycle.refusals = refusals(connection, cycle.dispatch_id)


@dataclass
class Answers:
    """Gives the bureau's answer to whatever waits for it, or tells once where a person gives it."""

    airflow: Airflow
    approve_as: str | None
    on_approval: Callable[[str], None]
    since: dict[str, float] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)

    def give(self) -> None:
        """Answer what has waited long enough, what goes out at once before the month's."""
        for task in sorted(
            (item["task_instance"] for item in self.airflow.waiting()), key=lambda task: task["dag_id"] == "dispatch"
        ):
            waits_since = self.since.setdefault(task["id"], time.monotonic())
            if task["id"] in self.answered or time.monotonic() - waits_since < ANSWER_AFTER_SECONDS:
                continue
            self.answered.add(task["id"])
            dag_id, run_id = task["dag_id"], task["dag_run_id"]
            if self.approve_as:
                self.airflow.approve(dag_id, run_id, "approve", user=self.approve_as)
            else:
                self.on_approval(f"{self.airflow.base_url}/dags/{dag_id}/runs/{quote(run_id)}/tasks/approve/required_actions")


def _unfinished(airflow: Airflow, dispatch_id: str) -> str | None:
    """The run of this dispatch that an interrupted month left behind: it is taken up again.

    Raises ServiceError when another month's dispatch still waits, because only one may be under way.
    """
    left = [run for run in airflow.runs(dag_id="dispatch") if run["state"] not in FINISHED]
    left = [run for run in left if not _ended_as_unanswerable(airflow, str(run["dag_run_id"]))]
    for run in left:
        if run["partition_key"] != dispatch_id:
            raise ServiceError(f"{run['partition_key']} 期还在等候批准；请先运行 fangpin month {run['partition_key']} 办完")
    return str(left[0]["dag_run_id"]) if left else None


def _ended_as_unanswerable(airflow: Airflow, run_id: str) -> bool:
    """End a run that asks somebody who is the approver no more (a release before had other users): nobody can answer it."""
    record = airflow.hitl("dispatch", run_id, "approve")
    asked = {user["id"] for user in record["assigned_users"]} if record else set()
    if not record or record["response_received"] or approver_id(airflow.site) in asked:
        return False
    airflow.call("PATCH", f"/dags/dispatch/dagRuns/{quote(run_id, safe='')}", body={"state": "failed"})
    return True


def _finish(airflow: Airflow, dag_id: str, run_id: str, cycle: Cycle, watch: Callable[[list[dict[str, Any]]], None]) -> None:
    """Wait until a run has ended; a failed task is noted with the place of its log."""
    while True:
        airflow.look()
        tasks = airflow.tasks(dag_id, run_id)
        watch(tasks)
        if airflow.call("GET", f"/dags/{dag_id}/dagRuns/{run_id}")["state"] in FINISHED:
            break
        time.sleep(POLL_SECONDS)
    tasks = airflow.tasks(dag_id, run_id)
    watch(tasks)
    cycle.failures += [f"{dag_id}.{task['task_id']}" for task in tasks if task["state"] in ("failed", "upstream_failed")]


def warnings_by_town(site: Site, dispatch_id: str) -> pd.DataFrame:
    """Counts of a dispatch's own warnings: one row a town, one column a warning type."""
    with connect(site) as connection:
        counted = connection.execute(
            f"""select town_name, warning_type, count(*) as warnings from ledger.dispatched_warnings
            where dispatch_id = ? and {ledger.IS_OF_DISPATCH} group by town_code, town_name, warning_type order by town_code""",
            [dispatch_id],
        ).df()
    return counted.pivot_table(index="town_name", columns="warning_type", values="warnings", fill_value=0, sort=False).astype(int)
