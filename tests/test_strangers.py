"""The running service among hostile files and planted numbers: nobody is held up, everybody is answered, nothing leaks.

One service for all of it: registry first, then, all together, sound files of three departments, every file of ``hostile.py``
dropped and pushed, and sound files that carry numbers wherever a sender can put one.
"""

from __future__ import annotations

import os
import random
import socket
import statistics
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from include.deliveries.answer import set_aside_files
from include.deliveries.examine import LARGEST_AT_ONCE
from include.deliveries.inbox import inbox_files
from include.deliveries.tokens import issue_token
from include.service.parts import service_processes
from include.site import current_site
from include.site.home import readable_by_others
from include.storage.ledger import pending
from include.storage.warehouse import connect
from include.warnings.export import export
from tests import hostile
from tests.files import person, registry_rows, uninsured_rows, with_check_character, write_xlsx
from tests.privacy import leaks, numbers_in
from tests.test_month import fangpin

pytestmark = [pytest.mark.whole, pytest.mark.timeout(1500)]
NAMES = ("张三", "李四", "王五", "赵六")
LOSS = ("户主姓名", "户主身份证号", "乡镇", "行政村", "产业类型", "损失原因", "经济损失(元)", "发生日期")
CASE = ("信访编号", "受理日期", "姓名", "身份证号", "乡镇", "行政村", "诉求内容", "人均纯收入(元)", "基本生活是否困难")
FOLDERS = ("县医保局", "县农水局", "县信访局")
ROWS_OF_A_LARGE_FILE = 2500
"""Above 1 MB a delivery of events goes another way: through the DAG of its feed."""
PATIENCE = 1200.0


def planted(number: int) -> str:
    """A fictional number that stands nowhere else."""
    return with_check_character(f"3418251961{number // 28 % 12 + 1:02d}{number % 28 + 1:02d}{700 + number:03d}"[:17])


def loss(name: str, number: str | None = None, **other: Any) -> tuple[Any, ...]:
    given = {
        "户主姓名": name, "户主身份证号": number or person(name), "乡镇": "旌阳镇", "行政村": "华丰村", "产业类型": "茶叶",
        "损失原因": "冻害", "经济损失(元)": 60000, "发生日期": "2024-03-08",
    } | other  # fmt: skip
    return tuple(given[label] for label in LOSS)


def case(number: str, name: str, id_number: str | None = None, appeal: str = "生活困难") -> tuple[Any, ...]:
    return (number, "2024-03-08", name, id_number or person(name), "旌阳镇", "华丰村", appeal, 3000, "是")


@dataclass
class Watch:
    """What is measured meanwhile: how long the API server took to answer, and the most memory any reader had."""

    base_url: str
    answers: list[float] = field(default_factory=list)
    readers: dict[int, int] = field(default_factory=dict)
    done: threading.Event = field(default_factory=threading.Event)

    def run(self) -> Iterator[threading.Thread]:
        for work in (self._ask, self._measure):
            thread = threading.Thread(target=work)
            thread.start()
            yield thread

    def _ask(self) -> None:
        with httpx.Client(base_url=self.base_url, timeout=60) as client:
            while not self.done.wait(1):
                started = time.monotonic()
                client.get("/api/v2/monitor/health").raise_for_status()
                self.answers.append(time.monotonic() - started)

    def _measure(self) -> None:
        while not self.done.wait(0.1):
            for process in psutil.process_iter():
                try:
                    if any("read_child" in word for word in process.cmdline()):
                        size = process.memory_info().rss
                        self.readers[process.pid] = max(size, self.readers.get(process.pid, 0))
                except psutil.Error:
                    continue


@dataclass(frozen=True)
class Outcome:
    """The home as it is when everything has been answered."""

    home: Path
    environment: Mapping[str, str]
    watch: Watch
    sound: frozenset[str]
    hostile: frozenset[str]
    pushed: Counter[int]
    numbers: frozenset[str]
    printed: str


def drop(home: Path, folder: str, name: str, content: bytes) -> None:
    path = home / "inbox" / folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def drop_sound_files(home: Path) -> frozenset[str]:
    """Nine files of three departments with nothing wrong in them; returns their names."""
    inbox = home / "inbox"
    sound = set()
    for number, name in enumerate(NAMES[:3], start=1):
        files = {
            f"县医保局/未参保{number}_2024年3月.xlsx": uninsured_rows(name),
            f"县农水局/产业受损{number}.xlsx": [LOSS, loss(name)],
            f"县信访局/信访{number}.xlsx": [CASE, case(f"XF{number:03d}", name)],
        }
        for path, rows in files.items():
            write_xlsx(inbox / path, *rows)
            sound.add(Path(path).name)
    return frozenset(sound)


