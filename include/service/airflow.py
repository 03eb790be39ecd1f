"""Airflow's parts on loopback: how they are started, waited for and stopped.

Not ``airflow standalone``: that opens ports on every interface and leaves its children behind when stopped. A service that
stays is watched over by ``include/service/supervisor.py``; a month's run starts its own parts and stops them again.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import NoReturn

import psutil

from include.contracts import load_contracts
from include.orchestration.airflow_api import AirflowApi, ServiceError
from include.orchestration.airflow_home import forget_passwords, log_file
from include.orchestration.service_lock import MONTH, STAYS, leave_service, refuse_during_month, take_service
from include.orchestration.users import UserError, make_users
from include.service.environment import airflow_environment
from include.service.part_watch import PartWatch
from include.service.parts import (
    HEALTH_NAMES,
    MONTH_PARTS,
    PART_MARK,
    PARTS,
    STOP_SECONDS,
    airflow_command,
    ask_health,
    end_processes,
    identify,
    is_running,
    pid_file,
    read_record,
    running_parts,
    service_processes,
    write_record,
)
from include.site import Site
from include.site.home import PRIVATE_UMASK

START_SECONDS = 180.0
PATIENCE_SECONDS = 300.0
"""So long a month goes on asking an API server that does not answer, while the part is started again."""
MONTH_RESTARTS = 3


def _leave(number: int, _: object) -> None:
    """Turn a request to end into an ordinary exit, so that what was started is stopped."""
    raise SystemExit(128 + number)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def stop_service(site: Site) -> list[str]:
    """Stop exactly what was started for this home; returns the parts that ran. Raises ServiceError while a month runs."""
    refuse_during_month(site)
    return _stop_all(site)


def _stop_all(site: Site) -> list[str]:
    record = read_record(site)
    ran = sorted(running_parts(site))
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
    service.stop_leftovers()
    service.migrate()
    if service.passwords:  # not into a service manager's journal
        print("用户已建好；口令请用 fangpin users reset <用户> 取得，只显示一次", flush=True)
    environment = {**airflow_environment(site, port), PART_MARK: "supervisor"}
    os.set_inheritable(lock, True)  # it is the supervisor's from now on, for as long as that runs
    os.execve(sys.executable, [sys.executable, "-m", "include.service.supervisor", str(port)], environment)


def start_service(site: Site, port: int) -> Airflow:
    """The service that stays: started under its supervisor, and returned when it is healthy and its DAGs are loaded.

    Raises ServiceError when it already runs, or when a part does not become healthy in time.
    """
    lock = take_service(site, STAYS)
    service = Airflow(site, port, patience=START_SECONDS)
    try:
        service.stop_leftovers()
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
            raise ServiceError(f"supervisor 启动后退出；详情见 {log_file(site, 'supervisor')}")

    try:
        service.wait_until_ready(tuple(PARTS), look)
    except BaseException:
        stop_service(site)
        raise
    service.patience = 0.0
    return service


@dataclass
class Airflow(AirflowApi):
    """A running Airflow of one home. Use as a context manager: leaving it stops exactly what it started."""

    port: int = field(default_factory=_free_port)
    passwords: dict[str, str] = field(default_factory=dict)
    """Of the users that starting it made: to be shown once."""
    _watch: PartWatch | None = None
    _lock: int | None = None

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
        self.stop_leftovers()
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
                raise ServiceError(
                    f"{part.name} 反复退出（{part.failures} 次），没有再重启；详情见 {log_file(self.site, part.name)}"
                )
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
        forget_passwords(self.site)

    def _run_once(self, *arguments: str) -> None:
        log = log_file(self.site, "setup")
        with log.open("ab") as output:
            done = subprocess.run(
                airflow_command(*arguments), env=airflow_environment(self.site, self.port), umask=PRIVATE_UMASK,
                stdout=output, stderr=output, stdin=subprocess.DEVNULL, check=False,
            )  # fmt: skip
        if done.returncode:
            raise ServiceError(f"airflow {' '.join(arguments[:2])} 未成功；详情见 {log}")

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

    def stop_leftovers(self) -> None:
        """End what a killed command left running: two schedulers must not share one database.

        Raises ServiceError when the service was started to stay, or when somebody else has the port.
        """
        record = read_record(self.site)
        if record.get("stays") and is_running(record.get("supervisor")):
            raise ServiceError("服务正在运行；请先用 fangpin down 停止，再运行本命令")
        _stop_all(self.site)
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                raise ServiceError(f"端口 {self.port} 已被别的程序占用；请停掉它，或用 --port 另选一个端口")

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
                    raise ServiceError(f"以下 DAG 文件无法载入：{'、'.join(errors)}")
                if not (lacking := sorted(expected - self.dags())):
                    return
            time.sleep(0.3)
        late = "、".join(lacking) or "api-server"
        raise ServiceError(f"{late} 在 {START_SECONDS:.0f} 秒内没有就绪；详情见 {log_file(self.site, 'scheduler').parent}")
