"""Every file of a feed, found by its key, and what of it is missing: so that no feed is read and then not screened."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from include.contracts.model import Contract
from include.contracts.render import GENERATED, RISK_YML, SCHEDULE, STAGING

JUDGED = "int_judged__"
"""What the model that judges a feed's rows is called, before the feed's key."""
CONTRACTS = Path("include/contracts/feeds")
JUDGED_FOLDER = Path("dbt_project/models/intermediate/screened")
SUITES = Path("expectations/deliveries")
RULES = Path("dbt_project/seeds/rules.csv")
TO_WRITE = "待写"
"""Stands wherever ``fangpin feed new`` leaves something for a person to write."""


@dataclass(frozen=True)
class FeedFile:
    """A file of a feed, below the project's root: what it is, and whether a person writes it or the contracts render it."""

    what: str
    path: Path
    is_by_hand: bool


def files_of(feed: str, *, is_screened: bool) -> list[FeedFile]:
    """The files that one feed has to itself; those written by hand first."""
    staging = STAGING / feed.partition("__")[0] / f"stg_{feed}.sql"
    judged = JUDGED_FOLDER / f"{JUDGED}{feed}.sql"
    by_hand = [("数据契约", CONTRACTS / f"{feed}.yaml")]
    if is_screened:
        by_hand += [("判定模型", judged), ("判定模型的说明和单元测试", judged.with_suffix(".yml"))]
    by_hand += [("质量期望", SUITES / f"{feed}.yaml")]
    rendered = [("staging 模型", staging), ("staging 模型的说明", staging.with_suffix(".yml"))]
    return [FeedFile(*each, True) for each in by_hand] + [FeedFile(*each, False) for each in rendered]


def shared_files(contract: Contract) -> list[FeedFile]:
    """The files in which a feed has a line or a block among others."""
    found = [FeedFile("种子：数据一览", GENERATED / "feeds.csv", False)]
    if contract.list_check:
        found.append(FeedFile("种子：名单比较", GENERATED / "list_checks.csv", False))
    if contract.warning_type:
        found += [
            FeedFile("规则", RULES, True),
            FeedFile("种子：预警原因", GENERATED / "causes.csv", False),
            FeedFile("预警表", RISK_YML.with_name(f"risk_{contract.warning_type}.sql"), True),
            FeedFile("预警表的质量期望", Path(f"expectations/risk/risk_{contract.warning_type}.yaml"), True),
        ]
    return [*found, FeedFile("宏：模型所需", Path("dbt_project/macros/feeds.sql"), False), FeedFile("时刻表", SCHEDULE, False)]


def rules_of(root: Path, feed: str) -> list[dict[str, str]]:
    """The rules that judge a feed's rows, as the seed has them."""
    return [rule for rule in _rules(root) if rule["feed"] == feed]


def unit_tests_of(root: Path, feed: str) -> list[str]:
    """Names of the unit tests of the model that judges a feed's rows."""
    model = f"{JUDGED}{feed}"
    path = root / JUDGED_FOLDER / f"{model}.yml"
    described: dict[str, Any] = (yaml.safe_load(path.read_text("utf-8")) or {}) if path.exists() else {}
    return [test["name"] for test in described.get("unit_tests", []) if test["model"] == model]


def gaps(root: Path, contracts: Sequence[Contract]) -> list[str]:
    """What is missing below ``root``, one Chinese sentence each with the file's name; empty when every feed is whole."""
    return [*_without_a_contract(root, contracts), *(gap for contract in contracts for gap in gaps_of(root, contract))]


def gaps_of(root: Path, contract: Contract) -> Iterator[str]:
    """What a feed with a contract lacks: a file, a rule, a unit test, or something not written yet."""
    feed = contract.feed
    for each in files_of(feed, is_screened=bool(contract.warning_type)):
        path = root / each.path
        if not path.exists():
            yield f"{feed}：缺少 {each.path}（{each.what}）" + ("" if each.is_by_hand else "；请运行 fangpin contracts render")
        elif each.is_by_hand and TO_WRITE in path.read_text("utf-8"):
            yield f"{feed}：{each.path} 还有“{TO_WRITE}”没有写完"
    if not contract.warning_type:
        return
    judged = JUDGED_FOLDER / f"{JUDGED}{feed}.yml"
    if (root / judged).exists() and not unit_tests_of(root, feed):
        yield f"{feed}：{judged} 没有 {JUDGED}{feed} 的单元测试；请为规则的每个分支写一个"
    rules = rules_of(root, feed)
    if not rules:
        yield f"{feed}：{RULES} 没有这种数据的规则；它的行不会形成预警"
    for rule in rules:
        named = f"{feed}：{RULES} 的规则 {rule['rule_id']}"
        if (rule["warning_type"], rule["cause"]) != (contract.warning_type, contract.cause):
            yield f"{named} 的预警类型或原因与契约不同；应为 {contract.warning_type}、{contract.cause}"
        if TO_WRITE in "".join(rule.values()):
            yield f"{named} 还有“{TO_WRITE}”没有写完"


def _without_a_contract(root: Path, contracts: Iterable[Contract]) -> Iterator[str]:
    known = {contract.feed for contract in contracts}
    found = {
        **{path: path.stem.removeprefix(JUDGED) for path in (root / JUDGED_FOLDER).glob(f"{JUDGED}*")},
        **{path: path.stem for path in (root / SUITES).glob("*.yaml") if not path.stem.startswith("_")},
    }
    for path, feed in sorted(found.items()):
        if feed not in known:
            yield f"{feed}：缺少 {CONTRACTS / f'{feed}.yaml'}（数据契约），却有 {path.relative_to(root)}"
    for rule in _rules(root):
        if rule["feed"] not in known:
            yield f"{rule['feed']}：缺少 {CONTRACTS / rule['feed']}.yaml（数据契约），却有规则 {rule['rule_id']}"


def _rules(root: Path) -> list[dict[str, str]]:
    with (root / RULES).open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))
