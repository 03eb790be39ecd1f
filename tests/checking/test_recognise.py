"""A delivery is the feed its columns fit best; what cannot be told is refused with file, sheet, row, columns and remedy."""

from __future__ import annotations

import random
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from include.checking.recognise import Recognised, read_delivery, recognise
from include.contracts import Contract, contract, load_contracts
from include.reading.formats import Sheet, Workbook
from include.reading.refusal import Refused

RECEIVED = datetime(2024, 3, 10, 8)
ID = "11010519491231002X"
VALUES = {
    "id_number": ID, "year": 2024.0, "month": "2024-02", "date": date(2024, 3, 1), "term": "2024年春季", "amount": 40000.0,
    "area": 2.0, "count": 3.0, "level": "一级", "flag": "是",
    "event_id": "SJ2024-001", "warning_id": "YJ-2024-0001", "name": "张三",
    "town": "旌阳镇", "village": "凫阳村", "towns": "旌阳镇", "villages": "凫阳村",
}  # fmt: skip
PERIODS = {
    "month": "2024-03",
    "quarter": "2023-Q4",
    "term": "2024-spring",
    "year": "2024",
    "event": "",
    "date": "2024-03-01",
    "dispatch": "2024-03",
}

UNINSURED = ["姓名", "身份证号", "乡镇", "行政村", "人员类别", "参保年度"]
UNINSURED_ROW = ["张三", ID, "旌阳镇", "凫阳村", "脱贫人口", 2024.0]
SELF_PAY = ["姓名", "身份证号", "乡镇", "行政村", "统计年度", "统计截止月份", "个人自付费用(元)"]
SELF_PAY_ROW = ["张三", ID, "旌阳镇", "凫阳村", 2024.0, "2024-02", 40000.0]
WATER = ["户主姓名", "乡镇", "行政村", "饮水问题类型", "发现日期"]
WATER_ROW = ["张三", "旌阳镇", "凫阳村", "水质", date(2024, 3, 1)]
PLAN = ["改造年度", "户主姓名", "户主身份证号", "乡镇", "行政村", "房屋鉴定等级"]
PLAN_ROW = [2024.0, "张三", ID, "旌阳镇", "凫阳村", "D级"]


def book(*sheets: tuple[str, list[list]], hidden: tuple[str, ...] = ()) -> Workbook:
    return Workbook("xlsx", [Sheet(name, name not in hidden, [list(row) for row in rows]) for name, rows in sheets])


def read(workbook: Workbook, department: str, file_name: str = "名单.xlsx", received_at: datetime = RECEIVED) -> Recognised:
    return recognise(workbook, file_name=file_name, department=department, received_at=received_at, contracts=load_contracts())


def refused(workbook: Workbook, department: str, file_name: str = "名单.xlsx") -> Refused:
    with pytest.raises(Refused) as caught:
        read(workbook, department, file_name)
    assert file_name in caught.value.reason and "请" in caught.value.reason
    assert ID not in caught.value.reason and "张三" not in caught.value.reason
    return caught.value


def row_of(feed: Contract) -> list:
    return [VALUES.get(column.kind, next(iter(column.choices), "文字")) for column in feed.columns]


@pytest.mark.parametrize("feed", load_contracts(), ids=lambda feed: feed.feed)
@pytest.mark.parametrize("heads", ["own", "aliases", "required"])
def test_every_feed_is_known_by_its_columns(feed: Contract, heads: str) -> None:
    """By its own heads, by any accepted heads in any order among foreign columns, and by the required ones alone."""
    chance = random.Random(f"{feed.feed}{heads}")
    columns = [
        (column, value)
        for column, value in zip(feed.columns, row_of(feed), strict=True)
        if heads != "required" or column.required
    ]
    if heads == "aliases":
        chance.shuffle(columns)
    head = [chance.choice([column.label, *column.aliases]) if heads == "aliases" else column.header for column, _ in columns]
    row = [value for _, value in columns]
    found = read(book(("Sheet1", [["某某表"], ["行号", *head, "天气"], [1.0, *row, "晴"]])), feed.department)
    assert found.contract.feed == feed.feed
    assert {name: index - 1 for name, index in found.tables[0].column_index.items()} == {
        column.name: place for place, (column, _) in enumerate(columns)
    }
    assert found.unknown_columns == ["天气"]
    assert found.period == ("2024-03-10" if feed.dataset == "measure" else PERIODS[feed.period_kind])
    assert not found.is_zero_report


