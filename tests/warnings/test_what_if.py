"""Another threshold: what a month would have listed, what is known of it by now, and not a byte of the home changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from include.cli.app import app
from include.dispatch.instant import dispatch_at_once
from include.dispatch.issue import issue_dispatch
from include.dispatch.propose import propose_dispatch
from include.screening.screen import ScreeningError, run_dbt
from include.site import current_site
from include.storage import ledger
from include.storage.warehouse import connect
from include.warnings.what_if import Known, WhatIf, WhatIfError, what_if
from tests.deliveries.test_receive import ingest
from tests.dispatch.approvals import approval
from tests.files import REGISTRY, person, registry_rows, write_xlsx
from tests.screening.build import build_risk_tables

SELF_PAY = ("姓名", "身份证号", "乡镇", "行政村", "人员类别", "统计年度", "统计截止月份", "个人自付费用(元)")
PETITION = ("信访编号", "受理日期", "姓名", "身份证号", "乡镇", "行政村", "诉求内容", "人均纯收入(元)", "基本生活是否困难")
DISASTER = ("灾害编号", "灾害名称", "灾害种类", "响应级别", "启动时间", "乡镇")
PLACE = ("旌阳镇", "华丰村")
PEOPLE = ("张三", "李四", "王五", "赵六")


def self_pay_rows(month: str, **figures: str) -> list[tuple[Any, ...]]:
    rows = [(name, person(name), *PLACE, "脱贫人口", 2024, month, figure) for name, figure in figures.items()]
    return [SELF_PAY, *rows]


def told(name: str, *happened: str, at: str) -> None:
    """A town's answer to a person's warning of self-pay costs, as its accepted rows say it."""
    with connect(current_site()) as connection:
        (warning_id,) = connection.execute(
            "select warning_id from ledger.dispatched_warnings where cause = 'illness.self_pay' and id_number = ?", [person(name)]
        ).fetchone() or ("",)
        lines = [
            {"warning_id": warning_id, "event": event, "happened_at": at, "done_by": "旌阳镇", "source": f"{name}{event}"}
            for event in happened
        ]
        ledger.append(connection, "ledger.events", lines)


def issue(month: str) -> None:
    propose_dispatch(current_site(), month)
    issue_dispatch(current_site(), month, approval(month))


def live(patch: pytest.MonkeyPatch) -> None:
    """March with a notice at once, its answers, and an April that knows more: a later registry and a corrected list."""
    inbox = current_site().inbox
    write_xlsx(inbox / "县乡村振兴局" / "名单.xlsx", *registry_rows(*PEOPLE))
    figures = {"张三": "31000", "李四": "26000", "王五": "25000", "赵六": "35000"}
    write_xlsx(inbox / "县医保局" / "自付较高2024年3月.xlsx", *self_pay_rows("2024-02", **figures))
    case = ("信访1", "2024-03-02", "王五", person("王五"), *PLACE, "生活困难", "9000", "是")
    write_xlsx(inbox / "县信访局" / "信访.xlsx", PETITION, case)
    write_xlsx(inbox / "县应急管理局" / "灾情.xlsx", DISASTER, ("灾害1", "洪涝", "洪涝", "Ⅳ级", "2024-03-01", "旌阳镇"))
    ingest()
    build_risk_tables(current_site())
    dispatch_at_once(current_site())
    issue("2024-03")
    told("张三", "found_not_true", at="2024-03-13 08:00")
    told("赵六", "found_qualifying", "registered", "measures_set", at="2024-03-14 08:00")
    patch.setenv("FANGPIN_NOW", "2024-04-10T08:00:00")
    rows = [list(row) for row in registry_rows(*PEOPLE, data_date="2024-04-08")]
    for label, value in (
        ("易返贫致贫户(监测对象)类型", "脱贫不稳定户"),
        ("风险是否消除", "否"),
        ("风险识别时间", "2024-04-02"),
    ):
        rows[2][REGISTRY.index(label)] = value
    write_xlsx(inbox / "县乡村振兴局" / "名单4月.xlsx", *rows)
    write_xlsx(inbox / "县医保局" / "自付较高2024年3月更正.xlsx", *self_pay_rows("2024-02", 张三="20000"))
    write_xlsx(inbox / "县医保局" / "自付较高2024年4月.xlsx", *self_pay_rows("2024-03", 李四="33000"))
    ingest()
    build_risk_tables(current_site())


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    base = tmp_path_factory.mktemp("what-if")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FANGPIN_HOME", str(base / "home"))
        patch.setenv("FANGPIN_KEY_FILE", str(base / "warehouse.key"))
        patch.setenv("FANGPIN_NOW", "2024-03-10T08:00:00")
        live(patch)
        yield base / "home"


def ask(rule: str, threshold: str, month: str = "2024-03") -> WhatIf:
    return what_if(current_site(), rule, threshold, month)


def test_the_rules_as_they_are_give_the_month_as_it_was_issued(lived: Path) -> None:
    """What came later (a corrected list, another registry, answers) was not known then."""
    found = ask("illness.self_pay", "30000")
    with connect(current_site()) as connection:
        (issued,) = connection.execute(
            "select count(distinct warning_id) from ledger.dispatched_warnings where dispatch_id = '2024-03'"
        ).fetchone() or (0,)
    assert found.warnings == (issued, issued) == (3, 3)
    assert found.visits == (2, 2) and (found.more, found.fewer) == (0, 0) and not found.changed_places


@pytest.mark.parametrize(
    ("rule", "threshold", "change", "visits", "added", "spared"),
    [
        # 25 000 itself is not above 25 000; the household that is added was registered in April.
        ("illness.self_pay", "25000", (1, 0), (2, 3), Known(registered=1), Known()),
        ("illness.self_pay_high", "25000", (1, 0), (2, 3), Known(registered=1), Known()),
        ("illness.self_pay", "24999.99", (2, 0), (2, 4), Known(registered=1, unknown=1), Known()),
        ("illness.self_pay", "33000", (0, 1), (2, 1), Known(), Known(nothing=1)),
        ("illness.self_pay", "40000", (0, 2), (2, 0), Known(), Known(nothing=1, registered=1)),
        ("petition.case", "9500", (1, 0), (2, 3), Known(unknown=1), Known()),
        ("employment_income.income_low", "9500", (1, 0), (2, 3), Known(unknown=1), Known()),
        # An area, issued at once: a warning less, and no household.
        ("disaster.disaster_area", "3", (0, 1), (2, 2), Known(), Known()),
    ],
)
def test_more_and_fewer(
    lived: Path, rule: str, threshold: str, change: tuple[int, int], visits: tuple[int, int], added: Known, spared: Known
) -> None:
    found = ask(rule, threshold)
    assert (found.more, found.fewer) == change
    assert found.warnings == (3, 3 + change[0] - change[1])
    assert (found.visits, found.added, found.spared) == (visits, added, spared)
    assert sum(place.warnings[1] for place in found.places) == found.warnings[1]
    assert {place.town_name for place in found.changed_places} == {"旌阳镇"}


def test_a_month_not_yet_issued_is_that_of_its_screening(lived: Path) -> None:
    """In April 李四 is new, and what March issued is not issued again."""
    assert ask("illness.self_pay", "30000", "2024-04").warnings == (1, 1)
    assert ask("illness.self_pay", "34000", "2024-04").warnings == (1, 0)


def test_nothing_of_the_home_is_changed(lived: Path) -> None:
    site = current_site()

    def prints() -> dict[str, str]:
        files = [path for path in lived.rglob("*") if path.is_file() and not path.is_symlink()]
        return {str(path): sha256(path.read_bytes()).hexdigest() for path in files}

    ask("illness.self_pay", "25000")
    before = prints()
    for rule, threshold in (("illness.self_pay", "25000"), ("petition.case", "9500"), ("disaster.disaster_area", "3")):
        ask(rule, threshold)
    assert str(site.warehouse) in before and str(site.ledger) in before
    assert prints() == before


def test_models_of_another_release_are_compiled_first(lived: Path) -> None:
    """After a restore or an upgrade dbt's record is missing, or says what the project no longer says."""
    manifest = current_site().dbt / "target" / "manifest.json"
    kept = manifest.read_bytes()
    manifest.unlink()
    assert ask("illness.self_pay", "25000").more == 1
    old = json.loads(kept)
    node = next(node for node in old["nodes"].values() if node["name"].endswith("judged__medical_insurance__self_pay_high"))
    node["raw_code"] = node["compiled_code"] = "select 1"
    manifest.write_text(json.dumps(old), "utf-8")
    assert ask("illness.self_pay", "25000").more == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("illness.selfpay", "25000", "2024-03"), ("没有规则“illness.selfpay”", "illness.self_pay_high、")),
        (("water.drinking_water", "2", "2024-03"), ("没有数值标准", "disaster.disaster_area、")),
        (("disability.certificate", "2", "2024-03"), ("没有数值标准",)),
        (("illness.self_pay", "三万", "2024-03"), ("不是大于 0 的数",)),
        (("illness.self_pay", "-1", "2024-03"), ("不是大于 0 的数",)),
        (("illness.self_pay", "nan", "2024-03"), ("不是大于 0 的数",)),
        (("illness.self_pay", "25000", "2024-02"), ("2024-02 没有筛查过", "已交办的月份：2024-03")),
    ],
)
def test_what_cannot_be_asked_is_said(lived: Path, words: tuple[str, str, str], told: tuple[str, ...]) -> None:
    with pytest.raises(WhatIfError) as said:
        what_if(current_site(), *words)
    assert all(text in str(said.value) for text in told)


