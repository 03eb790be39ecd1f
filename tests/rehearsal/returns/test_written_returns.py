"""What towns send: the files read back as planned, every mistake is made, and the key's counts add up."""

from __future__ import annotations

import ast
import csv
import io
import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

import include.rehearsal.returns
from include.rehearsal.returns import ANSWERS, Written, write_returns
from include.rehearsal.returns.faults import ACCEPTED, BACK, CHANGED_MIND, DUPLICATE, FAULTS, MEASURE_OF_ANOTHER, WAITS
from include.rehearsal.returns.issued import find_head, read_issued
from include.rehearsal.returns.plan import PASTED, SILENT, TEXT, VERIFICATION, WORKBOOK, WRONGLY, Return
from include.rehearsal.returns.truth import ANSWER_HEADS, Line
from include.reports.town_workbook import write_town_workbook
from include.site import SHIPPED_COUNTY, SettingsError, Site
from tests.rehearsal.returns.conftest import DISPATCH, GIVEN, ISSUED_ON, TOWNS, issue, write_issued
from tests.reports.conftest import TOWN, self_pay_rows, signals_of, town_warnings


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, Written]:
    site = issue(tmp_path_factory.mktemp("towns") / "home")
    return site, write_returns(site, DISPATCH, 7)


def of_form(written: Written, form: str) -> list[Return]:
    return [item for item in written.files if (item.form, item.kind) == (form, VERIFICATION)]


def as_written(value: Any) -> str:
    return "" if value is None else str(value)[:10] if hasattr(value, "year") else str(value)


