"""The bureau answers what waits in a workbook; the answers are recorded, applied, and not asked for again."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from include.deliveries.receive import receive_inbox
from include.review.answers import _implied, judge_answers
from include.review.questions import Question, ReviewError, export_queue
from include.review.workbook import KEY
from include.screening.screen import has_news
from include.site import current_site
from include.storage import ledger
from include.storage.warehouse import connect
from include.warnings.export import export
from tests.deliveries.test_receive import ingest
from tests.files import REGISTRY, person, registry_rows, uninsured_rows, with_check_character, write_xlsx
from tests.screening.build import build_risk_tables

LOSS = ("户主姓名", "户主身份证号", "乡镇", "行政村", "产业类型", "损失原因", "经济损失(元)", "发生日期")
WATER = ("户主姓名", "户主身份证号", "乡镇", "行政村", "饮水问题类型", "发现日期")


def read(path: Path) -> tuple[openpyxl.Workbook, dict[str, int], list[dict[str, Any]]]:
    """The workbook, its columns by head, and its lines."""
    book = openpyxl.load_workbook(path)
    rows = list(book.worksheets[0].iter_rows())
    head = next(number for number, row in enumerate(rows) if any(cell.value == "决定" for cell in row))
    at = {cell.value: cell.column for cell in rows[head]}
    lines = [{"row": row[0].row} | {label: row[column - 1].value for label, column in at.items()} for row in rows[head + 1 :]]
    return book, at, lines


def answer(path: Path, target: Path, answers: dict[tuple[str, str | None], tuple[str, str, str]]) -> None:
    """Fill in 决定, 改为 and 经办人 by question and name, and drop the workbook."""
    book, at, lines = read(path)
    for line in lines:
        given = answers.get((line["事项"], line["姓名"]), ("", "", ""))
        for label, value in zip(("决定", "改为", "经办人"), given, strict=True):
            book.worksheets[0].cell(line["row"], at[label]).value = value or None
    target.parent.mkdir(parents=True, exist_ok=True)
    book.save(target)


def fetch(sql: str) -> list[tuple[Any, ...]]:
    with connect(current_site()) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture
def waiting(home: Path) -> Path:
    """A screened home where three losses, two people and one place wait for an answer."""
    inbox, place = home / "inbox", ("旌阳镇", "华丰村")
    write_xlsx(inbox / "县乡村振兴局" / "名单.xlsx", *registry_rows("张三", "李四", "王五"))
    write_xlsx(
        inbox / "县农水局" / "产业受损.xlsx",
        LOSS,
        ("张三", person("张三"), *place, "水稻", "洪涝", "约3万", "2024-03-01"),
        ("李四", person("李四"), *place, "水稻", "洪涝", "约2万", "2024-03-01"),
        ("王五", person("王五"), *place, "水稻", "洪涝", "3-5万", "2024-03-01"),
    )
    write_xlsx(
        inbox / "县农水局" / "饮水2024年3月.xlsx",
        WATER,
        ("王武", "", *place, "水质", "2024-03-01"),
        ("周七", "", *place, "水质", "2024-03-01"),
        ("赵六", person("赵六"), "桃源镇", "花果村", "水质", "2024-03-01"),
    )
    ingest()
    build_risk_tables(current_site())
    return home


def test_answers_are_recorded_applied_and_not_asked_again(waiting: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, count = export_queue(current_site(), waiting / "待核定.xlsx")
    book, at, lines = read(path)
    assert count == len(lines) == 6
    assert {line["事项"] for line in lines} == {"金额是多少", "是哪个人", "归哪个镇村"}
    sheet = book.worksheets[0]
    assert sheet.column_dimensions[sheet.cell(1, at["核定编号"]).column_letter].hidden
    assert [rule.formula1 for rule in sheet.data_validations.dataValidation] == ['"采纳,不采纳,其他"']
    assert not any(number in str(line) for line in lines for number in (person("张三"), person("赵六")))

    answers = {
        ("金额是多少", "张三"): ("采纳", "", "甲"),
        ("金额是多少", "李四"): ("不采纳", "", "甲"),
        ("金额是多少", "王五"): ("采纳", "", "甲"),
        ("是哪个人", "王武"): ("其他", person("王五"), "甲"),
        ("是哪个人", "周七"): ("不采纳", "", "甲"),
        ("归哪个镇村", "赵六"): ("其他", "旌阳镇 华丰村", ""),
    }
    answer(path, waiting / "inbox" / "县乡村振兴局" / "核定.xlsx", answers)
    monkeypatch.setenv("FANGPIN_NOW", "2024-03-10T09:00:00")
    ingest()
    last = export(current_site(), "deliveries").iloc[-1]
    assert (last["status"], last["rows"], last["accepted"], last["rejected"]) == ("published", 6, 4, 2)
    decisions = fetch(
        "select decision, value, decided_by, source_delivery_id from ledger.decisions order by row_number, column_name"
    )
    assert len(decisions) == 4 and {row[2:] for row in decisions} == {("甲", last["delivery_id"])}

    (returned,) = (waiting / "returns").rglob("*核定*.xlsx")
    _, _, back = read(returned)
    reasons = {line["姓名"]: line["退回原因"] for line in back}
    assert "改为" in reasons["王五"] and "经办人" in reasons["赵六"]
    answers |= {("金额是多少", "王五"): ("其他", "13,000", "乙"), ("归哪个镇村", "赵六"): ("其他", "旌阳镇 华丰村", "乙")}
    answer(returned, waiting / "inbox" / "rural_revitalization" / "再核定.xlsx", answers)
    monkeypatch.setenv("FANGPIN_NOW", "2024-03-10T10:00:00")
    ingest()
    assert export(current_site(), "deliveries").iloc[-1]["accepted"] == 2

    build_risk_tables(current_site())
    assert fetch("select * from report.report_queue") == []
    screened = fetch("select feed, person_name, outcome, reason, village_name from report.report_screened_rows")
    rows = {(feed, name): rest for feed, name, *rest in screened}
    assert rows["water__industry_loss", "李四"][:2] == ["no_signal", "人工核定不采纳"]
    assert rows["water__drinking_water", "赵六"] == ["signal", None, "华丰村委会"]
    warnings = fetch("select cause, person_name, identity, identity_method, amount_yuan from risk.risk_warnings order by all")
    assert [(*row[:4], float(row[4] or 0)) for row in warnings] == [
        ("industry.loss", "张三", "matched", "number", 30000.0),
        ("industry.loss", "王五", "matched", "number", 13000.0),
        ("water.unsafe", "周七", "unresolved", "none", 0.0),
        ("water.unsafe", "王五", "matched", "confirmed", 0.0),
        ("water.unsafe", "赵六", "new", "number", 0.0),
    ]
    assert export_queue(current_site(), waiting / "再导出.xlsx")[1] == 0


def test_the_exported_queue_masks_who_is_proposed(home: Path) -> None:
    inbox = home / "inbox"
    people = [["陈同" if cell in ("张三", "李四") else cell for cell in row] for row in registry_rows("张三", "李四")]
    write_xlsx(inbox / "县乡村振兴局" / "名单.xlsx", *people)
    write_xlsx(inbox / "县农水局" / "饮水2024年3月.xlsx", WATER, ("陈同", "", "旌阳镇", "华丰村", "水质", "2024-03-01"))
    ingest()
    build_risk_tables(current_site())
    (masked,), (whole,) = (export(current_site(), "queue", is_masked=is_masked)["proposals"] for is_masked in (True, False))
    assert whole.count('"陈同"') == masked.count('"陈*"') == 2 and "陈同" not in masked
    recorded = fetch("select what, is_masked, row_count from ledger.exports order by all")
    assert recorded == [("queue", False, 1), ("queue", True, 1)]


def test_a_scored_suggestion_is_shown_masked_and_accepting_it_matches_the_person(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    villages = [(row["town_name"], row["village_name"]) for row in current_site().county_rows("divisions.csv")][:30]
    registered = []
    for at, (town, village) in enumerate(villages):
        number = with_check_character(f"341825{1950 + at}0{at % 9 + 1}1500{at % 10}")
        known = {"户编号": f"H{at:04d}", "人编号": f"P{at:04d}", "姓名": "方" + chr(0x6000 + at) + chr(0x6500 + at)}
        known |= {"证件号码": number, "乡(镇)": town, "行政村": village}
        registered.append([known.get(label, cell) for label, cell in zip(REGISTRY, registry_rows("张三")[1], strict=True)])
    town, village, name, number = (registered[7][REGISTRY.index(at)] for at in ("乡(镇)", "行政村", "姓名", "证件号码"))
    slip = name[:2] + "某"
    write_xlsx(home / "inbox" / "县乡村振兴局" / "名单.xlsx", REGISTRY, *registered)
    write_xlsx(home / "inbox" / "县农水局" / "饮水2024年3月.xlsx", WATER, (slip, "", town, village, "水质", "2024-03-01"))
    ingest()
    build_risk_tables(current_site())
    path, count = export_queue(current_site(), home / "待核定.xlsx")
    book, _, (line,) = read(path)
    assert count == 1
    said = re.fullmatch(r"1\. (\S+) (\S+) 户编号(\S+) 证号(\S+)（把握(\d\.\d\d)：(.+)）", line["系统建议"])
    assert said and said.groups()[:4] == (name, village, "H0007", "*" * 14 + number[-4:])
    assert 0.2 <= float(said[5]) < 0.9 and said[6] == "姓名一字之差、同村"
    assert number[:14] not in "".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row)

    answer(path, home / "inbox" / "县乡村振兴局" / "核定.xlsx", {("是哪个人", slip): ("采纳", "", "甲")})
    monkeypatch.setenv("FANGPIN_NOW", "2024-03-10T09:00:00")
    ingest()
    build_risk_tables(current_site())
    warnings = fetch("select identity, identity_method, id_number, household_id from risk.risk_warnings")
    assert warnings == [("matched", "confirmed", number, "H0007")]
    assert export_queue(current_site(), home / "再导出.xlsx")[1] == 0


PAIRS: dict[str, tuple[dict[int, str], dict[int, str], list[int]]] = {
    "张三": ({20000: "采纳"}, {20000: "采纳", 18000: "不采纳"}, [20000]),
    "李四": ({20000: "不采纳"}, {20000: "不采纳", 18000: "采纳"}, [18000]),
    "王五": ({20000: "不采纳", 18000: "不采纳"}, {20000: "不采纳", 18000: "不采纳"}, []),
    "赵六": ({20000: "采纳", 18000: "采纳"}, {}, []),
}
"""Whose two losses contradict each other → what the bureau answers, what that settles, and which figures hold then."""


def test_a_decision_on_one_of_two_contradicting_lines_settles_both(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = home / "inbox"
    losses = [(name, amount) for name in PAIRS for amount in (20000, 18000)]
    rows = {loss: row for row, loss in enumerate(losses, start=2)}
    write_xlsx(inbox / "县乡村振兴局" / "名单.xlsx", *registry_rows(*PAIRS))
    lines = [(name, person(name), "旌阳镇", "华丰村", "水稻", "洪涝", amount, "2024-03-01") for name, amount in losses]
    write_xlsx(inbox / "县农水局" / "产业受损.xlsx", LOSS, *lines)
    ingest()
    build_risk_tables(current_site())
    path, count = export_queue(current_site(), home / "待核定.xlsx")
    assert count == 8

    book, at, waiting = read(path)
    asked = {str(row): loss for loss, row in rows.items()}
    for line in waiting:
        name, amount = asked[str(line["行号"])]
        if said := PAIRS[name][0].get(amount):
            book.worksheets[0].cell(line["row"], at["决定"]).value = said
            book.worksheets[0].cell(line["row"], at["经办人"]).value = "甲"
    book.save(inbox / "县乡村振兴局" / "核定.xlsx")
    monkeypatch.setenv("FANGPIN_NOW", "2024-03-10T09:00:00")
    assert not has_news(current_site())
    assert [item.is_review for item in receive_inbox(current_site())] == [True]
    assert has_news(current_site())
    last = export(current_site(), "deliveries").iloc[-1]
    assert (last["rows"], last["accepted"], last["rejected"]) == (6, 4, 2), "两行都采纳的一对退回,别的照办"
    assert set(export(current_site(), "rejected")["reason"].str.contains("只能采纳一行")) == {True}

    decisions = fetch("select row_number, decision, decided_by, value from ledger.decisions")
    settled = {rows[name, amount]: said for name, (_, all_said, _) in PAIRS.items() for amount, said in all_said.items()}
    followed = {rows[name, amount] for name, (given, said, _) in PAIRS.items() for amount in said.keys() - given.keys()}
    assert {row: (decision, who) for row, decision, who, _ in decisions} == {row: (said, "甲") for row, said in settled.items()}
    assert {row for row, _, _, value in decisions if value} == followed
    build_risk_tables(current_site())
    holding = [(name, int(amount)) for name, amount in fetch("select person_name, amount_yuan from risk.risk_warnings")]
    assert sorted(holding) == sorted((name, amount) for name, (_, _, holds) in PAIRS.items() for amount in holds)
    _, _, still = read(export_queue(current_site(), home / "再导出.xlsx")[0])
    assert {line["姓名"] for line in still} == {"赵六"} and len(still) == 2


def test_two_rows_that_differ_are_shown_with_both_figures(home: Path) -> None:
    inbox, place = home / "inbox", ("旌阳镇", "华丰村")
    write_xlsx(inbox / "县乡村振兴局" / "名单.xlsx", *registry_rows("张三"))
    (inbox / "县农水局").mkdir()
    options = {"strings_to_formulas": False}
    with xlsxwriter.Workbook(inbox / "县农水局" / "产业受损.xlsx", options) as book:
        for name, amount, cause in (("北片", 20000, "洪涝"), ("南片", 18000.5, f"=虫害{person('李四')}")):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, LOSS)
            sheet.write_row(1, 0, ("张三", person("张三"), *place, "水稻", cause, amount, "2024-03-01"))
    ingest()
    build_risk_tables(current_site())
    _, _, lines = read(export_queue(current_site(), home / "待核定.xlsx")[0])
    said = {line["工作表"]: line["系统建议"] for line in lines if line["事项"] == "两行不一致"}
    assert "经济损失(元)：本行 20000；工作表“南片”第 2 行 18000.5" in said["北片"].split("\n")
    assert "经济损失(元)：本行 18000.5；工作表“北片”第 2 行 20000" in said["南片"].split("\n")
    assert any(line.startswith("损失原因：本行 洪涝；工作表“南片”第 2 行 =虫害**") for line in said["北片"].split("\n"))
    exported = export(current_site(), "queue", is_masked=False)
    proposals = exported[exported["reason_code"] == "conflict"].set_index("sheet")["proposals"]
    assert dict(proposals) == said
    assert person("李四") not in str(lines) + proposals.to_csv()


def test_a_later_answer_turns_a_pair_round_but_not_an_answer_somebody_gave() -> None:
    first, second = (Question("d1", "s", row, None, "conflict") for row in (2, 3))
    accepted, followed = ("采纳", None), ("不采纳", "随工作表“s”第 2 行采纳")
    assert _implied(second, {first}, {first: accepted, second: accepted}) == [(first, "不采纳")]
    assert _implied(first, {second}, {first: ("不采纳", None), second: followed}) == [(second, "采纳")]
    assert _implied(first, {second}, {first: ("不采纳", None), second: ("不采纳", None)}) == []


def test_a_workbook_nobody_filled_in_and_one_in_the_wrong_folder_are_refused(home: Path) -> None:
    head = ("事项", "决定", "改为", "经办人", "核定编号")
    write_xlsx(home / "inbox" / "县乡村振兴局" / "空.xlsx", ("待核定事项",), head, ("是哪个人", "", "", "甲", "[]"))
    write_xlsx(home / "inbox" / "县医保局" / "错.xlsx", head, ("是哪个人", "采纳", "", "甲", "[]"))
    ingest()
    found = export(current_site(), "deliveries").set_index("file")
    assert set(found["status"]) == {"refused"}
    assert "没有作出决定" in found.loc["空.xlsx", "reason"] and "县乡村振兴局" in found.loc["错.xlsx", "reason"]


@pytest.mark.parametrize(
    ("key", "said"),
    [("改过", "核定编号"), ('["20240101-0001","Sheet1",2,null,"conflict"]', "不在待核定清单中"), ("[1,2]", "核定编号")],
)
def test_a_line_that_answers_no_question_goes_back(home: Path, key: str, said: str) -> None:
    head = ("事项", "决定", "改为", "经办人", "核定编号")
    write_xlsx(home / "inbox" / "县乡村振兴局" / "核定.xlsx", head, ("两行不一致", "采纳", "", "甲", key))
    ingest()
    (reason,) = export(current_site(), "rejected")["reason"]
    assert said in reason and "第 2 行" in reason
    assert fetch("select count(*) from ledger.decisions") == [(0,)]


def test_before_the_first_screening_there_is_nothing_to_export(home: Path) -> None:
    write_xlsx(home / "inbox" / "县医保局" / "未参保2024年3月.xlsx", *uninsured_rows("张三"))
    ingest()
    with pytest.raises(ReviewError, match="fangpin month"):
        export_queue(current_site())


def test_a_bug_is_not_told_as_the_fault_of_a_line(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    question = Question("20240301-001", "Sheet1", 2, "loss", "approximate_amount")
    line = {"决定": "采纳", "改为": "30000", "经办人": "甲", KEY: json.dumps([*vars(question).values()])}
    monkeypatch.setattr("include.review.answers._asked", lambda _: {question})
    monkeypatch.setattr("include.review.answers._rivals", lambda _: {})
    with connect(current_site()) as connection:
        ledger.create_tables(connection)

        def judged() -> list[tuple[str, int, str, dict[str, str]]]:
            at = {"delivery_id": "20240302-001", "decided_at": current_site().now()}
            return judge_answers(connection, current_site(), [("待核定", 4, line)], **at).rejected

        assert judged() == []
        line["改为"] = "三万"
        assert [reason for _, _, reason, _ in judged()] == ["没有确定的金额；请在“改为”填写以元计的金额，只填数字"]
        monkeypatch.setattr("include.review.answers._amount", lambda text: str(int(text)))
        with pytest.raises(ValueError, match="invalid literal"):
            judged()