def test_monitored_and_high_differ_by_one_column() -> None:
    high = [*SELF_PAY[:4], "人员类别", *SELF_PAY[4:]]
    high_row = [*SELF_PAY_ROW[:4], "参保居民", *SELF_PAY_ROW[4:]]
    assert read(book(("a", [SELF_PAY, SELF_PAY_ROW])), "medical_insurance").contract.dataset == "self_pay_monitored"
    assert read(book(("a", [high, high_row])), "medical_insurance", "监测对象自付.xlsx").contract.dataset == "self_pay_high"


def test_a_tie_is_refused_and_a_title_helps() -> None:
    both = [*PLAN, "隐患类型"]
    row = [*PLAN_ROW, "墙体开裂"]
    answer = refused(book(("a", [both, row])), "housing")
    assert answer.reason_code == "ambiguous"
    assert "第 1 行" in answer.reason and "《" in answer.reason and "发现日期" in answer.reason
    assert read(book(("a", [["2024年危房改造计划"], both, row])), "housing").contract.dataset == "renovation_plan"
    assert read(book(("a", [both, row])), "housing", "一季度危改计划.xlsx").contract.dataset == "renovation_plan"
    assert refused(book(("a", [both, row])), "housing", "危房改造和安全隐患.xlsx").reason_code == "ambiguous"
    answer = refused(book(("a", [["住房安全隐患排查"], both, row])), "housing")
    assert answer.reason_code == "missing_column" and "发现日期" in answer.reason


def test_the_most_matched_columns_win_over_title_and_name() -> None:
    found = read(
        book(("a", [["危房改造计划"], [*PLAN, "隐患类型", "发现日期"], [*PLAN_ROW, "开裂", date(2024, 3, 1)]])),
        "housing",
        "危改.xlsx",
    )
    assert found.contract.dataset == "hazard"


@pytest.mark.parametrize(
    ("head", "department", "code", "words"),
    [
        (["商品", "数量", "无"], "water", "unknown_table", ["表头", "模板"]),
        (["姓名", "联系电话", "金额"], "civil_affairs", "unknown_table", ["现有列", "联系电话"]),
        ([*UNINSURED[:-1], "参保人"], "medical_insurance", "ambiguous", ["参保年度"]),
        (
            SELF_PAY[:4] + SELF_PAY[5:],
            "medical_insurance",
            "missing_column",
            ["“统计年度”", "统计截止月份", "第 2 行", "工作表“一”"],
        ),
        (UNINSURED, "disabled_federation", "wrong_department", ["县医保局", "县残联"]),
        (WATER, "human_resources", "wrong_department", ["县农水局"]),
        (PLAN[:-1], "water", "wrong_department", ["县住建局"]),
        (UNINSURED, "nobody", "wrong_department", ["县医保局"]),
    ],
)
def test_refused_tables(head: list[str], department: str, code: str, words: list[str]) -> None:
    row: list = ["张三"] + [ID] * (len(head) - 1)
    answer = refused(book(("一", [["名单"], head, row])), department)
    assert answer.reason_code == code, answer.reason
    assert all(word in answer.reason for word in words), answer.reason


def test_a_list_without_head_is_refused_without_its_words() -> None:
    answer = refused(book(("一", [["张三", ID, "旌阳镇"], ["张三", ID, "三溪镇"]])), "water")
    assert answer.reason_code == "unknown_table"