def drop_hostile_files(home: Path) -> frozenset[str]:
    """Every hostile file, spread over the three departments; returns the names they are received under."""
    made = hostile.inputs()
    assert len(made) >= 60 and len({kind for kind, _, _ in made}) >= 15
    names = set()
    for number, (_, name, content) in enumerate(made):
        mine = f"{number:03d}_{name}"
        drop(home, FOLDERS[number % len(FOLDERS)], mine, content)
        names.add(mine)
    return frozenset(names)


def plant(home: Path) -> tuple[frozenset[str], frozenset[str]]:
    """Sound and faulty files with a number wherever one fits; returns the numbers and the names of the files to be published."""
    numbers = [planted(number) for number in range(12)]
    inbox = home / "inbox"
    (key, event, large_event, file, sheet, folder, title, free, bad, place, period, head) = numbers
    write_xlsx(inbox / "县农水局" / "种.xlsx", LOSS, loss("甲某", key))
    write_xlsx(inbox / "县信访局" / "小.xlsx", CASE, case(event, "乙某", free, appeal=f"证号{free}的人来访"))
    chance = random.Random(7)
    words = ["".join(chr(chance.randrange(0x4E00, 0x9FA5)) for _ in range(300)) for _ in range(ROWS_OF_A_LARGE_FILE)]
    large = [case(f"{large_event}-{number}", "丙某", large_event, text) for number, text in enumerate(words)]
    write_xlsx(inbox / "县信访局" / "大.xlsx", CASE, case(large_event, "丙某", large_event), *large)
    assert (inbox / "县信访局" / "大.xlsx").stat().st_size > LARGEST_AT_ONCE
    write_xlsx(inbox / "县农水局" / f"{file}的损失.xlsx", LOSS, loss("丁某", file, 产业类型="水稻"))
    write_xlsx(inbox / "县农水局" / "表名.xlsx", LOSS, loss("戊某", sheet, 产业类型="水稻"), sheet=sheet)
    write_xlsx(inbox / folder / f"{folder}.xlsx", LOSS, loss("己某", folder))
    write_xlsx(inbox / "县农水局" / "标题.xlsx", (f"{title}的损失情况",), LOSS, loss("庚某", title, 产业类型="玉米"))
    write_xlsx(inbox / "县农水局" / "错.xlsx", LOSS, loss("辛某", bad[:-1] + ("0" if bad[-1] != "0" else "1")))
    write_xlsx(inbox / "县农水局" / "地.xlsx", LOSS, loss("壬某", place, 乡镇=place, 行政村=place))
    write_xlsx(inbox / "县信访局" / f"{period}_2024年3月.xlsx", CASE, case(f"XF{period}", "癸某", period))
    write_xlsx(inbox / "县医保局" / "头.xlsx", (*uninsured_rows()[0][:6], head), (*uninsured_rows("赵六")[1][:6], head))
    wrong = bad[:-1] + ("0" if bad[-1] != "0" else "1")
    published = {"种.xlsx", "小.xlsx", "大.xlsx", f"{file}的损失.xlsx", "表名.xlsx", "标题.xlsx", f"{period}_2024年3月.xlsx"}
    return frozenset({*numbers, wrong}), frozenset(published)


def push_hostile_files(base_url: str, tokens: Mapping[str, str]) -> Counter[int]:
    """Every hostile file as a push of its own kind; counts the answers by status."""
    counted: Counter[int] = Counter()
    with httpx.Client(base_url=f"{base_url}/fangpin", timeout=300) as client:
        for _, name, content in hostile.inputs():
            kind = "application/json" if name.endswith(".json") else "application/octet-stream"
            headers = {"Authorization": f"Bearer {tokens['petition']}", "Content-Type": kind}
            answer = client.post("/feeds/petition__case", params={"filename": name}, headers=headers, content=content)
            counted[answer.status_code] += 1
    return counted


