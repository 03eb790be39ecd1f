"""五十万行 × 12 列的一份报送：只用 pandas 读它要多久，我们读、规范、检查、入库它要多久，各占多少内存。

每一项在自己的子进程里量；计时不含装入程序包，装入用时另列。内存取两个数：最大的一个进程（getrusage），
以及子进程连同它启动的读表进程之和的最高值（每 50 毫秒看一次，共用的内存页重复计，只会多不会少）。

    python benchmarks/read_large.py [--rows 500000] [--file 已有的.xlsx]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.large_book import FILE_NAME, make_book

LARGEST_SHARE = 1 / 6
LARGEST_MEMORY = 1024  # MB
SAMPLE_SECONDS = 0.05


@dataclass
class Measured:
    """Seconds of the steps, and megabytes of the largest process and of all together at their peak."""

    steps: dict[str, float]
    loading: float
    rows: int
    largest: float
    together: float

    @property
    def seconds(self) -> float:
        return sum(self.steps.values())


# In the child


def read_with_pandas(book: Path) -> dict[str, Any]:
    """Only reads the sheet into a frame."""
    started = time.perf_counter()
    import openpyxl  # noqa: F401
    import pandas as pd

    loaded = time.perf_counter()
    frame = pd.read_excel(book, engine="openpyxl", header=2)
    return {"steps": {"读": time.perf_counter() - loaded}, "loading": loaded - started, "rows": len(frame)}


def ingest(book: Path, *, with_gate: bool) -> dict[str, Any]:
    """Drops the book into the inbox of an empty home and takes it to ``raw``."""
    started = time.perf_counter()
    from include.deliveries import examine as check_delivery
    from include.deliveries import publish
    from include.deliveries.receive import receive_inbox
    from include.site import current_site

    if with_gate:
        import include.quality.gate  # noqa: F401
    else:
        from include.quality.gate import GateResult

        check_delivery._gate = lambda *_: GateResult(success=True, critical=(), warnings=(), evaluated=0)
    inbox = current_site().inbox / "medical_insurance"
    inbox.mkdir(parents=True)
    (inbox / FILE_NAME).write_bytes(book.read_bytes())
    laps = [time.perf_counter()]
    (arrival,) = receive_inbox(current_site())
    laps.append(time.perf_counter())
    if arrival.feed is None:
        raise RuntimeError("基准文件没有被认出")
    checked = publish.check_feed(current_site(), arrival.feed)
    laps.append(time.perf_counter())
    publish.publish_feed(current_site(), arrival.feed, checked)
    laps.append(time.perf_counter())
    seconds = [after - before for before, after in pairwise(laps)]
    steps = dict(zip(("接收", "规范检查", "入库"), seconds, strict=True))
    return {"steps": steps, "loading": laps[0] - started, "rows": _published(arrival.feed)}


def _published(feed: str) -> int:
    from include.site import current_site
    from include.storage.warehouse import connect

    with connect(current_site()) as connection:
        (outcome,) = connection.execute("select status, row_count, accepted_count from ledger.outcomes").fetchall()
        (stored,) = connection.execute(f"select count(*) from raw.{feed}").fetchone() or (0,)
    if outcome[0] != "published" or outcome[2] != stored:
        raise RuntimeError(f"基准文件没有如数入库：{outcome}，表中 {stored} 行")
    return int(outcome[1])


MEASURED = {
    "pandas.read_excel(openpyxl)只读": read_with_pandas,
    "本系统 读+规范+检查+质量关+入库": lambda book: ingest(book, with_gate=True),
    "本系统 同上,不过质量关": lambda book: ingest(book, with_gate=False),
}


def _child(name: str, book: Path) -> None:
    result = MEASURED[name](book)
    own, readers = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps(result | {"largest": max(own, readers)}))


# In the parent


def measure(name: str, book: Path) -> Measured:
    """Runs one of MEASURED in a process of its own, in an empty home."""
    with tempfile.TemporaryDirectory(prefix="fangpin-bench-") as folder:
        environment = os.environ | {
            "FANGPIN_HOME": f"{folder}/home",
            "FANGPIN_KEY_FILE": f"{folder}/key",
            "FANGPIN_NOW": "2024-03-09T08:00:00",
            "PYTHONUTF8": "1",
        }
        command = [sys.executable, __file__, "--child", name, "--file", str(book)]
        child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        together = _peak_together(child)
        output = child.stdout.read() if child.stdout else ""
    if child.returncode:
        raise SystemExit(f"“{name}”没有跑完（返回 {child.returncode}）")
    return Measured(**json.loads(output.splitlines()[-1]), together=together)


def _peak_together(child: subprocess.Popen[str]) -> float:
    highest = 0
    process = psutil.Process(child.pid)
    while child.poll() is None:
        resident = 0
        try:
            for part in (process, *process.children(recursive=True)):
                resident += part.memory_info().rss
        except psutil.Error:
            continue
        highest = max(highest, resident)
        time.sleep(SAMPLE_SECONDS)
    return highest / 2**20


def _report(rows: int, book: Path, found: dict[str, Measured]) -> bool:
    """Prints the table; whether time and memory are within bounds."""
    base, whole = list(found.values())[:2]
    print(f"\n{rows:,} 行 × 12 列，{book.stat().st_size / 2**20:.1f} MB;{os.cpu_count()} 核，开始时负载 {os.getloadavg()[2]:.1f}")
    for name, item in found.items():
        steps = ",".join(f"{step} {seconds:.1f}" for step, seconds in item.steps.items())
        print(
            f"- {name}：{item.seconds:.1f} 秒（{steps}；装入程序 {item.loading:.1f} 另计），"
            f"为 pandas 的 {item.seconds / base.seconds:.2f};"
            f"内存 最大进程 {item.largest:.0f} MB，合计峰值 {item.together:.0f} MB"
        )
    share, memory = whole.seconds / base.seconds, max(whole.largest, whole.together)
    fast, small = share <= LARGEST_SHARE, memory < LARGEST_MEMORY
    print(f"用时比 {share:.3f}（要求不超过 {LARGEST_SHARE:.3f}）：{'达到' if fast else '未达到'}")
    print(f"内存 {memory:.0f} MB（要求低于 {LARGEST_MEMORY}）：{'达到' if small else '未达到'}")
    return fast and small


def main() -> int:
    """Exit code 1 when a bound is missed."""
    options = argparse.ArgumentParser(description="大文件读入基准")
    options.add_argument("--rows", type=int, default=500_000)
    options.add_argument("--file", type=Path, help="用现成的文件，不另造")
    options.add_argument("--child", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.child:
        _child(given.child, given.file)
        return 0
    with tempfile.TemporaryDirectory(prefix="fangpin-bench-") as folder:
        book = given.file or Path(folder) / FILE_NAME
        if not given.file:
            print(f"正在造 {given.rows:,} 行的文件……", flush=True)
            make_book(book, given.rows)
        found = {}
        for name in MEASURED:
            print(f"正在量：{name}……", flush=True)
            found[name] = measure(name, book)
        return 0 if _report(list(found.values())[-1].rows, book, found) else 1


if __name__ == "__main__":
    raise SystemExit(main())
