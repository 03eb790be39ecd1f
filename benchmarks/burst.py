"""一百件实时信号同时到达运行中的服务：六个发送方经接口推送六十件，另有四十份文件同时放入收件夹。

逐件核对：每件恰好一行入库、一条预警、一次即时交办，每张回执都有了结果；并给出从发出到通知（镇的工作簿和交办函写好）的用时。
服务、数据仓库和密钥都在临时目录里，结束时停掉并删除；名单是全县规模的虚构人口。任一件不符、用时超出，以非零退出。

    python -m benchmarks.burst [--pushes 60] [--files 40] [--senders 6] [--seed 7] [--keep 目录]
"""

from __future__ import annotations

import argparse
import os
import queue
import random
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import xlsxwriter

from include.contracts import REGISTRY, contract
from include.deliveries.tokens import issue_token
from include.rehearsal.county.divisions import read_divisions
from include.rehearsal.county.people import County, make_county
from include.rehearsal.county.registry import write_registry
from include.service.airflow import Airflow, start_service, stop_service
from include.site import Site, current_site
from include.storage.ledger import create_tables
from include.storage.warehouse import connect

LARGEST_MEDIAN = 15.0
LONGEST_WAIT = 300.0
LOOK_SECONDS = 0.05
FEEDS = (
    "water__industry_loss",
    "emergency__disaster_household",
    "public_security__incident",
    "petition__case",
    "emergency__disaster_area",
)


@dataclass
class Event:
    """One signal: its feed and its one row, when it was sent (a steady clock), and the receipt it got if it was pushed."""

    name: str
    feed: str
    row: dict[str, Any]
    is_pushed: bool
    sent: float = 0.0
    attempts: int = 0
    delivery_id: str = ""
    answer: str = ""

    @property
    def file_name(self) -> str:
        return f"{contract(self.feed).title}_{self.name}.xlsx"


@dataclass
class Found:
    """What the warehouse holds of one event: rows stored, and the instant dispatches that list them."""

    rows: int = 0
    signals: int = 0
    dispatches: list[str] = field(default_factory=list)


class Notices:
    """When each instant dispatch's notices were first seen whole in the reports folder."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.seen: dict[str, float] = {}

    @contextmanager
    def watched(self) -> Iterator[None]:
        done = threading.Event()

        def look() -> None:
            while not done.wait(LOOK_SECONDS):
                for path in self.site.reports.glob("instant-*"):
                    self.seen.setdefault(path.name, time.monotonic())

        watcher = threading.Thread(target=look)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()


def make_events(county: County, pushes: int, files: int, today: date, chance: random.Random) -> list[Event]:
    """Events that all meet their rule, each about another household, or about another town struck by one of the disasters."""
    known = Counter(member.number for home in county.registry for member in home.members)
    homes = [home for home in county.registry if known[home.head.number] == 1 and home.head.number not in county.old_numbers]
    count = pushes + files
    pushed = set(chance.sample(range(count), pushes))
    villages = {home.village.town.name: home.village.plain for home in homes}
    towns = sorted(villages)
    disasters = [f"D{chance.randrange(10**8):08d}" for _ in range(count // len(FEEDS) // len(towns) + 1)]
    events = []
    for index, home in enumerate(chance.sample(homes, count)):
        feed, name, day = FEEDS[index % len(FEEDS)], f"E{chance.randrange(10**8):08d}", today.isoformat()
        town = towns[index // len(FEEDS) % len(towns)]
        disaster = disasters[index // len(FEEDS) // len(towns)]
        head = {"head_name": home.head.name, "head_id_number": home.head.number}
        person = {"person_name": home.head.name, "id_number": home.head.number}
        rows: dict[str, dict[str, Any]] = {
            "water__industry_loss": {
                **head, "industry_type": "茶叶", "loss_reason": "冻害", "loss_yuan": 60000 + index, "occurred_date": day,
            },
            "emergency__disaster_household": {
                **head, "disaster_id": disaster, "damage_description": "房屋进水", "is_still_in_difficulty": "是",
                "assessed_date": day,
            },
            "public_security__incident": {
                **person, "incident_id": name, "incident_category": "交通事故", "occurred_date": day, "consequence": "重伤",
            },
            "petition__case": {
                **person, "case_id": name, "accepted_date": day, "appeal_content": "生活困难", "income_yuan": 3000,
                "is_in_difficulty": "是",
            },
            "emergency__disaster_area": {
                "disaster_id": disaster, "disaster_name": "暴雨", "disaster_type": "洪涝", "response_level": "四级",
                "started_date": day,
            },
        }  # fmt: skip
        place = {"town_name": home.village.town.name, "village_name": home.village.plain}
        struck = {"town_name": town, "village_name": villages[town]}
        row = rows[feed] | (struck if feed == "emergency__disaster_area" else place)
        events.append(Event(name, feed, row, index in pushed))
    return events


def write_file(path: Path, event: Event) -> None:
    """The workbook a department would send: its contract's heads and one row."""
    labels = {column.name: column.label for column in contract(event.feed).columns}
    with xlsxwriter.Workbook(str(path), {"strings_to_numbers": False}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, [labels[name] for name in event.row])
        sheet.write_row(1, 0, list(event.row.values()))


