"""Airflow's parts on loopback: where they keep their state, how they are started, asked and stopped.

Not ``airflow standalone``: that opens ports on every interface and leaves its children behind when stopped. A service that
stays is watched over by ``include/supervisor.py``; a month's run starts its own parts and stops them again.
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
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote

import httpx
import psutil

from include.airflow_users import AUTH_MANAGER, FAB, RENEW_SECONDS, SIMPLE_ROLES, UserError, is_fab, make_users, token, user_id
from include.contracts import load_contracts
from include.settings import PROJECT, FangpinError, Settings, settings
from include.warehouse import dbt_environment, encryption_key

PARTS: dict[str, list[str]] = {
    "api-server": ["api-server", "-H", "127.0.0.1", "--workers", "1"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}
MONTH_PARTS = ("api-server", "scheduler", "dag-processor")
HEALTH_NAMES = {"scheduler": "scheduler", "dag-processor": "dag_processor", "triggerer": "triggerer"}
MARK, PART_MARK = "FANGPIN_SERVICE", "FANGPIN_PART"
LOCAL_SETTINGS = PROJECT / "include" / "portal" / "local_settings"
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
STOP_SECONDS = 20.0
PAGE = 100


class ServiceError(FangpinError, RuntimeError):
    """Airflow did not start, answer or finish; the message says which part and where its log is.

    ``status``: the answer's HTTP status where Airflow refused a request.
    """

    def __init__(self, text: str, status: int | None = None) -> None:
        super().__init__(text)
        self.status = status


def _leave(number: int, _: object) -> None:
    """Turn a request to end into an ordinary exit, so that what was started is stopped."""
    raise SystemExit(128 + number)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _secrets(where: Settings) -> dict[str, Any]:
    """Signing keys of this home, made once, mode 600."""
    path = where.airflow / "secrets.json"
    if path.exists():
        return dict(json.loads(path.read_text("utf-8")))
    where.airflow.mkdir(parents=True, exist_ok=True)
    made = {
        "jwt": secrets.token_urlsafe(48),
        "fernet": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "session": secrets.token_urlsafe(32),
    }
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as lines:
        json.dump(made, lines)
    return made


def _forget_passwords(where: Settings) -> None:
    """Remove the passwords that the release before kept readable; its users get new ones."""
    path = where.airflow / "secrets.json"
    kept = _secrets(where)
    if kept.pop("passwords", None):
        fresh = path.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8") as lines:
            json.dump(kept, lines)
        fresh.replace(path)
    for name in ("passwords.json", "passwords_shown"):
        (where.airflow / name).unlink(missing_ok=True)


def airflow_environment(where: Settings, port: int) -> dict[str, str]:
    """The whole environment of Airflow's processes for one home and port; what the operator chose outside stays so."""
    kept = _secrets(where)
    base = f"http://127.0.0.1:{port}"
    encryption_key(where)
    ours = {
        **dbt_environment(where),
        "FANGPIN_HOME": str(where.home),
        MARK: str(where.home),
        "SPT_NOENV": "1",  # a process that renames itself keeps its environment readable, by which it is found again
        "PYTHONWARNINGS": "ignore::UserWarning:multiprocessing.resource_tracker",  # of locks that dbt leaves to the end of a task
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
        AUTH_MANAGER: FAB,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{user}:{role}" for user, role in SIMPLE_ROLES.items()),
        "AIRFLOW__FAB__UPDATE_FAB_PERMS": "False",  # FAB's own roles, which nobody has, need not be brought up to date
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{base}/execution/",
        "AIRFLOW__API__BASE_URL": base,
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__SECRET_KEY": kept["session"],
        "AIRFLOW__API_AUTH__JWT_SECRET": kept["jwt"],
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{where.airflow / 'airflow.db'}",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "300",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300",
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",  # as long a task that has ended may go unnoticed
        "AIRFLOW__WORKERS__MAX_FAILED_HEARTBEATS": "60",  # as many seconds a task goes on while the API server is away
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(where.airflow / "logs"),
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(where.airflow / "logs" / "dag_processor"),
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    approver = user_id(where, "bureau") if is_fab() else None
    if approver:
        ours["FANGPIN_APPROVER"] = approver
    chosen = [name for name in CHOSEN_BY_THE_OPERATOR if any(name + how in os.environ for how in ("", "_CMD", "_SECRET"))]
    return {**os.environ, **{name: value for name, value in ours.items() if name not in chosen}}


def pid_file(where: Settings) -> Path:
    """Which processes serve this home, on which port."""
    return where.airflow / "service.json"


def log_file(where: Settings, part: str) -> Path:
    """Where a part's output goes."""
    path = where.airflow / "logs" / "service" / f"{part}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def airflow_command(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).with_name("airflow")), *arguments]


def start_part(where: Settings, environment: Mapping[str, str], part: str, port: int) -> subprocess.Popen[bytes]:
    """One part in a session of its own; it and all it starts carry the home and the part's name in their environment."""
    extra = ["-p", str(port)] if part == "api-server" else []
    with log_file(where, part).open("ab") as log:
        return subprocess.Popen(
            airflow_command(*PARTS[part], *extra),
            env={**environment, PART_MARK: part},
            stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip


def write_record(where: Settings, record: Mapping[str, Any]) -> None:
    """Replace the record of what serves this home: a reader sees the old one or the new one, never half."""
    fresh = pid_file(where).with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps(record), "utf-8")
    fresh.replace(pid_file(where))


def read_record(where: Settings) -> dict[str, Any]:
    """What was last written about the service of this home; empty when nothing serves it or the record is damaged."""
    with suppress(FileNotFoundError, ValueError):
        return dict(json.loads(pid_file(where).read_text("utf-8")))
    return {}


def identify(pid: int) -> dict[str, float]:
    """A process so that it is found again: its number alone may later be another's."""
    return {"pid": pid, "created": psutil.Process(pid).create_time()}


def is_running(identity: Mapping[str, float] | None) -> bool:
    """Whether exactly this process still runs: same number, same moment of birth, not a zombie."""
    if not identity:
        return False
    with suppress(psutil.Error):
        process = psutil.Process(int(identity["pid"]))
        return abs(process.create_time() - identity["created"]) < 0.05 and process.status() != psutil.STATUS_ZOMBIE
    return False


def service_processes(where: Settings, part: str | None = None) -> list[psutil.Process]:
    """Every process started for this home's service (or one part of it), however deep and whoever its parent is now.

    They are known by their environment, which a recycled number or a parent's death does not change.
    """
    wanted = {MARK: str(where.home)} | ({PART_MARK: part} if part else {})
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and wanted.items() <= process.environ().items():
                found.append(process)
    return found


def end_processes(find: Callable[[], Iterable[psutil.Process]], first: int = signal.SIGTERM) -> None:
    """Ask the processes found to end, and kill what is still there in time, until none is found any more."""
    seconds, asked = STOP_SECONDS, first
    while processes := list(find()):
        for process in processes:
            with suppress(psutil.Error):
                process.send_signal(asked)
        psutil.wait_procs(processes, seconds)
        seconds, asked = 2.0, signal.SIGKILL


def stop_service(where: Settings) -> list[str]:
    """Stop exactly what was started for this home; returns the parts that ran."""
    record = read_record(where)
    ran = sorted({process.environ().get(PART_MARK, "") for process in service_processes(where)} - {""})
    supervisor = record.get("supervisor")
    if supervisor and is_running(supervisor):  # first of all, or it starts again what is stopped
        process = psutil.Process(int(supervisor["pid"]))
        process.send_signal(signal.SIGTERM)
        with suppress(psutil.TimeoutExpired):
            process.wait(2 * STOP_SECONDS)
        if is_running(supervisor):
            process.kill()
    end_processes(lambda: service_processes(where))
    pid_file(where).unlink(missing_ok=True)
    return ran


def watch_here(where: Settings, port: int) -> NoReturn:
    """Become the supervisor of the service, for a service manager that wants to watch over it itself (systemd)."""
    service = Airflow(where, port)
    service.make_way()
    service.migrate()
    if service.passwords:  # not into a service manager's journal
        print("用户已建好;口令请用 fangpin users reset <用户> 取得,只显示一次", flush=True)
    environment = {**airflow_environment(where, port), PART_MARK: "supervisor"}
    os.execve(sys.executable, [sys.executable, "-m", "include.supervisor", str(port)], environment)


def start_staying(where: Settings, port: int) -> Airflow:
    """The service that stays: started under its supervisor, and returned when it is healthy and its DAGs are loaded.

    Raises ServiceError when it already runs, or when a part does not become healthy in time.
    """
    service = Airflow(where, port)
    service.make_way()
    service.migrate()
    with log_file(where, "supervisor").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "include.supervisor", str(port)],
            env={**airflow_environment(where, port), PART_MARK: "supervisor"},
            stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    try:
        service.wait_until_ready(tuple(PARTS), lambda: None if process.poll() is None else "supervisor")
    except BaseException:
        stop_service(where)
        raise
    return service


