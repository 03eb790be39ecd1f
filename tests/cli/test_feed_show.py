"""``fangpin feed show`` puts everything of a feed on one page."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from include.cli.feed import print_feed
from include.contracts import contract, load_contracts
from include.contracts.feed_files import JUDGED, RULES, files_of, shared_files
from include.site import PROJECT


def shown(feed: str, root: Path = PROJECT) -> str:
    page = StringIO()
    print_feed(Console(file=page, width=240), contract(feed), root)
    return page.getvalue()


@pytest.mark.parametrize("feed", [each.feed for each in load_contracts()])
def test_every_file_of_a_feed_is_there_and_named(feed: str) -> None:
    each = contract(feed)
    page = shown(feed)
    for file in [*files_of(feed, is_screened=bool(each.warning_type)), *shared_files(each)]:
        assert (PROJECT / file.path).exists(), file.path
        assert str(file.path) in page
    for said in (each.title, each.department_name, each.due, each.clause, f"ingest__{feed}", f"raw__{feed}", f"stg_{feed}"):
        assert said in page
    assert "缺：" not in page


def test_a_feed_that_warns_shows_its_rule_its_unit_test_and_where_its_warnings_go() -> None:
    page = shown("water__industry_loss")
    for said in ("industry.industry_loss", ">= 12000.00元", "industry_loss_at_the_mark", f"{JUDGED}water__industry_loss",
                 "risk_industry", "农业产业受损", "投递_县农水局"):  # fmt: skip
        assert said in page


def test_what_is_missing_is_shown(tmp_path: Path) -> None:
    (tmp_path / RULES).parent.mkdir(parents=True)
    (tmp_path / RULES).write_text((PROJECT / RULES).read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    page = shown("petition__case", tmp_path)
    assert "缺：petition__case：缺少 include/contracts/feeds/petition__case.yaml（数据契约）" in page
    assert "没有这种数据的规则" in page