class Senders:
    """The departments' side: pushes and copies, and asks for receipts; whoever is refused a connection tries again."""

    def __init__(self, site: Site, base_url: str, events: list[Event], seconds: float) -> None:
        self.site, self.base_url, self.events = site, base_url, events
        self.until = time.monotonic() + seconds
        self.tokens = {name: issue_token(site, name) for name in {contract(event.feed).department for event in events}}

    def send(self, senders: int) -> None:
        """Everything at once: ``senders`` threads push one event after the other, one more drops the files."""
        drafts = self.site.home / "drafts"
        drafts.mkdir(exist_ok=True)
        files = [event for event in self.events if not event.is_pushed]
        for event in files:
            write_file(drafts / event.file_name, event)
        waiting: queue.SimpleQueue[Event] = queue.SimpleQueue()
        for event in self.events:
            if event.is_pushed:
                waiting.put(event)
        threads = [threading.Thread(target=self._push, args=(waiting,)) for _ in range(senders)]
        threads.append(threading.Thread(target=self._drop, args=(files, drafts)))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _drop(self, events: list[Event], drafts: Path) -> None:
        for event in events:
            folder = self.site.inbox / self.site.county.departments[contract(event.feed).department]
            folder.mkdir(parents=True, exist_ok=True)
            event.sent, event.attempts = time.monotonic(), 1
            shutil.copyfile(drafts / event.file_name, folder / event.file_name)

    def _push(self, waiting: queue.SimpleQueue[Event]) -> None:
        with httpx.Client(base_url=f"{self.base_url}/fangpin", timeout=60) as client:
            while True:
                try:
                    event = waiting.get_nowait()
                except queue.Empty:
                    return
                event.sent = time.monotonic()
                while not event.delivery_id and time.monotonic() < self.until:
                    event.attempts += 1
                    found = self._ask(client, "POST", f"/feeds/{event.feed}", event, json=[event.row])
                    event.delivery_id = found.get("delivery_id", "")

    def _ask(self, client: httpx.Client, method: str, path: str, event: Event, **given: Any) -> dict[str, Any]:
        """The answer, or after a short while nothing when there was none that a sender can use."""
        headers = {"Authorization": f"Bearer {self.tokens[contract(event.feed).department]}"}
        with suppress(httpx.TransportError):
            answer = client.request(method, path, headers=headers, **given)
            if answer.is_success:
                return dict(answer.json())
            if answer.status_code < 500:
                raise SystemExit(f"{event.name}：推送接口回答 {answer.status_code}：{answer.text}")
        time.sleep(0.5)
        return {}

    def wait_for_answers(self) -> None:
        """Until every receipt says what became of its delivery; asked for one after the other, once a second."""
        with httpx.Client(base_url=f"{self.base_url}/fangpin", timeout=60) as client:
            for event in self.events:
                while event.delivery_id and event.answer in ("", "received") and time.monotonic() < self.until:
                    event.answer = self._ask(client, "GET", f"/receipts/{event.delivery_id}", event).get("status", "")
                    if event.answer in ("", "received"):
                        time.sleep(1)


def look_up(site: Site, events: list[Event]) -> tuple[dict[str, Found], int]:
    """Event → what the warehouse holds of it, and how many warnings the instant dispatches issued in all."""
    found = {event.name: Found() for event in events}
    names = {event.delivery_id: event.name for event in events if event.delivery_id}
    names |= {event.file_name: event.name for event in events if not event.is_pushed}
    with connect(site) as connection:
        for feed in FEEDS:
            rows = connection.execute(
                f"""select deliveries.delivery_id, deliveries.file_name,
                    (select count(*) from risk.risk_signals as signals where signals.row_id = stored.row_id),
                    (select list(listed.dispatch_id) from ledger.dispatched_signals as listed where listed.row_id = stored.row_id)
                from raw.{feed} as stored inner join ledger.deliveries as deliveries using (delivery_id)"""
            ).fetchall()
            for delivery_id, file_name, signals, dispatches in rows:
                one = found[names.get(delivery_id) or names[file_name]]
                one.rows, one.signals = one.rows + 1, one.signals + signals
                one.dispatches += dispatches or []
        (issued,) = connection.execute(
            """select count(*) from ledger.dispatched_warnings
            where listing_kind = 'issued' and starts_with(dispatch_id, 'instant-')"""
        ).fetchone() or (0,)
    return found, int(issued)


