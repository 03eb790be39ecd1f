"""The supervisor on stand-in parts: each a small process with a child in a session of its own, as Airflow's have."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest

from include.orchestration.airflow_home import log_file
from include.service import airflow as service
from include.service import part_watch, parts
from include.service.airflow import stop_service
from include.service.environment import airflow_environment
from include.service.part_watch import MAX_RESTARTS, STEADY_SECONDS, PartWatch
from include.service.parts import (
    MARK,
    PART_MARK,
    PARTS,
    end_processes,
    is_running,
    pid_file,
    read_record,
    service_processes,
)
from include.service.supervisor import KEPT_LOGS, LOG_BYTES, Supervisor, rotate
from include.site import PROJECT, current_site

PORT = 18081
PART = """import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
time.sleep(600)
"""
SUPERVISOR = f"""import sys
from include.service import parts, supervisor
from include.site import current_site
parts.airflow_command = lambda *arguments: [sys.executable, "-c", {PART!r}, *arguments]
supervisor.Supervisor(current_site(), {PORT}).run()
"""


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_whole() -> bool:
    """Every part runs, with its child."""
    return all(len(service_processes(current_site(), part)) == 2 for part in PARTS) and all(
        is_running(read_record(current_site()).get("parts", {}).get(part)) for part in PARTS
    )


def part_of(name: str) -> psutil.Process:
    return psutil.Process(int(read_record(current_site())["parts"][name]["pid"]))


@pytest.fixture
def running(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**airflow_environment(current_site(), PORT), PART_MARK: "supervisor"}
    process = subprocess.Popen([sys.executable, "-c", SUPERVISOR], env=environment, cwd=PROJECT, start_new_session=True)
    try:
        wait_for(is_whole)
        yield process
    finally:
        process.kill()
        process.wait()
        end_processes(lambda: service_processes(current_site()), signal.SIGKILL)


def test_a_killed_part_is_started_again_and_its_children_do_not_stay(running: subprocess.Popen[bytes]) -> None:
    before = {process.pid for process in service_processes(current_site(), "scheduler")}
    others = {process.pid for process in service_processes(current_site())} - before
    part_of("scheduler").kill()
    wait_for(lambda: read_record(current_site())["parts"]["scheduler"]["restarts"] == 1 and is_whole())
    assert not before & {process.pid for process in service_processes(current_site())}
    assert others <= {process.pid for process in service_processes(current_site())}
    assert [known["restarts"] for part, known in read_record(current_site())["parts"].items() if part != "scheduler"] == [0, 0, 0]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_down_leaves_nothing_whatever_became_of_the_supervisor(
    running: subprocess.Popen[bytes], how: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (service, parts):
        monkeypatch.setattr(module, "STOP_SECONDS", 1.0)  # a stopped supervisor never answers
    running.send_signal(how)
    if how == signal.SIGKILL:
        running.wait()
        assert is_whole()
    assert set(stop_service(current_site())) >= set(PARTS)
    running.wait()
    assert service_processes(current_site()) == [] and not pid_file(current_site()).exists()
    assert stop_service(current_site()) == []


def test_a_supervisor_asked_to_end_takes_its_parts_along(running: subprocess.Popen[bytes]) -> None:
    running.terminate()
    assert running.wait(20) == 0
    assert service_processes(current_site()) == [] and not pid_file(current_site()).exists()


def test_another_homes_service_is_left_alone(
    running: subprocess.Popen[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("FANGPIN_HOME", str(tmp_path / "another"))
        assert stop_service(current_site()) == []
    assert is_whole()


@pytest.fixture
def dying(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    """A supervisor whose parts end at once, and that does not wait before it starts them again."""
    monkeypatch.setattr(parts, "airflow_command", lambda *_: [sys.executable, "-c", "raise SystemExit(3)"])
    monkeypatch.setattr(part_watch, "LONGEST_PAUSE", 0.0)
    yield Supervisor(current_site(), PORT)
    end_processes(lambda: service_processes(current_site()), signal.SIGKILL)


def look_until(watching: PartWatch, condition: Callable[[], bool]) -> None:
    def done() -> bool:
        watching.look()
        return condition()

    wait_for(done)


def test_what_dies_again_and_again_is_given_up_and_told(dying: Supervisor, capfd: pytest.CaptureFixture[str]) -> None:
    dying.parts = dying.parts[:1]
    (part,) = dying.parts
    look_until(dying, lambda: part.is_given_up)
    for _ in range(3):
        dying.look()
    assert part.process is None and part.restarts == MAX_RESTARTS and part.failures == MAX_RESTARTS + 1
    assert read_record(current_site())["parts"][part.name] == {"restarts": MAX_RESTARTS, "is_given_up": True}
    assert f"{part.name} 退出（3），第 {MAX_RESTARTS + 1} 次" in capfd.readouterr().out


def test_a_part_that_ran_steadily_starts_with_a_clean_slate(dying: Supervisor) -> None:
    dying.parts = dying.parts[:1]
    (part,) = dying.parts
    look_until(dying, lambda: part.failures == 4)
    look_until(dying, lambda: part.process is not None)
    part.started -= STEADY_SECONDS + 1
    look_until(dying, lambda: part.process is None)
    assert part.failures == 1


def test_the_pause_before_a_new_start_grows(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "airflow_command", lambda *_: [sys.executable, "-c", ""])
    watching = Supervisor(current_site(), PORT)
    watching.parts = watching.parts[:1]
    (part,) = watching.parts
    pauses = []
    for _ in range(8):
        part.next_start = 0.0
        look_until(watching, lambda: part.process is not None)
        look_until(watching, lambda: part.process is None)
        pauses.append(round(part.next_start - time.monotonic()))
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


ANSWERING = """import http.server, json, sys, time
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        beat = {name: str(time.time() if name in sys.argv[2:] else "once") for name in NAMES}
        beats = {name: {f"latest_{name}_heartbeat": beat[name]} for name in NAMES}
        body = json.dumps(beats).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
