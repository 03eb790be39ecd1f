"""Watches over the service that stays: keeps Airflow's parts running and their logs small, stops them all on request.

It has no state but ``service.json``. When it is killed itself the parts run on unwatched; ``fangpin up`` replaces them all,
``fangpin down`` stops them.
"""

from __future__ import annotations

import shutil
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from include.orchestration.airflow_home import log_file
from include.service.environment import airflow_environment
from include.service.part_watch import PartWatch
from include.service.parts import PARTS, end_processes, identify, pid_file, service_processes, write_record
from include.site import Site, current_site
from include.site.home import make_private

LOG_BYTES = 20 * 2**20
KEPT_LOGS = 5
LOOK_SECONDS = 0.5


class Supervisor(PartWatch):
    """One home's service. ``run`` returns when it is asked to stop, with nothing left running."""

    def __init__(self, site: Site, port: int) -> None:
        super().__init__(site, airflow_environment(site, port), PARTS, port)
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
            pid_file(self.site).unlink(missing_ok=True)

    def look(self) -> list[str]:
        """Once around: the parts, what is recorded of them, and whose log is too long."""
        changed = super().look()
        if changed:
            self._record()
        for part in (*PARTS, "supervisor"):
            rotate(log_file(self.site, part))
        return changed

    def _record(self) -> None:
        parts: dict[str, dict[str, Any]] = {}
        for part in self.parts:
            parts[part.name] = {"restarts": part.restarts, "is_given_up": part.is_given_up}
            with suppress(psutil.NoSuchProcess):
                parts[part.name] |= identify(part.process.pid) if part.process else {}
        supervisor = identify(psutil.Process().pid)
        write_record(self.site, {"port": self.port, "stays": True, "supervisor": supervisor, "parts": parts})

    def _own(self) -> list[psutil.Process]:
        for part in self.parts:
            if part.process is not None:
                part.process.poll()  # takes away a zombie
        return service_processes(self.site)


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
    make_private()
    Supervisor(current_site(), int(sys.argv[1])).run()
