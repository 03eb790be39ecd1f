"""The catalogue of reasons holds every code that anything raises, nothing that nobody raises, and words that say what to do."""

from __future__ import annotations

import ast
import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from include.checking.delivery_rows import Issue
from include.checking.reasons import Said, reasons, refused, said
from include.contracts import load_contracts
from include.identity.numbers import ERRORS
from include.reports.labels import QUEUE_REASONS
from include.review.questions import QUESTIONS
from include.site import PROJECT

DBT = PROJECT / "dbt_project"
LEVELS = {"refused", "set_aside", "rejected", "waiting", "finding", "duplicate", "repaired", "guess"}
SEVERITIES = {"提示", "警告", "严重"}
OUTCOMES = {"no_signal", "information", "waiting", "routing"}
DIMENSIONS = {"规范性", "完整性", "准确性", "一致性", "时效性", "可访问性"}

RAISED_BY = {
    "Refused": 0, "refused": 0, "said": 0, "Said": 0, "unreadable": 0, "finding": 0, "read_point_month": 3, "Aside": 0,
    "setting_aside": 2, "decide": 3, "guess": 1,
}  # fmt: skip
"""Calls that raise a reason, and the place of its code among what they are given."""
PASSED_ON = {"code", "reason_code", "note", "notes"}
"""Names under which a code is handed on; a word that is put under them counts as raised."""
HANDED_ON = {*PASSED_ON, "error", "otherwise"}
"""Those and the two whose codes are known otherwise: of an identity number, of a call of ``read_point_month``."""
NO_CODES = {"varchar"}
"""What stands under such a name where columns are declared."""


def python_files() -> list[Path]:
    return sorted((PROJECT / "include").rglob("*.py"))


def name_of(node: ast.AST) -> str:
    """Last word of a name, an attribute or a key."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return str(node.slice.value)
    return str(getattr(node, "id", getattr(node, "attr", "")))


def codes_in(node: ast.expr | None) -> set[str]:
    """The words an expression may come to."""
    if isinstance(node, ast.Constant):
        is_word = isinstance(node.value, str) and re.fullmatch("[a-z][a-z0-9_]*", node.value)
        return {str(node.value)} - NO_CODES if is_word else set()
    if isinstance(node, ast.IfExp):
        return codes_in(node.body) | codes_in(node.orelse)
    if isinstance(node, ast.List | ast.Tuple):
        return set().union(*map(codes_in, node.elts))
    return set()


def raised_in(path: Path) -> Iterator[tuple[str, int]]:
    """Codes that a file of Python raises, each with its line."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        found: set[str] = set()
        if isinstance(node, ast.Call):
            place = RAISED_BY.get(name_of(node.func))
            if place is not None and len(node.args) > place:
                found = codes_in(node.args[place])
            elif name_of(node.func) == "append" and name_of(getattr(node.func, "value", node)) == "notes":
                found = codes_in(node.args[0])
            for keyword in node.keywords:
                if keyword.arg in PASSED_ON:
                    found |= codes_in(keyword.value)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "reason_code":
                    found |= codes_in(value)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if name_of(target) in PASSED_ON:
                    found |= codes_in(node.value)
                elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = zip(target.elts, node.value.elts, strict=True)
                    found |= set().union(*(codes_in(value) for each, value in pairs if name_of(each) in PASSED_ON))
        yield from ((code, node.lineno) for code in found)  # type: ignore[attr-defined]


def raised_in_sql() -> set[str]:
    """Codes that models, macros and the SQL of the product give, and seeds from which models take them."""
    found: set[str] = set()
    for path in [*DBT.rglob("*.sql"), *python_files()]:
        found |= set(re.findall(r"'(\w+)' as (?:reason_code|finding_code|verdict)\b", path.read_text("utf-8")))
    for path in [*(DBT / "models" / "intermediate").rglob("*.sql"), *(DBT / "macros").glob("*.sql")]:
        text = path.read_text("utf-8")
        for case in re.findall(r"\bcase\b((?:(?!\bcase\b).)*?)\bend\s+as\s+(?:verdict|finding_codes|reason_code)\b", text, re.S):
            found |= set(re.findall(r"(?:then|else) '(\w+)'", case))
            for both in re.findall(r"(?:then|else) if\([^()']*, '(\w+)', '(\w+)'\)", case):
                found |= set(both)
        for joined in re.findall(r"concat_ws\(\s*'、',(.*?)\), ''\)\s+as \w*finding_codes", text, re.S):
            found |= set(re.findall(r"'(\w+)', null\)", joined))
        for both in re.findall(r"if\([^()]*, '(\w+)', '(\w+)'\) as finding_code\b", text):
            found |= set(both)
    macro = (DBT / "macros" / "screening.sql").read_text("utf-8")
    found |= set(re.findall(r"(?:then|else) '(\w+)'", macro[macro.index("macro category_finding") :]))
    for seed, column in (("rule_values", "reason_code"), ("departed_words", "finding_code")):
        with (DBT / "seeds" / f"{seed}.csv").open(encoding="utf-8", newline="") as lines:
            found |= {line[column] for line in csv.DictReader(lines) if line[column]}
    found |= {each.list_check.repeated_code for each in load_contracts() if each.list_check}
    return found - {""}


