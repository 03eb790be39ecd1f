"""What the runs of ``dispatch`` and ``instant`` call: who may run, what is asked, what Airflow's own record says was answered.

A fault that trying again cannot mend ends the task at once, in plain words.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from include.dispatch.approve import AGAIN, is_answered, read_answer
from include.dispatch.issue import issue_dispatch, write_reports
from include.dispatch.propose import DispatchError, is_issued, newest_proposal, propose_dispatch
from include.orchestration.airflow_api import AirflowApi
from include.outcome.tell import tell_of_dispatch
from include.site import Site, approver
from include.site.calendar import is_month
from include.storage import ledger
from include.storage.warehouse import connect

ANEW = "anew"
"""In a run's configuration: it only asks again."""
HOW = "请用 fangpin month 2024-03，或在触发流程时把分区键写成月份，如 2024-03"


@contextmanager
def _plainly() -> Iterator[None]:
    try:
        yield
    except DispatchError as error:
        raise AirflowFailException(str(error)) from None


def admit_month(site: Site, run: Any) -> None:
    """Let a run of ``dispatch`` go on: one of a month, no backfill, alone. A month issued before is only reported again."""
    with _plainly():
        key = run.partition_key
        if not key or not is_month(key):
            raise DispatchError(f"交办没有说明月份，或分区键不是月份，没有交办；{HOW}")
        _alone(site, run, key)
    with connect(site) as connection:
        ledger.create_tables(connection)
        if is_issued(connection, key):
            raise AirflowSkipException(f"{key} 期已交办，只重出报表；之后收到的数据进入下一期")


def is_anew(run: Any) -> bool:
    """Whether a run only asks again, over the screening of the run before."""
    return bool((run.conf or {}).get(ANEW))


def _alone(site: Site, run: Any, key: str) -> None:
    """Raise DispatchError for a backfill, and where another run of the same key began before this one and is under way."""
    if run.run_type == "backfill":
        raise DispatchError(f"{key} 期不能用回填（backfill）交办；{HOW}")
    mine = (run.start_date, run.run_id)
    for other in _airflow(site).runs(states=("running",), dag_id=run.dag_id, user="service"):
        if other["partition_key"] != key or other["dag_run_id"] == run.run_id or not other["start_date"]:
            continue
        if (_moment(other["start_date"]), other["dag_run_id"]) < mine:
            raise DispatchError(f"{key} 期正由另一次运行（{other['dag_run_id']}）办理，本次运行到此为止，没有交办")


def _moment(text: str) -> Any:
    from datetime import datetime

    return datetime.fromisoformat(text)


def ask_for_month(site: Site, run: Any) -> str:
    """Freeze the month and return the text put before the bureau; what was frozen anew when lines were held is asked as it is."""
    key = str(run.partition_key)
    if is_anew(run) and (frozen := _frozen_anew(site).get(key)):
        return frozen[1]
    with _plainly():
        asked = propose_dispatch(site, key)
    if asked is None:
        raise AirflowSkipException(f"{key} 期已交办，只重出报表；之后收到的数据进入下一期")
    return asked


def ask_anew(site: Site) -> None:
    """Have the bureau asked about each proposal that was frozen anew: a question about the one before is withdrawn with its run.

    Airflow keeps the text of a question for as long as its run lives, so another run asks.
    """
    if not (newest := _frozen_anew(site)):
        return
    airflow, ended = _airflow(site), set[str]()
    asked = {str(waiting["body"] or "").strip(): waiting["task_instance"] for waiting in airflow.waiting()}
    for key, (kind, text) in newest.items():
        if text in asked:
            continue
        for stale in [asked[body] for body in _asked_before(site, key) if body in asked]:
            airflow.fail(
                stale["dag_id"], stale["dag_run_id"], stale["task_id"], "报批内容有行被暂缓或解除暂缓，已重新冻结，另行报批"
            )
            ended.add(stale["dag_run_id"])
        dag_id = "dispatch" if kind == "monthly" else "instant"
        going = airflow.runs(states=("running", "queued"), dag_id=dag_id)
        if not any(run["partition_key"] == key and run["dag_run_id"] not in ended for run in going):
            airflow.trigger(dag_id, partition_key=key, conf={ANEW: True})


def _asked_before(site: Site, key: str) -> list[str]:
    with connect(site) as connection:
        rows = connection.execute("select trim(asked) from ledger.proposals where dispatch_id = ?", [key]).fetchall()
    return [text for (text,) in rows]


def _frozen_anew(site: Site) -> dict[str, tuple[str, str]]:
    """By dispatch its kind and the text that asks, of proposals frozen anew after lines were held back, and not answered."""
    with connect(site) as connection:
        ledger.create_tables(connection)
        rows = connection.execute(
            """select dispatch_id, kind, trim(asked) from ledger.proposals as proposals
            where dispatch_id not in (select dispatch_id from ledger.dispatches)
                and (dispatch_id, proposal_no) not in (select (dispatch_id, proposal_no) from ledger.approvals)
            qualify proposal_no = max(proposal_no) over (partition by dispatch_id) and instead_of is not null"""
        ).fetchall()
    return {key: (kind, text) for key, kind, text in rows}


def ask_at_once(site: Site, run: Any) -> str:
    """The text of a frozen instant proposal that nobody has answered, put before the bureau by one run alone."""
    with _plainly():
        key = str(run.partition_key)
        with connect(site) as connection:
            ledger.create_tables(connection)
            proposal = newest_proposal(connection, key)
            if proposal is None or proposal.kind != "instant":
                raise DispatchError("没有等候批准的即时交办；即时交办由筛查发起，不能另外触发")
            if is_issued(connection, key) or is_answered(connection, proposal):
                raise DispatchError(f"{proposal.name}已有答复，不再报批")
        _alone(site, run, key)
        return proposal.asked


def issue_answered(site: Site, run: Any) -> str:
    """Issue what the bureau approved, by Airflow's own record of this run's approval; returns the dispatch's id.

    Fails when nobody answered, another than the approver did, to anything but the newest proposal, or to send it back.
    """
    with _plainly():
        record = _airflow(site).hitl(run.dag_id, run.run_id, "approve")
        return issue_dispatch(site, run.partition_key, read_answer(site, record, approver())).dispatch_id


def report_issued(site: Site, key: str) -> list[str]:
    """Write a dispatch's reports, and with a month's tell the departments what came of their rows.

    Fails when it is not issued, however the task before came to be done.
    """
    with connect(site) as connection:
        ledger.create_tables(connection)
        is_missing = not is_issued(connection, key)
    if is_missing:
        raise AirflowFailException(f"{key} 期没有交办，没有报表可出；{AGAIN}")
    written = write_reports(site, key)
    tell_of_dispatch(site, key)
    return written


def _airflow(site: Site) -> AirflowApi:
    return AirflowApi(site, int(os.environ["AIRFLOW__API__PORT"]))
