"""Makes the files, has them judged in two processes, and adds up what became of them by kind of change."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from benchmarks.mutations import change_surroundings, change_tables, change_units
from benchmarks.mutations.changes import CHANGES, DOUBTFUL
from benchmarks.mutations.good_files import make_good
from benchmarks.mutations.judge import Verdict, judge
from benchmarks.mutations.layout import Layout, plain_layout, rendered
from benchmarks.mutations.write_file import EXTENSIONS, write_file
from include.checking.divisions import Divisions
from include.contracts import load_contracts
from include.site import Site

REGISTERED = (change_tables, change_units, change_surroundings)
PROCESSES = 2
MOST_CHANGES = 3
LONGEST_LIST = 40


@dataclass(frozen=True)
class Made:
    """One file: its number, feed, the changes that were made, and what became of it."""

    index: int
    feed: str
    kind: str
    changes: tuple[str, ...]
    verdict: Verdict

    @property
    def is_clear(self) -> bool:
        """Whether a person would read it without asking."""
        return not DOUBTFUL & set(self.changes)


@dataclass
class Results:
    files: list[Made] = field(default_factory=list)

    @property
    def faulty(self) -> list[Made]:
        return [made for made in self.files if made.verdict.faults]

    def table(self) -> str:
        """By kind of change: files, taken whole, sent back or waiting, faults; then readable ones sent back, and the faults."""
        lines = ["| 改动 | 份数 | 全部采用 | 退回或待核定 | 错 | 原因 |", "|---|---|---|---|---|---|"]
        for name in [*CHANGES, *EXTENSIONS]:
            mine = [made for made in self.files if name in made.changes or name == made.kind]
            back = [made for made in mine if made.verdict.codes]
            codes = Counter(code for made in back for code in set(made.verdict.codes))
            why = "、".join(f"{code} {count}" for code, count in codes.most_common(4))
            whole, faulty = sum(made.verdict.is_whole for made in mine), sum(bool(made.verdict.faults) for made in mine)
            lines.append(f"| {name} | {len(mine)} | {whole} | {len(back)} | {faulty} | {why} |")
        clear = [made for made in self.files if made.is_clear and made.verdict.codes]
        lines += ["", f"人看得懂却退回或待核定：{len(clear)} 份"]
        lines += [f"  {made.index} {made.feed} {made.kind} {made.changes}：{made.verdict.words}" for made in clear[:LONGEST_LIST]]
        lines += ["", f"错：{len(self.faulty)} 份"]
        lines += [f"  {made.index} {made.feed} {made.kind} {made.changes}：{made.verdict.faults[:4]}" for made in self.faulty]
        return "\n".join(lines)


def run(seed: int, indexes: Iterable[int], keep: Path, *, keeps_all: bool = False, processes: int = PROCESSES) -> Results:
    """The files of these numbers, made and judged; those with faults are kept."""
    work = [(seed, index, keep, keeps_all) for index in indexes]
    if processes == 1 or len(work) < 10:
        return Results([_one(each) for each in work])
    with ProcessPoolExecutor(processes) as pool:
        return Results(list(pool.map(_one, work, chunksize=20)))


def make_layout(seed: int, index: int) -> tuple[Layout, tuple[str, ...]]:
    """The changed file of that number, and the changes in the order in which they were made."""
    chance = random.Random(f"{seed}-{index}")
    contracts = load_contracts()
    layout = plain_layout(make_good(contracts[index % len(contracts)], chance))
    wanted, made = chance.randint(1, MOST_CHANGES), []
    for name in chance.sample(list(CHANGES), len(CHANGES)):
        if len(made) < wanted and CHANGES[name](layout, chance):
            made.append(name)
    return layout, tuple(made)


@cache
def _place() -> tuple[Site, Divisions]:
    site = Site(Path(tempfile.mkdtemp(prefix="fangpin-mutations-home-")))
    return site, Divisions.load(site)


def _one(given: tuple[int, int, Path, bool]) -> Made:
    seed, index, keep, keeps_all = given
    layout, made = make_layout(seed, index)
    site, divisions = _place()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{layout.name}{layout.extension or EXTENSIONS[layout.kind]}"
        write_file(rendered(layout), path, layout.kind, layout.encoding)
        verdict = judge(path, layout.good, load_contracts(), divisions, site.county)
        if verdict.faults or keeps_all:
            keep.mkdir(parents=True, exist_ok=True)
            (keep / f"{seed}-{index}{path.suffix}").write_bytes(path.read_bytes())
    return Made(index, layout.good.contract.feed, layout.kind, made, verdict)
