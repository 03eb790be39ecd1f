"""Suites as auditors read them (``expectations/**.yaml``) turned into Great Expectations suites.

A suite file says what is expected of a whole delivery, of a risk table or of the findings; this module resolves what it refers
to: shared groups, templates, the contract's columns and choices. Values known only when checking stay
parameters (``$period``, ``$rule:…``).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from include.contracts import Contract, contract, load_contracts
from include.contracts.tables import RISK_COLUMNS
from include.errors import FangpinError
from include.site import PROJECT

if TYPE_CHECKING:
    from include.quality.engine import Condition, ExpectationSuite

Item = Mapping[str, Any]
"""One expectation as it is written."""
RULES = PROJECT / "dbt_project" / "seeds" / "rules.csv"
FINDING_KINDS = PROJECT / "dbt_project" / "seeds" / "generated" / "reasons" / "finding_kinds.csv"
FINDING_SEVERITIES = {"严重": "critical", "警告": "warning", "提示": "info"}
OTHER_FINDINGS = "other"
"""Findings of the row checks whose code is not in the seed; they are 提示."""
EXPECTATIONS = PROJECT / "expectations"
SEVERITIES = ("critical", "warning", "info")
DIMENSIONS = ("规范性", "完整性", "准确性", "一致性", "时效性", "可访问性")
DELIVERY_COLUMNS = ("is_accepted", "row_key", "period", "sheet", "row_number", "waits_code")
"""What a delivery's batch holds besides the contract's columns."""
DERIVATIONS = ("sum", "days", "starts_with")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
OUR_KEYS = frozenset({"key", "like", "expect", "says", "only", "severity", "dimension", "clause"})
FILTERS = {("is_accepted", "是"): "已接收", ("waits_code", None): "无须人工处理"}
VALUE_NAMES = {"person": "人", "household": "户", "area": "地区", "matched": "已比中", "new": "名单外", "unresolved": "待核"}
"""Values of the risk tables as auditors call them."""
COLUMN_ARGUMENTS = ("column", "column_A", "column_B")


class SuiteError(FangpinError, ValueError):
    """A suite file is wrong; the message names the file and the expectation, in Chinese."""


@dataclass(frozen=True)
class Expected:
    """One expectation of a suite, resolved but for its parameters."""

    key: str
    says: str
    type: str
    kwargs: dict[str, Any]
    only: dict[str, Any]
    severity: str
    dimension: str
    clause: str

    @property
    def judged(self) -> tuple[str, ...]:
        """Columns it judges, in the order written."""
        return (*(self.kwargs[name] for name in COLUMN_ARGUMENTS if name in self.kwargs), *self.kwargs.get("column_list", ()))

    @property
    def columns(self) -> frozenset[str]:
        """Columns it looks at, those of its row filter included."""
        return frozenset({*self.judged, *self.only})


@dataclass(frozen=True)
class Suite:
    """What is expected of one feed's deliveries (``contract`` set), of one risk table, or of the findings (neither set)."""

    name: str
    title: str
    purpose: str
    clause: str
    path: Path
    expectations: tuple[Expected, ...]
    labels: dict[str, str]
    derived: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    contract: Contract | None = None
    warning_type: str | None = None

    @property
    def about(self) -> str:
        """The feed, ``risk_<warning_type>`` or ``report_findings``."""
        return self.path.stem

    @property
    def kind(self) -> str:
        """投递, 预警 or 疑点."""
        return self.name.partition("_")[0]

    @property
    def parameters(self) -> frozenset[str]:
        """Names of the values that must be given when checking."""
        return frozenset(_parameters_in([item.kwargs for item in self.expectations]))

    def to_gx(self) -> ExpectationSuite:
        """The suite for Great Expectations; texts for Data Docs travel in ``description`` and ``meta``."""
        from include.quality.engine import ExpectationConfiguration, ExpectationSuite, FailureSeverity

        configurations = []
        for item in self.expectations:
            kwargs = dict(item.kwargs)
            if item.only:
                kwargs["row_condition"] = _condition(item.only)
            configurations.append(
                ExpectationConfiguration(
                    type=item.type,
                    kwargs=kwargs,
                    description=item.says,
                    severity=FailureSeverity(item.severity),
                    meta={
                        "key": item.key,
                        "dimension": item.dimension,
                        "clause": item.clause,
                        "columns": [self.labels[name] for name in item.judged],
                        "only": [_filter_text(self.labels[name], name, value) for name, value in item.only.items()],
                        "labels": self.labels if "column_set" in kwargs else {},
                        "counts_findings": self.kind == "疑点",
                    },
                )
            )
        meta = {
            "title": self.title,
            "purpose": self.purpose,
            "clause": self.clause,
            "about": self.about,
            "sender": self.contract.department_name if self.contract else "",
            "order": [suite.name for suite in load_suites()].index(self.name),
        }
        return ExpectationSuite(
            name=self.name, meta=meta, notes=self.purpose, expectations=[item.to_domain_obj() for item in configurations]
        )


