"""What is rendered follows the contracts: a changed, missing or left-over file is found, and rendering sets it right."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from include.contracts import ContractError, contract, load_contracts
from include.contracts.check import OWN
from include.contracts.render import GENERATED, MARK, RISK_YML, SCHEDULE, STAGING, differences, render, rendered
from include.site import PROJECT

FEED = "petition__case"
MODEL = STAGING / "petition" / f"stg_{FEED}.sql"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for path in (SCHEDULE, RISK_YML):
        (tmp_path / path).parent.mkdir(parents=True)
        shutil.copy(PROJECT / path, tmp_path / path)
    (tmp_path / "dbt_project" / "macros").mkdir()
    render(tmp_path, load_contracts())
    return tmp_path


def test_a_second_rendering_changes_nothing(root: Path) -> None:
    assert render(root, load_contracts()) == []


def test_every_rendered_file_says_so() -> None:
    for path, text in rendered(PROJECT, load_contracts()).items():
        assert path.suffix == ".csv" or text.count(MARK) == 1, path


@pytest.mark.parametrize(
    "path",
    [
        MODEL,
        MODEL.with_suffix(".yml"),
        GENERATED / "feeds.csv",
        Path("dbt_project/macros/feeds.sql"),
        Path("dbt_project/macros/masks.sql"),
    ],
)
def test_what_was_changed_by_hand_or_deleted_is_found_and_set_right(root: Path, path: Path) -> None:
    whole = (root / path).read_text("utf-8")
    for spoil in (lambda: (root / path).write_text(f"{whole}\n", "utf-8"), (root / path).unlink):
        spoil()
        assert differences(root, load_contracts()) == [path]
        render(root, load_contracts())
        assert (root / path).read_text("utf-8") == whole


def test_what_no_contract_stands_for_is_found_and_deleted(root: Path) -> None:
    others = [each for each in load_contracts() if each.feed != FEED]
    assert {MODEL, MODEL.with_suffix(".yml"), GENERATED / "feeds.csv", SCHEDULE} <= set(differences(root, others))
    render(root, others)
    assert not (root / MODEL).exists()
    assert FEED not in (root / SCHEDULE).read_text("utf-8")


def test_what_stands_outside_the_markers_stays(root: Path) -> None:
    page = (root / SCHEDULE).read_text("utf-8")
    render(root, [replace(contract(FEED), due="随到随报")])
    changed = (root / SCHEDULE).read_text("utf-8")
    assert "| 随到随报 |" in changed and changed.count("`ingest__") == page.count("`ingest__<") + 1
    assert changed.startswith(page[: page.index("<!--")])


def test_the_page_on_adding_a_feed_tells_what_each_property_is_for() -> None:
    page = (PROJECT / "docs" / "add-a-feed.md").read_text("utf-8")
    assert [name for name in sorted(OWN) if f"`{name}`" not in page] == []


def test_a_lost_marker_is_named(root: Path) -> None:
    (root / SCHEDULE).write_text("# 流程时刻表\n", "utf-8")
    with pytest.raises(ContractError, match=r"README\.md：找不到标记"):
        differences(root, load_contracts())
