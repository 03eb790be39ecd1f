"""Lay out the files of a new feed after one that exists; what a person has to write is marked 待写."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from include.contracts.feed_files import CONTRACTS, RULES, TO_WRITE, files_of, rules_of
from include.contracts.model import Contract, ContractError

FEED = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*__[a-z][a-z0-9]*(_[a-z0-9]+)*")
RULE_VALUES = Path("dbt_project/seeds/rule_values.csv")


def lay_out(root: Path, feed: str, like: str, contracts: Sequence[Contract], departments: Mapping[str, str]) -> list[Path]:
    """Write contract, judging model with its unit test, suite and rule of ``feed`` as ``like`` has them; their paths.

    ``departments``: key -> Chinese name. Raises ContractError when the key is wrong or taken, or ``like`` is no feed to start
    from; nothing is written then.
    """
    known = {contract.feed: contract for contract in contracts}
    department, _, dataset = feed.partition("__")
    if not FEED.fullmatch(feed):
        raise ContractError(f"“{feed}”不能作数据的名字", remedy="请写成 <部门>__<数据>，只用小写英文和下划线，如 petition__case")
    if feed in known:
        raise ContractError(f"“{feed}”已经有了：{CONTRACTS / feed}.yaml")
    if department not in departments:
        raise ContractError(
            f"没有部门“{department}”", remedy=f"请先在县设置 county.yml 的 departments 里加上，已有：{'、'.join(departments)}"
        )
    usable = _usable(root, contracts)
    if like not in usable:
        raise ContractError(f"不能照“{like}”写；可用（只有一条规则、不按词判定的）：{'、'.join(usable)}")
    model = known[like]
    (rule,) = rules_of(root, like)
    new_rule = f"{model.warning_type}.{dataset}"
    if any(other["rule_id"] == new_rule for each in contracts for other in rules_of(root, each.feed)):
        raise ContractError(f"规则编号 {new_rule} 已经用了", remedy="请换一个数据名")
    texts: dict[Path, str] = {}
    for old, new in zip(files_of(like, is_screened=True), files_of(feed, is_screened=True), strict=True):
        if old.is_by_hand:
            text = (root / old.path).read_text("utf-8")
            text = re.sub(rf"(?<![a-z0-9]){like}(?![a-z0-9_])", feed, text)
            texts[new.path] = re.sub(rf"\b{re.escape(rule['rule_id'])}\b", new_rule, text)
    contract_file, sql, yml, suite = texts
    texts[contract_file] = _contract(texts[contract_file], feed, departments[department], new_rule, _free_order(contracts, model))
    texts[sql] = f"-- {TO_WRITE}：照 {like} 写成的判定；改成这种数据的，再删去这一行\n{texts[sql]}"
    names = re.sub(r"(?m)^(  - name: )(?!int_)", rf"\g<1>{dataset}__", texts[yml])
    texts[yml] = f"# {TO_WRITE}：照 {like} 写成的说明和单元测试；改成这种数据的，再删去这一行\n{names}"
    texts[suite] = re.sub(r"(?m)^(name|purpose): .*$", rf"\1: 投递_{departments[department]}_{TO_WRITE}", texts[suite])
    texts[RULES] = _with_rule(root, {**rule, "rule_id": new_rule, "cause": new_rule, "feed": feed})
    if taken := [path for path in texts if path != RULES and (root / path).exists()]:
        raise ContractError(f"{taken[0]} 已经有了", remedy="请先移走或换一个数据名")
    for path, text in texts.items():
        (root / path).write_text(text, "utf-8")
    return list(texts)


def _usable(root: Path, contracts: Sequence[Contract]) -> list[str]:
    """Feeds to start from: with one rule, which judges by figures and conditions and not by a list of words."""
    with (root / RULE_VALUES).open(encoding="utf-8-sig", newline="") as lines:
        by_word = {line["rule_id"] for line in csv.DictReader(lines)}
    found = []
    for contract in contracts:
        rules = {rule["rule_id"] for rule in rules_of(root, contract.feed)}
        if len(rules) == 1 and not rules & by_word:
            found.append(contract.feed)
    return found


def _free_order(contracts: Sequence[Contract], model: Contract) -> int:
    taken = {contract.order for contract in contracts}
    return next(order for order in range(model.order + 1, max(taken) + 2) if order not in taken)


def _contract(text: str, feed: str, department_name: str, rule_id: str, order: int) -> str:
    values = {
        "order": str(order), "cause": rule_id, "causeName": TO_WRITE, "titleWords": f"[{TO_WRITE}]",
    }  # fmt: skip
    for name, value in values.items():
        text = re.sub(rf"(?m)^(  - \{{property: {name}, value: ).*\}}$", rf"\g<1>{value}}}", text)
    fields = {
        "name": TO_WRITE, "domain": feed.partition("__")[0], "team": f"{{name: {department_name}}}",
        "description": f"{{purpose: {TO_WRITE}}}", "    businessName": TO_WRITE, "    description": TO_WRITE,
    }  # fmt: skip
    for name, value in fields.items():
        text = re.sub(rf"(?m)^{name}: .*$", f"{name}: {value}", text)
    return re.sub(r"\A#.*\n", f"# {TO_WRITE}：何时报什么；逐行核对，各处“{TO_WRITE}”都写上\n", text)


def _with_rule(root: Path, rule: Mapping[str, str]) -> str:
    """The seed of rules with one more line, after the last."""
    text = (root / RULES).read_text("utf-8")
    line = io.StringIO()
    writer = csv.DictWriter(line, list(rule), lineterminator="\n")
    writer.writerow({**rule, "name": TO_WRITE, "clause_text": TO_WRITE})
    return f"{text.rstrip()}\n{line.getvalue()}"
