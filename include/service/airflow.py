"""Airflow's parts on loopback: where they keep their state, how they are started, asked and stopped.

Not ``airflow standalone``: that opens ports on every interface and leaves its children behind when stopped. A service that
stays is watched over by ``include/service/supervisor.py``; a month's run starts its own parts and stops them again.
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
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote

import httpx
import psutil

from include.contracts import load_contracts
from include.orchestration.users import (
    AUTH_MANAGER,
    FAB,
    RENEW_SECONDS,
    SIMPLE_ROLES,
    UserError,
    is_fab,
    make_users,
    token,
    user_id,
)
from include.service.lock import MONTH, STAYS, leave_service, refuse_during_month, take_service
from include.service.part_watch import API_SERVER, PartWatch
from include.service.parts import (
    HEALTH_NAMES,
    MARK,
    MONTH_PARTS,
    PART_MARK,
    PARTS,
    STOP_SECONDS,
    ServiceError,
    airflow_command,
    ask_health,
    end_processes,
    identify,
    is_running,
    log_file,
    pid_file,
    read_record,
    service_processes,
    write_record,
)
from include.site import PROJECT, Site, current_site
from include.site.home import PRIVATE_UMASK
from include.storage.warehouse import dbt_environment, encryption_key

LOCAL_SETTINGS = PROJECT / "include" / "orchestration" / "local_settings"
CHOSEN_BY_THE_OPERATOR = (
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
    AUTH_MANAGER,
    "AIRFLOW__CORE__EXECUTOR",
    "AIRFLOW__CORE__PARALLELISM",
    "AIRFLOW__API__BASE_URL",
    "FANGPIN_APPROVER",
)
"""What a production sets in its own environment (docs/production.md); all else must be as the service needs it."""
START_SECONDS = 180.0
PATIENCE_SECONDS = 300.0
"""So long a month goes on asking an API server that does not answer, while the part is started again."""
MONTH_RESTARTS = 3
LOCK_SECONDS = 120
"""So long a part waits for the metadata database; after SQLite's own 5 s the scheduler dies under load."""
REQUEST_SECONDS = 60.0
PAGE = 100


def _leave(number: int, _: object) -> None:
    """Turn a request to end into an ordinary exit, so that what was started is stopped."""
    raise SystemExit(128 + number)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _secrets(site: Site) -> dict[str, Any]:
    """Signing keys of this home, made once, mode 600."""
    path = site.airflow / "secrets.json"
    if path.exists():
        return dict(json.loads(path.read_text("utf-8")))
    site.airflow.mkdir(parents=True, exist_ok=True)
    made = {
        "jwt": secrets.token_urlsafe(48),
        "fernet": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "session": secrets.token_urlsafe(32),
    }
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as lines:
        json.dump(made, lines)
    return made


def _forget_passwords(site: Site) -> None:
    """Remove the passwords that the release before kept readable; its users get new ones."""
    path = site.airflow / "secrets.json"
    kept = _secrets(site)
    if kept.pop("passwords", None):
        fresh = path.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8") as lines:
            json.dump(kept, lines)
        fresh.replace(path)
    for name in ("passwords.json", "passwords_shown"):
        (site.airflow / name).unlink(missing_ok=True)