@dataclass
class Airflow:
    """A running Airflow of one home. Use as a context manager: leaving it stops exactly what it started."""

    where: Settings = field(default_factory=settings)
    port: int = field(default_factory=_free_port)
    _processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _tokens: dict[str, tuple[float, str]] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    """Of the users that starting it made: to be shown once."""

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
        """Migrate the metadata database and start the parts, each in a session of its own."""
        for name in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, _leave)
        self.make_way()
        self.migrate()
        environment = airflow_environment(self.where, self.port)
        for part in MONTH_PARTS:
            self._processes[part] = start_part(self.where, environment, part, self.port)
        parts = {part: identify(process.pid) for part, process in self._processes.items()}
        write_record(self.where, {"port": self.port, "stays": False, "parts": parts})
        self.wait_until_ready(
            MONTH_PARTS, lambda: next((part for part, p in self._processes.items() if p.poll() is not None), None)
        )

    def _ended(self) -> str | None:
        return next((part for part, process in self._processes.items() if process.poll() is not None), None)

    def migrate(self) -> None:
        """Bring the metadata database and its users up to date. Raises ServiceError with the place of the log."""
        self._run_once("db", "migrate")
        try:
            self.passwords |= make_users(self.where, airflow_environment(self.where, self.port))
        except UserError as error:
            raise ServiceError(str(error)) from error
        _forget_passwords(self.where)

    def _run_once(self, *arguments: str) -> None:
        log = log_file(self.where, "setup")
        with log.open("ab") as output:
            done = subprocess.run(
                airflow_command(*arguments), env=airflow_environment(self.where, self.port),
                stdout=output, stderr=output, stdin=subprocess.DEVNULL, check=False,
            )  # fmt: skip
        if done.returncode:
            raise ServiceError(f"airflow {' '.join(arguments[:2])} 未成功;详情见 {log}")

    def stop(self) -> None:
        """Stop what was started, whole; whatever does not end in time is killed."""
        if not self._processes:
            return
        end_processes(lambda: service_processes(self.where))
        for process in self._processes.values():
            process.wait()
        pid_file(self.where).unlink(missing_ok=True)
        self._processes.clear()

    def make_way(self) -> None:
        """End what a killed command left running: two schedulers must not share one database.

        Raises ServiceError when the service was started to stay, or when somebody else has the port.
        """
        record = read_record(self.where)
        if record.get("stays") and is_running(record.get("supervisor")):
            raise ServiceError("服务正在运行;请先用 fangpin down 停止,再运行本命令")
        stop_service(self.where)
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                raise ServiceError(f"端口 {self.port} 已被别的程序占用;请停掉它,或用 --port 另选一个端口")

    def health(self) -> dict[str, datetime | None]:
        """Part → its newest heartbeat (None when it is not healthy); empty while the API server does not answer."""
        with suppress(httpx.HTTPError, ValueError):
            told = httpx.get(f"{self.base_url}/api/v2/monitor/health", timeout=5).json()
            beats = {}
            for part, name in HEALTH_NAMES.items():
                beat = told.get(name, {}).get(f"latest_{name}_heartbeat")
                is_well = told.get(name, {}).get("status") == "healthy" and beat
                beats[part] = datetime.fromisoformat(beat) if is_well else None
            return beats if told.get("metadatabase", {}).get("status") == "healthy" else {}
        return {}

    def wait_until_ready(self, parts: tuple[str, ...], dead: Callable[[], str | None]) -> None:
        """Wait until the parts have reported since now and every DAG is loaded; ``dead`` names a part that has ended.

        Raises ServiceError: a part ended, a DAG file cannot be imported, or the time is over.
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
            if part := dead():
                raise ServiceError(f"{part} 启动后退出;详情见 {log_file(self.where, part)}")
            beats = self.health()
            lacking = [part for part in parts if part in HEALTH_NAMES and (beats.get(part) or started) <= started]
            if beats and not lacking:
                if errors := self.import_errors(started):
                    raise ServiceError(f"以下 DAG 文件无法载入:{'、'.join(errors)}")
                if not (lacking := sorted(expected - self.dags())):
                    return
            time.sleep(0.3)
        late = "、".join(lacking) or "api-server"
        raise ServiceError(f"{late} 在 {START_SECONDS:.0f} 秒内没有就绪;详情见 {log_file(self.where, 'scheduler').parent}")

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
            raise ServiceError(f"Airflow 拒绝了 {method} {path}({answer.status_code}):{answer.text[:300]}", answer.status_code)
        return answer.json() if answer.content else None

    def _token(self, user: str) -> str:
        made, text = self._tokens.get(user, (0.0, ""))
        if time.monotonic() - made > RENEW_SECONDS or not text:
            try:
                made, text = time.monotonic(), token(self.where, _secrets(self.where)["jwt"], user)
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
        body: dict[str, Any] = {"logical_date": None}
        if partition_key:
            body["partition_key"] = partition_key
        return str(self.call("POST", f"/dags/{dag_id}/dagRuns", body=body)["dag_run_id"])

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
