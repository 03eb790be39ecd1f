"""Expected against actual, line by line, and the one table of the year that people read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from pathlib import Path

import pandas as pd

from include.clocks.duties import DUTY_TITLES, STATES
from include.contracts import load_contracts
from include.rehearsal.year.scenario import COMPARED, Drop, Line
from include.reports.labels import period_text
from include.site import Site
from include.storage.warehouse import connect

HEADS = ("时限", "责任单位", "数据", "期次", "截止", "收到", "情况", "件数", "已催办", "进入交办")


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it had to be, in words."""

    what: str
    expected: str
    actual: str

    def __str__(self) -> str:
        return f"{self.what}：应为“{self.expected or '无'}”，实为“{self.actual or '无'}”"


def compare(expected: Iterable[Line], actual: Iterable[Line]) -> list[Difference]:
    """Every field of every line; a line that only one side has, or that one side has twice, is a difference too."""
    heads = dict(zip((field.name for field in fields(Line)), HEADS, strict=True))
    wanted, given = list(expected), list(actual)
    found = []
    for key in sorted({line.key for line in wanted} | {line.key for line in given}):
        left = [line for line in wanted if line.key == key]
        right = [line for line in given if line.key == key]
        what = " ".join(key)
        if len(left) != 1 or len(right) != 1:
            found.append(Difference(what, f"{len(left)} 行", f"{len(right)} 行"))
            continue
        for name in COMPARED:
            values = getattr(left[0], name), getattr(right[0], name)
            if values[0] != values[1]:
                found.append(Difference(f"{what} {heads[name]}", *values))
    return found


def compare_files(sent: Iterable[Drop], deliveries: pd.DataFrame) -> list[Difference]:
    """Every file sent was received once on its day, and was published, refused, taken as a repetition or as a zero report."""
    days = deliveries["received_at"].dt.date.astype(str)
    actual = Counter(zip(deliveries["file"], days, deliveries["status"], strict=True))
    expected = Counter((drop.name, str(drop.at.date()), drop.status) for drop in sent)
    return [
        Difference(f"文件《{name}》{day} {status}", f"{expected[name, day, status]} 份", f"{actual[name, day, status]} 份")
        for name, day, status in sorted(expected.keys() | actual.keys())
        if expected[name, day, status] != actual[name, day, status]
    ]


def compare_letters(site: Site) -> list[Difference]:
    """Every reminder on record has its letter, as PDF and as text."""
    with connect(site) as connection:
        names = connection.execute("select distinct file_name from ledger.reminders order by all").fetchall()
    missing = [name for (name,) in names if not all((site.home / name).with_suffix(end).exists() for end in (".pdf", ".txt"))]
    return [Difference(f"催办函 {name}", "PDF 和文本", "") for name in missing]


def summed_up(lines: Iterable[Line]) -> list[Line]:
    """For the screen: the towns' lines of one clock, day and state in one, with their number and their warnings."""
    together: dict[tuple[str, ...], list[Line]] = {}
    for line in lines:
        is_town = line.clock in ("verify", "measure")
        owner = "" if is_town else line.owner
        group = (line.clock, owner, line.feed, line.period, line.due_on, line.came_on, line.state, line.chased)
        together.setdefault(group, []).append(line)
    return [
        replace(mine[0], owner=f"{len(mine)} 个镇", total=str(sum(int(line.total) for line in mine))) if not key[1] else mine[0]
        for key, mine in together.items()
    ]


def in_words(lines: Iterable[Line], site: Site) -> pd.DataFrame:
    """The lines as people read them: names in place of keys."""
    titles = {contract.feed: contract.title for contract in load_contracts()} | DUTY_TITLES
    owners = dict(site.county.departments) | {row["town_code"]: row["town_name"] for row in site.county_rows("divisions.csv")}
    return pd.DataFrame(
        [
            [
                owners.get(line.owner, line.owner), titles[line.feed], period_text(line.period), line.due_on, line.came_on,
                STATES[line.state], line.total, line.chased, line.dispatched_in,
            ]
            for line in lines
        ],
        columns=list(HEADS[1:]),
    )  # fmt: skip


def write_table(lines: Iterable[Line], site: Site, path: Path) -> None:
    """The year as CSV (UTF-8 with BOM, for WPS)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    in_words(lines, site).to_csv(path, index=False, encoding="utf-8-sig")
