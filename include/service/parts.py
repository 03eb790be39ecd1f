"""Airflow's parts as processes: how one is started, found again whatever became of its parents, asked for its health, ended.

A part is known by its environment, and by the moment of its birth: a number alone may later be another's.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psutil

from include.orchestration.airflow_home import log_file
from include.site import Site
from include.site.home import PRIVATE_UMASK

PARTS: dict[str, list[str]] = {
    "api-server": ["api-server", "-H", "127.0.0.1", "--workers", "1"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}
MONTH_PARTS = ("api-server", "scheduler", "dag-processor")
HEALTH_NAMES = {"scheduler": "scheduler", "dag-processor": "dag_processor", "triggerer": "triggerer"}
MARK, PART_MARK = "FANGPIN_SERVICE", "FANGPIN_PART"
STOP_SECONDS = 20.0
ASK_SECONDS = 10.0


def pid_file(site: Site) -> Path:
    """Which processes serve this home, on which port."""
    return site.airflow / "service.json"


def airflow_command(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).with_name("airflow")), *arguments]


def start_part(site: Site, environment: Mapping[str, str], part: str, port: int) -> subprocess.Popen[bytes]:
    """One part in a session of its own; it and all it starts carry the home and the part's name in their environment."""
    extra = ["-p", str(port)] if part == "api-server" else []
    with log_file(site, part).open("ab") as log:
        return subprocess.Popen(
            airflow_command(*PARTS[part], *extra),
            env={**environment, PART_MARK: part},
            stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True, umask=PRIVATE_UMASK,
        )  # fmt: skip


def write_record(site: Site, record: Mapping[str, Any]) -> None:
    """Replace the record of what serves this home: a reader sees the old one or the new one, never half."""
    fresh = pid_file(site).with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps(record), "utf-8")
    fresh.replace(pid_file(site))


def read_record(site: Site) -> dict[str, Any]:
    """What was last written about the service of this home; empty when nothing serves it or the record is damaged."""
    with suppress(FileNotFoundError, ValueError):
        return dict(json.loads(pid_file(site).read_text("utf-8")))
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


def service_processes(site: Site, part: str | None = None) -> list[psutil.Process]:
    """Every process started for this home's service (or one part of it), however deep and whoever its parent is now.

    They are known by their environment, which a recycled number or a parent's death does not change.
    """
    wanted = {MARK: str(site.home)} | ({PART_MARK: part} if part else {})
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and wanted.items() <= process.environ().items():
                found.append(process)
    return found


def running_parts(site: Site) -> set[str]:
    """Names of the parts, the supervisor among them, that have a process; one that ends meanwhile has none."""
    names = set()
    for process in service_processes(site):
        with suppress(psutil.Error, OSError):
            names.add(process.environ().get(PART_MARK, ""))
    return names - {""}


def end_processes(find: Callable[[], Iterable[psutil.Process]], first: int = signal.SIGTERM) -> None:
    """Ask the processes found to end, and kill what is still there in time, until none is found any more."""
    seconds, asked = STOP_SECONDS, first
    while processes := list(find()):
        for process in processes:
            with suppress(psutil.Error):
                process.send_signal(asked)
        psutil.wait_procs(processes, seconds)
        seconds, asked = 2.0, signal.SIGKILL


def ask_health(port: int, seconds: float = ASK_SECONDS) -> dict[str, Any] | None:
    """What the API server on this machine's port says of itself and the other parts; None when it does not answer in time."""
    with suppress(httpx.HTTPError, ValueError):
        return dict(httpx.get(f"http://127.0.0.1:{port}/api/v2/monitor/health", timeout=seconds).json())
    return None
