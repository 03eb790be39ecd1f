"""What the standard's model does not check: that a contract is complete, unambiguous and classified."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from include.contracts.model import KINDS, PERSONAL, PERSONAL_KINDS, Contract, ContractError, clean_choice

WARNING_TYPES = frozenset({
    "illness", "epidemic", "schooling", "housing", "water", "low_income", "employment_income", "disability", "industry",
    "disaster", "petition",
})  # fmt: skip
SUBJECTS = frozenset({"person", "household", "area"})
CADENCES = frozenset({"month", "quarter", "half_year", "year", "event", "as_needed"})
PERIOD_KINDS = frozenset({"month", "quarter", "term", "year", "event", "date", "dispatch"})
CLASSIFICATIONS = PERSONAL | {"internal", "public"}
DUE_RULE = re.compile(
    r"monthly:\d{1,2}|quarter_end|year_end|term:\d\d-\d\d,\d\d-\d\d|event:\+\d+d|at_once|none|setting:[a-z_]+_days"
)
CLAUSE = re.compile(r"第[一二三四五六七八九十]+条\([一二三四五六七八九十]+\)")
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def check_document(document: dict[str, Any], where: str) -> None:
    """The parts the loader builds on: version, owner, both SLA entries with their regulatory driver, the stated clause."""
    if document.get("kind") != "DataContract" or document.get("apiVersion") != "v3.1.0":
        _fail(where, "apiVersion/kind", "须为 v3.1.0 的 DataContract")
    for field in ("id", "version", "status", "name", "domain", "team", "slaProperties"):
        if not document.get(field):
            _fail(where, field, "缺失")
    if not (isinstance(document["team"], dict) and document["team"].get("name")):
        _fail(where, "team.name", "须写明负责部门")
    sla = {entry.get("property"): entry for entry in document["slaProperties"]}
    for name in ("frequency", "timeOfAvailability"):
        if not (sla.get(name) or {}).get("value"):
            _fail(where, f"slaProperties.{name}", "缺失;报送周期和时限都要写")
        if sla[name].get("driver") != "regulatory":
            _fail(where, f"slaProperties.{name}.driver", "须为 regulatory(依据通知)")
    if not sla["timeOfAvailability"].get("description"):
        _fail(where, "slaProperties.timeOfAvailability.description", "须用中文写明时限")
    custom = {entry.get("property") for entry in document.get("customProperties", [])}
    for name in ("clause", "periodKind", "rowKey"):
        if name not in custom:
            _fail(where, f"customProperties.{name}", "缺失")


def check_contract(contract: Contract, stem: str, where: str) -> None:
    """Raises ContractError on the first thing wrong with a built contract."""
    if contract.feed != stem:
        _fail(where, "id", f"“{contract.feed}”与文件名不一致")
    _one_of(where, "frequency", contract.cadence, CADENCES)
    _one_of(where, "periodKind", contract.period_kind, PERIOD_KINDS)
    if not DUE_RULE.fullmatch(contract.due_rule):
        _fail(where, "timeOfAvailability.value", f"时限规则“{contract.due_rule}”无法识别")
    if not CLAUSE.fullmatch(contract.clause):
        _fail(where, "clause", f"条款“{contract.clause}”请写成 第二条(一)")
    if contract.warning_type is not None:
        _one_of(where, "warningType", contract.warning_type, WARNING_TYPES)
        _one_of(where, "subject", contract.subject or "", SUBJECTS)
        if not (contract.cause or "").startswith(f"{contract.warning_type}."):
            _fail(where, "cause", "须以预警类型开头,如 illness.uninsured")
    _check_columns(contract, where)
    for field, names in (
        ("rowKey", contract.row_key),
        ("periodColumn", filter(None, [contract.period_column])),
        ("eventColumn", filter(None, [contract.event_column])),
    ):
        for name in names:
            if not contract.has_column(name):
                _fail(where, field, f"列 {name} 不存在")
    if not contract.row_key:
        _fail(where, "rowKey", "为空;须写明哪些列确定一行")
    if not contract.title_words:
        _fail(where, "titleWords", "为空;须写明标题或文件名中的常见字样")


def _check_columns(contract: Contract, where: str) -> None:
    names: set[str] = set()
    heads: dict[str, str] = {}
    for column in contract.columns:
        if column.name in names:
            _fail(where, column.name, "列名重复")
        names.add(column.name)
        if not NAME.fullmatch(column.name):
            _fail(where, column.name, "列名须为小写英文和下划线")
        _one_of(where, f"{column.name}.kind", column.kind, KINDS)
        _one_of(where, f"{column.name}.classification", column.classification, CLASSIFICATIONS)
        if column.kind in PERSONAL_KINDS and column.classification not in PERSONAL:
            _fail(where, f"{column.name}.classification", "是个人信息,须为 personal 或 sensitive")
        if column.name.endswith("_yuan") != (column.kind == "amount") or column.name.endswith("_mu") != (column.kind == "area"):
            _fail(where, column.name, "金额列名以 _yuan 结尾,面积列名以 _mu 结尾,其他列不可")
        if (column.kind in {"choice", "choices", "level"}) != bool(column.choices):
            _fail(where, f"{column.name}.choices", "类别列须写明取值,其他列不写")
        for head in column.heads:
            if heads.setdefault(head, column.name) != column.name:
                _fail(where, f"{column.name}.aliases", f"表头“{head}”同时属于列 {heads[head]}")
        _check_choices(column.name, column.choices, where)


def _check_choices(name: str, choices: dict[str, tuple[str, ...]], where: str) -> None:
    meant: dict[str, str] = {}
    for canonical, texts in choices.items():
        for text in (canonical, *texts):
            if meant.setdefault(clean_choice(text), canonical) != canonical:
                _fail(where, f"{name}.choices", f"写法“{text}”同时属于“{meant[clean_choice(text)]}”和“{canonical}”")


def _one_of(where: str, field: str, value: str, allowed: Iterable[str]) -> None:
    if value not in allowed:
        _fail(where, field, f"“{value}”无效;可用:{'、'.join(sorted(allowed))}")


def _fail(where: str, field: str, problem: str) -> None:
    raise ContractError(f"{where}:字段 {field}:{problem}")
