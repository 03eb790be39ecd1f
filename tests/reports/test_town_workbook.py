"""A town opens its workbook: what it sees, what it can fill, and what comes back when it is dropped into the inbox."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from include.checking.period import stated_period
from include.checking.recognise import read_delivery
from include.contracts import contract, load_contracts
from include.reports.notice import notice_of
from include.reports.town_workbook import write_town_workbook
from include.reports.town_workbook.answers import EXCLUSION_REASONS
from include.reports.town_workbook.checksum import CHECKED_HEADS, row_checksum
from include.reports.town_workbook.form import HOUSEHOLD
from include.reports.town_workbook.verification import CONTINUING_SHEET, VERIFICATION_SHEET
from include.site import County

TOWN = "旌阳镇"


@pytest.fixture
def path(
    tmp_path: Path,
    county: County,
    dispatch: dict[str, Any],
    warnings: pd.DataFrame,
    signals: pd.DataFrame,
    self_pay: pd.DataFrame,
) -> Path:
    target = tmp_path / TOWN / "工作簿.xlsx"
    write_town_workbook(
        target, mark="", county=county, town_name=TOWN, dispatch=dispatch, warnings=warnings, signals=signals, self_pay=self_pay
    )
    return target


@pytest.fixture
def book(path: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(path)


def table(sheet: Worksheet, head_row: int = 3) -> list[dict[str, Any]]:
    """Rows below the head as dictionaries."""
    heads = [cell.value for cell in sheet[head_row]]
    rows = sheet.iter_rows(min_row=head_row + 1, values_only=True)
    return [dict(zip(heads, row, strict=True)) for row in rows if any(value is not None for value in row)]


def texts(sheet: Worksheet) -> str:
    return "\n".join(str(value) for row in sheet.iter_rows(values_only=True) for value in row if value is not None)


def test_sheets_are_those_of_the_town(book: openpyxl.Workbook) -> None:
    assert book.sheetnames == [
        "汇总",
        "因病返贫致贫预警",
        "因学返贫致贫预警",
        "饮水安全情况预警",
        "产业受损预警",
        "因灾返贫致贫预警",
        "医疗自付情况",
        VERIFICATION_SHEET,
        CONTINUING_SHEET,
    ]


def test_summary_says_number_deadline_and_counts(book: openpyxl.Workbook) -> None:
    sheet = book["汇总"]
    text = texts(sheet)
    for expected in (
        "旌防贫交办〔2024〕3号",
        "2024年3月11日",
        "2024年3月16日前",
        "8件",
        "5户",
        "区域性事件1件",
        "填写说明",
        "村名待核",
    ):
        assert expected in text
    rows = {row[0]: row for row in sheet.iter_rows(values_only=True) if row[0]}
    heads = [[value for value in row if value] for row in sheet.iter_rows(values_only=True) if row[0] == "行政村"]
    types = ["因病返贫致贫", "因学返贫致贫", "饮水安全情况", "产业受损", "因灾返贫致贫", "合计"]
    assert heads == [["行政村", "入户户数", *types], ["行政村", "涉及户数", *types]]
    assert rows["南门居委会"][:8] == ("南门居委会", 1, 1, 1, 1, None, None, 3)


def test_counts_of_both_blocks_add_up(book: openpyxl.Workbook, warnings: pd.DataFrame) -> None:
    sums = [row[7] for row in book["汇总"].iter_rows(values_only=True) if row[0] == "合计"]
    assert sums == [8, 2] and sum(sums) == len(warnings)


@pytest.mark.parametrize("mark", ["身份待核", "可先电话核实", "数据不全", "风险已消除", "已即时交办", "部门已撤回"])
def test_marks_are_shown_and_explained(book: openpyxl.Workbook, mark: str) -> None:
    assert f"标注“{mark}”" in texts(book["汇总"])
    shown = [str(row["预警事实"]) for name in (VERIFICATION_SHEET, CONTINUING_SHEET) for row in table(book[name])]
    assert any(mark in text for text in shown)


def test_one_household_is_one_visit(book: openpyxl.Workbook) -> None:
    rows = table(book[VERIFICATION_SHEET])
    first = rows[:3]
    assert [row["户次"] for row in first] == ["1", "1", "1"] and {row["户主姓名"] for row in first} == {"王大一"}
    assert [row["预警事实"].split("：")[0] for row in first] == [
        "【因病返贫致贫】王小二",
        "【因学返贫致贫】王小四",
        "【饮水安全情况】全户",
    ]
    assert rows[-1]["户次"] == "区1" and rows[-1]["预警事实"].startswith("【因灾返贫致贫】南门居委会、华丰村委会：")
    assert len({row["户次"] for row in rows}) == 6


def test_every_warning_is_on_a_verification_sheet_once(book: openpyxl.Workbook, warnings: pd.DataFrame) -> None:
    listed = [row["预警编号"] for name in (VERIFICATION_SHEET, CONTINUING_SHEET) for row in table(book[name])]
    assert sorted(listed) == sorted(warnings["warning_id"])


def test_earlier_warnings_stand_apart(book: openpyxl.Workbook) -> None:
    earlier = table(book[CONTINUING_SHEET])
    assert len(earlier) == 2 and all("（旌防贫交办〔2024〕2号已交办" in row["预警事实"] for row in earlier)
    column = [cell.value for cell in book["因病返贫致贫预警"]["A"]]
    assert column.index("本次新交办（4件）") < column.index("此前已交办、本期仍有新数据（2件）")


def test_identity_numbers_are_text_and_whole(book: openpyxl.Workbook, warnings: pd.DataFrame) -> None:
    heads = [cell.value for cell in book[VERIFICATION_SHEET][3]]
    cells = [row[heads.index("身份证号")] for row in book[VERIFICATION_SHEET].iter_rows(min_row=4)]
    shown = {cell.value for cell in cells if cell.value}
    assert shown == set(warnings.loc[warnings["listing_kind"] == "issued", "id_number"].dropna())
    assert all(cell.data_type == "s" and cell.number_format == "@" for cell in cells if cell.value)


def test_nothing_is_a_formula(book: openpyxl.Workbook) -> None:
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    evidence = [cell for cell in cells if isinstance(cell.value, str) and cell.value.startswith("=HYPERLINK")]
    assert evidence and all(cell.data_type == "s" and cell.hyperlink is None for cell in evidence)


@pytest.mark.parametrize(
    ("head", "choices"),
    [
        ("是否属实", "是,否"),
        ("是否符合监测条件", "是,否,已在监测"),
        ("未纳入理由", ",".join(EXCLUSION_REASONS)),
        ("拟纳入类别", "脱贫不稳定户,边缘易致贫户,突发严重困难户"),
    ],
)
def test_drop_downs(book: openpyxl.Workbook, head: str, choices: str) -> None:
    sheet = book[VERIFICATION_SHEET]
    column = next(cell.column_letter for cell in sheet[3] if cell.value == head)
    rule = next(rule for rule in sheet.data_validations.dataValidation if f"{column}4" in rule.sqref)
    assert rule.type == "list" and rule.formula1 == f'"{choices}"' and f"{column}11" in rule.sqref


def test_date_column_takes_dates_only(book: openpyxl.Workbook) -> None:
    sheet = book[VERIFICATION_SHEET]
    column = next(cell.column_letter for cell in sheet[3] if cell.value == "核查日期")
    rule = next(rule for rule in sheet.data_validations.dataValidation if f"{column}4" in rule.sqref)
    assert rule.type == "date" and sheet[f"{column}4"].number_format == "yyyy-mm-dd"


def test_given_columns_are_locked_and_the_rest_is_open(book: openpyxl.Workbook) -> None:
    sheet = book[VERIFICATION_SHEET]
    locked = {cell.value: sheet.cell(4, cell.column).protection.locked for cell in sheet[3]}
    assert sheet.protection.sheet
    assert {head for head, is_locked in locked.items() if is_locked} == {
        *("户次", "预警编号", "行政村", "户主姓名", "预警事实", "校验码", "身份证号", "自然村", "联系电话")
    }
    assert sheet["B4"].fill.fgColor.rgb == "FFEDEDED"


@pytest.mark.parametrize("name", [VERIFICATION_SHEET, CONTINUING_SHEET, "因病返贫致贫预警", "医疗自付情况"])
def test_prints_on_a4_with_repeated_heads(book: openpyxl.Workbook, name: str) -> None:
    sheet = book[name]
    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "landscape") or str(
        sheet.page_setup.paperSize
    ) == "9"
    assert (
        sheet.sheet_properties.pageSetUpPr.fitToPage
        and sheet.page_setup.fitToWidth in (None, 1)
        and sheet.page_setup.fitToHeight == 0
    )
    assert sheet.print_title_rows == "$3:$3" and "&P" in sheet.oddFooter.center.text
    assert sheet.freeze_panes is not None and sheet.freeze_panes.endswith("4")


def test_self_pay_sheet_is_information_about_everybody(book: openpyxl.Workbook) -> None:
    rows = table(book["医疗自付情况"])
    assert [(row["姓名"], row["个人自付费用(元)"], row["已列入预警"]) for row in rows] == [
        ("王小一", 36512.5, "是"),
        ("刘某", 400.5, None),
    ]


def test_rebuilds_byte_for_byte(
    path: Path, county: County, dispatch: dict[str, Any], warnings: pd.DataFrame, signals: pd.DataFrame, self_pay: pd.DataFrame
) -> None:
    again = path.with_name("again.xlsx")
    shuffled = warnings.iloc[::-1].reset_index(drop=True)
    write_town_workbook(
        again,
        mark="",
        county=county,
        town_name=TOWN,
        dispatch=dispatch,
        warnings=shuffled,
        signals=signals.iloc[::-1],
        self_pay=self_pay,
    )
    assert again.read_bytes() == path.read_bytes()
    assert openpyxl.load_workbook(again).properties.created == datetime(2024, 3, 11, 9, 30)
    assert {file.name for file in path.parent.iterdir()} == {"工作簿.xlsx", "again.xlsx"}


def test_another_towns_warning_is_refused(
    tmp_path: Path, county: County, dispatch: dict[str, Any], warnings: pd.DataFrame
) -> None:
    warnings.loc[0, "town_name"] = "白地镇"
    with pytest.raises(ValueError, match="混入了其他镇"):
        write_town_workbook(
            tmp_path / "x.xlsx",
            mark="",
            county=county,
            town_name=TOWN,
            dispatch=dispatch,
            warnings=warnings,
            signals=pd.DataFrame(),
            self_pay=pd.DataFrame(),
        )
    assert not list(tmp_path.iterdir())


def test_a_town_without_warnings_gets_an_empty_workbook(
    tmp_path: Path,
    county: County,
    dispatch: dict[str, Any],
    warnings: pd.DataFrame,
    signals: pd.DataFrame,
    self_pay: pd.DataFrame,
) -> None:
    target = tmp_path / "空.xlsx"
    write_town_workbook(
        target,
        mark="",
        county=county,
        town_name="云乐镇",
        dispatch=dispatch,
        warnings=warnings.iloc[:0],
        signals=signals,
        self_pay=self_pay.iloc[:0],
    )
    book = openpyxl.load_workbook(target)
    assert book.sheetnames == ["汇总", "医疗自付情况", VERIFICATION_SHEET]
    assert "本次没有新交办的预警" in texts(book["汇总"])


def test_working_days_need_a_deadline(tmp_path: Path, county: County, dispatch: dict[str, Any], warnings: pd.DataFrame) -> None:
    from dataclasses import replace

    working = replace(county, day_count="working")
    with pytest.raises(ValueError, match="工作日"):
        notice_of(dispatch, working)
    assert notice_of({**dispatch, "verify_by": date(2024, 3, 18)}, working).deadline == "2024年3月18日"


def test_fits_across_a4_without_being_scaled_down(book: openpyxl.Workbook) -> None:
    """Nine points on paper: the printed columns are no wider than the sheet, and what is printed is written in nine points."""
    sheet = book[VERIFICATION_SHEET]
    heads = [cell.value for cell in sheet[3]]
    last = heads.index("校验码")
    assert sheet.print_area == f"'{VERIFICATION_SHEET}'!$A$1:${sheet.cell(3, last + 1).column_letter}$11"
    ranges = sheet.column_dimensions.values()  # neighbours of one width stand there as one
    width = {column: each.width for each in ranges for column in range(each.min, each.max + 1)}
    points = sum(width[column] * 5.25 for column in range(1, last + 2))  # a stored width counts the padding
    margins = 72 * (sheet.page_margins.left + sheet.page_margins.right)
    assert points <= 297 / 25.4 * 72 - margins
    assert {sheet.cell(row, column).font.size for row in (3, 4, 8) for column in range(1, last + 2)} == {9}
    assert not {"身份证号", "联系电话", *(field.label for field in HOUSEHOLD)} & set(heads[: last + 1])


def test_heads_are_the_contract_s(book: openpyxl.Workbook) -> None:
    """A town may add the household's incomes, and whom it found at an area event; the sheet that is printed has no room."""
    heads = {cell.value for cell in book[VERIFICATION_SHEET][3]}
    unasked = {column.label for column in contract("town__verification").columns if column.name.endswith("_yuan")}
    assert {column.label for column in contract("town__verification").columns} - heads <= {"户编号", *unasked}