def test_units_of_heads_and_titles() -> None:
    head = [*SELF_PAY[:6], "医疗总费用", "医疗救助(元)", "个人自付费用（万元）"]
    found = read(book(("a", [["单位：万元"], head, [*SELF_PAY_ROW[:6], 5.0, 100.0, 4.0]])), "medical_insurance")
    assert found.tables[0].units == {"total_cost_yuan": "万元", "medical_aid_yuan": "元", "self_pay_yuan": "万元"}
    disaster = contract("emergency__disaster_area")
    for text, unit in (("直接经济损失(万元)", "万元"), ("直接经济损失(元)", "元"), ("直接经济损失", "万元")):
        head = [column.label for column in disaster.required_columns] + [text]
        assert read(book(("a", [head, ["x"] * 6 + [1.0]])), "emergency").tables[0].units == {"direct_loss_yuan": unit}


def test_own_name_goes_before_alias_and_filled_before_blank() -> None:
    head = ["户主姓名", "姓名", *WATER[1:], "发现日期"]
    found = read(book(("a", [head, ["王五", "张三", *WATER_ROW[1:4], None, date(2024, 3, 1)]])), "water")
    assert found.tables[0].column_index["head_name"] == 0
    assert found.tables[0].column_index["found_date"] == 6
    assert found.unknown_columns == ["姓名", "发现日期"]


# Sheets


def test_one_sheet_per_town_is_read_together() -> None:
    found = read(book(("旌阳镇", [WATER, WATER_ROW]), ("三溪镇", [["饮水"], WATER, WATER_ROW]), ("Sheet3", [])), "water")
    assert [table.table.sheet for table in found.tables] == ["旌阳镇", "三溪镇"]
    assert ("Sheet3", 0, "empty_sheet") in [(skipped.sheet, skipped.row_number, skipped.kind) for skipped in found.skipped]


def test_sheets_of_other_months_and_hidden_sheets_are_listed_not_read() -> None:
    months = book(*[(f"{month}月", [WATER, WATER_ROW]) for month in (1, 2, 3)], ("旧表", []), hidden=("旧表",))
    found = read(months, "water", "饮水安全2024年3月.xlsx")
    assert [table.table.sheet for table in found.tables] == ["3月"] and found.period == "2024-03"
    assert [(skipped.sheet, skipped.kind) for skipped in found.skipped if not skipped.row_number] == [
        ("旧表", "hidden_sheet"), ("1月", "other_period_sheet"), ("2月", "other_period_sheet")
    ]  # fmt: skip
    assert read(months, "water").period == "2024-03", "without a name the month of receipt"
    assert read(months, "water", "2024年2月.xlsx").period == "2024-02"
    late = read(book(("1月", [WATER, WATER_ROW]), ("2月", [WATER, WATER_ROW])), "water")
    assert late.period == "2024-02", "else the last one before it"


def test_months_of_one_quarter_are_one_delivery() -> None:
    head = ["户主姓名", "户主身份证号", "乡镇", "行政村", "隐患类型", "房屋鉴定等级", "发现日期"]
    row = ["张三", ID, "旌阳镇", "凫阳村", "开裂", "C级", date(2024, 1, 5)]
    found = read(book(*[(f"2024年{month}月", [head, row]) for month in (1, 2, 3)]), "housing")
    assert (len(found.tables), found.period) == (3, "2024-Q1")


def test_months_are_told_by_the_column_before_the_sheet_name() -> None:
    sheets = [(name, [SELF_PAY, [*SELF_PAY_ROW[:5], month, 40000.0]]) for name, month in (("1月", "2024-01"), ("2月", "2024-02"))]
    found = read(book(*sheets), "medical_insurance")
    assert [table.table.sheet for table in found.tables] == ["2月"] and found.period == "2024-03"


