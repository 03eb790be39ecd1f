"""A feed is four files written by hand, laid out by a command: with them it warns, and without any one of them it is named."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from include.contracts import Contract, ContractError, load_contracts
from include.contracts.feed_files import CONTRACTS, JUDGED, JUDGED_FOLDER, RULES, SUITES, TO_WRITE, gaps, unit_tests_of
from include.contracts.load import read_contracts
from include.contracts.new_feed import lay_out
from include.contracts.render import differences, render
from include.site import PROJECT, current_site
from tests.files import person, registry_rows, write_xlsx

FEED, LIKE = "petition__debt", "petition__case"
BY_HAND = [
    CONTRACTS / f"{FEED}.yaml",
    JUDGED_FOLDER / f"{JUDGED}{FEED}.sql",
    JUDGED_FOLDER / f"{JUDGED}{FEED}.yml",
    SUITES / f"{FEED}.yaml",
]
HEADS = {"case_id": "讨薪登记号", "accepted_date": "讨薪日期", "appeal_content": "拖欠情况", "is_in_difficulty": "断薪后是否困难"}
COLUMNS = ("讨薪登记号", "讨薪日期", "姓名", "身份证号", "乡镇", "行政村", "拖欠情况", "人均纯收入", "断薪后是否困难")


def contracts_of(root: Path) -> tuple[Contract, ...]:
    return read_contracts(root / "include" / "contracts")


def copy_project(root: Path) -> Path:
    for name in ("include", "dbt_project", "expectations", "dags"):
        shutil.copytree(PROJECT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "target", "logs"))
    return root


def lay_out_in(root: Path, feed: str = FEED, like: str = LIKE) -> list[Path]:
    return lay_out(root, feed, like, contracts_of(root), current_site().county.departments)


def write_by_hand(root: Path) -> None:
    """What a person makes of the four files and the rule's line."""
    path = root / BY_HAND[0]
    document: dict[str, Any] = yaml.safe_load(path.read_text("utf-8").replace(TO_WRITE, "讨薪后生活困难"))
    (table,) = document["schema"]
    table["description"] = "a worker who asks for wages that are owed"
    for entry in table["properties"]:
        if entry["name"] in HEADS:
            own = [each for each in entry.get("customProperties", []) if each["property"] != "aliases"]
            entry |= {"businessName": HEADS[entry["name"]], "customProperties": own}
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), "utf-8")
    for path in (root / written for written in BY_HAND[1:3]):
        path.write_text(path.read_text("utf-8").split("\n", 1)[1].replace("受理信访", "登记讨薪"), "utf-8")
    for path in (root / BY_HAND[3], root / RULES):
        path.write_text(path.read_text("utf-8").replace(TO_WRITE, "讨薪后生活困难"), "utf-8")
    render(root, contracts_of(root))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the new feed laid out, written and rendered."""
    root = copy_project(tmp_path_factory.mktemp("project"))
    lay_out_in(root)
    write_by_hand(root)
    return root


@pytest.fixture
def without(project: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """One file taken away for the test; its path below the project."""
    kept = project / request.param
    text = kept.read_text("utf-8")
    kept.unlink()
    yield request.param
    kept.write_text(text, "utf-8")


def test_every_feed_here_has_its_judging_model_rule_suite_and_unit_test() -> None:
    assert gaps(PROJECT, load_contracts()) == []


def test_a_feed_with_all_of_its_files_lacks_nothing(project: Path) -> None:
    assert gaps(project, contracts_of(project)) == []
    assert differences(project, contracts_of(project)) == []
    assert f"`ingest__{FEED}`" in (project / "dags" / "README.md").read_text("utf-8")


@pytest.mark.parametrize("without", BY_HAND, ids=lambda path: path.name, indirect=True)
def test_each_of_the_four_files_is_named_when_it_is_missing(project: Path, without: Path) -> None:
    found = gaps(project, contracts_of(project))
    assert found and all(FEED in gap for gap in found)
    assert any(f"缺少 {without}（" in gap for gap in found), found


@pytest.mark.parametrize(
    ("path", "old", "new", "said"),
    [
        (BY_HAND[2], "unit_tests:", "not_tests:", "没有 {judged} 的单元测试"),
        (RULES, f",{FEED},", f",{LIKE},", "没有这种数据的规则"),
        (RULES, "petition.debt,petition,petition.debt", "petition.debt,petition,petition.case", "预警类型或原因与契约不同"),
        (RULES, "讨薪后生活困难", TO_WRITE, "规则 petition.debt 还有“待写”没有写完"),
        (BY_HAND[3], "讨薪后生活困难", TO_WRITE, "还有“待写”没有写完"),
    ],
    ids=["unit_test", "rule", "cause", "unwritten_rule", "unwritten_suite"],
)
def test_a_rule_and_a_unit_test_are_missed_too(project: Path, path: Path, old: str, new: str, said: str) -> None:
    whole = (project / path).read_text("utf-8")
    assert old in whole
    (project / path).write_text(whole.replace(old, new), "utf-8")
    try:
        found = gaps(project, contracts_of(project))
    finally:
        (project / path).write_text(whole, "utf-8")
    assert any(str(path) in gap and said.format(judged=f"{JUDGED}{FEED}") in gap for gap in found), found


def test_what_is_laid_out_waits_to_be_written(tmp_path: Path) -> None:
    root = copy_project(tmp_path)
    assert lay_out_in(root) == [*BY_HAND, RULES]
    new = next(each for each in contracts_of(root) if each.feed == FEED)
    assert (new.department_name, new.cause, new.order) == ("县信访局", "petition.debt", 171)
    assert unit_tests_of(root, FEED) and not set(unit_tests_of(root, FEED)) & set(unit_tests_of(root, LIKE))
    unwritten = [gap for gap in gaps(root, contracts_of(root)) if TO_WRITE in gap]
    assert len(unwritten) == len(BY_HAND) + 1


@pytest.mark.parametrize(
    ("feed", "like", "said"),
    [
        ("petition-debt", LIKE, "不能作数据的名字"),
        (LIKE, LIKE, "已经有了"),
        ("forestry__fire", LIKE, "没有部门“forestry”；请先在县设置 county.yml"),
        (FEED, "rural_revitalization__income_risk", "不能照“rural_revitalization__income_risk”写；可用"),
        (FEED, "town__measure", "不能照“town__measure”写"),
        ("petition__epidemic_event", "health__epidemic_event", "规则编号 epidemic.epidemic_event 已经用了"),
    ],
)
def test_a_feed_that_cannot_be_laid_out_is_refused_with_a_remedy(feed: str, like: str, said: str) -> None:
    with pytest.raises(ContractError, match=said):
        lay_out_in(PROJECT, feed, like)


WARN = """
from include.contracts.feed_files import JUDGED
from include.screening.screen import run_dbt
from tests.screening.build import build_risk_tables
from include.warnings.export import export
from include.site import PROJECT, current_site
from include.storage.warehouse import connect
from tests.deliveries.test_receive import ingest

