"""What a department gets back, and that it can correct it and send it again."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from include.checking.recognise import read_delivery
from include.contracts import contract, load_contracts
from include.reading.refusal import Refused
from include.reports.return_workbook import ReturnRow, write_refusal, write_return_workbook

FEED = "medical_insurance__self_pay_high"
RECEIVED = datetime(2024, 3, 5, 9, 3)
DELIVERY = {
    "delivery_id": "20240305-0007",
    "file_name": "自付费用.xlsx",
    "department": "medical_insurance",
    "received_at": RECEIVED,
    "period": "2024-03",
    "row_count": 30,
    "accepted_count": 28,
    "rejected_count": 2,
    "duplicate_count": 0,
}
HEADS = [
    "序号",
    "姓名",
    "身份证号码",
    "乡镇",
    "行政村",
    "人员类别",
    "统计年度",
    "统计截止月份",
    "医疗总费用（万元）",
    "自付费用",
    "备注",
]
ROWS = [
    ReturnRow(
        "Sheet1",
        6,
        [1.0, "张　三", 3.41825199001011e17, "旌阳镇", "华丰村", "脱贫人口", 2024.0, "2024-02", 6.2, 36000.5, "=1+1"],
        ["身份证号按数字存放，末几位已丢失；请设为文本后重新填写"],
        "可能是登记的张三",
        ["id_number"],
    ),
    ReturnRow(
        "二月",
        9,
        [4.0, "李四", "34052419800101001X", "旌阳镇", None, "别的", 2024.0, date(2024, 2, 1), None, "约三万元"],
        ["行政村没有填写；请补填", "人员类别不认识；请填脱贫人口、监测对象或参保居民", "金额不是数字"],
        "",
        ["village_name", "人员类别", "自付费用"],
    ),
]


CELLS = {"month": "2024-02", "term": "2024年春季", "year": "2024", "date": "2024-03-01"}
PERIODS = {"month": "2024-03", "quarter": "2024-Q1", "term": "2024-spring", "year": "2024"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    target = tmp_path / "returns" / "退回.xlsx"
    write_return_workbook(
        target, mark="", delivery=DELIVERY, contract=contract(FEED), head_labels=HEADS, rows=ROWS, units={"self_pay_yuan": "元"}
    )
    return target


def read(path: Path) -> list[dict[str, Any]]:
    sheet = openpyxl.load_workbook(path)["退回数据"]
    heads = [cell.value for cell in sheet[3]]
    return [dict(zip(heads, row, strict=True)) for row in sheet.iter_rows(min_row=4, values_only=True)]


def test_reason_and_remedy_stand_beside_each_row(path: Path) -> None:
    first, second = read(path)
    assert (first["退回原因"], first["处理办法"]) == ("身份证号按数字存放，末几位已丢失", "请设为文本后重新填写")
    assert second["退回原因"].split("\n") == ["1. 行政村没有填写", "2. 人员类别不认识", "3. 金额不是数字"]
    assert second["处理办法"].startswith("1. 请补填\n2. 请填脱贫人口、监测对象或参保居民\n3. 请对照原始资料")
    assert (first["原工作表"], first["原行号"], first["系统建议"]) == ("Sheet1", "6", "可能是登记的张三")


def test_cells_are_as_they_came_and_text(path: Path) -> None:
    first, second = read(path)
    assert first["身份证号"] == "3.41825E+17" and first["备注"] == "=1+1" and first["统计年度"] == "2024"
    assert second["身份证号"] == "34052419800101001X" and second["统计截止月份"] == "2024-02-01" and second["备注"] is None
    sheet = openpyxl.load_workbook(path)["退回数据"]
    cells = [cell for row in sheet.iter_rows(min_row=4) for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"} and {cell.number_format for cell in cells} == {"@"}


def test_faulty_cells_are_yellow(path: Path) -> None:
    sheet = openpyxl.load_workbook(path)["退回数据"]
    heads = [cell.value for cell in sheet[3]]
    yellow = [
        {head for head, cell in zip(heads, row, strict=True) if cell.fill.fgColor.rgb == "FFFFF2A8"}
        for row in sheet.iter_rows(min_row=4)
    ]
    assert yellow == [{"身份证号"}, {"行政村", "人员类别", "个人自付费用(元)"}]


def test_heads_are_the_contracts_with_the_files_unit(path: Path) -> None:
    heads = list(read(path)[0])
    assert "医疗总费用(万元)" in heads and "个人自付费用(元)" in heads and "身份证号" in heads


def test_can_be_corrected_and_sent_again(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    book["退回数据"]["E4"].value = "34182519640514004X"
    book.save(path)
    again = read_delivery(
        path,
        file_name="退回.xlsx",
        department="medical_insurance",
        received_at=datetime(2024, 4, 2, 9),
        contracts=load_contracts(),
    )
    assert again.contract.feed == FEED and again.period == "2024-03"
    (table,) = again.tables
    assert len(table.table.rows) == 2
    assert table.units["total_cost_yuan"] == "万元" and table.units["self_pay_yuan"] == "元"
    values = {name: table.table.rows[0][index] for name, index in table.column_index.items()}
    assert values["id_number"] == "34182519640514004X" and values["person_name"] == "张　三"


@pytest.mark.parametrize("entry", load_contracts(), ids=lambda entry: entry.feed)
def test_every_feed_can_be_sent_again(entry: Any, tmp_path: Path) -> None:
    """The heads of each feed's return workbook, beside our own columns, are recognised as that feed and no other."""
    labels = [column.label for column in entry.columns]
    cells = [CELLS.get(column.kind, "某") for column in entry.columns]
    delivery = {**DELIVERY, "period": PERIODS.get(entry.period_kind, "")}
    path = tmp_path / "退回.xlsx"
    rows = [ReturnRow("Sheet1", 4, cells, ["不认识"])]
    write_return_workbook(path, mark="", delivery=delivery, contract=entry, head_labels=labels, rows=rows)
    again = read_delivery(
        path, file_name="退回.xlsx", department=entry.department, received_at=RECEIVED, contracts=load_contracts()
    )
    assert again.contract.feed == entry.feed
    assert set(again.tables[0].column_index) == {column.name for column in entry.columns}
    assert again.period == delivery["period"] or not delivery["period"]


