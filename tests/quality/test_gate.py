"""A critical failure refuses a delivery, a warning does not; each feed is judged by what it is about."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from include.contracts import contract
from include.quality.context import checkpoint_name
from include.quality.context import folder as quality_folder
from include.quality.gate import GateResult, gate_delivery, gate_risk, gate_together, record_findings
from include.quality.suites import delivery_suite
from include.site import current_site
from include.storage.ledger import Volume
from tests.feed_table import FEED_TABLE
from tests.quality.batches import PERIODS, tidy_delivery, tidy_risk, with_rejected

Change = Callable[[pd.DataFrame], pd.DataFrame]


def judged(feed: str, change: Change = lambda batch: batch, *, rows: int = 3, delivery_id: str = "20240310-0001") -> GateResult:
    """The verdict on a tidy delivery after a change."""
    expected = contract(feed)
    batch = change(tidy_delivery(expected, rows))
    return gate_delivery(current_site(), expected, batch, delivery_id=delivery_id, period=PERIODS[expected.period_kind])


def first_row(**values: object) -> Change:
    """The first row changed."""
    return lambda batch: batch.assign(**{name: [value, *batch[name][1:]] for name, value in values.items()})


def test_a_tidy_delivery_passes_without_a_word(checked_home: Path) -> None:
    assert judged("rural_revitalization__registry") == GateResult(success=True, critical=(), warnings=(), evaluated=28)


def test_a_month_without_such_warnings_is_no_fault(checked_home: Path) -> None:
    result = gate_risk(current_site(), "epidemic", tidy_risk("epidemic", rows=0), run_name="2024-03 空")
    assert (result.success, result.warnings) == (True, ())


@pytest.mark.parametrize(
    ("change", "rows", "message"),
    [
        (lambda batch: batch.drop(columns=["insured_year"]), 3, "数据契约规定的列一列不少：缺少 参保年度"),
        (lambda batch: batch.iloc[:0], 3, "至少有一行数据（本月无情况请报零报告）：0 行"),
        (lambda batch: with_rejected(batch, 17), 3, "满 20 行的投递，接收的行不少于两成：20 行中 17 行不符（85.0%）"),
        (first_row(row_key="row-1"), 3, "已接收且无须人工处理的行，同一对象只出现一次：3 行中 2 行不符（66.7%）"),
        (first_row(row_key=None), 3, "每个已接收的行都认得出是谁：3 行中 1 行不符（33.3%）"),
        (first_row(period="2024-02"), 3, "全表只属于一个时期：2 种"),
        (lambda batch: batch.assign(period="2024-02"), 3, "表内时期与投递登记的时期相同：3 行中 3 行不符（100.0%）"),
    ],
    ids=["column", "empty", "rejected", "duplicate", "keyless", "two_periods", "other_period"],
)
def test_a_critical_failure_refuses(change: Change, rows: int, message: str, checked_home: Path) -> None:
    result = judged("medical_insurance__uninsured", change, rows=rows)
    assert not result.success
    assert message in result.critical


WARNINGS: list[tuple[str, Change, str]] = [
    ("medical_insurance__uninsured", lambda batch: with_rejected(batch, 1), "接收的行不少于九成：4 行中 1 行不符"),
    ("medical_insurance__uninsured", first_row(village_name="无此村"), "行政村在本县区划表中：3 行中 1 行不符"),
    ("medical_insurance__uninsured", first_row(insured_year=2022), "参保年度就是所报时期的年度：3 行中 1 行不符"),
    ("medical_insurance__self_pay_monitored", first_row(as_of_month="2024-03"), "统计截止月份就是推送月份的上一个月"),
    ("medical_insurance__self_pay_monitored", first_row(total_cost_yuan=60000), "医疗总费用不少于各项报销与自付之和"),
    (
        "medical_insurance__self_pay_high",
        first_row(self_pay_yuan=Decimal("30000.00")),
        "绝大多数确已超过规则表的现行标准",
    ),
    ("health__epidemic_event", first_row(reported_date=date(2024, 3, 8)), "发生后 3 日内报告：3 行中 1 行不符"),
    ("education__dropout", first_row(term="2023-autumn"), "表内学期就是投递登记的学期"),
    ("housing__renovation_plan", first_row(house_grade="A"), "计划内的房屋多为 C 级或 D 级"),
    ("housing__hazard", first_row(found_date=date(2024, 3, 11)), "发现日期不晚于收到之日：3 行中 1 行不符"),
    ("water__drinking_water", first_row(affected_count=300), "影响人数是一户的人数"),
    ("civil_affairs__new_low_income", first_row(recognised_date=date(2023, 12, 31)), "认定日期在本季内"),
    ("rural_revitalization__income_risk", first_row(income_yuan=0.6), "人均纯收入多在 100 元以上"),
    ("human_resources__unemployed", lambda batch: batch.assign(employment_status="已就业"), "名单以未就业人员为主"),
    (
        "disabled_federation__new_certificate",
        first_row(certificate_number="不同的证"),
        "前 18 位就是本人身份证号",
    ),
    ("water__industry_loss", first_row(occurred_date=date(2023, 6, 1)), "发生日期距收到不超过 60 天"),
    ("emergency__disaster_area", first_row(direct_loss_yuan=3.2), "直接经济损失换算成元后"),
    ("emergency__disaster_household", first_row(relief_yuan=-1), "已获救助不为负"),
    ("public_security__incident", first_row(consequence="财产重大损失", property_loss_yuan=None), "写明损失金额"),
    ("petition__case", lambda batch: batch.assign(id_number=None), "身份证号填写率不低于 60%：3 行中 3 行不符"),
    ("rural_revitalization__registry", first_row(id_number="34182519800101" + "0001"), "一人只在一户"),
    ("town__verification", first_row(is_true=False), "符合监测条件的，所预警的情况也属实"),
    ("town__measure", first_row(enrolled_date=date(2024, 2, 20)), "纳入后 10 日内制定帮扶措施：3 行中 1 行不符"),
]


def test_every_feed_of_the_feed_table_has_a_warning_of_its_own_here() -> None:
    assert {feed for feed, _, _ in WARNINGS} == FEED_TABLE.keys()


@pytest.mark.parametrize(("feed", "change", "message"), WARNINGS)
def test_a_warning_is_reported_and_does_not_refuse(feed: str, change: Change, message: str, checked_home: Path) -> None:
    result = judged(feed, change)
    assert result.success, result.critical
    assert len(result.warnings) == 1, "what is tidy passes without a word"
    assert message in result.warnings[0]


def test_most_of_a_small_file_may_be_faulty(checked_home: Path) -> None:
    result = judged("petition__case", lambda batch: with_rejected(batch, 2), rows=1)
    assert result.success
    assert any(text.startswith("接收的行不少于九成") for text in result.warnings)


def test_two_rows_of_one_key_that_wait_for_a_person_do_not_refuse(checked_home: Path) -> None:
    result = judged("medical_insurance__uninsured", lambda batch: batch.assign(row_key="one", waits_code="conflict"))
    assert result.success
    assert any(text.startswith("须由人工处理的行不超过一成") for text in result.warnings)


def test_a_rebuild_years_later_comes_to_the_same_verdict(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = judged("water__industry_loss", first_row(occurred_date=date(2024, 3, 12)))
    monkeypatch.setenv("FANGPIN_NOW", "2027-01-05T08:00:00")
    assert judged("water__industry_loss", first_row(occurred_date=date(2024, 3, 12))) == now
    assert now.warnings


def test_a_check_that_was_stopped_half_way_does_not_bar_the_next(home: Path) -> None:
    first = judged("petition__case")
    (home / "quality" / "checkpoints" / f"{checkpoint_name(delivery_suite('petition__case'))}.json").unlink()
    assert judged("petition__case") == first


def test_a_volume_far_from_earlier_months_is_reported(home: Path) -> None:
    expected = contract("water__drinking_water")
    published: list[Volume] = []

    def month(period: str, rows: int, serial: int) -> list[str]:
        batch = tidy_delivery(expected, rows).assign(period=period)
        result = gate_delivery(
            current_site(), expected, batch, delivery_id=f"20240310-{serial:04d}", period=period, volumes=published
        )
        published.append(Volume(period, rows))
        assert result.success
        return [text for text in result.warnings if text.startswith("行数与前几期相当")]

    assert month("2023-12", 10, 1) == []
    assert month("2024-01", 12, 2) == []
    assert month("2024-02", 40, 3) != []
    assert month("2024-02", 2, 4) == [], "a supplement to the same month is small by nature"
    assert month("2024-03", 3, 5) != []


@pytest.mark.parametrize(
    ("warning_type", "change", "message"),
    [
        ("illness", first_row(warning_id="W1"), "预警编号不重复"),
        ("illness", first_row(subject_key="S1"), "只有一条未办结的预警"),
        ("illness", first_row(cause="water.unsafe"), "预警原因属于本类型"),
        ("illness", first_row(identity="new"), "未参保预警的对象都在脱贫人口和监测对象名单内"),
        ("water", first_row(town_code="341822100"), "镇代码属于本县"),
        ("water", first_row(town_code=None), "每条预警都定位到镇，才能交办"),
        ("schooling", first_row(evidence=None), "每条预警都写明事实"),
        ("housing", first_row(first_signalled_on=None), "每条预警都有首次发现的日期"),
        ("low_income", first_row(qualifier="富裕户"), "按低收入类型区分"),
        ("employment_income", first_row(qualifier=""), "按年度区分，一年一条"),
        ("disability", first_row(qualifier=""), "按残疾人证区分，都有证"),
        ("disaster", first_row(qualifier=None), "地区类预警都有事件或灾害编号"),
        ("epidemic", first_row(person_name="张某"), "地区类预警不含个人姓名"),
        ("petition", lambda table: table.drop(columns=["candidates"]), "预警表规定的列一列不少：缺少 候选人"),
    ],
)
def test_a_risk_table_with_a_critical_failure_stops(warning_type: str, change: Change, message: str, checked_home: Path) -> None:
    result = gate_risk(current_site(), warning_type, change(tidy_risk(warning_type)), run_name="2024-03 有误")
    assert not result.success
    assert [message in text for text in result.critical] == [True], result.critical


@pytest.mark.parametrize(
    ("warning_type", "change", "message"),
    [
        ("industry", first_row(amount_yuan=11999.99), "损失金额达到规则表的现行标准"),
        ("illness", lambda table: table.assign(cause="illness.self_pay", amount_yuan=30000.0), "自付费用超过规则表的现行标准"),
        ("petition", first_row(amount_yuan=8000.0), "低于现行监测收入线"),
        ("water", first_row(identity="unresolved", marks="身份待核"), "身份待核的不超过一成"),
    ],
)
def test_a_risk_table_with_a_warning_goes_on(warning_type: str, change: Change, message: str, checked_home: Path) -> None:
    result = gate_risk(current_site(), warning_type, change(tidy_risk(warning_type)), run_name="2024-03 提示")
    assert result.success, result.critical
    assert [message in text for text in result.warnings] == [True], result.warnings


def findings(**counts: int) -> pd.DataFrame:
    """Counts of ``report_findings``, by ``kind__of__feed``."""
    rows = [(*name.split("__of__"), count) for name, count in counts.items()]
    return pd.DataFrame(rows, columns=["finding_code", "feed", "finding_count"])


def test_findings_are_counted_by_kind_and_feed(checked_home: Path) -> None:
    counts = findings(
        file_resent__of__medical_insurance__self_pay_high=1,
        category_differs__of__medical_insurance__uninsured=2,
        category_differs__of__human_resources__unemployed=40,
        self_pay_fell__of__medical_insurance__self_pay_high=3,
        a_new_row_check__of__petition__case=5,
        another_row_check__of__petition__case=4,
    )
    result = record_findings(current_site(), counts, run_name="2024-03 疑点")
    assert result.critical == ("不把以前的文件隔期再报一遍：1 条（个人自付费用较高人员名单 1 条）",)
    assert result.warnings == ("当年累计自付费用不比此前月份少：3 条（个人自付费用较高人员名单 3 条）",)
    assert result.evaluated == 59
    (stored,) = (checked_home / "quality" / "results" / "疑点_部门数据" / "2024-03-疑点").glob("*/*.json")
    failed = {
        item["expectation_config"]["meta"]["key"]: sum(
            found[item["expectation_config"]["kwargs"]["column"]] for found in item["result"]["unexpected_index_list"]
        )
        for item in json.loads(stored.read_text("utf-8"))["results"]
        if not item["success"]
    }
    assert failed == {"file_resent": 1, "category_differs": 42, "self_pay_fell": 3, "other": 9}


def test_a_county_without_findings_passes(checked_home: Path) -> None:
    result = record_findings(current_site(), findings(), run_name="2024-03 无疑点")
    assert (result.success, result.warnings) == (True, ())


INCIDENT = "public_security__incident"


def deliveries(feed: str, changes: dict[str, Change], rows: int = 1) -> dict[str, pd.DataFrame]:
    """Tidy deliveries of one event feed, each about other people, some changed."""
    found = {}
    for number, (name, change) in enumerate(changes.items()):
        batch = tidy_delivery(contract(feed), rows).assign(row_key=[f"row-{number}-{row}" for row in range(rows)])
        found[f"20240310-{name}"] = change(batch)
    return found


def as_is(batch: pd.DataFrame) -> pd.DataFrame:
    return batch


def test_deliveries_alike_are_judged_in_one_look_and_its_page_lists_them(checked_home: Path) -> None:
    batches = deliveries(INCIDENT, {"0001": as_is, "0002": as_is, "0003": as_is})
    together = gate_together(current_site(), contract(INCIDENT), batches)
    alone = {
        name: gate_delivery(current_site(), contract(INCIDENT), batch, delivery_id=name, period="")
        for name, batch in batches.items()
    }
    assert together == alone and len(together) == 3
    (page,) = (current_site().docs / "quality" / "validations").rglob("20240310-0001等3批/**/*.html")
    said = page.read_text("utf-8")
    assert "以下 3 批情形相同" in said and "、".join(sorted(batches)) in said


def test_a_column_that_all_leave_empty_is_said_of_each_in_its_own_rows(checked_home: Path) -> None:
    feed = "emergency__disaster_household"
    batches = deliveries(feed, dict.fromkeys(("0001", "0002"), lambda batch: batch.assign(relief_yuan=None)), rows=2)
    together = gate_together(current_site(), contract(feed), batches)
    assert [result.warnings for result in together.values()] == [("已获救助填写率不低于 60%：2 行中 2 行不符（100.0%）",)] * 2
    for name, batch in batches.items():
        assert together[name] == gate_delivery(current_site(), contract(feed), batch, delivery_id=name, period="")


@pytest.mark.parametrize(
    "change",
    [
        first_row(occurred_date=date(2030, 1, 1)),
        first_row(row_key=None),
        lambda batch: with_rejected(batch, 1),
        lambda batch: pd.concat([batch] * 25, ignore_index=True),
    ],
    ids=["future", "keyless", "rejected", "many_rows"],
)
def test_what_has_something_of_its_own_is_left_to_a_look_of_its_own(change: Change, checked_home: Path) -> None:
    batches = deliveries(INCIDENT, {"0001": as_is, "0002": as_is, "0003": change, "0004": as_is})
    together = gate_together(current_site(), contract(INCIDENT), batches)
    assert "20240310-0003" not in together and {"20240310-0001", "20240310-0002"} <= together.keys()
    assert all(result.success and not result.warnings for result in together.values())
    suite = delivery_suite(INCIDENT).name
    recorded = [path for path in (quality_folder(current_site()) / "results" / suite).rglob("*.json") if "等" in str(path)]
    assert all(json.loads(path.read_text("utf-8"))["success"] for path in recorded), "没有通过的一并检查不该留下记录"


def test_deliveries_of_two_days_are_not_judged_as_one(checked_home: Path) -> None:
    first, second = deliveries(INCIDENT, {"0001": as_is, "0002": as_is}).values()
    assert gate_together(current_site(), contract(INCIDENT), {"20240309-0001": first, "20240310-0001": second}) == {}
