"""Watches over the service: starts Airflow's parts, starts again what dies, keeps their logs small, stops them all on request.

It has no state but ``service.json``. When it is killed itself the parts run on unwatched; ``fangpin up`` replaces them all,
``fangpin down`` stops them.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from include.service import (
    PARTS,
    airflow_environment,
    end_processes,
    identify,
    log_file,
    pid_file,
    service_processes,
    start_part,
    write_record,
)
from include.settings import Settings, settings

LONGEST_PAUSE = 60.0
STEADY_SECONDS = 300.0
MAX_RESTARTS = 10
LOG_BYTES = 20 * 2**20
KEPT_LOGS = 5
LOOK_SECONDS = 0.5


@dataclass
class Part:
    """A part, its process, and how often it died without having run steadily in between."""

    name: str
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    restarts: int = 0
    failures: int = 0
    next_start: float = 0.0

    @property
    def is_given_up(self) -> bool:
        return self.failures > MAX_RESTARTS


class Supervisor:
    """One home's service. ``run`` returns when it is asked to stop, with nothing left running."""

    def __init__(self, where: Settings, port: int) -> None:
        self.where, self.port = where, port
        self.environment = airflow_environment(where, port)
        self.parts = [Part(name) for name in PARTS]
        self.stopping = threading.Event()

    def run(self) -> None:
        """Keep the parts running until SIGTERM or SIGINT."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: self.stopping.set())
        try:
            while not self.stopping.wait(LOOK_SECONDS):
                self.look()
        finally:
            end_processes(self._own)
            pid_file(self.where).unlink(missing_ok=True)

    def look(self) -> None:
        """Once around: who died, who is due to start, whose log is too long."""
        changed = [self._look_after(part) for part in self.parts]
        if any(changed):
            self._record()
        for part in (*PARTS, "supervisor"):
            rotate(log_file(self.where, part))

    def _look_after(self, part: Part) -> bool:
        now = time.monotonic()
        if part.process is not None and part.process.poll() is not None:
            steady = now - part.started > STEADY_SECONDS
            part.failures = 1 if steady else part.failures + 1
            part.next_start = now + min(LONGEST_PAUSE, 2.0 ** (part.failures - 1))
            print(f"{time.strftime('%F %T')} {part.name} 退出({part.process.returncode}),第 {part.failures} 次", flush=True)
            part.process = None
            # what it started must not go on beside what its successor starts
            end_processes(lambda: service_processes(self.where, part.name), signal.SIGKILL)
            return True
        if part.process is None and now >= part.next_start and not part.is_given_up:
            part.restarts += part.started > 0
            part.process, part.started = start_part(self.where, self.environment, part.name, self.port), now
            return True
        return False

    def _record(self) -> None:
        parts: dict[str, dict[str, Any]] = {}
        for part in self.parts:
            parts[part.name] = {"restarts": part.restarts, "is_given_up": part.is_given_up}
            with suppress(psutil.NoSuchProcess):
                parts[part.name] |= identify(part.process.pid) if part.process else {}
        supervisor = identify(psutil.Process().pid)
        write_record(self.where, {"port": self.port, "stays": True, "supervisor": supervisor, "parts": parts})

    def _own(self) -> list[psutil.Process]:
        for part in self.parts:
            if part.process is not None:
                part.process.poll()  # takes away a zombie
        return service_processes(self.where)


def rotate(path: Path, limit: int = LOG_BYTES, kept: int = KEPT_LOGS) -> None:
    """Copy a log that has grown over ``limit`` bytes aside and empty it: its writers append and need not know."""
    if not path.exists() or path.stat().st_size <= limit:
        return
    for number in range(kept - 1, 0, -1):
        older = path.with_name(f"{path.name}.{number}")
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{number + 1}"))
    shutil.copyfile(path, path.with_name(f"{path.name}.1"))
    with path.open("r+b") as log:
        log.truncate()


if __name__ == "__main__":
    Supervisor(settings(), int(sys.argv[1])).run()