def airflow_environment(site: Site, port: int) -> dict[str, str]:
    """The whole environment of Airflow's processes for one home and port; what the operator chose outside stays so."""
    kept = _secrets(site)
    base = f"http://127.0.0.1:{port}"
    encryption_key(site)
    ours = {
        **dbt_environment(site),
        "FANGPIN_HOME": str(site.home),
        MARK: str(site.home),
        "SPT_NOENV": "1",  # a process that renames itself keeps its environment readable, by which it is found again
        "PYTHONWARNINGS": "ignore::UserWarning:multiprocessing.resource_tracker",  # of locks that dbt leaves to the end of a task
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        # Not the checkout itself, which is installed: what an installation leaves in it would register the plugin a second time.
        "PYTHONPATH": os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(LOCAL_SETTINGS)])),
        "AIRFLOW_HOME": str(site.airflow),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(site.airflow / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": "Asia/Shanghai",
        "AIRFLOW__CORE__FERNET_KEY": kept["fernet"],
        AUTH_MANAGER: FAB,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{user}:{role}" for user, role in SIMPLE_ROLES.items()),
        "AIRFLOW__FAB__UPDATE_FAB_PERMS": "False",  # FAB's own roles, which nobody has, need not be brought up to date
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{base}/execution/",
        "AIRFLOW__API__BASE_URL": base,
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__SECRET_KEY": kept["session"],
        "AIRFLOW__API_AUTH__JWT_SECRET": kept["jwt"],
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{site.airflow / 'airflow.db'}?timeout={LOCK_SECONDS}",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "300",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300",
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",  # as long a task that has ended may go unnoticed
        "AIRFLOW__WORKERS__MAX_FAILED_HEARTBEATS": "60",  # as many seconds a task goes on while the API server is away
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(site.airflow / "logs"),
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FOLDER_PERMISSIONS": "0o700",
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FILE_PERMISSIONS": "0o600",
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(site.airflow / "logs" / "dag_processor"),
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    approver = user_id(site, "bureau") if is_fab() else None
    if approver:
        ours["FANGPIN_APPROVER"] = approver
    chosen = [name for name in CHOSEN_BY_THE_OPERATOR if any(name + how in os.environ for how in ("", "_CMD", "_SECRET"))]
    return {**os.environ, **{name: value for name, value in ours.items() if name not in chosen}}


def stop_service(site: Site) -> list[str]:
    """Stop exactly what was started for this home; returns the parts that ran. Raises ServiceError while a month runs."""
    refuse_during_month(site)
    return _stop_all(site)


def _stop_all(site: Site) -> list[str]:
    record = read_record(site)
    ran = sorted({process.environ().get(PART_MARK, "") for process in service_processes(site)} - {""})
    supervisor = record.get("supervisor")
    if supervisor and is_running(supervisor):  # first of all, or it starts again what is stopped
        process = psutil.Process(int(supervisor["pid"]))
        process.send_signal(signal.SIGTERM)
        with suppress(psutil.TimeoutExpired):
            process.wait(2 * STOP_SECONDS)
        if is_running(supervisor):
            process.kill()
    end_processes(lambda: service_processes(site))
    pid_file(site).unlink(missing_ok=True)
    return ran


def watch_here(site: Site, port: int) -> NoReturn:
    """Become the supervisor of the service, for a service manager that wants to watch over it itself (systemd)."""
    lock = take_service(site, STAYS)
    service = Airflow(site, port)
    service.make_way()
    service.migrate()
    if service.passwords:  # not into a service manager's journal
        print("用户已建好;口令请用 fangpin users reset <用户> 取得,只显示一次", flush=True)
    environment = {**airflow_environment(site, port), PART_MARK: "supervisor"}
    os.set_inheritable(lock, True)  # it is the supervisor's from now on, for as long as that runs
    os.execve(sys.executable, [sys.executable, "-m", "include.service.supervisor", str(port)], environment)


def start_staying(site: Site, port: int) -> Airflow:
    """The service that stays: started under its supervisor, and returned when it is healthy and its DAGs are loaded.

    Raises ServiceError when it already runs, or when a part does not become healthy in time.
    """
    lock = take_service(site, STAYS)
    service = Airflow(site, port, patience=START_SECONDS)
    try:
        service.make_way()
        service.migrate()
        with log_file(site, "supervisor").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "include.service.supervisor", str(port)],
                env={**airflow_environment(site, port), PART_MARK: "supervisor"}, pass_fds=(lock,), umask=PRIVATE_UMASK,
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
    finally:
        os.close(lock)  # the supervisor has it, for as long as it runs

    def look() -> None:
        if process.poll() is not None:
            raise ServiceError(f"supervisor 启动后退出;详情见 {log_file(site, 'supervisor')}")

    try:
        service.wait_until_ready(tuple(PARTS), look)
    except BaseException:
        stop_service(site)
        raise
    service.patience = 0.0
    return service


