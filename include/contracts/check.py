"""What the standard's model does not check: that a contract is complete, unambiguous and classified."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from include.contracts.model import (
    KINDS,
    PERSONAL,
    PERSONAL_KINDS,
    REGISTRY,
    Contract,
    ContractError,
    clean_choice,
    number_column,
)

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
OWN = frozenset({
    "order", "clause", "warningType", "cause", "causeName", "subject", "periodKind", "periodColumn", "eventColumn", "rowKey",
    "titleWords", "claims", "homeMayBeElsewhere", "listCheck", "template", "registryColumns",
})  # fmt: skip
"""What a contract says in customProperties; docs/add-a-feed.md tells what each is for."""
LIST_CHECK = {
    "repeatedCode": "repeated_code", "equalShare": "equal_share", "fewestRows": "fewest_rows",
    "resentAfterDays": "resent_after_days", "volumeFactor": "volume_factor", "fewestPeriods": "fewest_periods",
    "mostPeriods": "most_periods",
}  # fmt: skip
HANDED_OVER = frozenset({"whole", "masked"})
"""How a department is given a column of the registry."""
LISTS = frozenset({"month", "quarter", "term", "year"})
"""Periods in which a feed sends a whole list; such lists are compared with those before."""
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
            _fail(where, f"slaProperties.{name}", "缺失；报送周期和时限都要写")
        if sla[name].get("driver") != "regulatory":
            _fail(where, f"slaProperties.{name}.driver", "须为 regulatory（依据通知）")
    if not sla["timeOfAvailability"].get("description"):
        _fail(where, "slaProperties.timeOfAvailability.description", "须用中文写明时限")
    custom = {entry.get("property"): entry.get("value") for entry in document.get("customProperties", [])}
    for name in ("order", "clause", "periodKind", "rowKey"):
        if name not in custom:
            _fail(where, f"customProperties.{name}", "缺失")
    if unknown := sorted(custom.keys() - OWN):
        _fail(where, f"customProperties.{unknown[0]}", f"不认识；可用：{'、'.join(sorted(OWN))}")
    if type(custom["order"]) is not int:
        _fail(where, "customProperties.order", "须为整数，决定各处列出的先后")
    for name in ("homeMayBeElsewhere", "template"):
        if not isinstance(custom.get(name, False), bool):
            _fail(where, f"customProperties.{name}", "须为 true 或 false")
    if not isinstance(custom.get("registryColumns", {}), dict):
        _fail(where, "customProperties.registryColumns", "须写成 {person_name: whole, id_number: masked}")
    if "listCheck" in custom:
        _check_list(custom["listCheck"], where)
    table = document["schema"][0]
    if not table.get("businessName"):
        _fail(where, "schema.0.businessName", "缺失；须写明这张表的中文名")
    if not table.get("description"):
        _fail(where, "schema.0.description", "缺失；须用英文写明一行是什么，如 a petition and its petitioner")


def _check_list(given: Any, where: str) -> None:
    field = "customProperties.listCheck"
    if not isinstance(given, dict):
        _fail(where, field, "须写成 {repeatedCode: list_repeated, resentAfterDays: 20}")
    if unknown := sorted(given.keys() - LIST_CHECK.keys()):
        _fail(where, f"{field}.{unknown[0]}", f"不认识；可用：{'、'.join(LIST_CHECK)}")
    for name in LIST_CHECK:
        if name not in given:
            _fail(where, f"{field}.{name}", "缺失")
        is_right = isinstance(given[name], str) if name == "repeatedCode" else type(given[name]) in (int, float)
        if not is_right:
            _fail(where, f"{field}.{name}", "须为疑点代码，如 list_repeated" if name == "repeatedCode" else "须为数字")


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
            _fail(where, "cause", "须以预警类型开头，如 illness.uninsured")
        if not contract.cause_name:
            _fail(where, "causeName", "缺失；须写明这一预警原因的中文名")
        if (contract.subject == "area") == bool(contract.claims):
            _fail(where, "claims", "个人和户须写明由哪些列认人，如 [head]；区域不写")
    _check_columns(contract, where)
    if contract.period_kind in LISTS and not (contract.list_check and contract.list_check.repeated_code):
        _fail(where, "listCheck", "按期报送的名单须写明与上一期怎样比较，如 {repeatedCode: list_repeated, resentAfterDays: 20}")
    for field, names in (
        ("claims", [column for role in contract.claims for column in (f"{role}_name", number_column(role), "town_name")]),
        ("rowKey", contract.row_key),
        ("periodColumn", filter(None, [contract.period_column])),
        ("eventColumn", filter(None, [contract.event_column])),
    ):
        for name in names:
            if not contract.has_column(name):
                _fail(where, field, f"列 {name} 不存在")
    if not contract.row_key:
        _fail(where, "rowKey", "为空；须写明哪些列确定一行")
    if not contract.title_words:
        _fail(where, "titleWords", "为空；须写明标题或文件名中的常见字样")


def check_together(contracts: Sequence[Contract]) -> None:
    """What must differ between contracts, and what those with one cause must say alike. Raises ContractError."""
    orders: dict[int, str] = {}
    causes: dict[str, Contract] = {}
    by_feed = {contract.feed: contract for contract in contracts}
    for contract in contracts:
        where = f"feeds/{contract.feed}.yaml"
        if (other := orders.setdefault(contract.order, contract.feed)) != contract.feed:
            _fail(where, "order", f"{contract.order} 已由 feeds/{other}.yaml 使用；请换一个数")
        _check_registry_columns(contract, by_feed.get(REGISTRY), where)
        if contract.cause is None:
            continue
        first = causes.setdefault(contract.cause, contract)
        for field, mine, theirs in (
            ("causeName", contract.cause_name, first.cause_name),
            ("subject", contract.subject, first.subject),
        ):
            if mine != theirs:
                _fail(where, field, f"“{mine}”与 feeds/{first.feed}.yaml 的“{theirs}”不同；同一预警原因须写得一样")


def _check_registry_columns(contract: Contract, registry: Contract | None, where: str) -> None:
    for name, how in contract.registry_columns.items():
        field = f"registryColumns.{name}"
        asked = registry.column(name) if registry and registry.has_column(name) else None
        if asked is None:
            _fail(where, field, "名册没有这一列")
        _one_of(where, field, str(how), HANDED_OVER)
        if how == "masked" and asked.kind != "id_number":
            _fail(where, field, "只有证件号码可以写 masked；其他列不需要的就不写")


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
            _fail(where, f"{column.name}.classification", "是个人信息，须为 personal 或 sensitive")
        if column.name.endswith("_yuan") != (column.kind == "amount") or column.name.endswith("_mu") != (column.kind == "area"):
            _fail(where, column.name, "金额列名以 _yuan 结尾，面积列名以 _mu 结尾，其他列不可")
        if (column.kind in {"choice", "choices", "level"}) != bool(column.choices):
            _fail(where, f"{column.name}.choices", "类别列须写明取值，其他列不写")
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
        _fail(where, field, f"“{value}”无效；可用：{'、'.join(sorted(allowed))}")


def _fail(where: str, field: str, problem: str) -> NoReturn:
    raise ContractError(f"字段 {field}：{problem}", where=where)