@lru_cache(maxsize=1)
def load_suites() -> tuple[Suite, ...]:
    """Every suite: the feeds' in the contracts' order, the risk tables', the findings'; raises SuiteError on a faulty file."""
    feeds = load_contracts()
    warning_types = dict.fromkeys(expected.warning_type for expected in feeds if expected.warning_type)
    return (
        *(delivery_suite(expected.feed) for expected in feeds),
        *(risk_suite(name) for name in warning_types),
        findings_suite(),
    )


@lru_cache(maxsize=64)
def delivery_suite(feed: str) -> Suite:
    """The suite of a feed's deliveries."""
    expected = contract(feed)
    path = EXPECTATIONS / "deliveries" / f"{feed}.yaml"
    written, shared = _read(path, "feed", feed), _read(path.parent / "_shared.yaml")
    labels = {column.name: column.label for column in expected.columns} | shared["labels"]
    resolve = {
        "columns": [*(column.name for column in expected.columns), *DELIVERY_COLUMNS],
        "choices": {column.name: list(column.choices) for column in expected.columns},
    }
    return _suite(path, written, shared, labels, resolve, title=expected.title, contract=expected)


@lru_cache(maxsize=16)
def risk_suite(warning_type: str) -> Suite:
    """The suite of the table ``risk_<warning_type>``."""
    path = EXPECTATIONS / "risk" / f"risk_{warning_type}.yaml"
    written, shared = _read(path, "warning_type", warning_type), _read(path.parent / "_shared.yaml")
    feeds = [expected for expected in load_contracts() if expected.warning_type == warning_type]
    subjects = {expected.subject for expected in feeds if expected.subject}
    if "area" in subjects:
        subjects.add("household")  # which a town found in need there
    resolve = {
        "columns": list(RISK_COLUMNS),
        "causes": sorted({expected.cause for expected in feeds if expected.cause}),
        "subjects": sorted(subjects),
    }
    return _suite(path, written, shared, dict(shared["labels"]), resolve, title=written["title"], warning_type=warning_type)


