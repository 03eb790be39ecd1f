"""What auditors open: pages in Chinese that need no network and hold nobody's data."""

from __future__ import annotations

import json
import multiprocessing
import re
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest

from include.contracts import contract
from include.quality import context as quality
from include.quality.gate import build_docs, gate_delivery, gate_risk, record_findings
from include.quality.suites import load_suites
from include.site import current_site
from tests.quality.batches import PERIODS, tidy_delivery, tidy_risk, with_rejected

NUMBER = "34182519491231002X"
NAME = "欧阳翠微"
FRAMING = re.compile(
    r"Show Walkthrough|Overview|Succeeded|Failed|Observed Value|Statistics|Evaluated|Data Assets?\b|Validation Results"
    r"|Expectation Suite|Run Time|Run Name|Search|Home|Status|Table of Contents|Data Docs"
)


def refused_delivery(delivery_id: str = "20240310-0007") -> None:
    """A delivery with a planted person in rows that fail several expectations, one of them for want of a column."""
    expected = contract("disabled_federation__new_certificate")
    batch = tidy_delivery(expected, 4).assign(id_number=NUMBER, person_name=NAME, row_key=NUMBER, village_name=NAME)
    batch["disability_level"] = NUMBER
    batch = with_rejected(batch, 30).drop(columns=["issued_date"])
    result = gate_delivery(current_site(), expected, batch, delivery_id=delivery_id, period="2024-Q1")
    assert not result.success
    assert NUMBER not in str(result)
    assert NAME not in str(result)


@pytest.fixture(scope="module")
def site(checked_home: Path) -> Path:
    """The site after a refused delivery, one that passed and two risk tables."""
    refused_delivery()
    expected = contract("petition__case")
    gate_delivery(current_site(), expected, tidy_delivery(expected), delivery_id="20240310-0008", period="")
    gate_risk(
        current_site(),
        "illness",
        tidy_risk("illness").assign(person_name=NAME, id_number=NUMBER, subject_key=NUMBER),
        run_name="2024-03",
    )
    gate_risk(current_site(), "water", tidy_risk("water"), run_name="2024-03")
    found = [("self_pay_high", "file_resent", 1), ("uninsured", "category_differs", 2), ("self_pay_high", "self_pay_fell", 3)]
    counts = pd.DataFrame(found, columns=["feed", "finding_code", "finding_count"])
    record_findings(current_site(), counts.assign(feed="medical_insurance__" + counts["feed"]), run_name="2024-03-10 08:00")
    return build_docs(current_site()).parent


def texts(folder: Path) -> dict[Path, str]:
    return {path: path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()}


def test_nobody_is_in_anything_that_was_written(site: Path, caplog: pytest.LogCaptureFixture) -> None:
    refused_delivery("20240310-0009")
    written = texts(current_site().home)
    assert len(written) > 60
    for secret in (NUMBER, NUMBER[:17], NAME):
        assert [path for path, text in written.items() if secret in text or secret in str(path)] == []
        assert secret not in caplog.text
        assert json.dumps(secret) not in "".join(written.values()), "nor escaped"


def test_a_failed_check_leaves_no_trace_of_this_machine(site: Path) -> None:
    stored = texts(quality.folder(current_site()) / "results")
    assert stored
    for text in stored.values():
        assert "Traceback" not in text
        assert "site-packages" not in text


def test_pages_are_chinese_and_need_no_network(site: Path) -> None:
    pages = texts(site)
    assert {path.suffix for path in pages} == {".html"}
    for path, text in pages.items():
        assert '<html lang="zh-CN">' in text
        assert not re.search(r"https?://|<script|<link|src=", text), path
        assert not FRAMING.search(re.sub(r"<code>.*?</code>|<style>.*?</style>", "", text, flags=re.DOTALL)), path


def test_every_link_leads_to_a_page(site: Path) -> None:
    for path, text in texts(site).items():
        for link in re.findall(r'href="([^"]+)"', text):
            assert (path.parent / unquote(link)).resolve().is_file(), (path, link)