@dataclass
class Airflow:
    """A running Airflow of one home. Use as a context manager: leaving it stops exactly what it started."""

    site: Site = field(default_factory=current_site)
    port: int = field(default_factory=_free_port)
    patience: float = 0.0
    passwords: dict[str, str] = field(default_factory=dict)
    """Of the users that starting it made: to be shown once."""
    _watch: PartWatch | None = None
    _lock: int | None = None
    _tokens: dict[str, tuple[float, str]] = field(default_factory=dict)

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
        """Migrate the metadata database and start the parts, each in a session of its own.

        Raises ServiceError when a month or the service runs in this home already, or a part does not become ready.
        """
        self._lock = take_service(self.site, MONTH)
        for name in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, _leave)
        self.make_way()
        self.migrate()
        environment = airflow_environment(self.site, self.port)
        self._watch = PartWatch(
            self.site, environment, MONTH_PARTS, self.port, max_restarts=MONTH_RESTARTS, say=self._note
        )  # fmt: skip
        self.patience = PATIENCE_SECONDS
        self.wait_until_ready(MONTH_PARTS, self.look)

    def look(self) -> list[str]:
        """Start again what died or does not answer; returns the names of the parts that just ended or began.

        Raises ServiceError when a part ends again and again. Whoever waits for Airflow calls this while waiting.
        """
        if self._watch is None:
            return []
        if changed := self._watch.look():
            parts = {part.name: identify(part.process.pid) for part in self._watch.parts if part.process}
            write_record(self.site, {"port": self.port, "stays": False, "parts": parts})
        for part in self._watch.parts:
            if part.is_given_up:
                raise ServiceError(f"{part.name} 反复退出({part.failures} 次),没有再重启;详情见 {log_file(self.site, part.name)}")
        return changed

    def restarts(self) -> dict[str, int]:
        """The parts that had to be started again, and how often."""
        return {part.name: part.restarts for part in (self._watch.parts if self._watch else ()) if part.restarts}

    def _note(self, text: str) -> None:
        with log_file(self.site, "month").open("a", encoding="utf-8") as log:
            log.write(text + "\n")

    def migrate(self) -> None:
        """Bring the metadata database and its users up to date. Raises ServiceError with the place of the log."""
        self._run_once("db", "migrate")
        try:
            self.passwords |= make_users(self.site, airflow_environment(self.site, self.port))
        except UserError as error:
            raise ServiceError(str(error)) from error
        _forget_passwords(self.site)

    def _run_once(self, *arguments: str) -> None:
        log = log_file(self.site, "setup")
        with log.open("ab") as output:
            done = subprocess.run(
                airflow_command(*arguments), env=airflow_environment(self.site, self.port), umask=PRIVATE_UMASK,
                stdout=output, stderr=output, stdin=subprocess.DEVNULL, check=False,
            )  # fmt: skip
        if done.returncode:
            raise ServiceError(f"airflow {' '.join(arguments[:2])} 未成功;详情见 {log}")

    def stop(self) -> None:
        """Stop what was started, whole; whatever does not end in time is killed."""
        if self._watch is not None:
            end_processes(lambda: service_processes(self.site))
            for part in self._watch.parts:
                if part.process is not None:
                    part.process.wait()
            pid_file(self.site).unlink(missing_ok=True)
            self._watch = None
        if self._lock is not None:
            leave_service(self._lock)
            self._lock = None

    def make_way(self) -> None:
        """End what a killed command left running: two schedulers must not share one database.

        Raises ServiceError when the service was started to stay, or when somebody else has the port.
        """
        record = read_record(self.site)
        if record.get("stays") and is_running(record.get("supervisor")):
            raise ServiceError("服务正在运行;请先用 fangpin down 停止,再运行本命令")
        _stop_all(self.site)
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                raise ServiceError(f"端口 {self.port} 已被别的程序占用;请停掉它,或用 --port 另选一个端口")

    def health(self) -> dict[str, datetime | None]:
        """Part → its newest heartbeat (None when it is not healthy); empty while the API server does not answer."""
        told = ask_health(self.port, 5) or {}
        if told.get("metadatabase", {}).get("status") != "healthy":
            return {}
        beats = {}
        for part, name in HEALTH_NAMES.items():
            beat = told.get(name, {}).get(f"latest_{name}_heartbeat")
            beats[part] = datetime.fromisoformat(beat) if told.get(name, {}).get("status") == "healthy" and beat else None
        return beats

    def wait_until_ready(self, parts: tuple[str, ...], look: Callable[[], object]) -> None:
        """Wait until the parts have reported since now and every DAG is loaded; ``look`` sees meanwhile whether they live.

        Raises ServiceError: what ``look`` raises, a DAG file cannot be imported, or the time is over.
        """
        started = datetime.now().astimezone()
        deadline = time.monotonic() + START_SECONDS
        expected = {
            "receive",
            "screen",
            "instant",
            "dispatch",
            "sweep",
            *(f"ingest__{contract.feed}" for contract in load_contracts()),
        }
        lacking = list(parts)
        while time.monotonic() < deadline:
            look()
            beats = self.health()
            lacking = [part for part in parts if part in HEALTH_NAMES and (beats.get(part) or started) <= started]
            if beats and not lacking:
                if errors := self.import_errors(started):
                    raise ServiceError(f"以下 DAG 文件无法载入:{'、'.join(errors)}")
                if not (lacking := sorted(expected - self.dags())):
                    return
            time.sleep(0.3)
        late = "、".join(lacking) or "api-server"
        raise ServiceError(f"{late} 在 {START_SECONDS:.0f} 秒内没有就绪;详情见 {log_file(self.site, 'scheduler').parent}")

    def call(
        self, method: str, path: str, *, user: str = "data", body: Mapping[str, Any] | None = None, repeats: bool = False
    ) -> Any:
        """One request to the public API as a user; ``repeats`` when sending it twice does what sending it once does.

        Raises ServiceError with the API's own words on an error answer, and when nobody answers for as long as ``patience``.
        """
        headers = {"Authorization": f"Bearer {self._token(user)}"}
        answer = self._send(method, f"/api/v2{path}", repeats=repeats or method == "GET", headers=headers, json=body)
        if answer.is_error:
            raise ServiceError(f"Airflow 拒绝了 {method} {path}({answer.status_code}):{answer.text[:300]}", answer.status_code)
        return answer.json() if answer.content else None

    def _send(self, method: str, path: str, *, repeats: bool, **given: Any) -> httpx.Response:
        """The answer to a request, asked again while nobody answers: what died or hangs is started again meanwhile."""
        until = time.monotonic() + self.patience
        while True:
            try:
                return httpx.request(method, f"{self.base_url}{path}", timeout=REQUEST_SECONDS, **given)
            except httpx.TransportError as error:
                may_have_come = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
                if time.monotonic() > until or (may_have_come and not repeats):
                    log = log_file(self.site, API_SERVER)
                    raise ServiceError(f"{API_SERVER} 没有应答 {method} {path}({type(error).__name__});详情见 {log}") from None
            self.look()
            time.sleep(0.5)

    def _token(self, user: str) -> str:
        made, text = self._tokens.get(user, (0.0, ""))
        if time.monotonic() - made > RENEW_SECONDS or not text:
            try:
                made, text = time.monotonic(), token(self.site, _secrets(self.site)["jwt"], user)
            except UserError as error:
                raise ServiceError(str(error)) from error
            self._tokens[user] = made, text
        return text

    def dags(self) -> set[str]:
        """The DAGs that the DAG processor has loaded."""
        return {dag["dag_id"] for dag in self.call("GET", "/dags?limit=200")["dags"]}

    def import_errors(self, since: datetime) -> list[str]:
        """DAG files that could not be imported since a moment; older errors may be mended by now."""
        errors = self.call("GET", "/importErrors?limit=100")["import_errors"]
        return [item["filename"] for item in errors if datetime.fromisoformat(item["timestamp"]) >= since]

    def trigger(self, dag_id: str, *, partition_key: str | None = None) -> str:
        """Start a run and return its id."""
        run_id = f"fangpin__{secrets.token_hex(8)}"  # ours, so that asking again starts no second one
        body: dict[str, Any] = {"logical_date": None, "dag_run_id": run_id}
        if partition_key:
            body["partition_key"] = partition_key
        try:
            self.call("POST", f"/dags/{dag_id}/dagRuns", body=body, repeats=True)
        except ServiceError:
            if run_id not in {run["dag_run_id"] for run in self.runs()}:
                raise
        return run_id

    def runs(self, *, states: tuple[str, ...] = (), dag_id: str = "~", user: str = "data") -> list[dict[str, Any]]:
        """Runs of one DAG or of every DAG, newest first."""
        query = "".join(f"&state={state}" for state in states)
        found: list[dict[str, Any]] = []
        while True:
            path = f"/dags/{dag_id}/dagRuns?limit={PAGE}&offset={len(found)}&order_by=-run_after{query}"
            page = self.call("GET", path, user=user)["dag_runs"]
            found += page
            if len(page) < PAGE:
                return found

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Task instances of a run."""
        return list(self.call("GET", f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances?limit=200")["task_instances"])

    def approve(self, dag_id: str, run_id: str, task_id: str, *, user: str) -> None:
        """Answer a waiting approval as that user."""
        self.call(
            "PATCH", _hitl_path(dag_id, run_id, task_id), user=user, body={"chosen_options": ["Approve"], "params_input": {}}
        )

    def waiting(self) -> list[dict[str, Any]]:
        """What waits for an answer: Airflow's records with their task instances."""
        path = f"/dags/~/dagRuns/~/hitlDetails?response_received=false&state=awaiting_input&limit={PAGE}"
        return list(self.call("GET", path, user="service")["hitl_details"])

    def hitl(self, dag_id: str, run_id: str, task_id: str) -> dict[str, Any] | None:
        """Airflow's record of what was asked and answered; None when nothing was asked."""
        try:
            return dict(self.call("GET", _hitl_path(dag_id, run_id, task_id), user="service"))
        except ServiceError as error:
            if error.status == httpx.codes.NOT_FOUND:
                return None
            raise


def _hitl_path(dag_id: str, run_id: str, task_id: str) -> str:
    return f"/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}/taskInstances/{task_id}/-1/hitlDetails"