NAMES = ("scheduler", "dag_processor", "triggerer")
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Health).serve_forever()
"""


@pytest.fixture
def answering(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PartWatch]:
    """Parts of which one answers on a port of its own and tells that the scheduler and the triggerer have a beating heart."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def stand_in(*arguments: str) -> list[str]:
        sleeping = [sys.executable, "-c", "import time; time.sleep(600)"]
        beating = ("scheduler", "triggerer")
        return [sys.executable, "-c", ANSWERING, str(port), *beating] if arguments[0] == "api-server" else sleeping

    monkeypatch.setattr(parts, "airflow_command", stand_in)
    for name, seconds in {"ASK_EVERY_SECONDS": 0.1, "SILENT_SECONDS": 2.0, "BEATLESS_SECONDS": 600.0}.items():
        monkeypatch.setattr(part_watch, name, seconds)
    monkeypatch.setattr(part_watch, "ask_health", partial(parts.ask_health, seconds=0.5))
    watch = PartWatch(current_site(), airflow_environment(current_site(), port), PARTS, port)
    yield watch
    end_processes(lambda: service_processes(current_site()), signal.SIGKILL)


def test_an_api_server_that_runs_but_does_not_answer_is_started_again(
    answering: PartWatch, capfd: pytest.CaptureFixture[str]
) -> None:
    found = {part.name: part for part in answering.parts}
    server = found["api-server"]
    look_until(answering, lambda: server.sign is not None)
    assert server.process
    hung = server.process
    hung.send_signal(signal.SIGSTOP)
    look_until(answering, lambda: server.restarts == 1 and server.sign is not None)
    assert hung.poll() is not None and server.process and server.process.pid != hung.pid
    assert [part.restarts for part in answering.parts if part is not server] == [0, 0, 0]
    assert "api-server 已" in capfd.readouterr().out


def test_a_part_whose_heart_has_stopped_is_started_again_and_no_other(
    answering: PartWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {part.name: part for part in answering.parts}
    look_until(answering, lambda: found["api-server"].sign is not None)
    monkeypatch.setattr(part_watch, "BEATLESS_SECONDS", 2.0)
    look_until(answering, lambda: found["dag-processor"].restarts == 1)
    assert [found[name].restarts for name in ("api-server", "scheduler", "triggerer")] == [0, 0, 0]


def test_nobodys_heart_is_judged_while_the_api_server_is_away(answering: PartWatch, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {part.name: part for part in answering.parts}
    look_until(answering, lambda: found["api-server"].sign is not None)
    monkeypatch.setattr(part_watch, "BEATLESS_SECONDS", 1.0)
    monkeypatch.setattr(part_watch, "LONGEST_PAUSE", 3.0)
    server = found["api-server"]
    assert server.process
    server.failures = 3  # its next start waits longer than a heart may stop
    server.process.kill()
    look_until(answering, lambda: server.restarts == 1)
    assert [found[name].restarts for name in ("scheduler", "triggerer")] == [0, 0]


def test_old_logs_are_numbered_and_the_oldest_goes(tmp_path: Path) -> None:
    path = tmp_path / "scheduler.log"
    with path.open("ab") as writer:  # appends as a part does, over every rotation
        for number in range(KEPT_LOGS + 3):
            writer.write(f"{number}".encode() * 11)
            writer.flush()
            rotate(path, limit=10)
            assert path.stat().st_size == 0
        writer.write(b"after")
    assert path.read_bytes() == b"after"
    kept = {int(older.suffix[1:]): older.read_text("utf-8")[0] for older in tmp_path.glob("scheduler.log.*")}
    assert kept == {number: str(KEPT_LOGS + 3 - number) for number in range(1, KEPT_LOGS + 1)}


def test_a_log_is_turned_over_when_it_is_over_its_size(dying: Supervisor) -> None:
    dying.parts = []
    for name, size in (("triggerer", LOG_BYTES), ("supervisor", LOG_BYTES + 1)):
        log_file(current_site(), name).touch()
        os.truncate(log_file(current_site(), name), size)
    dying.look()
    names = {path.name: path.stat().st_size for path in log_file(current_site(), "any").parent.iterdir()}
    assert names == {"triggerer.log": LOG_BYTES, "supervisor.log": 0, "supervisor.log.1": LOG_BYTES + 1}


def test_parts_are_asked_to_listen_on_loopback_only(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, list[str]] = {}
    monkeypatch.setattr(parts, "airflow_command", lambda *arguments: asked.update({arguments[0]: [*arguments]}) or ["true"])
    watching = Supervisor(current_site(), PORT)
    watching.look()
    for part in watching.parts:
        assert part.process and part.process.wait(20) == 0
    assert asked["api-server"][1:3] == ["-H", "127.0.0.1"] and asked["api-server"][-2:] == ["-p", str(PORT)]
    assert all("--skip-serve-logs" in asked[part] for part in ("scheduler", "triggerer"))
    environment = airflow_environment(current_site(), PORT)
    assert environment["AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK"] == "False"
    assert environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == f"http://127.0.0.1:{PORT}/execution/"
    assert environment[MARK] == str(home)