def misses(events: list[Event], found: dict[str, Found], issued: int, notices: Notices) -> list[str]:
    """What is not exactly as it must be, a line each."""
    lines = []
    for event in events:
        one = found[event.name]
        if event.is_pushed and event.answer != "published":
            lines.append(f"{event.name}：回执 {event.delivery_id or '没有'}，结果 {event.answer or '没有'}")
        if (one.rows, one.signals, len(one.dispatches)) != (1, 1, 1):
            lines.append(f"{event.name}({event.feed})：入库 {one.rows} 行，信号 {one.signals} 条，即时交办 {one.dispatches}")
        elif one.dispatches[0] not in notices.seen:
            lines.append(f"{event.name}：{one.dispatches[0]} 没有写出通知")
    if issued != len(events):
        lines.append(f"共 {len(events)} 件，而即时交办预警 {issued} 条")
    return lines


def start(site: Site, port: int, seed: int, today: date) -> tuple[Airflow, County]:
    """The service, with a county-sized registry published and screened, and nothing else under way."""
    county = make_county(read_divisions(site), seed, "county")
    registry = site.inbox / site.county.departments[site.county.bureau] / f"脱贫户和监测对象名单_{today:%Y%m%d}.xlsx"
    registry.parent.mkdir(parents=True)
    write_registry(county, today, registry)
    service = start_service(site, port)
    until = time.monotonic() + LONGEST_WAIT
    while time.monotonic() < until:
        time.sleep(3)
        with connect(site) as connection:
            create_tables(connection)
            screened = connection.execute("from ledger.screenings").fetchall()
        if screened and not service.runs(states=("queued", "running")):
            return service, county
    raise SystemExit(f"服务启动后 {LONGEST_WAIT:.0f} 秒内没有筛查完{REGISTRY}；日志在 {site.airflow / 'logs'}")


def run(site: Site, given: argparse.Namespace) -> bool:
    """One burst against a fresh service; whether everything is as it must be."""
    today, chance = site.now().date(), random.Random(given.seed)
    service, county = start(site, given.port, given.seed, today)
    events = make_events(county, given.pushes, given.files, today, chance)
    senders, notices = Senders(site, service.base_url, events, LONGEST_WAIT), Notices(site)
    with notices.watched():
        senders.send(given.senders)
        sending = max(event.sent for event in events) - min(event.sent for event in events)
        senders.wait_for_answers()
        lines = ["尚未核对"]
        while lines and time.monotonic() < senders.until:
            time.sleep(3)
            found, issued = look_up(site, events)
            lines = misses(events, found, issued, notices)
    print(f"{given.pushes} 件推送（{given.senders} 个发送方）、{given.files} 份文件，{sending:.1f} 秒内发完；{os.cpu_count()} 核")
    if lines:
        print("不符：", *lines, sep="\n- ")
        return False
    print(f"{len(events)} 件：每件入库一行、预警一条、即时交办一次，回执都有结果；分在 {len(notices.seen)} 次即时交办")
    return _report(events, found, notices)


def _report(events: list[Event], found: dict[str, Found], notices: Notices) -> bool:
    medians = []
    for name, chosen in (("推送", True), ("文件", False)):
        waits = [notices.seen[found[event.name].dispatches[0]] - event.sent for event in events if event.is_pushed == chosen]
        if waits:
            medians.append(statistics.median(waits))
            print(f"- {name}到通知：中位数 {medians[-1]:.1f} 秒，最长 {max(waits):.1f} 秒，最短 {min(waits):.1f} 秒")
    is_fast = max(medians) < LARGEST_MEDIAN
    print(f"中位数要求低于 {LARGEST_MEDIAN:.0f} 秒：{'达到' if is_fast else '未达到'}")
    return is_fast


def in_a_home_of_its_own(run: Callable[[Site, argparse.Namespace], bool], options: argparse.ArgumentParser) -> int:
    """Run in the folder asked for or in a temporary one, and stop the service whatever comes; the exit code."""
    options.add_argument("--senders", type=int, default=6)
    options.add_argument("--port", type=int, default=8091)
    options.add_argument("--keep", type=Path, help="用这个（空的）目录，结束后留着")
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="fangpin-service-") as folder:
        home = (given.keep or Path(folder)).resolve()
        os.environ |= {"FANGPIN_HOME": str(home / "home"), "FANGPIN_KEY_FILE": str(home / "key")}
        site = current_site()
        try:
            return 0 if run(site, given) else 1
        finally:
            stop_service(site)


def main() -> int:
    """Exit code 1 when a signal is missed or doubled, or the median is too long."""
    options = argparse.ArgumentParser(description="实时信号突发基准")
    options.add_argument("--pushes", type=int, default=60)
    options.add_argument("--files", type=int, default=40)
    options.add_argument("--seed", type=int, default=7)
    return in_a_home_of_its_own(run, options)


if __name__ == "__main__":
    sys.exit(main())