def test_the_package_shares_no_code_with_the_pipeline() -> None:
    imported = set()
    for source in Path(include.rehearsal.returns.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("include"):
                imported.add(node.module)
    assert {name for name in imported if not name.startswith("include.rehearsal")} == {"include.site"}
    assert not [name for name in imported if name.startswith("include.rehearsal.year")]


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not(tmp_path: Path) -> None:
    site = issue(tmp_path / "home")

    def bytes_of(seed: int) -> dict[str, bytes]:
        written = write_returns(site, DISPATCH, seed)
        return {item.path: (site.inbox / item.path).read_bytes() for item in written.files} | {
            ANSWERS: written.answers.read_bytes()
        }

    first = bytes_of(7)
    assert bytes_of(7) == first
    assert bytes_of(8) != first


def test_a_town_sees_only_what_its_workbook_says(issued_home: Site) -> None:
    issued = read_issued(issued_home.reports / DISPATCH)
    assert issued.issued_on == ISSUED_ON
    assert {town: len(lines) for town, lines in issued.asked.items()} == TOWNS
    lines = issued.asked["甲镇"]
    assert "WEARLIER" not in {line.warning_id for line in lines}
    assert sum(line.is_area for line in lines) == 1 and lines[-1].is_area
    assert lines[0].household == lines[1].household == "1000000000" != lines[2].household
    assert [line.is_monitored for line in lines[:5]] == [False, False, False, True, False]
    assert len(issued.affected["甲镇"]) == 40


def test_the_products_own_workbook_is_read(tmp_path: Path) -> None:
    """As it is issued today: every warning of its sheet, with the registry's word where another sheet has it."""
    path = tmp_path / DISPATCH / TOWN / f"{TOWN}_{DISPATCH}_预警核查工作簿.xlsx"
    path.parent.mkdir(parents=True)
    warnings = town_warnings()
    write_town_workbook(
        path,
        mark="",
        county=Site(tmp_path).county,
        town_name=TOWN,
        dispatch={"dispatch_id": DISPATCH, "kind": "monthly", "issued_at": datetime(2024, 3, 10, 9), "registry_date": None},
        warnings=warnings,
        signals=signals_of(warnings),
        self_pay=self_pay_rows(),
    )
    issued = read_issued(path.parent.parent)
    mine = warnings[warnings["listing_kind"] == "issued"]
    lines = issued.asked[TOWN]
    assert issued.issued_on == ISSUED_ON
    assert {line.warning_id for line in lines} == set(mine["warning_id"])
    assert {line.warning_id for line in lines if line.is_area} == set(mine.loc[mine["subject"] == "area", "warning_id"])
    assert any(line.is_monitored for line in lines) and not all(line.is_monitored for line in lines)


def test_a_dispatch_without_workbooks_says_what_to_do(issued_home: Site) -> None:
    with pytest.raises(SettingsError, match="fangpin month 2024-04"):
        write_returns(issued_home, "2024-04", 7)


def test_a_county_that_counts_working_days_has_no_key(issued_home: Site) -> None:
    own = issued_home.home / "county" / "county.yml"
    own.parent.mkdir()
    shipped = (SHIPPED_COUNTY / "county.yml").read_text("utf-8")
    own.write_text(shipped.replace("verify: calendar", "verify: working"), "utf-8")
    with pytest.raises(SettingsError, match="自然日"):
        write_returns(issued_home, DISPATCH, 7)


def test_filled_workbooks_hold_the_answers_and_keep_what_was_given(sent: tuple[Site, Written]) -> None:
    site, written = sent
    files = of_form(written, WORKBOOK)
    assert files
    for item in files:
        book = load_workbook(site.inbox / item.path)
        for line in item.lines:
            sheet = book[line.sheet]
            found = find_head(sheet.iter_rows(values_only=True))
            assert found
            cells = {head: sheet.cell(line.row, column).value for head, column in found[1].items()}
            assert {head: as_written(cells[head]) for head in line.cells if head in cells} == {
                head: as_written(value) for head, value in line.cells.items() if head in cells
            }
            if line.asked:
                changed = {head for head in GIVEN if cells[head] != line.asked.given[head]}
                grey = {"changed_fact": {"预警事实"}, "unknown_number": {"预警编号"}, "other_name": {"户主姓名"}}
                assert changed == grey.get(line.wrong, set())


def test_a_part_of_the_villages_leaves_the_other_rows_blank(sent: tuple[Site, Written]) -> None:
    _, written = sent
    for town in {item.town for item in written.files if item.behaviour == "partly"}:
        parts = [item for item in written.files if item.town == town and item.kind == VERIFICATION and "区域" not in item.name]
        villages = [{line.asked.village for line in item.lines if line.asked} for item in parts]
        assert len(parts) == 2 and not villages[0] & villages[1]


def test_csv_has_the_contracts_heads(sent: tuple[Site, Written]) -> None:
    site, written = sent
    encodings = set()
    for item in of_form(written, TEXT):
        data = (site.inbox / item.path).read_bytes()
        encoding = "utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "gb18030"
        encodings.add(encoding)
        heads, *rows = csv.reader(io.StringIO(data.decode(encoding)))
        assert tuple(heads) == ANSWER_HEADS
        assert [row[0] for row in rows] == [line.cells["预警编号"] for line in item.lines]
        assert [line.row for line in item.lines] == [*range(2, len(rows) + 2)]
    assert encodings


def test_pasted_tables_have_other_columns_and_merged_answers(sent: tuple[Site, Written]) -> None:
    site, written = sent
    merged = 0
    for item in of_form(written, PASTED):
        with CalamineWorkbook.from_path(site.inbox / item.path) as book:
            sheet = book.get_sheet_by_index(0)
            _, heads, *rows = sheet.to_python(skip_empty_area=False)
            merged += len(sheet.merged_cell_ranges or ()) - 1
        assert "身份证号" not in heads and {"序号", "联系电话", "备注"} <= set(heads)
        at = {head: place for place, head in enumerate(heads)}
        assert [row[at["预警编号"]] for row in rows] == [line.cells["预警编号"] for line in item.lines]
        for before, row, line in zip([None, *rows], rows, item.lines, strict=False):
            visitor = row[at["核查人"]] or (before and before[at["核查人"]])
            assert visitor == line.cells["核查人"]
    assert merged > 0


def test_every_mistake_is_made_and_has_its_outcome(sent: tuple[Site, Written]) -> None:
    _, written = sent
    made: dict[str, set[str]] = {}
    for item in written.files:
        for line in item.lines:
            if line.wrong:
                made.setdefault(line.wrong, set()).add(line.outcome)
    expected = {kind.key: {kind.outcome} for kind in FAULTS}
    assert len(FAULTS) == 12
    assert made == expected | {CHANGED_MIND: {ACCEPTED}, MEASURE_OF_ANOTHER: {BACK}}


@pytest.mark.parametrize(
    ("kind", "shows"),
    [
        ("no_category", lambda cells: cells["是否符合监测条件"] == "是" and cells["拟纳入类别"] is None),
        ("no_reason", lambda cells: (cells["是否属实"], cells["是否符合监测条件"], cells["未纳入理由"]) == ("是", "否", None)),
        ("no_second_visitor", lambda cells: cells["核查人"] and cells["核查人2"] is None),
        ("same_visitor_twice", lambda cells: cells["核查人"] == cells["核查人2"]),
        ("before_issue", lambda cells: cells["核查日期"] < ISSUED_ON),
        ("after_receipt", lambda cells: str(cells["核查日期"]) > "2024-03-14"),
        ("free_text", lambda cells: cells["是否属实"] == "属实，已纳入"),
    ],
)
def test_a_mistake_shows_in_its_line(sent: tuple[Site, Written], kind: str, shows: Any) -> None:
    lines = [line for item in sent[1].files for line in item.lines if line.wrong == kind]
    assert lines and all(shows(line.cells) for line in lines)


def test_lines_without_a_mistake_are_whole(sent: tuple[Site, Written]) -> None:
    _, written = sent
    for item in written.files:
        for line in (line for line in item.lines if item.kind == VERIFICATION and not line.wrong):
            cells = line.cells
            assert cells["核查人"] != cells["核查人2"] and cells["审核人"]
            assert ISSUED_ON <= cells["核查日期"] <= item.at.date()
            assert bool(cells["未纳入理由"]) is (cells["是否符合监测条件"] == "否")
            assert bool(cells["拟纳入类别"]) is (cells["是否符合监测条件"] != "否")


def test_what_went_back_comes_again_right(sent: tuple[Site, Written]) -> None:
    """Every line of its own that went back or waits is accepted from a later file; no warning is answered twice alike."""
    _, written = sent
    for town in {item.town for item in written.files if item.behaviour == WRONGLY}:
        first, second = (
            item for item in written.files if item.town == town and item.kind == VERIFICATION and "区域" not in item.name
        )
        wrong = {line.warning_id for line in first.lines if line.is_own and line.outcome in (BACK, WAITS)}
        right = {line.warning_id for line in second.lines if line.outcome == ACCEPTED and line.wrong != CHANGED_MIND}
        assert wrong == right and second.at > first.at
        assert {line.outcome for line in second.lines} <= {ACCEPTED, DUPLICATE}


def test_the_counts_of_the_key_add_up(sent: tuple[Site, Written]) -> None:
    site, _ = sent
    answers = json.loads((site.home / ANSWERS).read_text("utf-8"))
    for file in answers["files"]:
        assert Counter(line["outcome"] for line in file["lines"]) == file["outcomes"]
        assert (site.inbox / file["path"]).exists()
    own = {name: warning for name, warning in answers["warnings"].items() if not warning["area_id"]}
    assert len(own) == sum(TOWNS.values())
    assert all(warning["events"][0]["state"] == "issued" for warning in own.values())
    silent = set(TOWNS) - {file["town"] for file in answers["files"]}
    unanswered = [warning for warning in own.values() if warning["state"] == "issued"]
    assert silent and {warning["town"] for warning in unanswered} == silent
    by_town = {line["town"]: line for line in answers["towns"][DISPATCH]}
    for town, line in by_town.items():
        assert line["answered"] == (0 if town in silent else line["issued"])
        assert line["late"] <= line["answered"] and line["qualifying"] <= line["answered"]
        back = sum(file["outcomes"].get("back", 0) for file in answers["files"] if file["town"] == town)
        assert line["back"] == back


def test_behaviours_are_all_there(sent: tuple[Site, Written]) -> None:
    _, written = sent
    assert {item.behaviour for item in written.files} == {"well", "late", "partly", "wrongly"}
    assert SILENT not in {item.behaviour for item in written.files}
    assert {item.form for item in written.files} == {WORKBOOK, TEXT, PASTED}


def test_only_the_first_days_are_written_when_asked(issued_home: Site) -> None:
    written = write_returns(issued_home, DISPATCH, 7, days=4)
    assert {(item.at.date() - ISSUED_ON).days for item in written.files} == {3, 4}
    arrivals = json.loads((issued_home.home / "arrivals.json").read_text("utf-8"))
    assert {line["path"]: line["arrives_at"] for line in arrivals} == {item.path: item.at.isoformat() for item in written.files}


def test_what_was_issued_besides_stands_in_the_key_and_is_answered_too(issued_home: Site) -> None:
    write_issued(issued_home.reports / "instant-2024-001", "甲镇", 5, 90_000)
    (issued_home.reports / "年度演练").mkdir()
    written = write_returns(issued_home, DISPATCH, 7, days=4)
    assert written.key.issues.keys() == {DISPATCH, "instant-2024-001"}
    assert len([case for case in written.key.cases.values() if len(case.issued_at) == 1]) == sum(TOWNS.values()) + 5
    sent = {item.path for item in written.files if item.dispatch_id == "instant-2024-001"}
    write_issued(issued_home.reports / "2024-04", "甲镇", 9, 95_000)
    later = write_returns(issued_home, "2024-04", 7)
    assert {item.path for item in later.files if item.dispatch_id == "instant-2024-001"} == sent  # as they were written before
    assert {item.dispatch_id for item in later.files} == {"2024-04", DISPATCH} | ({"instant-2024-001"} if sent else set())


def test_households_found_where_an_event_was_have_their_own_number(sent: tuple[Site, Written]) -> None:
    _, written = sent
    found: list[Line] = [line for item in written.files for line in item.lines if line.cells.get("户编号")]
    assert found and all(line.cells["是否符合监测条件"] == "是" for line in found)
    answers = json.loads(written.answers.read_text("utf-8"))
    for line in found:
        case = answers["warnings"][f"{line.warning_id}|{line.cells['户编号']}"]
        assert (case["area_id"], case["events"][0]["state"]) == (line.warning_id, "qualifying")
