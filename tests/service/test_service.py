"""What a production sets outside wins over the defaults; and the real service survives a kill and leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import runpy
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import jwt
import psutil
import pytest

from include.orchestration.airflow_api import ServiceError
from include.orchestration.users import FAB, ROLES, UserError, token
from include.service.airflow import Airflow
from include.service.environment import CHOSEN_BY_THE_OPERATOR, airflow_environment
from include.service.parts import PARTS, running_parts, service_processes
from include.site import current_site

SECRET = "s" * 64
POSTGRES = "postgresql+psycopg2://airflow@127.0.0.1/airflow"
SIMPLE = "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"


def test_alone_it_runs_on_sqlite_with_users_of_fab(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CHOSEN_BY_THE_OPERATOR:
        monkeypatch.delenv(name, raising=False)
    found = airflow_environment(current_site(), 8080)
    assert found["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == f"sqlite:///{home}/airflow/airflow.db?timeout=120"
    assert found["AIRFLOW__CORE__AUTH_MANAGER"] == FAB
    assert "FANGPIN_APPROVER" not in found, "before the users are made"
    assert (found["AIRFLOW__CORE__EXECUTOR"], found["AIRFLOW__CORE__PARALLELISM"]) == ("LocalExecutor", "4")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", POSTGRES),
        ("AIRFLOW__CORE__AUTH_MANAGER", SIMPLE),
        ("FANGPIN_APPROVER", "41"),
        ("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor"),
        ("AIRFLOW__CORE__PARALLELISM", "16"),
        ("AIRFLOW__API__BASE_URL", "https://fangpin.example"),
    ],
)
def test_what_the_operator_set_stays(home: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert airflow_environment(current_site(), 8080)[name] == value


@pytest.mark.parametrize("how", ["_CMD", "_SECRET"])
def test_a_connection_told_by_a_command_is_not_hidden_by_ours(home: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    monkeypatch.delenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", raising=False)
    monkeypatch.setenv(f"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN{how}", "cat /etc/fangpin/metadata")
    assert "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN" not in airflow_environment(current_site(), 8080)


def test_what_the_service_needs_cannot_be_set_outside(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_HOME", "/elsewhere")
    monkeypatch.setenv("AIRFLOW__CORE__DAGS_FOLDER", "/elsewhere")
    found = airflow_environment(current_site(), 8080)
    assert found["AIRFLOW_HOME"] == str(home / "airflow") and found["AIRFLOW__CORE__DAGS_FOLDER"].endswith("/dags")


def test_the_plugin_is_found_once(home: Path) -> None:
    script = (
        "from importlib.metadata import distributions as all; "
        "print(sum(point.group == 'airflow.plugins' and point.name == 'fangpin' for one in all() for point in one.entry_points))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=airflow_environment(current_site(), 8080),
        cwd=home,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "1"


def test_what_is_loaded_before_the_tasks_fork_is_found(home: Path) -> None:
    folder = airflow_environment(current_site(), 8080)["PYTHONPATH"].split(os.pathsep)[-1]
    told = runpy.run_path(str(Path(folder) / "airflow_local_settings.py"))
    assert [name for name in (*told["SHARED"], *told["PUSH"]) if find_spec(name) is None] == []


def test_a_locked_metadata_database_is_waited_for(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CHOSEN_BY_THE_OPERATOR:
        monkeypatch.delenv(name, raising=False)
    from sqlalchemy import create_engine, text

    site = airflow_environment(current_site(), 8080)["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
    with closing(sqlite3.connect(home / "airflow" / "airflow.db", check_same_thread=False)) as holder:
        holder.execute("create table held (number integer)")
        holder.execute("begin exclusive")
        letting_go = threading.Timer(7, holder.rollback)  # longer than SQLite waits by itself
        letting_go.start()
        with create_engine(site).begin() as waiting:
            waiting.execute(text("insert into held values (1)"))
        letting_go.join()


def claims_of(user: str) -> dict[str, Any]:
    return dict(jwt.decode(token(current_site(), SECRET, user), SECRET, audience="apache-airflow", algorithms=["HS512"]))


def test_the_users_numbers_are_kept_and_their_tokens_are_short(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CHOSEN_BY_THE_OPERATOR:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(UserError, match="还没有用户"):
        claims_of("bureau")
    (home / "airflow").mkdir(parents=True)
    ids = {"bureau": 1, "data": 2, "auditor": 3, "service": 4}
    (home / "airflow" / "users.json").write_text(json.dumps({"ids": ids}), "utf-8")
    assert airflow_environment(current_site(), 8080)["FANGPIN_APPROVER"] == "1"
    told = claims_of("service")
    assert told["sub"] == "4" and told["exp"] - told["iat"] == 600
    with pytest.raises(UserError, match="没有名为“admin”的用户；可用：bureau、data、auditor"):
        claims_of("admin")
    monkeypatch.setenv("AIRFLOW__CORE__AUTH_MANAGER", SIMPLE)
    assert claims_of("bureau").items() >= {"sub": "bureau", "role": "op"}.items()
    monkeypatch.setenv("AIRFLOW__CORE__AUTH_MANAGER", "keycloak.KeycloakAuthManager")
    with pytest.raises(UserError, match="不受支持"):
        claims_of("bureau")


@pytest.mark.parametrize("user", ["auditor", "bureau", "service"])
def test_nobody_but_the_bureau_answers_and_nobody_writes_xcom(user: str) -> None:
    grants = set(ROLES[user][1])
    assert (("can_edit", "HITL Detail") in grants) is (user == "bureau")
    assert not {what for _, what in grants} & {"XComs", "Connections", "Variables", "Configurations", "Users", "Roles"}
    assert not [grant for grant in grants if grant[0] in ("can_create", "can_delete")]


def fangpin(*arguments: str) -> str:
    command = [str(Path(sys.executable).with_name("fangpin")), *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def listening() -> set[tuple[str, int]]:
    """Addresses and ports on which any process of this home listens."""
    found = set()
    for process in service_processes(current_site()):
        with suppress(psutil.NoSuchProcess):  # a task may end while one looks
            found |= {
                (connection.laddr.ip, connection.laddr.port)
                for connection in process.net_connections("inet")
                if connection.status == psutil.CONN_LISTEN
            }
    return found


@pytest.mark.whole
def test_the_real_service_survives_a_kill_and_leaves_nothing_behind(home: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    try:
        said = fangpin("up", "--port", str(port))
        assert f"http://127.0.0.1:{port}" in said and all(f"用户 {user}" in said for user in ("bureau", "data", "auditor"))
        service = Airflow(current_site(), port)
        assert service.call("GET", "/plugins/importErrors")["total_entries"] == 0
        assert service.call("GET", "/importErrors")["total_entries"] == 0
        page = httpx.get(service.base_url, headers={"accept-encoding": "gzip"}, timeout=60)
        assert "localStorage.setItem('timezone','\"Asia/Shanghai\"')" in page.text and page.text.rstrip().endswith("</html>")
        assert running_parts(current_site()) == {*PARTS, "supervisor"}
        assert {address for address, _ in listening()} == {"127.0.0.1"} and ("127.0.0.1", port) in listening()
        (line,) = [line for line in fangpin("status", "--all").splitlines() if "scheduler" in line]
        killed = psutil.Process(int(re.findall(r"\d+", line)[0]))
        killed.kill()
        deadline = time.monotonic() + 60
        again = re.compile(rf"scheduler\s*│\s*(?!{killed.pid}\b)\d+\s*│ 运行中\s*│ 1")
        while not again.search(shown := fangpin("status", "--all")):
            assert time.monotonic() < deadline, shown
            time.sleep(0.5)
        assert {address for address, _ in listening()} == {"127.0.0.1"}
        assert "scheduler" in fangpin("down")
        assert service_processes(current_site()) == [] and "没有在运行" in fangpin("down")
    finally:
        fangpin("down")


def test_a_port_that_somebody_else_has_is_said_before_anything_starts(home: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ServiceError, match=f"端口 {port} 已被别的程序占用"):
            Airflow(current_site(), port).stop_leftovers()
    Airflow(current_site(), port).stop_leftovers()