def test_the_index_shows_each_feed_s_latest_verdict_and_every_check(site: Path) -> None:
    text = (site / "index.html").read_text("utf-8")
    for suite in load_suites():
        assert suite.title in text
    for shown in ("拒收", "通过", "尚未检查", "20240310-0007", "2024-Q1", "2024-03-10 08:00"):
        assert shown in text


@pytest.mark.parametrize("suite", load_suites(), ids=lambda suite: suite.about)
def test_a_suite_page_says_everything_an_auditor_asks(suite: object, site: Path) -> None:
    text = (site / "expectations" / f"{suite.name}.html").read_text("utf-8")
    for item in suite.expectations:
        assert item.says in text
    for shown in (suite.clause, suite.purpose, "严重程度", "质量维度", "旌巩固成果办〔2024〕1号", "严重", "警告"):
        assert shown in text


def test_a_result_page_gives_verdict_requirement_and_counts(site: Path) -> None:
    (page,) = (site / "validations").glob("*新办残疾人证*/2024-Q1_20240310-0007/*/*.html")
    text = page.read_text("utf-8")
    for shown in (
        "拒收",
        "缺少 发证日期",
        "34 行中 30 行不符（88.2%）",
        "不符的期望",
        "检查时间",
        "2024-03-10 08:00:00",
        "无法判断",
    ):
        assert shown in text


def test_findings_are_shown_with_their_severity_and_the_feeds_that_have_them(site: Path) -> None:
    (page,) = (site / "validations" / "疑点_部门数据").glob("*/*/*.html")
    rows = [re.sub(r"<[^>]+>|\s", "", row) for row in re.findall(r"<tr>(.*?)</tr>", page.read_text("utf-8"), re.DOTALL)]
    shown = [row for row in rows if row.startswith("不符")]
    assert [row.partition("等于0")[2] for row in shown] == [
        "1条（个人自付费用较高人员名单1条）严重时效性第三条(一)",
        "3条（个人自付费用较高人员名单3条）警告一致性第二条(一)",
        "2条（未参加基本医疗保险人员名单2条）提示一致性第三条(二)",
    ]
    index = (site / "index.html").read_text("utf-8")
    assert "有严重疑点" in index
    assert "<b>2</b>拒收或停止交办" in index, "the delivery and one person twice; a finding stops nothing"


def _one_check(serial: int, failures: multiprocessing.SimpleQueue) -> None:
    try:
        expected = contract(("petition__case", "water__drinking_water", "housing__hazard")[serial % 3])
        period = PERIODS[expected.period_kind]
        gate_delivery(current_site(), expected, tidy_delivery(expected), delivery_id=f"20240310-{serial:04d}", period=period)
    except BaseException as error:
        failures.put(f"{type(error).__name__}: {error}")


def test_several_ingests_may_check_at_once_and_a_lost_site_comes_back(home: Path) -> None:
    fork = multiprocessing.get_context("fork")
    failures = fork.SimpleQueue()
    workers = [fork.Process(target=_one_check, args=(serial, failures)) for serial in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert failures.empty(), failures.get()

    index = build_docs(current_site())
    assert [f"20240310-{serial:04d}" in index.read_text("utf-8") for serial in range(4)] == [True] * 4
    declared = list((quality.folder(current_site()) / "suites").glob("*.json"))
    assert len(declared) == len(load_suites())
    assert all(json.loads(path.read_text("utf-8"))["expectations"] for path in declared)

    pages = texts(index.parent)
    results = [path for path in pages if "validations" in path.parts]
    assert len(results) == 4
    for path in results:
        path.unlink()
    assert texts(build_docs(current_site()).parent) == pages


def test_no_telemetry_and_no_progress_bars_are_configured(site: Path) -> None:
    text = (quality.folder(current_site()) / "great_expectations.yml").read_text("utf-8")
    assert "analytics_enabled: false" in text
    assert "globally: false" in text