def test_without_a_screening_there_is_nothing_to_ask(home: Path) -> None:
    with pytest.raises(ScreeningError, match="还没有筛查结果"):
        ask("illness.self_pay", "25000")
    assert not current_site().warehouse.exists()
    with connect(current_site()) as connection:
        ledger.create_tables(connection)
    with pytest.raises(WhatIfError, match="还没有本版本的筛查结果"):
        ask("illness.self_pay", "25000")


def test_the_command_says_it_in_a_table(lived: Path) -> None:
    asked = ["what-if", "--rule", "illness.self_pay", "--threshold", "25000", "--month", "2024-03"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0
    assert "没有改动任何数据" in done.stdout and "30000.00 → 25000" in done.stdout
    line = next(line for line in done.stdout.splitlines() if "华丰村" in line)
    assert [cell.strip() for cell in line.strip("│").split("│")] == ["旌阳镇", "华丰村委会", "2", "3", "+1", "2", "3", "+1"]
    assert "后来纳入监测 1 户，本可更早发现" in done.stdout
    assert not [name for name in PEOPLE if name in done.stdout or person(name) in done.stdout]
    unchanged = CliRunner().invoke(app, [*asked[:4], "30000", *asked[5:]])
    assert "预警 3 条、入户 2 户都不变" in unchanged.stdout


def test_the_scorecard_and_the_misses_follow_what_is_recorded(lived: Path) -> None:
    with connect(current_site()) as connection:
        misses = connection.execute(
            "select household_id, registered_on::varchar, first_warned_on::varchar from report.report_misses"
        )
        assert misses.fetchall() == [("H0002", "2024-04-02", "2024-04-10")]
        score = connection.execute(
            """select warning_count, answered_count, true_count, qualifying_count, registered_count, visit_count,
                found_household_count, visits_per_household_found::float
            from report.report_scorecard where month = '2024-03' and scope = 'rule' and scope_key = 'illness.self_pay_high'"""
        ).fetchall()
        assert score == [(2, 2, 1, 1, 1, 2, 1, 2.0)]
        shared = connection.execute(
            "select warning_count, is_suppressed from report.report_scorecard_shared where scope_key = 'illness.self_pay_high'"
        ).fetchall()
        assert (None, True) in shared
    for what, told in (("misses", "2024-04-02"), ("advisory", "advisory_code"), ("scorecard", "illness.self_pay_high")):
        done = CliRunner().invoke(app, ["export", what])
        assert done.exit_code == 0 and told in done.stdout
        assert not [name for name in PEOPLE if name in done.stdout or person(name) in done.stdout]
    run_dbt("test", "--select", "report_scorecard", "report_misses", "int_warning_rounds", "--exclude-resource-type", "unit_test",
            site=current_site())  # fmt: skip
