"""A template is filled in and sent as it is: its rows are taken, its example is not, and nothing else is mistaken for a row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from include.checking.divisions import Divisions
from include.checking.recognise import Recognised, read_delivery
from include.checking.returns import Issued
from include.checking.rows import Checked, check_rows
from include.contracts import LISTS_SHEET, REGISTRY, Column, Contract, contract, load_contracts, template_name
from include.identity.numbers import check_character, is_valid
from include.reports.requirements import choices_of, head_of
from include.reports.template import EXAMPLE_ROW, FILL_SHEET, FIRST_ROW, HEAD_ROW, villages_by_town, write_templates
from include.site import current_site

RECEIVED = datetime(2024, 3, 10, 8)
FEEDS = [each for each in load_contracts() if each.has_template]
LONG = {"id_number", "certificate_number", "student_number", "phone", "event_id", "household_id", "warning_id", "month", "term"}
EXAMPLE_LINE, FIRST_LINE = EXAMPLE_ROW + 1, FIRST_ROW + 1


@pytest.fixture(scope="module", autouse=True)
def templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("FANGPIN_HOME", str(tmp_path_factory.mktemp("templates")))
        patched.setenv("FANGPIN_NOW", RECEIVED.isoformat())
        write_templates(current_site())
        yield current_site().home / "templates"


def sheet_of(path: Path) -> tuple[openpyxl.Workbook, Worksheet]:
    book = openpyxl.load_workbook(path)
    return book, book[FILL_SHEET]


def value_of(column: Column, number: int) -> Any:
    """What a clerk fills in; ``number`` tells his rows apart."""
    body = f"34182519{80 + number}010100{number}"
    if column.name.startswith("child"):
        body = f"34182520120{number}010{number}1"
    identity = body + check_character(body)
    by_kind = {
        "id_number": identity, "certificate_number": f"{identity}11", "name": "张王李"[number - 1] + "明", "town": "旌阳镇",
        "towns": "旌阳镇", "village": "南门居委会", "villages": "南门居委会", "year": 2024, "month": "2024-02",
        "term": "2024年春季", "date": date(2024, 3, number), "amount": 40000.5, "area": 2.5, "count": 3,
        "event_id": f"SJ-2024-00{number}", "warning_id": f"W00000000000{number}", "phone": f"1380000000{number}",
    }  # fmt: skip
    return by_kind.get(column.kind) or next(iter(choices_of(column)), "已填写")


def filled(template: Path, feed: Contract, target: Path, rows: int = 3) -> Path:
    book, sheet = sheet_of(template)
    for number in range(1, rows + 1):
        sheet.cell(FIRST_LINE + number - 1, 1, number)
        for place, column in enumerate(feed.columns, start=2):
            sheet.cell(FIRST_LINE + number - 1, place, value_of(column, number))
    book.save(target)
    return target


def sent(path: Path, feed: Contract) -> tuple[Recognised, Checked]:
    read = read_delivery(path, file_name=path.name, department=feed.department, received_at=RECEIVED, contracts=load_contracts())
    site = current_site()
    checked = check_rows(
        read,
        file_name=path.name,
        received_at=RECEIVED,
        divisions=Divisions.load(site),
        county=site.county,
        issued_to={f"W00000000000{number}": Issued("旌阳镇", is_qualifying=True) for number in (1, 2, 3)},
    )
    return read, checked


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.feed)
def test_three_rows_filled_in_are_three_rows_taken_and_the_example_is_listed(
    templates: Path, tmp_path: Path, feed: Contract
) -> None:
    path = filled(templates / template_name(feed), feed, tmp_path / "报送.xlsx")
    read, checked = sent(path, feed)
    assert read.contract.feed == feed.feed and read.unknown_columns == [] and read.guesses == []
    assert (checked.row_count, checked.rejected_count, checked.duplicate_count, len(checked.accepted)) == (3, 0, 0, 3)
    assert list(checked.issues["reason_code"]) == []
    assert [line.row_number for line in read.skipped if line.kind == "example"] == [EXAMPLE_LINE]
    left_out = {line.sheet: line.kind for line in read.skipped if line.sheet != FILL_SHEET and line.kind != "blank"}
    assert left_out == {"填写说明": "note", "模板镇村名录": "hidden_sheet"}
    amounts = [name for name in feed.amounts if checked.accepted[name].notna().any()]
    factor = {column.name: 10_000 if column.header_unit == "万元" else 1 for column in feed.columns}
    for name in amounts:
        assert {float(value) for value in checked.accepted[name]} == {40000.5 * factor[name]}, name


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.feed)
def test_a_template_sent_as_it_is_reports_nothing(templates: Path, feed: Contract) -> None:
    read, _ = sent(templates / template_name(feed), feed)
    assert read.is_zero_report and read.contract.feed == feed.feed


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.feed)
def test_an_example_whose_mark_was_overwritten_is_nobody_all_the_same(templates: Path, tmp_path: Path, feed: Contract) -> None:
    book, sheet = sheet_of(templates / template_name(feed))
    sheet.cell(EXAMPLE_LINE, 1, 1)
    book.save(path := tmp_path / "报送.xlsx")
    read, checked = sent(path, feed)
    assert read.is_zero_report and checked.row_count == 0


def test_the_example_s_numbers_are_nobody_s_though_their_check_character_is_right(templates: Path) -> None:
    for feed in FEEDS:
        _, sheet = sheet_of(templates / template_name(feed))
        for place, column in enumerate(feed.columns, start=2):
            if column.kind == "id_number":
                number = str(sheet.cell(EXAMPLE_LINE, place).value)
                assert check_character(number[:17]) == number[17] and not is_valid(number, RECEIVED.date())


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.feed)
def test_heads_formats_lists_and_notes_are_the_contract_s(templates: Path, feed: Contract) -> None:
    _, sheet = sheet_of(templates / template_name(feed))
    assert [cell.value for cell in sheet[HEAD_ROW + 1]] == ["序号", *(head_of(column) for column in feed.columns)]
    rules = {str(rule.sqref).split(":")[0]: rule for rule in sheet.data_validations.dataValidation}
    for place, column in enumerate(feed.columns, start=2):
        letter = sheet.cell(FIRST_LINE, place).column_letter
        rule = rules[f"{letter}{FIRST_LINE}"]
        assert rule.prompt.startswith("必填" if column.required else "选填"), column.name
        assert rules[f"{letter}{HEAD_ROW + 1}"].prompt == rule.prompt
        if column.kind in LONG:
            assert sheet.column_dimensions[letter].number_format == "@", column.name
        if choices := choices_of(column):
            assert rule.formula1.strip('"').split(",") == list(choices), column.name
        assert sheet.cell(EXAMPLE_LINE, place).value not in (None, ""), f"{feed.feed}.{column.name} 没有示例"
        assert ("万元" in str(sheet.cell(HEAD_ROW + 1, place).value)) == (column.header_unit == "万元")
    page = sheet.page_setup
    assert (page.orientation, page.paperSize, page.fitToHeight) == (
        "landscape",
        9,
        0,
    ) and sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.freeze_panes == f"C{FIRST_LINE}" and sheet.print_title_rows == f"${HEAD_ROW + 1}:${HEAD_ROW + 1}"


def test_villages_are_those_of_the_town_beside(templates: Path) -> None:
    feed = contract("water__drinking_water")
    book, sheet = sheet_of(templates / template_name(feed))
    towns = villages_by_town(current_site().county_rows("divisions.csv"), RECEIVED.date())
    lists = book[LISTS_SHEET]
    assert lists.sheet_state == "hidden"
    listed = {column[0].value: [cell.value for cell in column[1:] if cell.value] for column in lists.columns}
    assert listed == towns and len(towns) == 10
    rules = {str(rule.sqref).split(":")[0]: rule for rule in sheet.data_validations.dataValidation}
    assert rules[f"D{FIRST_LINE}"].formula1.strip('"').split(",") == list(towns)
    assert f"MATCH($D{FIRST_LINE},{LISTS_SHEET}!$1:$1,0)" in rules[f"E{FIRST_LINE}"].formula1


def test_villages_of_another_time_are_not_offered() -> None:
    rows = [
        {"town_name": "甲镇", "village_name": name, "valid_from": first, "valid_to": last}
        for name, first, last in (("今村", "", ""), ("旧村", "", "2020-01-01"), ("新村", "2030-01-01", ""))
    ]
    assert villages_by_town(rows, date(2024, 3, 1)) == {"甲镇": ["今村"]}


def test_who_fills_in_from_scratch_gets_a_template() -> None:
    without = {each.feed for each in load_contracts() if not template_name(each)}
    assert without == {REGISTRY, "town__verification"}
    assert len({template_name(each) for each in FEEDS}) == len(FEEDS) == 18