def test_the_result_says_how_every_row_fared(path: Path) -> None:
    told = dict(openpyxl.load_workbook(path)["说明"].iter_rows(min_row=2, values_only=True))
    assert told["处理结果"].startswith("共30行：接收28行、退回2行、本文件内重复0行。退回的行改好后放回收件夹。")


@pytest.mark.parametrize(("rows", "told"), [(23, "整份退回：共23行，一行也没有接收。"), (0, "整份退回：一行也没有接收。")])
def test_a_refusal_says_how_many_rows_it_is_about(tmp_path: Path, rows: int, told: str) -> None:
    write_refusal(tmp_path / "退回.xlsx", mark="", delivery=DELIVERY, reason="比上期少了九成；请核对后整份重新报送", rows=rows)
    texts = [row[0] for row in openpyxl.load_workbook(tmp_path / "退回.xlsx")["退回通知"].iter_rows(values_only=True)]
    assert f"处理结果：{told}改好后把文件放回收件夹。" in texts


def test_refusal_says_why_what_to_do_and_what_is_expected(tmp_path: Path) -> None:
    path = tmp_path / "退回.xlsx"
    reason = "《自付费用.xlsx》有打开密码，读不出内容；请去掉密码后重新报送"
    write_refusal(path, mark="", delivery=DELIVERY, reason=reason, contract=contract(FEED))
    text = "\n".join(str(row) for row in openpyxl.load_workbook(path)["退回通知"].iter_rows(values_only=True))
    for expected in (
        "原因：《自付费用.xlsx》有打开密码，读不出内容",
        "处理办法：请去掉密码后重新报送",
        "个人自付费用(元)",
        "必填",
        "脱贫人口、监测对象、参保居民",
    ):
        assert expected in text


def test_refusal_of_an_unknown_table_describes_what_the_department_owes(tmp_path: Path) -> None:
    path = tmp_path / "退回.xlsx"
    write_refusal(path, mark="", delivery=DELIVERY, reason="认不出是哪一张表；请对照下列栏目")
    text = "\n".join(str(row[0]) for row in openpyxl.load_workbook(path)["退回通知"].iter_rows(values_only=True))
    for entry in load_contracts():
        assert (f"《{entry.title}》" in text) == (entry.department == "medical_insurance")


def test_a_refusal_dropped_back_is_not_taken_for_data(tmp_path: Path) -> None:
    path = tmp_path / "退回.xlsx"
    write_refusal(path, mark="", delivery=DELIVERY, reason="认不出是哪一张表；请对照下列栏目", contract=contract(FEED))
    with pytest.raises(Refused):
        read_delivery(
            path, file_name="退回.xlsx", department="medical_insurance", received_at=RECEIVED, contracts=load_contracts()
        )
