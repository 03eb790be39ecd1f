"""The bureau holds lines back, releases them and withdraws, by a workbook in its inbox folder; the approval before is void."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from include.dispatch.issue import issue_dispatch
from include.dispatch.propose import DispatchError, newest_proposal, propose_dispatch, recompute_digest
from include.orchestration import steps
from include.review.line_workbook import HELD, OPEN, PROPOSED
from include.review.lines import export_lines
from include.review.questions import ReviewError
from include.site import current_site
from include.storage.warehouse import connect
from include.warnings.export import export
from include.warnings.story import story_of
from tests.deliveries.test_receive import ingest
from tests.dispatch.approvals import approval
from tests.dispatch.test_instant import LOSS, loss
from tests.files import registry_rows, write_xlsx
from tests.screening.build import build_risk_tables

BUREAU = "县乡村振兴局"
Given = dict[str, tuple[str, str, str]]


@pytest.fixture(scope="module")
def proposing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home whose dispatch of two warnings, of 张三 and of 李四, waits for approval."""
    base = tmp_path_factory.mktemp("lines")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("FANGPIN_HOME", str(base / "home"))
        patched.setenv("FANGPIN_KEY_FILE", str(base / "warehouse.key"))
        patched.setenv("FANGPIN_NOW", "2024-03-10T10:00:00")
        write_xlsx(base / "home" / "inbox" / BUREAU / "名单.xlsx", *registry_rows("张三", "李四"))
        write_xlsx(base / "home" / "inbox" / "县农水局" / "产业受损.xlsx", LOSS, loss("张三"), loss("李四"))
        ingest()
        build_risk_tables(current_site())
        propose_dispatch(current_site(), "2024-03")
        yield base