@lru_cache(maxsize=1)
def findings_suite() -> Suite:
    """The suite of ``report_findings``: a column per kind of finding with their number, expected to be 0 for every feed.

    Severities and names are those of the seed ``finding_kinds``, which it must cover.
    """
    path = EXPECTATIONS / "findings" / "report_findings.yaml"
    written = _read(path, "table", path.stem)
    with FINDING_KINDS.open(encoding="utf-8-sig", newline="") as lines:
        kinds = {row["finding_code"]: row for row in csv.DictReader(lines)}
    kinds[OTHER_FINDINGS] = {"severity": "提示", "finding": "行校验的其他提示"}
    stated = {item["key"] for item in written["expectations"]}
    if differing := sorted(stated ^ kinds.keys()):
        raise SuiteError(f"{path.name} 与 {FINDING_KINDS.name} 的疑点类别不一致：{'、'.join(differing)}", remedy="请补上或删去")
    labels = {code: re.split("[:：]", row["finding"])[0] for code, row in kinds.items()}
    none = {"expect": "column_values_to_be_between", "min_value": 0, "max_value": 0}
    expectations = [
        {**none, "column": item["key"], "severity": FINDING_SEVERITIES[kinds[item["key"]]["severity"]], **item}
        for item in written["expectations"]
    ]
    return _suite(path, {**written, "shared": [], "expectations": expectations}, {}, labels, {}, title=written["title"])


def _read(path: Path, of: str = "", about: str = "") -> dict[str, Any]:
    try:
        written = yaml.load(path.read_text("utf-8"), Loader=LOADER)
    except FileNotFoundError as error:
        raise SuiteError(f"缺少质量期望文件 {path.name}", remedy="请照同目录的文件写一份") from error
    except yaml.YAMLError as error:
        raise SuiteError(f"{path.name} 不是合格的 YAML:{error}") from error
    if of and written.get(of) != about:
        raise SuiteError(f"{path.name} 的 {of} 与文件名不一致；应写 {about}")
    return dict(written)


def _suite(
    path: Path,
    written: Mapping[str, Any],
    shared: Mapping[str, Any],
    labels: dict[str, str],
    resolve: Mapping[str, Any],
    *,
    title: str,
    contract: Contract | None = None,
    warning_type: str | None = None,
) -> Suite:
    derived: dict[str, tuple[str, tuple[str, ...]]] = {}
    for name, how in written.get("derived", {}).items():
        labels[name] = how["label"]
        operation = next((key for key in how if key in DERIVATIONS), None)
        if operation is None:
            raise SuiteError(f"{path.name} 的派生列 {name} 没有写明算法（{'、'.join(DERIVATIONS)}）")
        derived[name] = (operation, tuple(how[operation]))
    items: list[Item] = []
    for group in written["shared"]:
        if group not in shared["groups"]:
            raise SuiteError(f"{path.name} 引用的共用期望 {group} 不存在")
        items.extend(shared["groups"][group])
    items.extend(_from_template(path, item, shared.get("templates", {}), labels) for item in written["expectations"])
    clause = written["clause"]
    expectations = tuple(_expected(path, item, clause, labels, resolve) for item in items)
    keys = [item.key for item in expectations]
    if repeated := {key for key in keys if keys.count(key) > 1}:
        raise SuiteError(f"{path.name} 的期望 {'、'.join(sorted(repeated))} 写了两次")
    return Suite(
        name=written["name"],
        title=title,
        purpose=written["purpose"],
        clause=clause,
        path=path,
        expectations=expectations,
        labels=labels,
        derived=derived,
        contract=contract,
        warning_type=warning_type,
    )


def _from_template(path: Path, item: Item, templates: Mapping[str, Item], labels: Mapping[str, str]) -> Item:
    """An expectation with its template, if it names one, filled in."""
    if "like" not in item:
        return item
    if item["like"] not in templates:
        raise SuiteError(f"{path.name} 引用的模板 {item['like']} 不存在")
    merged = {"key": f"{item['like']}__{item['column']}", **templates[item["like"]], **item}
    if item["column"] not in labels:
        raise SuiteError(f"{path.name} 的期望 {merged['key']} 用到没有的列 {item['column']}")
    merged["says"] = merged["says"].format(label=labels[item["column"]], share=f"{merged.get('mostly', 1):.0%}")
    return merged


