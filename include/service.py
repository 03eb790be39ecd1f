"""Airflow's parts on loopback: where they keep their state, how they are started, asked and stopped.

Not ``airflow standalone``: that opens ports on every interface and leaves its children behind when stopped.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from include.settings import PROJECT, Settings, settings
from include.warehouse import dbt_environment, encryption_key

USERS = {"bureau": "op", "data": "admin", "auditor": "viewer"}
PARTS: dict[str, list[str]] = {
    "api-server": ["api-server", "-H", "127.0.0.1", "--workers", "1"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
}
LOCAL_SETTINGS = PROJECT / "include" / "portal" / "local_settings"
START_SECONDS = 180.0
STOP_SECONDS = 20.0
PAGE = 100


class ServiceError(RuntimeError):
    """Airflow did not start, answer or finish; the message says which part and where its log is."""


def _leave(number: int, _: object) -> None:
    """Turn a request to end into an ordinary exit, so that what was started is stopped."""
    raise SystemExit(128 + number)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _secrets(where: Settings) -> dict[str, Any]:
    """Passwords and signing keys of this home, made once, mode 600."""
    path = where.airflow / "secrets.json"
    if path.exists():
        return dict(json.loads(path.read_text("utf-8")))
    where.airflow.mkdir(parents=True, exist_ok=True)
    made = {
        "jwt": secrets.token_urlsafe(48),
        "fernet": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "session": secrets.token_urlsafe(32),
        "passwords": {user: secrets.token_urlsafe(12) for user in USERS},
    }
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as lines:
        json.dump(made, lines)
    return made


def airflow_environment(where: Settings, port: int) -> dict[str, str]:
    """The whole environment of Airflow's processes for one home and port."""
    kept = _secrets(where)
    base = f"http://127.0.0.1:{port}"
    passwords = where.airflow / "passwords.json"
    if not passwords.exists():
        passwords.touch(mode=0o600)
        passwords.write_text(json.dumps(kept["passwords"]), "utf-8")
    encryption_key(where)
    return {
        **os.environ,
        **dbt_environment(where),
        "FANGPIN_HOME": str(where.home),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONPATH": os.pathsep.join([str(PROJECT), str(LOCAL_SETTINGS)]),
        "AIRFLOW_HOME": str(where.airflow),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(where.airflow / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": "Asia/Shanghai",
        "AIRFLOW__CORE__FERNET_KEY": kept["fernet"],
        "AIRFLOW__CORE__AUTH_MANAGER": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{user}:{role}" for user, role in USERS.items()),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{base}/execution/",
        "AIRFLOW__API__BASE_URL": base,
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__SECRET_KEY": kept["session"],
        "AIRFLOW__API_AUTH__JWT_SECRET": kept["jwt"],
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{where.airflow / 'airflow.db'}",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "300",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(where.airflow / "logs"),
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(where.airflow / "logs" / "dag_processor"),
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }


def pid_file(where: Settings) -> Path:
    """Which processes serve this home, on which port."""
    return where.airflow / "service.json"


def running(where: Settings) -> dict[str, int]:
    """Part → process id of what still runs for this home, as far as it is really Airflow's."""
    path = pid_file(where)
    found = {}
    for part, pid in json.loads(path.read_text("utf-8"))["pids"].items() if path.exists() else ():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if "airflow" in " ".join(psutil.Process(pid).cmdline()):
                found[part] = pid
    return found


def stop_service(where: Settings) -> list[str]:
    """Stop exactly the process groups started for this home; returns the parts that ran."""
    found = running(where)
    for signalled in (signal.SIGTERM, signal.SIGKILL):
        for pid in found.values():
            with suppress(ProcessLookupError):
                os.killpg(pid, signalled)
        left = [psutil.Process(pid) for pid in found.values() if psutil.pid_exists(pid)]
        psutil.wait_procs(left, STOP_SECONDS)
    pid_file(where).unlink(missing_ok=True)
    return list(found)


@dataclass
class Airflow:
    """A running Airflow of one home. Use as a context manager: leaving it stops exactly what it started."""

    where: Settings = field(default_factory=settings)
    port: int = field(default_factory=_free_port)
    stays: bool = False
    _processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _tokens: dict[str, str] = field(default_factory=dict)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Airflow:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Migrate the metadata database, start the parts, each in a process group of its own, and set the pool."""
        for name in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, _leave)
        self._make_way()
        environment = airflow_environment(self.where, self.port)
        self._run_once(environment, "db", "migrate")
        for part, arguments in PARTS.items():
            extra = ["-p", str(self.port)] if part == "api-server" else []
            with self._log(part).open("ab") as log:
                self._processes[part] = subprocess.Popen(
                    self._command(*arguments, *extra),
                    env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
                )  # fmt: skip
        pids = {part: process.pid for part, process in self._processes.items()}
        self._pids.write_text(json.dumps({"port": self.port, "stays": self.stays, "pids": pids}), "utf-8")
        self._wait_until_healthy()
        self._set_pool("warehouse", 1, "数据仓库只有一个写入者")

    def _set_pool(self, name: str, slots: int, description: str) -> None:
        known = {pool["name"] for pool in self.call("GET", "/pools")["pools"]}
        body = {"name": name, "slots": slots, "description": description, "include_deferred": False}
        if name not in known:
            self.call("POST", "/pools", body=body)

    def stop(self) -> None:
        """Stop the started process groups; whatever does not end in time is killed."""
        for signalled in (signal.SIGTERM, signal.SIGKILL):
            for process in self._processes.values():
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signalled)
            deadline = time.monotonic() + STOP_SECONDS
            for process in self._processes.values():
                with suppress(subprocess.TimeoutExpired):
                    process.wait(max(0.1, deadline - time.monotonic()))
        if self._processes:
            self._pids.unlink(missing_ok=True)
        self._processes.clear()

    @property
    def _pids(self) -> Path:
        return pid_file(self.where)

    def _make_way(self) -> None:
        """End what a killed command left running: two schedulers must not share one database.

        Raises ServiceError when the service was started to stay.
        """
        if self._pids.exists() and json.loads(self._pids.read_text("utf-8"))["stays"] and running(self.where):
            raise ServiceError("服务正在运行;请先用 fangpin down 停止,再运行本命令")
        stop_service(self.where)

    def _command(self, *arguments: str) -> list[str]:
        return [str(Path(sys.executable).with_name("airflow")), *arguments]

    def _log(self, part: str) -> Path:
        path = self.where.airflow / "logs" / "service" / f"{part}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _run_once(self, environment: Mapping[str, str], *arguments: str) -> None:
        log = self._log("setup")
        with log.open("ab") as output:
            done = subprocess.run(
                self._command(*arguments),
                env=dict(environment),
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                check=False,
            )
        if done.returncode:
            raise ServiceError(f"airflow {' '.join(arguments[:2])} 未成功;详情见 {log}")

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            for part, process in self._processes.items():
                if process.poll() is not None:
                    raise ServiceError(f"{part} 启动后退出;详情见 {self._log(part)}")
            with suppress(httpx.HTTPError, KeyError):
                health = httpx.get(f"{self.base_url}/api/v2/monitor/health", timeout=5).json()
                if all(health[part]["status"] == "healthy" for part in ("metadatabase", "scheduler", "dag_processor")):
                    return
            time.sleep(0.3)
        raise ServiceError(f"Airflow 在 {START_SECONDS:.0f} 秒内没有就绪;详情见 {self._log('scheduler').parent}")

    def call(self, method: str, path: str, *, user: str = "data", body: Mapping[str, Any] | None = None) -> Any:
        """One request to the public API as a user; raises ServiceError with the API's own words on an error answer."""
        answer = httpx.request(
            method,
            f"{self.base_url}/api/v2{path}",
            headers={"Authorization": f"Bearer {self._token(user)}"},
            json=body,
            timeout=60,
        )
        if answer.is_error:
            raise ServiceError(f"Airflow 拒绝了 {method} {path}({answer.status_code}):{answer.text[:300]}")
        return answer.json() if answer.content else None

    def _token(self, user: str) -> str:
        if user not in self._tokens:
            password = _secrets(self.where)["passwords"].get(user)
            if password is None:
                raise ServiceError(f"没有名为“{user}”的用户;可用:{'、'.join(USERS)}")
            answer = httpx.post(f"{self.base_url}/auth/token", json={"username": user, "password": password}, timeout=60)
            answer.raise_for_status()
            self._tokens[user] = answer.json()["access_token"]
        return self._tokens[user]

    def has_dag(self, dag_id: str) -> bool:
        """Whether the DAG processor has parsed this DAG already."""
        with suppress(ServiceError):
            return bool(self.call("GET", f"/dags/{dag_id}")["dag_id"])
        return False

    def import_errors(self) -> list[str]:
        """DAG files that could not be imported."""
        return [item["filename"] for item in self.call("GET", "/importErrors")["import_errors"]]

    def trigger(self, dag_id: str, *, partition_key: str | None = None) -> str:
        """Start a run and return its id."""
        body: dict[str, Any] = {"logical_date": None}
        if partition_key:
            body["partition_key"] = partition_key
        return str(self.call("POST", f"/dags/{dag_id}/dagRuns", body=body)["dag_run_id"])

    def runs(self, *, states: tuple[str, ...] = ()) -> list[dict[str, Any]]:
        """Runs of every DAG, newest first."""
        query = "".join(f"&state={state}" for state in states)
        found: list[dict[str, Any]] = []
        while True:
            page = self.call("GET", f"/dags/~/dagRuns?limit={PAGE}&offset={len(found)}&order_by=-run_after{query}")["dag_runs"]
            found += page
            if len(page) < PAGE:
                return found

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Task instances of a run."""
        return list(self.call("GET", f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances?limit=200")["task_instances"])

    def approve(self, dag_id: str, run_id: str, task_id: str, *, user: str) -> None:
        """Answer a waiting approval as that user."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/-1/hitlDetails"
        self.call("PATCH", path, user=user, body={"chosen_options": ["Approve"], "params_input": {}})