def test_what_is_raised_is_in_the_catalogue_and_nothing_else() -> None:
    raised = {code for path in python_files() for code, _ in raised_in(path)} | raised_in_sql() | ERRORS
    assert raised - reasons().keys() == set(), "raised, but not in reasons.yaml"
    assert reasons().keys() - raised == set(), "in reasons.yaml, but nobody raises them"


def test_a_code_is_written_where_it_is_raised_or_handed_on_under_a_known_name() -> None:
    """Else the test above could not see it."""
    unseen = []
    for path in python_files():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            place = RAISED_BY.get(name_of(node.func)) if isinstance(node, ast.Call) else None
            if not isinstance(node, ast.Call) or place is None or len(node.args) <= place:
                continue
            code = node.args[place]
            is_none = isinstance(code, ast.Constant) and code.value is None
            if not (codes_in(code) or is_none or isinstance(code, ast.Starred) or name_of(code) in HANDED_ON):
                unseen.append(f"{path.relative_to(PROJECT)}: {ast.unparse(node)}")
    assert unseen == []


def test_every_line_of_the_catalogue_is_whole() -> None:
    for code, each in reasons().items():
        assert re.fullmatch("[a-z][a-z0-9_]*", code)
        assert each.levels <= LEVELS and each.dimension in {None, *DIMENSIONS}, code
        assert each.levels or each.finding or each.screening or code in QUEUE_REASONS, code
        assert each.finding is None or (each.finding.severity in SEVERITIES and each.dimension), code
        assert each.screening is None or each.screening.outcome in OUTCOMES, code
        if each.levels:
            assert each.label, code
        if each.levels & {"refused", "rejected", "waiting", "set_aside"}:
            assert each.remedy, f"{code}: the department must read what to do"


def test_what_is_said_tells_what_to_do() -> None:
    for code in ERRORS:
        variant = "id_number" if code == "float_number" else ""
        assert "请" in said(code, variant).text
    assert said("not_a_count") == Said("not_a_count", "不是整数；请只填数字")
    assert (
        said("conflict", other="第 3 行", columns="金额").text
        == "与第 3 行是同一对象，但金额不同；请乡村振兴局与部门核实以哪一行为准"
    )


def test_a_code_that_is_not_in_the_catalogue_cannot_be_raised() -> None:
    with pytest.raises(KeyError):
        said("no_such_reason")
    with pytest.raises(KeyError):
        refused("no_such_reason")
    with pytest.raises(KeyError):
        Issue(0, None, "rejected", "no_such_reason", "")


def test_a_reason_becomes_only_what_the_catalogue_says() -> None:
    with pytest.raises(ValueError, match="missing is never finding"):
        Issue(0, None, "finding", "missing", "")
    with pytest.raises(ValueError, match="not_a_count is never refused"):
        refused("not_a_count")
    assert refused("empty_file", file="三月.xlsx").reason_code == "empty_file"


def test_the_queue_and_the_review_workbook_call_reasons_as_the_catalogue_does() -> None:
    assert {code: reasons()[code].label for code in QUEUE_REASONS} == QUEUE_REASONS
    assert QUESTIONS.keys() == QUEUE_REASONS.keys()


def test_expectations_of_findings_name_the_same_quality_dimension() -> None:
    written = yaml.safe_load((PROJECT / "expectations" / "findings" / "report_findings.yaml").read_text("utf-8"))
    stated = {item["key"]: item["dimension"] for item in written["expectations"] if item["key"] in reasons()}
    assert stated == {code: each.dimension for code, each in reasons().items() if each.finding}