def _expected(path: Path, item: Item, clause: str, labels: Mapping[str, str], resolve: Mapping[str, Any]) -> Expected:
    if missing := {"key", "says", "expect", "severity", "dimension"} - set(item):
        raise SuiteError(f"{path.name} 的期望 {item.get('key', item.get('says', '?'))} 缺少 {'、'.join(sorted(missing))}")
    if item["severity"] not in SEVERITIES or item["dimension"] not in DIMENSIONS:
        raise SuiteError(f"{path.name} 的期望 {item['key']}：严重程度或质量维度写法不对")
    given = {name: value for name, value in item.items() if name not in OUR_KEYS}
    column = given.get("column")
    kwargs = {name: _resolved(path, value, column, resolve) for name, value in given.items()}
    made = Expected(
        key=item["key"],
        says=item["says"],
        type=f"expect_{item['expect']}",
        kwargs=kwargs,
        only=dict(item.get("only", {})),
        severity=item["severity"],
        dimension=item["dimension"],
        clause=item.get("clause", clause),
    )
    if unknown := made.columns - set(labels):
        raise SuiteError(f"{path.name} 的期望 {made.key} 用到没有的列 {'、'.join(sorted(unknown))}")
    return made


def _resolved(path: Path, value: Any, column: str | None, resolve: Mapping[str, Any]) -> Any:
    """``$name`` from the contract when it says so, else a parameter of the check."""
    if isinstance(value, list):
        return [_resolved(path, item, column, resolve) for item in value]
    if not (isinstance(value, str) and value.startswith("$")):
        return value
    name, _, detail = value[1:].partition(":")
    if name == "rule":
        return {"$PARAMETER": rule_parameter(detail)}
    if name == "choices" and detail:
        feed, _, of = detail.partition(".")
        return list(contract(feed).column(of).choices)
    if name == "choices":
        choices = resolve["choices"].get(column)
        if not choices:
            raise SuiteError(f"契约没有给 {column} 列规定取值，不能写 $choices", where=path.name)
        return choices
    return resolve.get(name, {"$PARAMETER": name})


def rule_parameter(rule_id: str) -> str:
    """Name of the parameter that carries a rule's threshold in force."""
    return "rule__" + re.sub(r"\W", "__", rule_id)


def _parameters_in(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        if "$PARAMETER" in value:
            yield value["$PARAMETER"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _parameters_in(item)


def _condition(only: Mapping[str, Any]) -> Condition:
    """A row filter: value, list of values, ``null``, ``filled`` or ``{above: n}``, all of them together."""
    from include.quality.engine import AndCondition, Column

    conditions: list[Any] = []
    for name, value in only.items():
        column = Column(name)
        if value is None:
            conditions.append(column.is_null())
        elif value == "filled":
            conditions.append(column.is_not_null())
        elif isinstance(value, list):
            conditions.append(column.is_in(value))
        elif isinstance(value, Mapping):
            conditions.append(column > value["above"])
        else:
            conditions.append(column == value)
    return conditions[0] if len(conditions) == 1 else AndCondition(conditions=conditions)


def _filter_text(label: str, name: str, value: Any) -> str:
    """A row filter as it is said: 已接收, 后果为财产重大损失."""
    if (said := FILTERS.get((name, value if isinstance(value, str) else None))) is not None:
        return said
    if value is None:
        return f"{label}为空"
    if value == "filled":
        return f"{label}已填"
    if isinstance(value, Mapping):
        return f"{label}大于 {value['above']}"
    values = value if isinstance(value, list) else [value]
    return f"{label}为{'或'.join(value_names().get(item, str(item)) for item in values)}"


@lru_cache(maxsize=1)
def value_names() -> dict[Any, str]:
    """Codes of the risk tables, causes (by the names of their rules) and feeds as people call them."""
    causes: dict[str, dict[str, None]] = {}
    with RULES.open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            causes.setdefault(row["cause"], {})[row["name"]] = None
    feeds = {expected.feed: expected.title for expected in load_contracts()}
    return VALUE_NAMES | feeds | {cause: "或".join(names) for cause, names in causes.items()}
