"""一轮又一轮的突发，每轮在随机的时刻用 kill -9 杀掉服务的一个部分或一个正在跑的任务，看有没有丢、有没有重。

轮流杀：调度、触发、接口三个进程，正在收件入库的任务，正在跑 dbt 的任务。被杀的由看管进程再起，任务由 Airflow 重试。
每轮等到至今的每一件都恰好一行入库、一条预警、一次即时交办，有回执的都有结果，再开始下一轮；仓库每次都打得开。
任一件不符，以非零退出。

    python -m benchmarks.kill_loop [--rounds 20] [--pushes 18] [--files 12] [--senders 6] [--seed 11] [--keep 目录]
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import threading
import time
from collections import defaultdict
from contextlib import suppress

import httpx
import psutil

from benchmarks.burst import Event, Notices, Senders, in_a_home_of_its_own, look_up, make_events, misses, start
from include.orchestration.airflow_api import ServiceError
from include.service.airflow import Airflow
from include.service.parts import is_running, read_record
from include.site import Site

TASKS = {"收件入库": ("receive", "receive_inbox"), "筛查(dbt)": ("screen", "judge")}
PARTS = {"调度": "scheduler", "触发": "triggerer", "接口": "api-server"}
TARGETS = (*PARTS, *TASKS)
LATEST_SECONDS = 6.0
LONGEST_RECOVERY = 300.0


class Killer(threading.Thread):
    """Kills one target once, at a random moment of the round; ``killed`` says which process, if it was there in time."""

    def __init__(self, service: Airflow, target: str, chance: random.Random) -> None:
        super().__init__()
        self.service, self.target = service, target
        self.delay = chance.uniform(0, LATEST_SECONDS if target in PARTS else 2.0)
        self.killed: int | None = None

    def run(self) -> None:
        if self.target in PARTS:
            time.sleep(self.delay)
            self._kill(read_record(self.service.site)["parts"][PARTS[self.target]].get("pid"))
            return
        until = time.monotonic() + LONGEST_RECOVERY / 3
        while self.killed is None and time.monotonic() < until:
            if pid := self._running_task(*TASKS[self.target]):
                time.sleep(self.delay)
                self._kill(pid)
                self.delay /= 2  # it had ended before: not so late the next time
            time.sleep(0.1)

    def _running_task(self, dag_id: str, task_id: str) -> int | None:
        with suppress(ServiceError, httpx.HTTPError):
            found = self.service.call("GET", f"/dags/{dag_id}/dagRuns/~/taskInstances?state=running&limit=10")["task_instances"]
            return next((item["pid"] for item in found if item["task_id"] == task_id and item["pid"]), None)
        return None

    def _kill(self, pid: int | None) -> None:
        with suppress(ProcessLookupError, psutil.Error):
            if pid and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                os.kill(pid, signal.SIGKILL)
                self.killed = pid


def settle(site: Site, senders: Senders, events: list[Event], sent: list[Event], notices: Notices) -> list[str]:
    """Wait until every event ever sent is where it must be; returns what is not, when the time is over."""
    until = time.monotonic() + LONGEST_RECOVERY
    senders.until = until
    senders.wait_for_answers()
    lines = ["尚未核对"]
    while lines and time.monotonic() < until:
        time.sleep(1)
        found, issued = look_up(site, sent)
        lines = misses(sent, found, issued, notices)
    return lines


def run(site: Site, given: argparse.Namespace) -> bool:
    """All rounds against one service; whether everything is as it must be."""
    today, chance = site.now().date(), random.Random(given.seed)
    service, county = start(site, given.port, given.seed, today)
    events = make_events(county, given.pushes * given.rounds, given.files * given.rounds, today, chance)
    chance.shuffle(events)
    size, sent, recoveries = given.pushes + given.files, [], defaultdict(list)
    notices = Notices(site)
    with notices.watched():
        for number in range(given.rounds):
            target = TARGETS[number % len(TARGETS)]
            mine = events[number * size : (number + 1) * size]
            sent += mine
            senders = Senders(site, service.base_url, mine, LONGEST_RECOVERY)
            killer = Killer(service, target, chance)
            started = time.monotonic()
            killer.start()
            senders.send(given.senders)
            killer.join()
            lines = settle(site, senders, mine, sent, notices)
            if lines or killer.killed is None:
                print(f"第 {number + 1} 轮（{target}）", *(lines or ["没有等到可杀的进程"]), sep="\n- ", flush=True)
                return False
            recoveries[target].append(time.monotonic() - started)
            print(f"第 {number + 1} 轮：杀 {target}({killer.killed}),{recoveries[target][-1]:.0f} 秒后全部到位", flush=True)
    lost = [name for name in PARTS.values() if not is_running(read_record(site)["parts"].get(name))]
    print(f"{given.rounds} 次 kill -9，{len(sent)} 件：每件一行、一条预警、一次交办；没有再起的部分：{'、'.join(lost) or '无'}")
    for target, seconds in recoveries.items():
        print(f"- {target}：{len(seconds)} 次，全部到位最快 {min(seconds):.0f} 秒，最慢 {max(seconds):.0f} 秒")
    return not lost


def main() -> int:
    """Exit code 1 when a signal is missed or doubled, or a part stays down."""
    options = argparse.ArgumentParser(description="kill -9 循环")
    options.add_argument("--rounds", type=int, default=20)
    options.add_argument("--pushes", type=int, default=18)
    options.add_argument("--files", type=int, default=12)
    options.add_argument("--seed", type=int, default=11)
    return in_a_home_of_its_own(run, options)


if __name__ == "__main__":
    sys.exit(main())
