"""A sheet's table is found under titles and merged heads; every row is data or skipped with a kind, no data row is skipped."""

from __future__ import annotations

from datetime import datetime

import pytest

from include.checking.table import Table
from include.checking.tables import find_tables
from include.checking.zero_report import says_nothing
from include.contracts import contract, load_contracts
from include.reading.formats import Sheet

ID = "11010519491231002X"
HEAD = ["序号", "姓名", "身份证号", "乡镇", "行政村", "人员类别", "参保年度"]
ROW = [1.0, "张三", ID, "旌阳镇", "凫阳村", "脱贫人口", 2024.0]
NO_NUMBER = [2.0, "李四", None, "旌阳镇", "凫阳村", "脱贫人口", 2024.0]


def table_of(*rows: list) -> Table:
    ((_, found),) = find_tables(Sheet("名单", True, [list(row) for row in rows]), load_contracts())
    numbers = found.row_numbers + [skipped.row_number for skipped in found.skipped]
    assert sorted(numbers) == list(range(1, len(rows) + 1)), "every file row once"
    assert all(len(row) >= max(head.index for head in found.heads) + 1 for row in found.rows)
    return found


def kinds(table: Table) -> dict[int, str]:
    return {skipped.row_number: skipped.kind for skipped in table.skipped}


def labels(table: Table) -> list[str]:
    return [head.label for head in table.heads]


def test_titles_units_and_blank_rows_above_the_head() -> None:
    table = table_of(
        ["旌德县2024年3月未参保人员名单"],
        ["填报单位：县医保局", None, None, "填报日期：", datetime(2024, 3, 8)],
        [],
        [None, None, None, None, None, "单位：万元"],
        HEAD,
        ROW,
    )
    assert table.header_rows == (5,)
    assert table.titles[0] == "旌德县2024年3月未参保人员名单"
    assert "2024年3月8日" in table.titles[1]
    assert [stated.unit for stated in table.stated_units] == ["万元"], "填报单位 is no unit"
    assert kinds(table) == {1: "title", 2: "title", 3: "blank", 4: "unit_line", 5: "header"}
    assert (table.row_numbers, table.rows) == ([6], [ROW])


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("单位:元", ["元"]),
        ("（金额单位：万元）", ["万元"]),
        ("计量单位:人、万元", ["万元"]),
        ("（单位：亩、万元）", ["亩", "万元"]),
        ("单位：面积（亩）、金额（万元）", ["亩", "万元"]),
        ("以上金额以千元为单位", ["千元"]),
        ("填报单位：县万元局", []),
        ("单位：县医保局", []),
        ("自付费用超3万元人员名单", []),
        ("经济损失1.2万元以上的农户", []),
    ],
)
def test_units_in_a_title(text: str, units: list[str]) -> None:
    assert [stated.unit for stated in table_of([text], HEAD, ROW).stated_units] == units


def test_units_in_notes_below() -> None:
    table = table_of(HEAD, ROW, ["注：经济损失单位为万元。"], ["说明：超过1.2万元的填报"])
    assert [(stated.unit, stated.label, stated.where) for stated in table.stated_units] == [("万元", "经济损失", "below")]


def test_two_row_merged_head_with_unit_in_the_parent() -> None:
    table = table_of(
        ["姓名", "身份证号", "乡镇", "行政村", "统计年度", "统计截止月份", "费用（万元）", None, None, "备注"],
        [None, None, None, None, None, None, "医疗总费用", "基本医保报销", "个人自付费用(元)", None],
        ["张三", ID, "旌阳镇", "凫阳村", 2024.0, "2024-02", 5.0, 1.0, 40000.0, None],
    )
    assert table.header_rows == (1, 2)
    assert labels(table)[6:] == ["医疗总费用", "基本医保报销", "个人自付费用", "备注"]
    assert [head.unit for head in table.heads][6:] == ["万元", "万元", "元", None]
    assert table.row_numbers == [3]


