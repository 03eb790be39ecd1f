"""Keeps Airflow's parts running: starts again, so often and no oftener, what died and what lives but does not answer.

An API server answers its health page; the other parts leave a heartbeat that the page tells. What counts is that a heartbeat
changes, not what time it says: a clock that is set back or forward makes no part look dead.
"""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from include.orchestration.airflow_api import API_SERVER
from include.service.parts import HEALTH_NAMES, ask_health, end_processes, service_processes, start_part
from include.site import Site

LONGEST_PAUSE = 60.0
STEADY_SECONDS = 300.0
MAX_RESTARTS = 10
ASK_EVERY_SECONDS = 5.0
SILENT_SECONDS = 60.0
"""So long may an API server that has answered before leave its health page unanswered."""
STARTING_SECONDS = 300.0
"""So long may one take until it answers for the first time."""
BEATLESS_SECONDS = 300.0
"""So long may another part go without a heartbeat; under load a database that is locked holds them up for minutes."""


@dataclass
class Part:
    """A part, its process, how often it died without having run steadily in between, and its last sign of life."""

    name: str
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    restarts: int = 0
    failures: int = 0
    next_start: float = 0.0
    max_restarts: int = MAX_RESTARTS
    sign: str | None = None
    sign_at: float = 0.0

    @property
    def is_given_up(self) -> bool:
        return self.failures > self.max_restarts

    def is_hung(self, now: float) -> bool:
        """Whether it runs but has shown no sign of life for longer than it may."""
        if self.process is None:
            return False
        allowed = BEATLESS_SECONDS
        if self.name == API_SERVER:
            allowed = SILENT_SECONDS if self.sign else STARTING_SECONDS
        return now - self.sign_at > allowed


class PartWatch:
    """The parts of one home's Airflow. ``look`` is called again and again by whoever waits for them."""

    def __init__(
        self,
        site: Site,
        environment: Mapping[str, str],
        names: Iterable[str],
        port: int,
        *,
        max_restarts: int | None = None,
        say: Callable[[str], None] = lambda text: print(text, flush=True),
    ) -> None:
        self.site, self.environment, self.port, self.say = site, environment, port, say
        self.parts = [Part(name, max_restarts=MAX_RESTARTS if max_restarts is None else max_restarts) for name in names]
        self._ask_at = 0.0

    def look(self) -> list[str]:
        """Once around: who died, who hangs, who is due to start; returns the names of those that ended or began."""
        self._ask()
        return [part.name for part in self.parts if self._look_after(part)]

    def _ask(self) -> None:
        """Take note of signs of life. While the API server is silent nobody knows of the others: they are given time."""
        if time.monotonic() < self._ask_at:
            return
        told = ask_health(self.port)
        now = time.monotonic()
        self._ask_at = now + ASK_EVERY_SECONDS
        for part in self.parts:
            if part.name == API_SERVER:
                sign = "answered" if told is not None else None
                is_alive = told is not None
            else:
                health = HEALTH_NAMES[part.name]
                sign = (told or {}).get(health, {}).get(f"latest_{health}_heartbeat")
                is_alive = told is None or sign != part.sign
            if is_alive:
                part.sign, part.sign_at = sign or part.sign, now

    def _look_after(self, part: Part) -> bool:
        now = time.monotonic()
        if part.is_hung(now):
            self._say(f"{part.name} 已 {now - part.sign_at:.0f} 秒没有应答，结束后重启")
            end_processes(lambda: service_processes(self.site, part.name), signal.SIGKILL)
        if part.process is not None and part.process.poll() is not None:
            self._bury(part, now)
            return True
        if part.process is None and now >= part.next_start and not part.is_given_up:
            part.restarts += part.started > 0
            part.process = start_part(self.site, self.environment, part.name, self.port)
            part.started = part.sign_at = now
            part.sign = None
            return True
        return False

    def _bury(self, part: Part, now: float) -> None:
        assert part.process is not None
        steady = now - part.started > STEADY_SECONDS
        part.failures = 1 if steady else part.failures + 1
        part.next_start = now + min(LONGEST_PAUSE, 2.0 ** (part.failures - 1))
        self._say(f"{part.name} 退出（{part.process.returncode}），第 {part.failures} 次")
        part.process = None
        # what it started must not go on beside what its successor starts
        end_processes(lambda: service_processes(self.site, part.name), signal.SIGKILL)

    def _say(self, text: str) -> None:
        self.say(f"{time.strftime('%F %T')} {text}")