def test_two_feeds_in_one_file_are_refused() -> None:
    answer = refused(book(("未参保", [UNINSURED, UNINSURED_ROW]), ("自付", [SELF_PAY, SELF_PAY_ROW])), "medical_insurance")
    assert answer.reason_code == "mixed_feeds" and "单独" in answer.reason and "未参保" in answer.reason


def test_summary_and_explanation_sheets_are_left_out() -> None:
    summary = [["乡镇", "行政村", "户数"], ["旌阳镇", "凫阳村", 1.0]]
    found = read(book(("汇总", summary), ("说明", [["请各镇核对"]]), ("名单", [WATER, WATER_ROW])), "water")
    assert [table.table.sheet for table in found.tables] == ["名单"]
    assert [(skipped.sheet, skipped.row_number) for skipped in found.skipped if skipped.kind == "note"] == [
        ("说明", 1), ("汇总", 1), ("汇总", 2)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "code"), [([["张三", ID]], "no_header"), ([["姓名", "身份证号", "乡镇", "行政村"], UNINSURED_ROW[:4]], "")]
)
def test_a_list_of_people_is_never_left_out(rows: list[list], code: str) -> None:
    answer = refused(book(("一", [UNINSURED, UNINSURED_ROW]), ("二", rows)), "medical_insurance")
    assert answer.reason_code == code or not code
    assert "工作表“二”" in answer.reason


def test_a_town_returns_the_bureaus_workbook() -> None:
    sheet = contract("town__verification")
    filled = [[column.label for column in sheet.columns], row_of(sheet)]
    found = read(book(("因病", [UNINSURED, UNINSURED_ROW]), ("核查表", filled)), "town")
    assert found.contract is sheet and [table.table.sheet for table in found.tables] == ["核查表"]


def test_only_hidden_sheets() -> None:
    assert refused(book(("藏", []), hidden=("藏",)), "water").reason_code == "no_visible_sheet"


# Periods


@pytest.mark.parametrize(
    ("title", "file_name", "period"),
    [
        ("2024年2月饮水安全", "2024年3月.xlsx", "2024-02"),
        ("饮水安全", "2024年2月.xlsx", "2024-02"),
        ("饮水安全", "名单.xlsx", "2024-03"),
        ("填报日期：2024年2月8日", "名单.xlsx", "2024-02"),
    ],
)
def test_period_of_a_feed_without_period_column(title: str, file_name: str, period: str) -> None:
    assert read(book(("Sheet1", [[title], WATER, WATER_ROW])), "water", file_name).period == period


def test_period_column_goes_before_the_title() -> None:
    assert read(book(("Sheet1", [["2024年5月"], SELF_PAY, SELF_PAY_ROW])), "medical_insurance").period == "2024-03"


@pytest.mark.parametrize(
    ("title", "file_name", "head", "row", "department", "word"),
    [
        ("2024年13月饮水安全", "名单.xlsx", WATER, WATER_ROW, "water", "2024年13月"),
        ("名单", "2024年13月.xlsx", WATER, WATER_ROW, "water", "2024年13月"),
        ("2024年第五季度", "名单.xlsx", PLAN, PLAN_ROW, "housing", "第五季度"),
        ("名单", "名单.xlsx", SELF_PAY, [*SELF_PAY_ROW[:5], "上个月", 4.0], "medical_insurance", "“统计截止月份”列"),
    ],
)
def test_unreadable_period_is_refused(title: str, file_name: str, head: list, row: list, department: str, word: str) -> None:
    answer = refused(book(("一", [[title], head, row])), department, file_name)
    assert answer.reason_code == "period_unreadable" and word in answer.reason


def test_unreadable_period_column_under_a_dated_title_is_a_matter_of_its_rows() -> None:
    row = [*SELF_PAY_ROW[:5], "上个月", 4.0]
    assert read(book(("一", [["2024年3月"], SELF_PAY, row])), "medical_insurance").period == "2024-03"


