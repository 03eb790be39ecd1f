"""What was frozen is what is issued: a number, a digest, the text as asked; anything else issues nothing and says why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from include.dispatch.approve import Answer, approval_lines, dispatch_lines, read_answer
from include.dispatch.instant import dispatch_at_once
from include.dispatch.issue import issue_dispatch
from include.dispatch.propose import DispatchError, newest_proposal, propose_dispatch, recompute_digest
from include.site import SHIPPED_COUNTY, current_site
from include.storage.warehouse import connect
from tests.deliveries.test_receive import ingest
from tests.dispatch.approvals import approval
from tests.dispatch.test_instant import LOSS, loss
from tests.files import registry_rows, write_xlsx
from tests.screening.build import build_risk_tables

APPROVER = "7"
RECORD = {
    "responded_at": "2024-03-10T01:30:00Z",
    "responded_by_user": {"id": APPROVER, "name": "bureau"},
    "chosen_options": ["Approve"],
    "params_input": {},
    "body": "第 1 号",
}
FROZEN = ("ledger.proposals", "ledger.proposed_warnings", "ledger.proposed_signals")


@pytest.fixture(scope="module")
def screened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home in which one warning waits to be dispatched; each test freezes a month of its own."""
    base = tmp_path_factory.mktemp("approve")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("FANGPIN_HOME", str(base / "home"))
        patched.setenv("FANGPIN_KEY_FILE", str(base / "warehouse.key"))
        patched.setenv("FANGPIN_NOW", "2024-03-10T10:00:00")
        write_xlsx(base / "home" / "inbox" / "县乡村振兴局" / "名单.xlsx", *registry_rows("张三", "李四"))
        write_xlsx(base / "home" / "inbox" / "县农水局" / "产业受损.xlsx", LOSS, loss("张三"))
        ingest()
        build_risk_tables(current_site())
        yield base / "home"


def issued(dispatch_id: str) -> list[tuple[Any, ...]]:
    with connect(current_site()) as connection:
        return connection.execute(
            "select proposal_no, digest, rule_of_issue, approved_by, approved_at from ledger.dispatches where dispatch_id = ?",
            [dispatch_id],
        ).fetchall()


def answers(dispatch_id: str) -> list[tuple[Any, ...]]:
    with connect(current_site()) as connection:
        return connection.execute(
            "select proposal_no, decision, reason, answered_by from ledger.approvals where dispatch_id = ?", [dispatch_id]
        ).fetchall()


def test_the_text_says_which_proposal_how_many_and_its_digest(screened: Path) -> None:
    asked = propose_dispatch(current_site(), "2023-01")
    with connect(current_site()) as connection:
        proposal = newest_proposal(connection, "2023-01")
        assert proposal and proposal.digest == recompute_digest(connection, "2023-01", 1)
    assert asked == proposal.asked and (proposal.warning_count, proposal.signal_count) == (1, 1)
    assert f"2023-01 期第 1 号报批，摘要 {proposal.digest[:16]}" in proposal.asked
    assert "共 1 条：本期新交办 1 条" in proposal.asked and "张三" not in proposal.asked


def test_frozen_again_has_a_new_number_and_nothing_frozen_is_removed(screened: Path) -> None:
    propose_dispatch(current_site(), "2023-02")
    first = approval("2023-02")
    propose_dispatch(current_site(), "2023-02")
    with pytest.raises(DispatchError, match="已重新冻结，原批准作废"):
        issue_dispatch(current_site(), "2023-02", first)
    assert issued("2023-02") == [] and answers("2023-02") == []
    with connect(current_site()) as connection:
        for table in FROZEN:
            found = connection.execute(f"select proposal_no from {table} where dispatch_id = '2023-02' order by all").fetchall()
            assert found == [(1,), (2,)], table


def test_a_text_that_nobody_froze_is_no_approval(screened: Path) -> None:
    """Whoever writes the XCom of ``prepare`` changes what the bureau reads, though number and digest be right."""
    asked = propose_dispatch(current_site(), "2023-06") or ""
    with pytest.raises(DispatchError, match="批准人看到的不是冻结的原文"):
        issue_dispatch(current_site(), "2023-06", approval("2023-06", asked=asked.replace("共 1 条", "共 0 条")))
    assert issued("2023-06") == [] and answers("2023-06") == []


@pytest.mark.parametrize(
    "change",
    [
        "update ledger.proposed_warnings set amount_yuan = 1 where dispatch_id = '2023-03'",
        "delete from ledger.proposed_signals where dispatch_id = '2023-03'",
        "insert into ledger.proposed_signals by name select county_code, entry_no, dispatch_id, proposal_no, warning_id, "
        "'x/1' as row_id from ledger.proposed_warnings where dispatch_id = '2023-03'",
    ],
)
def test_rows_that_are_not_those_that_were_shown_are_not_issued(screened: Path, change: str) -> None:
    propose_dispatch(current_site(), "2023-03")
    answer = approval("2023-03")
    with connect(current_site()) as connection:
        connection.execute(change)
    with pytest.raises(DispatchError, match="与批准时的摘要不符"):
        issue_dispatch(current_site(), "2023-03", answer)
    assert issued("2023-03") == []