def test_parent_row_that_names_no_column_still_gives_its_unit() -> None:
    table = table_of(
        ["某某名单"],
        ["基本信息", None, None, None, None, None, "费用（万元）", None],
        ["姓名", "身份证号", "乡镇", "行政村", "统计年度", "统计截止月份", "医疗总费用", "个人自付费用"],
        ["张三", ID, "旌阳镇", "凫阳村", 2024.0, "2024-02", 5.0, 4.0],
    )
    assert table.header_rows == (2, 3)
    assert [head.unit for head in table.heads][-2:] == ["万元", "万元"]
    assert kinds(table)[1] == "title"


def test_owner_over_name_and_number() -> None:
    table = table_of(
        ["学期", "学生", None, "学校", "学段", "年级", "失学辍学情况", "监护人", None, "家庭住址", None],
        [None, "姓名", "身份证号", None, None, None, None, "姓名", "身份证号", "乡镇", "行政村"],
        ["2024年春季", "张三", ID, "旌阳中心小学", "小学", "三年级", "辍学", "张父", ID, "旌阳镇", "凫阳村"],
    )
    columns = contract("education__dropout").by_head
    assert [columns[label].name for label in labels(table)] == [
        "term", "child_name", "child_id_number", "school_name", "school_stage", "grade", "attendance_status", "guardian_name",
        "guardian_id_number", "town_name", "village_name",
    ]  # fmt: skip


def test_units_and_column_numbers_under_the_head() -> None:
    head = ["姓名", "身份证号", "乡镇", "行政村", "统计年度", "统计截止月份", "个人自付费用"]
    table = table_of(
        head, [None, None, None, None, None, None, "（元）"], ["甲", "乙", "丙", "丁", 1.0, 2.0, 3.0], [*ROW[1:6], "2024-02", 9.0]
    )
    assert table.heads[-1].unit == "元"
    assert kinds(table) == {1: "header", 2: "unit_line", 3: "header"}
    assert table.row_numbers == [4]


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ([], "blank"),
        ([None, "　", " "], "blank"),
        ([12.0], "blank"),
        (HEAD, "repeated_header"),
        (["序 号", "姓 名", "身份证号", "乡镇", "行政村", "人员类别", "参保年度"], "repeated_header"),
        (["未参保人员名单"], "title"),
        (["合计", None, None, None, None, None, 2.0], "total"),
        (["合　计"], "total"),
        ([None, "合计：", "2人"], "total"),
        (["小计", None, 35.0], "total"),
        ([None, None, None, "旌阳镇小计", None, None, 3.0], "total"),
        (["总计(人)", 25.0], "total"),
        (["本页合计：25人"], "total"),
        (["填表人：张三　审核人：李四　联系电话：0563-8020000"], "signature"),
        (["填表人：", "张三", None, "审核人：", "李四"], "signature"),
        (["填表人", "张三"], "signature"),
        (["单位负责人（签字）：", None, "填报日期：2024年3月8日"], "signature"),
        ([None, None, None, "（盖章）"], "signature"),
        (["旌德县医疗保障局"], "signature"),
        ([None, None, "2024年3月8日"], "signature"),
        (["备注：名单截至2024年2月底。"], "note"),
        (["说明：1.本表按月报送"], "note"),
        (["注:含建档立卡人员"], "note"),
        (["备注", "本表所列人员均已核对"], "note"),
        (["第 1 页，共 3 页"], "note"),
        (["- 2 -"], "note"),
    ],
)
def test_rows_that_are_no_data(row: list, kind: str) -> None:
    table = table_of(["未参保人员名单"], HEAD, ROW, row, ROW)
    assert kinds(table)[4] == kind
    assert table.row_numbers == [3, 5]


def test_note_that_goes_on_and_page_number_at_the_end() -> None:
    table = table_of(HEAD, ROW, [None, "备注：两点"], [None, "1.第一点"], [None, "（2）第二点"], [None, None, None, 1.0])
    assert kinds(table) == {1: "header", 3: "note", 4: "note", 5: "note", 6: "note"}