def test_each_row_bears_the_code_of_its_grey_cells(book: openpyxl.Workbook) -> None:
    rows = [row for name in (VERIFICATION_SHEET, CONTINUING_SHEET) for row in table(book[name])]
    assert len({row["校验码"] for row in rows}) == 10
    assert all(row["校验码"] == row_checksum([row[head] or "" for head in CHECKED_HEADS]) for row in rows)


def test_what_the_registry_knows_is_filled_in(
    tmp_path: Path, county: County, dispatch: dict[str, Any], warnings: pd.DataFrame, signals: pd.DataFrame
) -> None:
    known = warnings.assign(natural_village="上组", household_phone="13900000000", member_count=4)
    target = tmp_path / "x.xlsx"
    write_town_workbook(
        target,
        mark="",
        county=county,
        town_name=TOWN,
        dispatch=dispatch,
        warnings=known,
        signals=signals,
        self_pay=known.iloc[:0],
    )
    rows = table(openpyxl.load_workbook(target)[VERIFICATION_SHEET])
    assert [(row["自然村"], row["联系电话"], row["家庭人口"]) for row in rows[:2]] == [
        ("上组", "13900000000", 4),
        ("上组", "13900000000", None),
    ]


def test_comes_back_as_a_verification(path: Path) -> None:
    """Filled in and dropped into the inbox, the workbook is read by its contract: both sheets, our extra columns ignored."""
    book = openpyxl.load_workbook(path)
    answers = {
        "是否属实": "是",
        "是否符合监测条件": "否",
        "核查情况": "已入户",
        "未纳入理由": EXCLUSION_REASONS[1],
        "核查人": "甲某",
        "核查人2": "乙某",
        "核查日期": date(2024, 3, 13),
        "审核人": "丙某",
    }
    for name in (VERIFICATION_SHEET, CONTINUING_SHEET):
        sheet = book[name]
        at = {cell.value: cell.column for cell in sheet[3]}
        for row in range(4, sheet.max_row + 1):
            if sheet.cell(row, at["预警编号"]).value:
                for head, answer in answers.items():
                    sheet.cell(row, at[head]).value = answer
    book.save(path)
    read = read_delivery(
        path, file_name="旌阳镇.xlsx", department="town", received_at=datetime(2024, 3, 14, 9), contracts=load_contracts()
    )
    assert read.contract.feed == "town__verification"
    assert [table.table.sheet for table in read.tables] == [VERIFICATION_SHEET, CONTINUING_SHEET]
    assert [len(table.table.rows) for table in read.tables] == [8, 2]
    for found in read.tables:
        assert {column.name for column in contract("town__verification").columns} - set(found.column_index) <= {"household_id"}


@pytest.mark.parametrize("serial", [1, 7, 12, 123])
def test_an_instant_notice_s_files_bear_its_number_and_are_not_read_as_a_month(
    county: County, dispatch: dict[str, Any], serial: int
) -> None:
    notice = notice_of({**dispatch, "dispatch_id": f"instant-2024-{serial:03d}", "kind": "instant"}, county)
    assert notice.file_name == f"旌防贫即办〔2024〕{serial}号" == notice.number
    assert stated_period(f"{TOWN}_{notice.file_name}_预警核查工作簿", "dispatch", datetime(2024, 3, 14)) is None
    assert notice_of(dispatch, county).file_name == "2024-03"
