"""On the real Airflow: whatever is forged, cleared, run twice or answered by another, nothing is issued, and it is said."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest

from include.dispatch.propose import newest_proposal, recompute_digest
from include.orchestration.airflow_api import ServiceError
from include.review.line_workbook import HELD, PROPOSED
from include.review.lines import export_lines
from include.service.airflow import Airflow
from include.service.environment import airflow_environment
from include.site import PROJECT, current_site
from include.site.home import make_rehearsal
from include.storage.warehouse import connect
from tests.deliveries.test_receive import ingest
from tests.dispatch.test_instant import LOSS, loss
from tests.files import registry_rows, write_xlsx
from tests.warnings.test_what_if import self_pay_rows

pytestmark = pytest.mark.whole
FINISHED = ("success", "failed")
LONGEST = 600
FORGER = """
from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder
with get_application_builder() as builder:
    role = builder.sm.add_role("Forger")
    for action in ("can_read", "can_create", "can_edit"):
        for what in ("DAGs", "DAG Runs", "Task Instances", "XComs", "HITL Detail"):
            builder.sm.add_permission_to_role(role, builder.sm.create_permission(action, what))
    builder.sm.add_user("forger", "forger", "x", "forger@fangpin.invalid", role, "forged-password")
"""


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    """A county with a warning that goes out at once, and one that waits for the month; and its service."""
    base = tmp_path_factory.mktemp("approval")
    mine = {"FANGPIN_HOME": str(base / "home"), "FANGPIN_KEY_FILE": str(base / "warehouse.key"), "HOME": str(base)}
    mine |= {"FANGPIN_NOW": "2024-03-10T08:00:00"}
    with pytest.MonkeyPatch.context() as patched:
        for name in [name for name in os.environ if name.startswith("AIRFLOW")]:
            patched.delenv(name)
        for name, value in mine.items():
            patched.setenv(name, value)
        patched.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", f"sqlite:///{base}/home/airflow/airflow.db?timeout=120")
        make_rehearsal(current_site())
        write_xlsx(base / "home" / "inbox" / "县乡村振兴局" / "名单.xlsx", *registry_rows("张三", "李四"))
        write_xlsx(base / "home" / "inbox" / "县农水局" / "产业受损.xlsx", LOSS, loss("张三"))
        write_xlsx(base / "home" / "inbox" / "县医保局" / "自付费用_2024年2月.xlsx", *self_pay_rows("2024-02", 李四="40000"))
        ingest()
        with Airflow(current_site()) as service:
            yield service


def wait(until: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + LONGEST
    while not (found := until()):
        assert time.monotonic() < deadline, what
        time.sleep(0.5)
    return found


def state(airflow: Airflow, run: str, dag: str = "dispatch") -> str:
    return str(airflow.call("GET", f"/dags/{dag}/dagRuns/{run}")["state"])


def ended(airflow: Airflow, run: str, dag: str = "dispatch") -> str:
    return str(wait(lambda: state(airflow, run, dag) in FINISHED and state(airflow, run, dag), f"{run} ends"))


def task_states(airflow: Airflow, run: str, dag: str = "dispatch") -> dict[str, str]:
    return {task["task_id"]: task["state"] for task in airflow.tasks(dag, run)}


def asked(airflow: Airflow, month: str) -> str:
    """A run of the month that waits for the bureau."""
    run = airflow.trigger("dispatch", partition_key=month)
    wait(lambda: task_states(airflow, run).get("approve") == "awaiting_input", f"{month} waits")
    time.sleep(2)  # the scheduler has taken note
    return run


def answer(airflow: Airflow, run: str, option: str = "Approve", *, user: str = "bureau", **given: str) -> None:
    path = f"/dags/dispatch/dagRuns/{run}/taskInstances/approve/-1/hitlDetails"
    airflow.call("PATCH", path, user=user, body={"chosen_options": [option], "params_input": given})


def log_of(airflow: Airflow, run: str, task: str, dag: str = "dispatch", attempt: int = 1) -> str:
    return str(airflow.call("GET", f"/dags/{dag}/dagRuns/{run}/taskInstances/{task}/logs/{attempt}?map_index=-1"))


def issued(month: str) -> list[tuple[Any, ...]]:
    with connect(current_site()) as connection:
        return connection.execute(
            "select rule_of_issue, approved_by, proposal_no, digest from ledger.dispatches where dispatch_id = ?", [month]
        ).fetchall()


def refused(airflow: Airflow, method: str, path: str, user: str, body: dict[str, Any] | None = None) -> bool:
    with pytest.raises(ServiceError) as caught:
        airflow.call(method, path, user=user, body=body)
    return caught.value.status == httpx.codes.FORBIDDEN


@pytest.mark.parametrize("key", [None, "2024-3"])
def test_a_run_of_no_month_stops_at_its_first_task(airflow: Airflow, key: str | None) -> None:
    run = airflow.trigger("dispatch", partition_key=key)
    assert ended(airflow, run) == "failed"
    states = task_states(airflow, run)
    assert states.pop("admit") == "failed" and set(states.values()) == {"upstream_failed"}
    assert "没有交办" in log_of(airflow, run, "admit") and "分区键写成月份" in log_of(airflow, run, "admit")


def test_who_may_do_what_and_what_is_sent_back_keeps_its_reason(airflow: Airflow) -> None:
    run = asked(airflow, "2024-04")
    task = f"/dags/dispatch/dagRuns/{run}/taskInstances/approve"
    answering = {"chosen_options": ["Approve"], "params_input": {}}
    xcom = {"key": "return_value", "value": {"chosen_options": ["Approve"]}}
    variable = {"key": "a", "value": "b"}
    connection = {"connection_id": "a", "conn_type": "http"}
    for user in ("data", "auditor", "service"):
        assert refused(airflow, "PATCH", f"{task}/-1/hitlDetails", user, answering), user
    for user in ("bureau", "auditor", "service"):
        assert refused(airflow, "POST", "/dags/dispatch/dagRuns", user, {"logical_date": None}), user
        assert refused(airflow, "PATCH", task, user, {"new_state": "success"}), user
        assert refused(airflow, "POST", "/dags/dispatch/clearTaskInstances", user, {"dag_run_id": run, "dry_run": True}), user
    for user in ("bureau", "auditor", "data", "service"):
        assert refused(airflow, "POST", f"{task}/xcomEntries", user, xcom), user
        assert refused(airflow, "GET", f"{task}/xcomEntries", user), user
        for path, body in (("/variables", variable), ("/connections", connection)):
            assert refused(airflow, "GET", path, user) and refused(airflow, "POST", path, user, body), user
        assert refused(airflow, "GET", "/config", user), user
    assert refused(airflow, "PATCH", "/dags/receive", "bureau", {"is_paused": True})

    answer(airflow, run, "Reject", reason="先核实产业受损")
    assert ended(airflow, run) == "failed" and task_states(airflow, run)["issue"] == "failed"
    assert "已被 bureau 退回，没有交办" in log_of(airflow, run, "issue")
    assert "先核实" not in log_of(airflow, run, "issue")
    with connect(current_site()) as warehouse:
        (kept,) = warehouse.execute(
            "select proposal_no, decision, reason, answered_by from ledger.approvals where dispatch_id = '2024-04'"
        ).fetchall()
    assert kept == (1, "rejected", "先核实产业受损", "bureau")
    assert issued("2024-04") == []


def test_a_written_xcom_and_a_task_marked_done_issue_nothing(airflow: Airflow) -> None:
    environment = airflow_environment(current_site(), airflow.port)
    done = subprocess.run([sys.executable, "-c", FORGER], env=environment, cwd=PROJECT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    login = {"username": "forger", "password": "forged-password"}
    told = httpx.post(f"{airflow.base_url}/auth/token", json=login, timeout=60)
    assert told.status_code == httpx.codes.CREATED, told.text
    run = asked(airflow, "2024-05")
    task = f"{airflow.base_url}/api/v2/dags/dispatch/dagRuns/{run}/taskInstances/approve"
    forged = {"chosen_options": ["Approve"], "responded_by_user": {"id": "1", "name": "bureau"}}
    with httpx.Client(headers={"Authorization": f"Bearer {told.json()['access_token']}"}, timeout=60) as forger:
        written = forger.post(f"{task}/xcomEntries", json={"key": "return_value", "value": forged})
        assert written.is_success, written.text
        marked = forger.patch(task, json={"new_state": "success"})
        assert marked.is_success, marked.text
        mine = forger.patch(f"{task}/-1/hitlDetails", json={"chosen_options": ["Approve"], "params_input": {}})
        assert mine.status_code == httpx.codes.FORBIDDEN, "whoever is not the approver cannot answer, whatever his role"
    assert ended(airflow, run) == "failed"
    assert "没有乡村振兴局的答复" in log_of(airflow, run, "issue")
    assert issued("2024-05") == []


def test_what_was_frozen_again_makes_the_approval_void(airflow: Airflow) -> None:
    run = asked(airflow, "2024-06")
    cleared = {"dag_run_id": run, "task_ids": ["prepare"], "dry_run": False, "only_failed": False}
    airflow.call("POST", "/dags/dispatch/clearTaskInstances", body=cleared)

    def number() -> int:
        with connect(current_site()) as connection:
            proposal = newest_proposal(connection, "2024-06")
        return proposal.number if proposal else 0

    wait(lambda: number() == 2, "frozen again")
    wait(lambda: task_states(airflow, run)["prepare"] == "success", "prepared again")
    answer(airflow, run)
    assert ended(airflow, run) == "failed"
    assert "已重新冻结，原批准作废" in log_of(airflow, run, "issue")
    assert issued("2024-06") == []


def test_holding_a_line_back_withdraws_the_question_and_asks_anew(airflow: Airflow) -> None:
    first = asked(airflow, "2024-08")
    site = current_site()

    def decided(sheet: str, choice: str, name: str) -> tuple[str, str]:
        """Decide about all lines of a sheet, have it received, and return the run that asks then, and what."""
        path, _ = export_lines(site, site.home / name)
        book = openpyxl.load_workbook(path)
        heads = {cell.value: cell.column for cell in book[sheet][3]}
        for row in range(4, book[sheet].max_row + 1):
            for head, value in (("决定", choice), ("理由", "先核实"), ("经办人", "周敏")):
                book[sheet].cell(row, heads[head]).value = value
        book.save(site.inbox / "县乡村振兴局" / name)
        path.unlink()
        before = {waiting["task_instance"]["dag_run_id"] for waiting in airflow.waiting()}
        airflow.trigger("receive")

        def another() -> list[tuple[str, str]]:
            waiting = [(one["task_instance"]["dag_run_id"], str(one["body"])) for one in airflow.waiting()]
            return [one for one in waiting if one[0] not in before]

        return next(iter(wait(another, f"asked anew after {choice}")))

    second, text = decided(PROPOSED, "暂缓", "暂缓.xlsx")
    assert "2024-08 期第 2 号报批" in text and "本期新交办 0 条" in text and "本期暂缓 1 条" in text
    assert ended(airflow, first) == "failed" and task_states(airflow, second)["screen"] == "skipped"
    third, text = decided(HELD, "解除暂缓", "解除.xlsx")
    assert "2024-08 期第 3 号报批" in text and "本期新交办 1 条" in text and "暂缓" not in text
    assert ended(airflow, second) == "failed"
    answer(airflow, third, "Reject", reason="只是试一试")
    assert ended(airflow, third) == "failed" and issued("2024-08") == []
    assert "2024-08 期第 3 号报批已被 bureau 退回" in log_of(airflow, third, "issue")


def test_an_instant_run_of_what_is_no_instant_proposal_asks_nobody(airflow: Airflow) -> None:
    run = airflow.trigger("instant", partition_key="2024-06")
    assert ended(airflow, run, "instant") == "failed"
    assert "没有等候批准的即时交办" in log_of(airflow, run, "prepare", "instant")


def test_the_bureau_s_approval_issues_what_was_shown_and_once(airflow: Airflow) -> None:
    run = asked(airflow, "2024-07")
    record = airflow.hitl("dispatch", run, "approve") or {}
    with connect(current_site()) as connection:
        proposal = newest_proposal(connection, "2024-07")
        assert proposal and recompute_digest(connection, "2024-07", 1) == proposal.digest
    assert record["body"] == proposal.asked and f"第 1 号报批，摘要 {proposal.digest[:16]}" in record["body"]
    answer(airflow, run)
    assert ended(airflow, run) == "success"
    assert issued("2024-07") == [("approved", "bureau", 1, proposal.digest)]

    with connect(current_site()) as connection:
        screened = connection.execute("select count(*) from ledger.screenings").fetchone()
    again = airflow.trigger("dispatch", partition_key="2024-07")
    assert ended(airflow, again) == "success"
    states = task_states(airflow, again)
    assert states["screen"] == states["approve"] == states["issue"] == "skipped" and states["report"] == "success"
    with connect(current_site()) as connection:
        assert connection.execute("select count(*) from ledger.screenings").fetchone() == screened


def test_people_log_in_and_a_lost_password_is_replaced(airflow: Airflow) -> None:
    assert set(airflow.passwords) == {"bureau", "data", "auditor"}
    kept = b"".join(path.read_bytes() for path in Path(current_site().airflow).glob("*.json"))
    assert not any(password.encode() in kept for password in airflow.passwords.values())
    lost = airflow.passwords["bureau"]
    done = subprocess.run(
        [str(Path(sys.executable).with_name("fangpin")), "users", "reset", "bureau"],
        env=dict(os.environ), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    fresh = done.stdout.partition("口令：")[2].split()[0]
    with httpx.Client(base_url=airflow.base_url, timeout=60) as person:
        for password, status in ((lost, httpx.codes.UNAUTHORIZED), (fresh, httpx.codes.CREATED)):
            told = person.post("/auth/token", json={"username": "bureau", "password": password})
            assert told.status_code == status, told.text
        page = person.get("/auth/login/")
        assert page.status_code == httpx.codes.OK and 'type="password"' in page.text


def test_a_backfill_ends_at_its_first_task(airflow: Airflow) -> None:
    """The last of all: after one Airflow also begins the newest month that its timetable knows."""
    span = {"from_date": "2024-04-01T00:00:00Z", "to_date": "2024-04-30T00:00:00Z", "reprocess_behavior": "completed"}
    airflow.call("POST", "/backfills", body={"dag_id": "dispatch", **span})
    beside = wait(lambda: [one for one in airflow.runs(dag_id="dispatch") if one["run_type"] == "backfill"], "a backfill")
    assert ended(airflow, beside[0]["dag_run_id"]) == "failed"
    assert "回填" in log_of(airflow, beside[0]["dag_run_id"], "admit")
    assert issued("2024-04") == []
