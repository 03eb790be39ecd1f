"""Several tables in one sheet, lists without a head, lists in pictures: nothing is lost, no row stands under a wrong head."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

import pytest

from include.checking.recognise import Recognised, recognise
from include.contracts import Contract, contract, load_contracts
from include.reading.formats import Sheet, Workbook
from include.reading.refusal import Refused
from tests.cases.makers import CERTIFICATE, DROPOUT, LOSS, UNINSURED, WATER, Row, number, table

RECEIVED = datetime(2024, 3, 10, 8)
SELF_PAY = {
    "姓名": "王五", "身份证号": number(33), "乡镇": "旌阳镇", "行政村": "华丰村", "人员类别": "参保居民", "统计年度": "2024",
    "统计截止月份": "2024-02", "医疗总费用(元)": "60000", "医疗救助(元)": "0", "个人自付费用(元)": "45000",
}  # fmt: skip
KINDS = {
    "water": WATER, "water ": LOSS, "medical_insurance": UNINSURED, "medical_insurance ": SELF_PAY, "education": DROPOUT,
    "disabled_federation": CERTIFICATE,
}  # fmt: skip
"""A department, and a row of one of its feeds."""


def read(
    sheets: dict[str, list[Row]], department: str, *, drawn: tuple[str, ...] = (), file_name: str = "名单.xlsx"
) -> Recognised:
    made = [
        Sheet(name, True, [[None if cell == "" else cell for cell in row] for row in rows], has_drawing=name in drawn)
        for name, rows in sheets.items()
    ]
    return recognise(
        Workbook("xlsx", made),
        file_name=file_name,
        department=department.strip(),
        received_at=RECEIVED,
        contracts=load_contracts(),
    )


def refusal(*given: Any, **named: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        read(*given, **named)
    assert "请" in caught.value.reason and number(33) not in caught.value.reason
    return caught.value


def values(found: Recognised, name: str) -> list[object]:
    return [row[read.column_index[name]] for read in found.tables for row in read.table.rows]


def people(rows: list[Row], head: list[str]) -> set[object]:
    at = next(place for place, label in enumerate(head) if "姓名" in label)
    return {row[at] for row in rows}


def names(found: Recognised) -> set[object]:
    (column,) = [column.name for column in found.contract.columns if column.kind == "name" and column.required][:1]
    return set(values(found, column))


def beside(*blocks: list[Row], gap: int = 1) -> list[Row]:
    height = max(map(len, blocks))
    blank: list[Any] = [""] * gap
    rows = []
    for at in range(height):
        row: list[Any] = []
        for block in blocks:
            row += [*(block[at] if at < len(block) else [""] * len(block[0])), *blank]
        rows.append(row[: len(row) - gap])
    return rows


# Beside each other


@pytest.mark.parametrize("department", KINDS)
@pytest.mark.parametrize("gap", [0, 1, 2])
@pytest.mark.parametrize("above", [[], [["2024年3月名单"]], [["名单"], ["填报单位：某局", "", "填报日期：2024年3月8日"]]])
def test_the_same_head_twice_is_read_as_two_tables(department: str, gap: int, above: list[Row]) -> None:
    head, *rows = table(KINDS[department], good=4)
    found = read({"Sheet1": above + beside([head, *rows[:2]], [head, *rows[2:]], gap=gap)}, department)
    assert names(found) == people(rows, head) and len(found.tables) == 2
    assert [guess.code for guess in found.guesses] == ["block"]
    assert len({(one.table.sheet, number) for one in found.tables for number in one.table.row_numbers}) == 4


@pytest.mark.parametrize("department", KINDS)
def test_three_tables_of_different_length_and_order(department: str) -> None:
    head, *rows = table(KINDS[department], good=4)
    order = list(range(len(head)))
    random.Random(department).shuffle(order)
    turned = [[row[at] for at in order] for row in [head, rows[2], rows[3]]]
    found = read({"名单": beside([head, rows[0]], [head, rows[1]], turned)}, department)
    assert names(found) == people(rows, head) and len(found.tables) == 3


@pytest.mark.parametrize(
    ("left", "right", "department"), [(WATER, LOSS, "water"), (LOSS, WATER, "water"), (UNINSURED, SELF_PAY, "medical_insurance")]
)
@pytest.mark.parametrize("gap", [0, 1])
def test_two_kinds_beside_each_other_go_back(left: dict, right: dict, department: str, gap: int) -> None:
    answer = refusal({"Sheet1": beside(table(left), table(right), gap=gap)}, department)
    assert answer.reason_code == "two_tables"
    assert gap == 0 or ("A 至" in answer.reason and "《" in answer.reason)


def test_a_block_that_lacks_a_column_is_not_lost() -> None:
    head, *rows = table(WATER, good=4)
    short = [row[:-1] for row in [head, *rows[2:]]]
    answer = refusal({"Sheet1": beside([head, *rows[:2]], short)}, "water")
    assert answer.reason_code in ("repeated_column", "two_tables") and "列" in answer.reason


def test_heads_in_different_rows() -> None:
    head, *rows = table(WATER, good=4)
    blank = [""] * len(head)
    found = read({"Sheet1": beside([head, *rows[:2]], [blank, head, *rows[2:]])}, "water")
    assert names(found) == people(rows, head)


def test_a_block_without_a_head_is_not_lost() -> None:
    head, *rows = table(WATER, good=4)
    answer = refusal({"Sheet1": beside([head, *rows[:2]], [[""] * len(head), *rows[2:]])}, "water")
    assert answer.reason_code == "no_header" and "H、I" in answer.reason


def test_a_unit_that_may_be_one_blocks() -> None:
    base = {key.replace("(元)", "").replace("(亩)", ""): cell for key, cell in LOSS.items()}
    head, *rows = table(base, good=4)
    blocks = beside([head, *rows[:2]], [head, *rows[2:]])
    assert refusal({"Sheet1": [["", "", "", "单位：万元"], *blocks]}, "water").reason_code == "two_tables"
    found = read({"Sheet1": [["单位：万元"], *blocks]}, "water")
    assert [one.units["loss_yuan"] for one in found.tables] == ["万元", "万元"]


# One head with the same column twice


@pytest.mark.parametrize(
    ("base", "label", "other", "department"),
    [
        (LOSS, "经济损失(元)", "20000", "water"),
        (WATER, "发现日期", "2024-02-01", "water"),
        (UNINSURED, "人员类别", "监测对象", "medical_insurance"),
    ],
)
def test_a_column_named_twice_goes_back_where_the_two_differ(base: dict, label: str, other: str, department: str) -> None:
    head, *rows = table(base)
    same = [[*head, label], *([*row, row[head.index(label)]] for row in rows)]
    assert len(read({"a": same}, department).tables[0].table.rows) == 2
    empty = [[*head, label], *([*row, ""] for row in rows)]
    assert len(read({"a": empty}, department).tables[0].table.rows) == 2
    differs = [[*head, label], [*rows[0], rows[0][head.index(label)]], [*rows[1], other]]
    answer = refusal({"a": differs}, department)
    assert answer.reason_code == "repeated_column" and "第 3 行" in answer.reason


def test_the_same_loss_in_two_units_is_one_figure() -> None:
    head, *rows = table(LOSS)
    found = read({"a": [[*head, "经济损失(万元)"], *([*row, 1.5] for row in rows)]}, "water")
    assert found.tables[0].units["loss_yuan"] == "元"


def test_two_heads_for_one_column_are_a_guess() -> None:
    head, *rows = table(WATER)
    found = read({"a": [[*head, "姓名"], *([*row, "王小五"] for row in rows)]}, "water")
    assert [guess.code for guess in found.guesses] == ["column_chosen"] and "王小五" not in found.guesses[0].text


# Below each other


@pytest.mark.parametrize("department", KINDS)
def test_a_second_head_in_another_order_is_another_table(department: str) -> None:
    head, *rows = table(KINDS[department], good=4)
    chance = random.Random(department)
    for _ in range(5):
        one, two = chance.sample(range(len(head)), 2)
        order = list(range(len(head)))
        order[one], order[two] = two, one
        turned = [[row[at] for at in order] for row in [head, *rows[2:]]]
        found = read({"名单": [head, *rows[:2], [], ["三溪镇名单"], *turned]}, department)
        assert names(found) == people(rows, head)
        for column in (column for column in found.contract.columns if column.required):
            at = next(place for place, label in enumerate(head) if found.contract.by_head.get(label.split("(")[0]) is column)
            assert values(found, column.name) == [row[at] for row in rows], column.name


def test_a_second_head_without_numbers_and_with_more_columns_loses_nobody() -> None:
    """The better head does not make titles of the rows above it."""
    head, *rows = table(WATER | {"户主身份证号": ""}, good=4)
    more = [[*head, "影响人数"], *([*row, 3] for row in rows[2:])]
    found = read({"名单": [head, *rows[:2], *more]}, "water")
    assert names(found) == people(rows, head) and len(found.tables) == 2


@pytest.mark.parametrize("unit", ["万元", "千元"])
def test_a_second_head_in_another_unit_is_another_table(unit: str) -> None:
    head, *rows = table(LOSS, good=4)
    other = [label.replace("(元)", f"({unit})") for label in head]
    found = read({"名单": [head, *rows[:2], other, *rows[2:]]}, "water")
    assert [one.units["loss_yuan"] for one in found.tables] == ["元", unit]


def test_titles_above_a_second_head_are_its_own() -> None:
    base = {key.replace("(元)", ""): cell for key, cell in LOSS.items()}
    head, *rows = table(base, good=4)
    turned = [[*row[1:], row[0]] for row in [head, *rows[2:]]]
    found = read({"名单": [["单位：元"], head, *rows[:2], ["单位：万元"], *turned]}, "water")
    assert [one.units["loss_yuan"] for one in found.tables] == ["元", "万元"] and names(found) == people(rows, head)


def test_a_second_head_that_lacks_a_column_goes_back() -> None:
    head, *rows = table(WATER | {"户主身份证号": ""}, good=4)
    turned = [[row[2], row[0], row[1], *row[3:-1]] for row in [head, *rows[2:]]]
    answer = refusal({"名单": [head, *rows[:2], *turned]}, "water")
    assert answer.reason_code == "two_tables" and "发现日期" in answer.reason and "第 4 行" in answer.reason


def test_another_kind_below_goes_back_and_a_summary_is_listed() -> None:
    answer = refusal({"名单": [*table(WATER), [], *table(LOSS)]}, "water")
    assert answer.reason_code == "two_tables" and "第 5 行起" in answer.reason
    summary = [["乡镇", "行政村", "影响人数"], ["旌阳镇", "华丰村", 2]]
    found = read({"名单": [*table(WATER), [], *summary]}, "water")
    assert len(found.tables) == 1 and "sheet_left_out" in [guess.code for guess in found.guesses]


def test_a_head_repeated_on_each_page_is_the_same_table() -> None:
    head, *rows = table(SELF_PAY, good=4)
    alias = ["公民身份号码" if label == "身份证号" else label for label in head]
    found = read({"名单": [head, *rows[:2], head, rows[2], alias, rows[3]]}, "medical_insurance")
    assert len(found.tables) == 1 and names(found) == people(rows, head) and not found.guesses


# Lists that lack a head or a column; sheets that are none


NAMES_ONLY = {
    "water": (WATER | {"户主身份证号": ""}, "发现日期"),
    "education": (DROPOUT | {"学生身份证号": ""}, "年级"),
    "petition": (
        {"信访编号": "XF1", "受理日期": "2024-03-01", "姓名": "王五", "乡镇": "旌阳镇", "行政村": "华丰村",
         "诉求内容": "住房漏雨", "人均纯收入(元)": "6500", "基本生活是否困难": "是"},
        "诉求内容",
    ),
}  # fmt: skip


@pytest.mark.parametrize("department", NAMES_ONLY)
def test_a_second_sheet_without_a_required_column_goes_back(department: str) -> None:
    base, lacking = NAMES_ONLY[department]
    head, *rows = table(base)
    at = head.index(lacking)
    short = [row[:at] + row[at + 1 :] for row in [head, *rows]]
    answer = refusal({"一": [head, *rows], "二": short}, department)
    assert answer.reason_code == "missing_column" and "工作表“二”" in answer.reason and lacking in answer.reason
    answer = refusal({"一": [head, *rows], "二": rows}, department) if department != "petition" else answer
    assert answer.reason_code in ("no_header", "missing_column") and "工作表“二”" in answer.reason


@pytest.mark.parametrize(
    "rows",
    [
        [["填表说明"], ["1.姓名填户口簿上的姓名"], ["2.发现日期写成 2024-03-01"]],
        [["乡镇", "行政村", "户数"], ["旌阳镇", "华丰村", 2]],
        [["旌阳镇", "华丰村", 2], ["三溪镇", "路西村", 1]],
        [["联系人", "单位", "电话"], ["赵一", "旌阳镇", "0563-8020000"]],
        [["饮水问题类型", "数量"], ["水质", 3], ["水量", 1]],
        [["列名", "是否必填", "示例"], ["户主姓名", "必填", "张三"], ["乡镇", "必填", "旌阳镇"]],
    ],
)
def test_summaries_and_explanations_stay_listed(rows: list[Row]) -> None:
    found = read({"名单": table(WATER), "其他": rows}, "water")
    assert len(found.tables) == 1 and [(guess.sheet, guess.code) for guess in found.guesses] == [("其他", "sheet_left_out")]


def test_a_sheet_called_an_example_is_left_out_unless_it_is_the_only_one() -> None:
    found = read({"填写示例": table(WATER, good=1), "名单": table(WATER, good=3)}, "water")
    assert [one.table.sheet for one in found.tables] == ["名单"]
    assert len(read({"示例": table(WATER)}, "water").tables) == 1


@pytest.mark.parametrize("department", KINDS)
def test_a_head_under_a_picture_is_no_zero_report(department: str) -> None:
    head = list(KINDS[department])
    for rows in ([head], [["名单"], head]):
        assert refusal({"Sheet1": rows}, department, drawn=("Sheet1",)).reason_code == "in_picture"
        assert read({"Sheet1": rows}, department).is_zero_report
    assert read({"Sheet1": [head, ["本月无"]]}, department, drawn=("Sheet1",)).is_zero_report
    assert len(read({"Sheet1": table(KINDS[department])}, department, drawn=("Sheet1",)).tables[0].table.rows) == 2


def test_a_book_that_is_only_a_picture() -> None:
    assert refusal({"Sheet1": []}, "water", drawn=("Sheet1",)).reason_code == "in_picture"
    found = read({"名单": table(WATER), "图": []}, "water", drawn=("图",))
    assert [(guess.sheet, guess.code) for guess in found.guesses] == [("图", "sheet_left_out")]


# Examples


@pytest.mark.parametrize("mark", ["示例", "例", "样例", "填写示例", "例：", "（示例）", "示例1", "示例，请删除", "【例】"])
@pytest.mark.parametrize("department", KINDS)
def test_a_row_marked_as_an_example_is_skipped_and_listed(mark: str, department: str) -> None:
    head, *rows = table(KINDS[department], good=3)
    name = next(place for place, label in enumerate(head) if "姓名" in label)
    in_sequence = [["序号", *head], [mark, *rows[0]], [1, *rows[1]], [2, *rows[2]]]
    in_notes = [[*head, "备注"], [*rows[0], mark], *([*row, ""] for row in rows[1:])]
    marked = list(rows[0])
    marked[name] = f"{mark}{marked[name]}" if mark in ("例：", "（示例）", "【例】") else f"{marked[name]}（示例）"
    for made in (in_sequence, in_notes, [head, marked, *rows[1:]]):
        found = read({"名单": made}, department)
        assert names(found) == people(rows[1:], head)
        assert [line.row_number for line in found.skipped if line.kind == "example"] == [2]


@pytest.mark.parametrize("name", ["例文", "王例", "史例华", "示理"])
def test_a_name_is_no_example(name: str) -> None:
    head, *rows = table(WATER, {"户主姓名": name})
    assert len(read({"名单": [head, *rows]}, "water").tables[0].table.rows) == 3


# What breaks a tie


def test_a_column_of_its_own_breaks_a_tie() -> None:
    """The two self-pay lists, both without 人员类别; and a plan against the hazards, told by an optional column."""
    plan: Contract = contract("housing__renovation_plan")
    shared = ["户主姓名", "户主身份证号", "乡镇", "行政村", "房屋鉴定等级"]
    row = ["王五", number(33), "旌阳镇", "华丰村", "D级"]
    own = next(
        column.label for column in plan.columns if not contract("housing__hazard").has_column(column.name) and not column.required
    )
    assert refusal({"a": [shared, row]}, "housing").reason_code == "ambiguous"
    answer = refusal({"a": [[*shared, own], [*row, "x"]]}, "housing")
    assert answer.reason_code == "missing_column" and plan.title in answer.reason