@pytest.fixture
def asked(proposing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, for one test."""
    shutil.copytree(proposing / "home", tmp_path / "asked")
    monkeypatch.setenv("FANGPIN_HOME", str(tmp_path / "asked"))
    monkeypatch.setenv("FANGPIN_KEY_FILE", str(proposing / "warehouse.key"))
    monkeypatch.setenv("FANGPIN_NOW", "2024-03-10T10:00:00")
    return tmp_path / "asked"


def lines_of(path: Path) -> dict[str, list[dict[str, Any]]]:
    """By sheet its lines, each with its row number."""
    found: dict[str, list[dict[str, Any]]] = {}
    for sheet in openpyxl.load_workbook(path):
        rows = list(sheet.iter_rows(values_only=True))
        at = next(number for number, row in enumerate(rows) if "预警编号" in row)
        heads = [str(head) for head in rows[at]]
        found[sheet.title] = [
            {"row": number} | dict(zip(heads, row, strict=True)) for number, row in enumerate(rows[at + 1 :], start=at + 2)
        ]
    return found


def decide(home: Path, sheet: str, given: Given, name: str = "交办审核表.xlsx") -> list[str]:
    """Export the lines, fill in 决定, 理由 and 经办人 by the head of household, and let the file be received."""
    path, _ = export_lines(current_site(), home / name)
    book = openpyxl.load_workbook(path)
    heads = {cell.value: cell.column for cell in book[sheet][3]}
    for line in lines_of(path)[sheet]:
        for head, value in zip(("决定", "理由", "经办人"), given.get(line["户主"], ("", "", "")), strict=True):
            book[sheet].cell(line["row"], heads[head]).value = value or None
    book.save(home / "inbox" / BUREAU / name)
    path.unlink()
    return steps.receive(current_site())


def proposed() -> tuple[int, str, list[str]]:
    """The newest proposal: its number, its text, and whose lines it has."""
    with connect(current_site()) as connection:
        newest = newest_proposal(connection, "2024-03")
        assert newest and newest.digest == recompute_digest(connection, "2024-03", newest.number)
        rows = connection.execute(
            "select head_name from ledger.proposed_warnings where proposal_no = ? order by all", [newest.number]
        ).fetchall()
        (signals,) = connection.execute(
            "select count(*) from ledger.proposed_signals where proposal_no = ?", [newest.number]
        ).fetchall()[0]
        assert signals == newest.signal_count == newest.warning_count == len(rows)
    return newest.number, newest.asked, [name for (name,) in rows]


def outcome(file_name: str) -> tuple[Any, ...]:
    with connect(current_site()) as connection:
        (found,) = connection.execute(
            """select outcomes.accepted_count, outcomes.rejected_count, outcomes.duplicate_count, outcomes.reason
            from ledger.outcomes as outcomes inner join ledger.deliveries as deliveries using (delivery_id)
            where deliveries.file_name = ?""",
            [file_name],
        ).fetchall()
    return tuple(found)


def states() -> dict[str, str]:
    with connect(current_site()) as connection:
        heads = dict(connection.execute("select warning_id, head_name from ledger.dispatched_warnings").fetchall())
    rows = export(current_site(), "warnings", dispatch="2024-03")
    return {heads[number]: state for number, state in zip(rows["warning_id"], rows["state"], strict=True)}


def test_what_is_held_back_makes_the_next_number_and_voids_the_approval(asked: Path) -> None:
    before = approval("2024-03")
    decide(asked, PROPOSED, {"张三": ("暂缓", "请农水局先核实损失", "周敏")})
    assert outcome("交办审核表.xlsx") == (1, 0, 0, "交办审核表：暂缓 1 条，解除暂缓 0 条，撤回 0 条")
    number, text, names = proposed()
    assert (number, names) == (2, ["李四"]) and "本期暂缓 1 条" in text
    with pytest.raises(DispatchError, match="已重新冻结，原批准作废"):
        issue_dispatch(current_site(), "2024-03", before)
    assert steps.receive(current_site()) == [] or proposed()[0] == 2, "received again, nothing is frozen again"

    issue_dispatch(current_site(), "2024-03", approval("2024-03"))
    assert states() == {"李四": "issued"}
    propose_dispatch(current_site(), "2024-04")  # asked again with the next dispatch
    with connect(current_site()) as connection:
        again = connection.execute(
            "select head_name, listing_kind from ledger.proposed_warnings where dispatch_id = '2024-04'"
        ).fetchall()
        (held,) = connection.execute("select warning_id from ledger.events where event = 'held'").fetchall()[0]
        (step,) = story_of(connection, held)
    assert ("张三", "issued") in again
    assert (step.to_state, step.done_by, step.reason, step.file_name) == ("held", "周敏", "请农水局先核实损失", "交办审核表.xlsx")


def test_what_is_released_comes_back_into_the_same_dispatch(asked: Path) -> None:
    decide(asked, PROPOSED, {"张三": ("暂缓", "先核实", "周敏"), "李四": ("暂缓", "先核实", "周敏")})
    assert proposed()[2] == []
    path, counts = export_lines(current_site(), asked / "看.xlsx")
    assert counts == {PROPOSED: 0, HELD: 2, OPEN: 0}
    assert {line["说明"] for line in lines_of(path)[HELD]} == {"2024-03 期，2024-03-10 暂缓：先核实"}
    decide(asked, HELD, {"张三": ("解除暂缓", "", "周敏")}, "解除.xlsx")
    number, text, names = proposed()
    assert (number, names) == (3, ["张三"]) and "本期暂缓 1 条" in text
    issue_dispatch(current_site(), "2024-03", approval("2024-03"))
    assert states() == {"张三": "issued"}


def test_a_proposal_overtaken_and_not_frozen_anew_yet_cannot_be_approved(asked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = approval("2024-03")
    monkeypatch.setattr(steps, "freeze_anew", lambda site: [])  # as when the machine stops in between
    decide(asked, PROPOSED, {"张三": ("暂缓", "先核实", "周敏")})
    with pytest.raises(DispatchError, match="有行被暂缓或解除暂缓，原批准作废"):
        issue_dispatch(current_site(), "2024-03", before)
    monkeypatch.undo()
    monkeypatch.setenv("FANGPIN_NOW", "2024-03-10T10:00:00")


def test_what_was_issued_is_withdrawn_and_is_owed_no_more(asked: Path) -> None:
    issue_dispatch(current_site(), "2024-03", approval("2024-03"))
    decide(asked, OPEN, {"张三": ("撤回", "农水局误报", "周敏")})
    assert states() == {"张三": "withdrawn", "李四": "issued"}
    decide(asked, OPEN, {"李四": ("撤回", "", "周敏")}, "无理由.xlsx")
    assert outcome("无理由.xlsx")[:3] == (0, 1, 0)
    (path,) = (asked / "returns").rglob("*无理由*退回行.xlsx")
    (line,) = lines_of(path)["退回的决定"]
    assert line["退回原因"] == "撤回没有写理由；请在“理由”栏写明" and line["户主"] == "李四"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (("暂缓", "", "周敏"), "暂缓没有写理由"),
        (("暂缓", "先核实", ""), "没有填经办人"),
        (("不交办", "先核实", "周敏"), "不是暂缓、解除暂缓或撤回"),
        (("撤回", "误报", "周敏"), "还没有交办，不必撤回；本期不交办的请选暂缓"),
    ],
)
def test_a_line_that_says_too_little_goes_back_and_changes_nothing(asked: Path, given: tuple[str, str, str], reason: str) -> None:
    decide(asked, PROPOSED, {"张三": given})
    assert outcome("交办审核表.xlsx")[:3] == (0, 1, 0)
    with connect(current_site()) as connection:
        (found,) = connection.execute("select reason from raw.row_issues where reason_code = 'decision_unusable'").fetchall()[0]
    assert reason in found and "《交办审核表.xlsx》工作表“拟交办”第 " in found
    assert proposed()[0] == 1


def test_the_same_word_twice_is_counted_as_repeated_and_a_number_of_nobody_goes_back(asked: Path) -> None:
    decide(asked, PROPOSED, {"张三": ("暂缓", "先核实", "周敏")})
    rows = [("预警编号", "决定", "理由", "经办人")]
    with connect(current_site()) as connection:
        (held,) = connection.execute("select warning_id from ledger.events where event = 'held'").fetchall()[0]
    rows += [
        (held, "暂缓", "再说一遍", "周敏"),
        ("W0123456789AB", "暂缓", "先核实", "周敏"),
        ("W0123456789AB", "撤回", "误报", "周敏"),
    ]
    write_xlsx(asked / "inbox" / BUREAU / "自制.xlsx", *rows)
    steps.receive(current_site())
    assert outcome("自制.xlsx")[:3] == (0, 2, 1)
    assert proposed()[0] == 2


def test_only_the_bureau_decides(asked: Path) -> None:
    path, _ = export_lines(current_site(), asked / "x.xlsx")
    book = openpyxl.load_workbook(path)
    heads = {cell.value: cell.column for cell in book[PROPOSED][3]}
    for head, value in (("决定", "暂缓"), ("理由", "先核实"), ("经办人", "周敏")):
        book[PROPOSED].cell(4, heads[head]).value = value
    (asked / "inbox" / "县农水局").mkdir(parents=True, exist_ok=True)
    book.save(asked / "inbox" / "县农水局" / "交办审核表.xlsx")
    steps.receive(current_site())
    assert "只由县乡村振兴局填报" in outcome("交办审核表.xlsx")[3] and proposed()[0] == 1


def test_before_any_screening_there_is_nothing_to_decide(home: Path) -> None:
    with pytest.raises(ReviewError, match="fangpin month"):
        export_lines(current_site())
