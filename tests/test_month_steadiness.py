"""A month on a real Airflow that is disturbed: by a second month, by a part that is killed, by one that hangs."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from include.plain import SWITCH
from include.service.parts import read_record, service_processes
from include.site import current_site
from include.site.home import readable_by_others
from include.warnings.export import export
from tests.test_month import key_of

pytestmark = [pytest.mark.whole, pytest.mark.timeout(2400)]
DISPATCH = "2024-03"
LONGEST = 1200.0


@pytest.fixture
def sampled(home: Path) -> Path:
    """A rehearsal's home with the small county's files in its inbox."""
    done = begin("sample", "--month", DISPATCH, "--seed", "7", "--size", "small")
    assert done.wait(60) == 0, told(done)
    return home


def begin(*arguments: str) -> subprocess.Popen[str]:
    """The command ``fangpin``, begun; whatever umask the caller has."""
    command = [str(Path(sys.executable).with_name("fangpin")), *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")} | {SWITCH: "1"}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL, umask=0
    )


def told(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.read()


@pytest.fixture
def month(sampled: Path) -> Iterator[subprocess.Popen[str]]:
    """A month under way, ended whatever comes."""
    process = begin("month", DISPATCH, "--approve-as", "bureau")
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(60)


def wait_for(condition: Callable[[], bool], month: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + LONGEST
    while not condition():
        assert month.poll() is None, told(month)
        assert time.monotonic() < deadline
        time.sleep(0.2)


def part_of(name: str) -> psutil.Process | None:
    known = read_record(current_site()).get("parts", {}).get(name)
    with suppress(psutil.NoSuchProcess):  # the record is a moment older than the process
        return psutil.Process(int(known["pid"])) if known else None
    return None


AT_WORK = re.compile(r"airflow worker -- [0-9a-f]{8}-")


def is_at_work() -> bool:
    """Whether a task runs: its worker, a child of the scheduler's, calls itself by it."""
    scheduler = part_of("scheduler")
    for child in scheduler.children(recursive=True) if scheduler else ():
        with suppress(psutil.Error):
            if AT_WORK.match(" ".join(child.cmdline())):
                return True
    return False


def lose(name: str, how: signal.Signals, month: subprocess.Popen[str]) -> None:
    """Take a part from the month while a task runs."""
    wait_for(is_at_work, month)
    lost = part_of(name)
    assert lost
    lost.send_signal(how)
    wait_for(lambda: (now := part_of(name)) is not None and now.pid != lost.pid, month)


def test_a_second_month_is_refused_and_what_is_lost_in_the_middle_is_started_again(
    month: subprocess.Popen[str], sampled: Path
) -> None:
    """One month bears it all: a second month, ``up`` and ``down`` beside it, a scheduler killed, an API server that hangs.

    And it does so with every trick that buys speed switched off.
    """
    wait_for(lambda: part_of("scheduler") is not None, month)
    before = {part["pid"] for part in read_record(current_site())["parts"].values()}
    for second in (begin("month", DISPATCH, "--approve-as", "bureau"), begin("up"), begin("down")):
        said = told(second)
        assert second.wait(60) == 1 and f"已有一个 fangpin month 正在运行（进程 {month.pid}）" in said
    assert before <= {process.pid for process in service_processes(current_site())}
    lose("scheduler", signal.SIGKILL, month)
    lose("api-server", signal.SIGSTOP, month)
    said = told(month)
    assert month.wait(LONGEST) == 0, said
    for part in ("scheduler", "api-server"):
        assert f"{part} 中途退出或没有应答，已重启 1 次" in said
    assert service_processes(current_site()) == []
    assert readable_by_others(current_site()) == [], "调用者的 umask 是 000"
    expected = json.loads((sampled / "answers.json").read_text("utf-8"))["warnings"]
    listed = export(current_site(), "warnings", dispatch=DISPATCH, is_masked=False).astype(object)
    found = listed.where(listed.notna(), None).to_dict("records")
    assert sorted(map(key_of, found)) == sorted(map(key_of, expected)), "关掉所有提速手段,预警也一样"