def test_sent_back_with_a_reason_is_recorded_and_cannot_be_approved_later(screened: Path) -> None:
    propose_dispatch(current_site(), "2023-04")
    with pytest.raises(DispatchError, match="第 1 号报批已被 bureau 退回"):
        issue_dispatch(current_site(), "2023-04", approval("2023-04", decision="rejected", reason="先核实"))
    assert issued("2023-04") == [] and answers("2023-04") == [(1, "rejected", "先核实", "bureau")]
    with connect(current_site()) as connection:
        assert any("退回：先核实" in line for line in approval_lines(connection))
    with pytest.raises(DispatchError, match="此前已被退回"):
        issue_dispatch(current_site(), "2023-04", approval("2023-04"))
    propose_dispatch(current_site(), "2023-04")
    assert issue_dispatch(current_site(), "2023-04", approval("2023-04")).number == 2
    with connect(current_site()) as connection:
        assert not any("2023-04" in line for line in approval_lines(connection))
        assert "2023-04 期：2024-03-10 10:00 由 bureau 批准交办" in dispatch_lines(connection)


def test_an_approval_issues_once_and_the_ledger_says_what_was_approved(screened: Path) -> None:
    propose_dispatch(current_site(), "2023-05")
    answer = approval("2023-05")
    proposal = issue_dispatch(current_site(), "2023-05", answer)
    issue_dispatch(current_site(), "2023-05", answer)
    assert issued("2023-05") == [(1, proposal.digest, "approved", "bureau", answer.answered_at)]
    assert answers("2023-05") == [(1, "approved", None, "bureau")]
    assert propose_dispatch(current_site(), "2023-05") is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (None, "没有乡村振兴局的答复"),
        ({"responded_at": None, "responded_by_user": None, "chosen_options": None}, "没有乡村振兴局的答复"),
        ({"responded_by_user": {"id": "8", "name": "data"}}, "“data”不是批准人"),
        ({"responded_by_user": None}, "不是批准人"),
        ({"chosen_options": ["Approve", "Reject"]}, "既不是批准也不是退回"),
        ({"chosen_options": ["yes"]}, "既不是批准也不是退回"),
    ],
)
def test_no_answer_or_another_s_is_none(screened: Path, changed: dict[str, Any] | None, said: str) -> None:
    record = None if changed is None else {**RECORD, **changed}
    with pytest.raises(DispatchError, match=said) as caught:
        read_answer(current_site(), record, APPROVER)
    assert "没有交办任何预警" in str(caught.value)


def test_an_answer_is_read_from_airflow_s_record(screened: Path) -> None:
    at = datetime(2024, 3, 10, 9, 30)
    assert read_answer(current_site(), RECORD, APPROVER) == Answer("approved", "bureau", at, "第 1 号")
    back = {**RECORD, "chosen_options": ["Reject"], "params_input": {"reason": "  先核实 "}}
    assert read_answer(current_site(), back, APPROVER) == Answer("rejected", "bureau", at, "第 1 号", "先核实")
    assert read_answer(current_site(), {**back, "params_input": {}}, APPROVER).reason == "未写明原因"


def test_a_feed_that_floods_waits_for_approval_and_goes_into_the_month(home: Path) -> None:
    write_xlsx(home / "inbox" / "县乡村振兴局" / "名单.xlsx", *registry_rows("张三"))
    days = [str(date(2023, 8, 1) + timedelta(days=number)) for number in range(201)]
    write_xlsx(home / "inbox" / "县农水局" / "产业受损.xlsx", LOSS, *(loss("张三", day) for day in days))
    own = home / "county" / "county.yml"
    own.parent.mkdir(parents=True)
    text = (SHIPPED_COUNTY / "county.yml").read_text("utf-8")
    ingest()
    counted = build_risk_tables(current_site())["industry"]
    own.write_text(text.replace("at_once_per_hour: 200", f"at_once_per_hour: {counted - 1}"), "utf-8")
    assert counted > 1, "a flood needs more than one warning"
    assert dispatch_at_once(current_site()) == ["instant-2024-001"]
    assert issued("instant-2024-001") == []
    with connect(current_site()) as connection:
        proposal = newest_proposal(connection, "instant-2024-001")
        held = connection.execute("select feed, warning_count, hourly_limit from ledger.held_back").fetchall()
        (line,) = approval_lines(connection)
    assert held == [("water__industry_loss", counted, counted - 1)]
    assert proposal and f"一小时内有 {counted} 条预警，超过县设置的每小时 {counted - 1} 条" in proposal.asked
    assert "没有立即交办，等候乡村振兴局批准" in line
    assert dispatch_at_once(current_site()) == ["instant-2024-001"], "it is not asked twice"

    propose_dispatch(current_site(), "2024-03")
    issue_dispatch(current_site(), "2024-03", approval("2024-03"))
    with connect(current_site()) as connection:
        listed = connection.execute("select listing_kind, count(*) from ledger.dispatched_warnings group by all").fetchall()
        assert approval_lines(connection) == []
    assert listed == [("issued", counted)]


@pytest.mark.parametrize("given", [-1, "viel", True])
def test_a_limit_that_is_no_number_is_refused(home: Path, given: object) -> None:
    own = home / "county" / "county.yml"
    own.parent.mkdir(parents=True)
    text = (SHIPPED_COUNTY / "county.yml").read_text("utf-8")
    own.write_text(text.replace("at_once_per_hour: 200", f"at_once_per_hour: {given}"), "utf-8")
    with pytest.raises(ValueError, match="at_once_per_hour"):
        current_site().county  # noqa: B018