ingest()
build_risk_tables(current_site())
run_dbt("test", "--select", "int_identity_claims,test_type:unit", f"{JUDGED}petition__debt,test_type:unit", site=current_site())
print(PROJECT)
for row in export(current_site(), "deliveries")[["feed", "status"]].itertuples(index=False):
    print(*row)
with connect(current_site()) as connection:
    for row in connection.execute("select cause, feeds, person_name, evidence from risk.risk_petition").fetchall():
        print(*row)
"""


@pytest.mark.models
def test_a_file_of_the_new_feed_makes_a_warning(project: Path, home: Path) -> None:
    shutil.copytree(PROJECT / "tests", project / "tests", ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    write_xlsx(home / "inbox" / "县乡村振兴局" / "名单.xlsx", *registry_rows("张三", "李四"))
    worker = ("TX-2024-1", "2024-03-05", "张三", person("张三"), "旌阳镇", "华丰村", "拖欠工资六个月", 5000, "是")
    write_xlsx(home / "inbox" / "县信访局" / "讨薪.xlsx", COLUMNS, worker)
    done = subprocess.run(
        [sys.executable, "-c", WARN], cwd=project, env={**os.environ, "PYTHONPATH": str(project)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said = done.stdout.splitlines()
    assert str(project) in said
    assert f"{FEED} published" in said
    (warning,) = [line for line in said if FEED in line and line.startswith("petition.debt")]
    assert "张三" in warning and "登记讨薪" in warning