def wait_until_quiet(home: Path) -> None:
    """Until nothing waits in the inbox or between receiving and publishing."""
    deadline = time.monotonic() + PATIENCE
    while True:
        waiting = [str(path) for path, _ in inbox_files(current_site())]
        if not waiting:
            with connect(current_site()) as connection:
                waiting = [item.delivery_id for item in pending(connection)]
        if not waiting:
            return
        assert time.monotonic() < deadline, waiting
        time.sleep(2)


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    base = tmp_path_factory.mktemp("strangers")
    home = base / "home"
    mine = {
        "FANGPIN_HOME": str(home), "FANGPIN_KEY_FILE": str(base / "warehouse.key"), "HOME": str(base),
        "FANGPIN_NOW": "2024-03-08T08:00:00",
    }  # fmt: skip
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")} | mine
    with pytest.MonkeyPatch.context() as patched:
        for name in [name for name in os.environ if name.startswith("AIRFLOW")]:
            patched.delenv(name)
        for name, value in mine.items():
            patched.setenv(name, value)
        assert fangpin(environment, "init", "--rehearsal").returncode == 0
        tokens = {"petition": issue_token(current_site(), "petition")}
        write_xlsx(home / "inbox" / "县乡村振兴局" / "名单20240301.xlsx", *registry_rows(*NAMES))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        started = fangpin(environment, "up", "--port", str(port))
        try:
            assert started.returncode == 0, started.stdout + started.stderr
            wait_until_quiet(home)
            watch = Watch(f"http://127.0.0.1:{port}")
            threads = list(watch.run())
            pushed: list[Counter[int]] = []
            pusher = threading.Thread(target=lambda: pushed.append(push_hostile_files(watch.base_url, tokens)))
            pusher.start()
            dropped = drop_hostile_files(home)
            sound = drop_sound_files(home)
            numbers, carried = plant(home)
            pusher.join()
            wait_until_quiet(home)
            watch.done.set()
            for thread in threads:
                thread.join()
            told = fangpin(environment, "status")
            yield Outcome(home, environment, watch, sound | carried, dropped, pushed[0], numbers, started.stdout + told.stdout)
        finally:
            stopped = fangpin(environment, "down")
            assert stopped.returncode == 0, stopped.stderr
            assert service_processes(current_site()) == []


def test_every_sound_file_is_published(outcome: Outcome) -> None:
    found = export(current_site(), "deliveries").set_index("file")
    assert {name: found.loc[name, "status"] for name in outcome.sound} == dict.fromkeys(outcome.sound, "published")
    counts = found[["rows", "accepted", "rejected", "duplicates"]].astype(int)
    assert (counts["rows"] == counts["accepted"] + counts["rejected"] + counts["duplicates"]).all()


def test_every_hostile_file_is_answered_or_set_aside(outcome: Outcome) -> None:
    found = export(current_site(), "deliveries")
    left = outcome.hostile - set(found["file"])
    assert left == set(), "received under their names"
    mine = found[found["file"].isin(outcome.hostile)]
    assert set(mine["status"]) <= {"published", "refused", "duplicate", "zero_report", "set_aside"}
    answered = {delivery_id for delivery_id in mine["delivery_id"] for _ in outcome.home.glob(f"returns/*/{delivery_id}_*")}
    owed = set(mine[mine["status"].isin(["refused", "set_aside"])]["delivery_id"])
    assert owed <= answered
    aside = set(mine[mine["status"] == "set_aside"]["delivery_id"])
    assert {item.delivery_id for item in set_aside_files(current_site())} >= aside


def test_no_push_gets_a_fault_of_ours(outcome: Outcome) -> None:
    assert set(outcome.pushed) <= {200, 201, 413, 422, 503}
    assert outcome.pushed.total() == len(hostile.inputs())


def test_the_api_server_answers_throughout(outcome: Outcome) -> None:
    answers = outcome.watch.answers
    print(f"{len(answers)} 次询问:中位数 {statistics.median(answers):.2f} 秒,最长 {max(answers):.2f} 秒")
    assert len(answers) > 20
    assert statistics.median(answers) < 1 and max(answers) < 5


def test_no_reader_has_more_than_a_gigabyte(outcome: Outcome) -> None:
    assert len(outcome.watch.readers) > 2
    assert max(outcome.watch.readers.values()) <= 2**30


def test_no_planted_number_is_written_where_it_does_not_belong(outcome: Outcome) -> None:
    known = set(outcome.numbers) | {person(name) for name in NAMES}
    looked_at = [outcome.home / name for name in ("airflow", "docs", "dbt", "quality", "warehouse", "audit", "archive", "push")]
    assert leaks([folder for folder in looked_at if folder.exists()], known) == {}
    assert numbers_in(outcome.printed.encode(), known) == set()
    names = {path.name for folder in looked_at for path in folder.rglob("*")}
    assert not [name for name in names if numbers_in(name.encode(), known)]
    with connect(current_site()) as connection:
        (held,) = connection.execute("select count(*) from raw.petition__case where case_id = ?", [planted(2)]).fetchone() or (0,)
    assert held == 1, "the number must be there to be found"


def test_nobody_else_can_read_anything_below_the_home(outcome: Outcome) -> None:
    inbox = outcome.home / "inbox"  # its folders are the senders'; nobody else gets as far
    assert [path for path in readable_by_others(current_site()) if not path.is_relative_to(inbox)] == []
    if os.geteuid() == 0:  # nobody else may become another user
        look = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "ls", str(outcome.home)]
        seen = subprocess.run(look, capture_output=True, text=True, check=False)
        assert seen.returncode != 0 and not seen.stdout
