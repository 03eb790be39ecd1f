"""Suite files say what contracts and tables have, nothing else, and say it so that an auditor can read it."""

from __future__ import annotations

import re
import shutil
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from include.contracts import load_contracts
from include.contracts.tables import RISK_COLUMNS
from include.quality import suites
from include.quality.parameters import NAMES, delivery_parameters, risk_parameters
from include.quality.suites import EXPECTATIONS, Suite, SuiteError, load_suites
from include.site import current_site

EVERY_SUITE = pytest.mark.parametrize("suite", load_suites(), ids=lambda suite: suite.about)
COUNTING = re.compile(
    r"expect_(table_row_count_to_be_between|table_columns_to_match_set|column_values_\w+|column_value_lengths_to_be_between"
    r"|column_pair_values_a_to_be_greater_than_b|compound_columns_to_be_unique|column_unique_value_count_to_be_between"
    r"|column_proportion_of_unique_values_to_be_between)"
)
"""Expectations whose result is counts and shares. Minimum, maximum, mean, quantiles and sets would show somebody's value."""


@lru_cache
def shared_file(folder: str) -> dict[str, Any]:
    return yaml.load((EXPECTATIONS / folder / "_shared.yaml").read_text("utf-8"), Loader=suites.LOADER)


def shared_keys(folder: str) -> set[str]:
    groups = shared_file(folder)["groups"]
    return {item["key"] for group in groups.values() for item in group}


def test_every_feed_and_warning_type_has_a_suite_and_no_file_is_left_over() -> None:
    written = {path.stem for path in EXPECTATIONS.glob("*/*.yaml") if not path.stem.startswith("_")}
    assert {suite.about for suite in load_suites()} == written
    assert len(written) == len(load_contracts()) + 11 + 1
    assert len({suite.name for suite in load_suites()}) == len(written)


@EVERY_SUITE
def test_it_can_be_read_aloud(suite: Suite) -> None:
    for item in suite.expectations:
        assert re.search(r"[\u4e00-\u9fff]", item.says), item.key
        assert "{" not in item.says, item.key
        assert re.fullmatch(r"第[二三四]条(\([一二三四五六七八九十]+\))?", item.clause), item.key
    assert suite.kind == {"deliveries": "投递", "risk": "预警", "findings": "疑点"}[suite.path.parent.name]
    if suite.contract:
        assert suite.name == f"投递_{suite.contract.department_name}_{suite.contract.title}"
        assert suite.clause == suite.contract.clause


@EVERY_SUITE
def test_it_has_expectations_of_its_own_and_can_refuse(suite: Suite) -> None:
    shared = set() if suite.kind == "疑点" else shared_keys(suite.path.parent.name)
    own = [item for item in suite.expectations if item.key not in shared]
    assert own
    assert {"critical", "warning"} <= {item.severity for item in suite.expectations}
    assert len({item.dimension for item in suite.expectations}) >= 4


@EVERY_SUITE
def test_results_can_only_be_counts(suite: Suite) -> None:
    assert [item.key for item in suite.expectations if not COUNTING.fullmatch(item.type)] == []


@EVERY_SUITE
def test_every_open_value_is_given_and_named(suite: Suite, home: Path) -> None:
    if suite.contract:
        given = delivery_parameters(
            suite.contract, site=current_site(), delivery_id="20240310-0001", period="2024-03", rows=3, usual=None
        )
    elif suite.warning_type:
        given = risk_parameters(suite.warning_type, site=current_site())
    else:
        given = {}
    assert suite.parameters <= set(given)
    assert {name for name in suite.parameters if not name.startswith("rule__")} <= set(NAMES)


def test_thresholds_come_from_the_rules_seed(home: Path) -> None:
    given = risk_parameters("illness", site=current_site())
    assert given["rule__illness__self_pay_high"] == 30000
    assert given["rule__industry__industry_loss"] == 12000
    texts = "".join(path.read_text("utf-8") for path in EXPECTATIONS.glob("*/*.yaml"))
    assert not re.search(r"(?<!\d)(30000|12000)(?!\d)|3 ?万|1\.2 ?万", texts)


def test_risk_labels_are_those_of_the_risk_tables() -> None:
    assert list(shared_file("risk")["labels"]) == list(RISK_COLUMNS)


@pytest.mark.parametrize("folder", ["deliveries", "risk"])
def test_nothing_shared_is_unused(folder: str) -> None:
    shared = shared_file(folder)
    written = [yaml.load(path.read_text("utf-8"), Loader=suites.LOADER) for path in (EXPECTATIONS / folder).glob("[!_]*.yaml")]
    assert {group for suite in written for group in suite["shared"]} == set(shared["groups"])
    used = {item["like"] for suite in written for item in suite["expectations"] if "like" in item}
    assert used == set(shared.get("templates", {}))


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("column: insured_year}", "column: insured_years}", "用到没有的列 insured_years"),
        ("column: person_category", "column: category", "用到没有的列 category"),
        ("like: year_of_period", "like: this_year", "模板 this_year 不存在"),
        ("whole_county]", "the_county]", "共用期望 the_county 不存在"),
        ("severity: info\n    dimension", "severity: mild\n    dimension", "严重程度或质量维度写法不对"),
        ("key: category_mix", "key: has_rows", "has_rows 写了两次"),
        ("feed: medical", "feed: health", "feed 与文件名不一致"),
        ("feed: ", "feed: [", "不是合格的 YAML"),
    ],
)
def test_a_faulty_file_is_named(before: str, after: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(EXPECTATIONS, tmp_path / "expectations")
    path = tmp_path / "expectations" / "deliveries" / "medical_insurance__uninsured.yaml"
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after), "utf-8")
    monkeypatch.setattr(suites, "EXPECTATIONS", tmp_path / "expectations")
    with pytest.raises(SuiteError, match=f"medical_insurance__uninsured.yaml.*{message}"):
        suites.delivery_suite.__wrapped__("medical_insurance__uninsured")


def test_a_feed_without_a_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suites, "EXPECTATIONS", tmp_path)
    with pytest.raises(SuiteError, match=r"缺少质量期望文件 petition__case\.yaml"):
        suites.delivery_suite.__wrapped__("petition__case")


def test_suites_follow_the_order_of_the_notice() -> None:
    names = [suite.about for suite in load_suites()]
    feeds = [contract.feed for contract in load_contracts()]
    assert names[: len(feeds)] == feeds
    assert names[len(feeds)] == "risk_illness"
    assert names[-2:] == ["risk_petition", "report_findings"]


def test_every_kind_of_finding_is_expected_not_to_be_there_with_the_seed_s_severity() -> None:
    kinds = pd.read_csv(suites.FINDING_KINDS, index_col="finding_code")["severity"]
    expected = {item.key: item for item in suites.findings_suite().expectations}
    assert set(expected) == {*kinds.index, suites.OTHER_FINDINGS}
    words = {"critical": "严重", "warning": "警告", "info": "提示"}
    assert {code: words[expected[code].severity] for code in kinds.index} == kinds.to_dict()
    assert all(item.judged == (code,) and item.kwargs["max_value"] == 0 for code, item in expected.items())


def test_a_kind_of_finding_without_an_expectation_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seed = tmp_path / "finding_kinds.csv"
    seed.write_text(suites.FINDING_KINDS.read_text("utf-8") + "new_kind,提示,,新的一类\n", "utf-8")
    monkeypatch.setattr(suites, "FINDING_KINDS", seed)
    with pytest.raises(SuiteError, match=r"report_findings\.yaml 与 finding_kinds\.csv 的疑点类别不一致：new_kind"):
        suites.findings_suite.__wrapped__()