@pytest.mark.parametrize(
    "row",
    [
        NO_NUMBER,
        [3.0, "王五"],
        [None, "王五", None, None, "凫阳村"],
        [4.0, "合计", ID, "旌阳镇", "凫阳村", "脱贫人口", 2024.0],
        ["合计", "张三", None, "旌阳镇", "凫阳村", "脱贫人口", 2024.0],
        ["合计", None, 3.41825e17, "旌阳镇", "凫阳村", None, None],
        ["备注：", "张三", ID, "旌阳镇", "凫阳村", None, None],
        [5.0, "单位人", ID, "旌阳镇", "凫阳村", "脱贫人口", 2024.0],
        [6.0, "注明", None, "旌阳镇", "凫阳村", "脱贫人口", 2024.0],
        [7.0, "张三", "1234", "旌阳镇", "凫阳村", "脱贫人口", 2024.0],
        [8.0, "#N/A", "#N/A", None, None, None, None],
        [None, None, "#REF!", None, None, None, None],
        [9.0, "无", None, "旌阳镇", None, None, None],
        ["看不懂的一行字"],
        [10.0, "姓名", None, "旌阳镇", "凫阳村", "脱贫人口", 2024.0],
    ],
)
def test_in_doubt_a_row_stays_data(row: list) -> None:
    table = table_of(HEAD, ROW, row, ROW)
    assert table.row_numbers == [2, 3, 4]


def test_repeated_two_row_head_with_title_and_unit_line() -> None:
    first = ["姓名", "身份证号", "乡镇", "行政村", "统计年度", "统计截止月份", "费用", None]
    second = [None, None, None, None, None, None, "医疗总费用", "个人自付费用"]
    row = ["张三", ID, "旌阳镇", "凫阳村", 2024.0, "2024-02", 5.0, 4.0]
    table = table_of(["名单"], first, second, row, ["名单"], first, second, row)
    assert kinds(table) == {1: "title", 2: "header", 3: "header", 5: "title", 6: "repeated_header", 7: "repeated_header"}
    assert table.row_numbers == [4, 8]


def test_data_above_the_head_is_not_taken_for_a_title() -> None:
    table = table_of(ROW, HEAD, ROW)
    assert table.row_numbers == [1, 3] and table.titles == ()


def test_short_rows_are_filled_up() -> None:
    assert table_of(HEAD, ["1", "张三", ID]).rows == [["1", "张三", ID, None, None, None, None]]


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [[None, "本月无"]],
        [["无"]],
        [[1.0, "无", "无", "无", "无", "无", "无"]],
        [[1.0, "/", "/", "/", "/", "/", "/"]],
        [[None, "零报告"]],
        [["经排查，我县本月无新增未参保人员。"]],
        [[1.0, "无", None, "旌阳镇"], [2.0, "无", None, "三溪镇"]],
    ],
)
def test_zero_report_under_a_head(rows: list) -> None:
    table = table_of(["名单"], HEAD, *rows, ["填表人：张三"])
    assert table.rows == []
    assert [kind for kind in kinds(table).values() if kind == "zero_report"] == ["zero_report"] * len(rows)


@pytest.mark.parametrize(
    "text",
    [
        "无",
        "—",
        "本月无",
        "本月无新增",
        "零报告",
        "3月份零报告",
        "本季度暂无此类情况。",
        "2024年3月全县未发生因灾返贫情况",
        "经排查，无符合条件人员",
    ],
)
def test_what_says_nothing(text: str) -> None:
    assert says_nothing(text)


@pytest.mark.parametrize(
    "text", ["张三", "无为县", "吴本月", "未参保", "2024年3月", "2024年3月未参保人员名单", "一季度未就业人员名单", "无房户"]
)
def test_what_says_something(text: str) -> None:
    assert not says_nothing(text)


@pytest.mark.parametrize(
    "rows", [[["关于报送名单的通知"], ["各镇：请于9日前报送。"]], [["商品", "数量"], ["米", 3.0]], [[1.0, 2.0]], []]
)
def test_no_table(rows: list) -> None:
    assert find_tables(Sheet("名单", True, rows), load_contracts()) == []