# Zero reports


@pytest.mark.parametrize("rows", [[], [["本月无"]], [[1.0, "无"]]])
def test_zero_report_with_a_head(rows: list[list]) -> None:
    found = read(book(("a", [["2024年3月"], ["序号", *UNINSURED], *rows])), "medical_insurance")
    assert found.is_zero_report and found.contract.dataset == "uninsured" and found.period == "2024-03"


def test_header_only_event_file_is_a_zero_report() -> None:
    head = [column.label for column in contract("petition__case").columns]
    assert read(book(("a", [head])), "petition").is_zero_report


@pytest.mark.parametrize(
    ("texts", "department", "file_name", "feed"),
    [
        (["本月无"], "human_resources", "x.xlsx", "human_resources__unemployed"),
        (["2024年3月零报告"], "water", "x.xlsx", "water__drinking_water"),
        (["2024年3月零报告"], "water", "产业受损.xlsx", "water__industry_loss"),
        (["3月未参保人员名单", "本月无"], "medical_insurance", "x.xlsx", "medical_insurance__uninsured"),
        (["本月无"], "medical_insurance", "未参保零报告.xlsx", "medical_insurance__uninsured"),
        (["本季度无新增"], "civil_affairs", "x.xlsx", "civil_affairs__new_low_income"),
        (["无"], "petition", "x.xlsx", "petition__case"),
    ],
)
def test_zero_report_that_is_one_sentence(texts: list[str], department: str, file_name: str, feed: str) -> None:
    found = read(book(("a", [[text] for text in texts])), department, file_name)
    assert (found.contract.feed, found.is_zero_report, found.tables) == (feed, True, [])
    assert [skipped.row_number for skipped in found.skipped] == list(range(1, len(texts) + 1))


def test_zero_report_that_could_be_several_feeds_is_refused() -> None:
    answer = refused(book(("a", [["本月无"]])), "medical_insurance")
    assert answer.reason_code == "zero_report_without_feed" and "写明" in answer.reason


def test_blank_book_is_no_zero_report() -> None:
    assert refused(book(("a", []), ("b", [[None]])), "petition").reason_code == "empty_file"


def test_whole_way_from_the_file(tmp_path: Path) -> None:
    """Titles, merged two-row head, a total and a signature, as a department sends it."""
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.append(["旌德县监测对象个人自付费用统计表（2024年3月）"])
    sheet.append([None, None, None, None, None, None, None, "金额单位：万元"])
    sheet.append(["姓名", "身份证号", "乡镇", "行政村", "统计年度", "统计截止月份", "费用", None])
    sheet.append([None, None, None, None, None, None, "医疗总费用", "个人自付费用"])
    sheet.append(["张三", ID, "旌阳镇", "凫阳村", 2024, "2024-02", 5, 4])
    sheet.append(["合计", None, None, None, None, None, 5, 4])
    sheet.append(["填表人：某某", None, None, "审核人：某某"])
    for cells in ("A1:H1", "A3:A4", "B3:B4", "G3:H3"):
        sheet.merge_cells(cells)
    sheet.row_dimensions[5].hidden = True
    made.save(tmp_path / "archived")
    found = read_delivery(
        tmp_path / "archived",
        file_name="自付.xlsx",
        department="medical_insurance",
        received_at=RECEIVED,
        contracts=load_contracts(),
    )
    (table,) = found.tables
    assert found.contract.dataset == "self_pay_monitored"
    assert table.units == {"total_cost_yuan": "万元", "self_pay_yuan": "万元"}
    assert table.table.row_numbers == [5] and table.table.rows[0][table.column_index["id_number"]] == ID
    assert [(skipped.row_number, skipped.kind) for skipped in found.skipped] == [
        (1, "title"), (2, "unit_line"), (3, "header"), (4, "header"), (6, "total"), (7, "signature")
    ]  # fmt: skip
