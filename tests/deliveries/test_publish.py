"""What a second file does to the first: the same adds nothing, a later one changes, adds and keeps rows; nothing is lost."""

from __future__ import annotations

import os
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from include.site import current_site
from include.storage.warehouse import connect
from include.warnings.export import export
from tests.deliveries.test_receive import ingest
from tests.files import person, uninsured_rows, write_xlsx

FEED = "medical_insurance__uninsured"


def drop(home: Path, name: str, rows: list[tuple], when: str = "2024-03-08T10:00:00", monkeypatch=None) -> None:  # type: ignore[no-untyped-def,type-arg]
    write_xlsx(home / "inbox" / "县医保局" / name, *rows)


def stored() -> list[tuple[str, str, str]]:
    with connect(current_site()) as connection:
        return connection.execute(
            f"select person_name, uninsured_reason, delivery_id from raw.{FEED} order by delivery_id, row_number"
        ).fetchall()


def counts(position: int) -> tuple[int, int, int, int]:
    row = export(current_site(), "deliveries").iloc[position]
    return tuple(int(row[name]) for name in ("rows", "accepted", "rejected", "duplicates"))  # type: ignore[return-value]


def test_the_same_file_under_another_name_adds_nothing(home: Path) -> None:
    path = write_xlsx(home / "inbox" / "县医保局" / "未参保2024年3月.xlsx", *uninsured_rows("张三", "李四"))
    content = path.read_bytes()
    ingest()
    before = stored()
    (home / "inbox" / "县医保局" / "最终版2024年3月.xlsx").write_bytes(content)
    ingest()
    assert stored() == before and len(before) == 2
    assert export(current_site(), "deliveries")["status"].tolist() == ["published", "duplicate"]
    assert counts(1) == (2, 0, 0, 2)


def test_a_later_file_changes_adds_and_keeps_rows(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_xlsx(home / "inbox" / "县医保局" / "未参保2024年3月.xlsx", *uninsured_rows("张三", "李四", "王五"))
    monkeypatch.setenv("FANGPIN_NOW", "2024-03-08T10:00:00")
    ingest()
    head, zhang, li = uninsured_rows("张三", "李四")
    (_, zhao) = uninsured_rows("赵六")
    changed = (*li[:-1], "外出务工")
    write_xlsx(home / "inbox" / "县医保局" / "未参保更正2024年3月.xlsx", head, zhang, changed, zhao)
    monkeypatch.setenv("FANGPIN_NOW", "2024-03-09T10:00:00")
    ingest()
    assert counts(0) == (3, 3, 0, 0)
    assert counts(1) == (3, 2, 0, 1)
    rows = stored()
    assert [name for name, _, _ in rows] == ["张三", "李四", "王五", "李四", "赵六"]
    assert rows[3][1] == "外出务工"
    with connect(current_site()) as connection:
        left_out = connection.execute(
            "select row_number, reason from raw.row_issues where reason_code = 'left_out' and delivery_id = '20240309-0001'"
        ).fetchall()
    assert [row for row, _ in left_out] == [4]
    assert "未再列出" in left_out[0][1] and person("王五") not in left_out[0][1]


def test_dropped_together_the_one_modified_later_counts(home: Path) -> None:
    newer = write_xlsx(home / "inbox" / "县医保局" / "一2024年3月.xlsx", *uninsured_rows("张三", reason="新"))
    older = write_xlsx(home / "inbox" / "县医保局" / "二2024年3月.xlsx", *uninsured_rows("张三", reason="旧"))
    os.utime(older, (1_709_000_000, 1_709_000_000))
    os.utime(newer, (1_709_100_000, 1_709_100_000))
    ingest()
    assert [reason for _, reason, _ in stored()] == ["旧", "新"]


def test_faulty_rows_go_back_with_the_reason_beside_each(home: Path) -> None:
    head, good, _ = uninsured_rows("张三", "李四")
    wrong_check = ("李四", person("李四")[:-1] + "0", *good[2:])
    damaged = ("王五", 3.41825199001010e17, *good[2:])
    write_xlsx(home / "inbox" / "县医保局" / "未参保2024年3月.xlsx", ("2024年3月未参保名单",), head, good, wrong_check, damaged)
    ingest()
    assert counts(0) == (3, 1, 2, 0)
    rejected = export(current_site(), "rejected")
    assert rejected["row"].tolist() == [4, 5] and set(rejected["column"]) == {"身份证号"}
    assert all("未参保2024年3月.xlsx" in reason and "请" in reason for reason in rejected["reason"])
    assert not rejected["reason"].str.contains(r"\d{15}").any()
    (book,) = (home / "returns").rglob("*.xlsx")
    sheet = openpyxl.load_workbook(book).worksheets[0]
    texts = [[str(cell.value or "") for cell in row] for row in sheet.iter_rows()]
    assert any("李四" in row and any("校验" in text for text in row) for row in texts), texts


def test_a_critical_failure_publishes_nothing_and_keeps_what_was_there(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_xlsx(home / "inbox" / "县医保局" / "未参保2024年3月.xlsx", *uninsured_rows("张三"))
    ingest()
    before = stored()
    head, good = uninsured_rows("李四")
    bad = [("某人", f"34182519900101{number:04d}", *good[2:]) for number in range(40)]
    write_xlsx(home / "inbox" / "县医保局" / "未参保补充2024年3月.xlsx", head, good, *bad)
    ingest()
    last = export(current_site(), "deliveries").iloc[1]
    assert last["status"] == "refused" and "质量检查" in last["reason"]
    assert stored() == before
    assert int(last["rows"]) == int(last["rejected"]) == 41
    assert list((home / "returns").rglob("*退回*.xlsx"))


def test_rows_of_sheets_with_other_column_orders_go_back_under_the_right_heads(home: Path) -> None:
    head, good, other = uninsured_rows("张三", "李四")
    wrong = (other[0], person("李四")[:-1] + "0", *other[2:])
    path = home / "inbox" / "县医保局" / "未参保2024年3月.xlsx"
    path.parent.mkdir(parents=True)
    with xlsxwriter.Workbook(path) as book:
        first, second = book.add_worksheet("甲"), book.add_worksheet("乙")
        for number, row in enumerate([("", *head), (1, *good), (2, *wrong)]):
            first.write_row(number, 0, row)
        for number, row in enumerate([head, wrong]):
            second.write_row(number, 0, row[::-1])
    ingest()
    (book,) = (home / "returns").rglob("*.xlsx")
    rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(book).worksheets[0].iter_rows()]
    heads = next(row for row in rows if "身份证号" in row)
    returned = [dict(zip(heads, row, strict=True)) for row in rows if "李四" in row]
    assert len(returned) == 2
    for row in returned:
        assert (row["姓名"], row["身份证号"], row["行政村"]) == ("李四", wrong[1], "华丰村")


def test_rows_of_sheets_in_other_units_go_back_in_a_workbook_of_their_own(home: Path) -> None:
    path = home / "inbox" / "县农水局" / "产业受损.xlsx"
    path.parent.mkdir(parents=True, exist_ok=True)
    heads = ("户主姓名", "户主身份证号", "乡镇", "行政村", "产业类型", "损失原因", "经济损失({unit})", "发生日期")
    with xlsxwriter.Workbook(path) as book:
        for unit, loss in (("元", 30000), ("万元", 3)):
            sheet = book.add_worksheet(unit)
            sheet.write_row(0, 0, [head.format(unit=unit) for head in heads])
            sheet.write_row(1, 0, ("张三", person("张三"), "旌阳镇", "华丰村", "水稻", "洪涝", loss, "2024-03-01"))
            sheet.write_row(2, 0, ("李四", "11010519491231", "旌阳镇", "华丰村", "水稻", "洪涝", loss, "2024-03-01"))
    ingest()
    returned = sorted((home / "returns").rglob("*退回行.xlsx"))
    shown = []
    for back in returned:
        rows = list(openpyxl.load_workbook(back).worksheets[0].iter_rows(values_only=True))
        head = next(row for row in rows if row and "户主姓名" in row)
        at = next(at for at, cell in enumerate(head) if str(cell).startswith("经济损失"))
        shown.append([head[at], *(row[at] for row in rows[rows.index(head) + 1 :] if row[at])])
    assert shown == [["经济损失(元)", "30000"], ["经济损失(万元)", "3"]]


def test_a_file_with_a_very_long_name_or_no_folder_is_answered(home: Path) -> None:
    inbox = home / "inbox"
    (inbox / "县医保局").mkdir(parents=True)
    (inbox / "县医保局" / f"{'名' * 80}.csv").write_text("商品,数量\n大米,3\n", "utf-8")
    (inbox / "散落.csv").write_text("商品,数量\n大米,3\n", "utf-8")
    ingest()
    deliveries = export(current_site(), "deliveries")
    assert deliveries["status"].tolist() == ["refused", "refused"]
    assert deliveries["reason"].str.contains("部门文件夹|部门的文件夹").any()
    assert len(list((home / "returns").rglob("*.xlsx"))) == 2


def test_rows_skipped_are_listed_with_their_row_numbers(home: Path) -> None:
    head, *rows = uninsured_rows("张三", "李四")
    write_xlsx(home / "inbox" / "县医保局" / "未参保2024年3月.xlsx", ("未参保人员名单",), head, *rows, ("合计", "2"))
    ingest()
    found = export(current_site(), "skipped")
    assert set(found["file"]) == {"未参保2024年3月.xlsx"} and {1, 5} <= set(found["row"])


def test_the_return_workbook_says_how_many_rows_were_taken_and_what_of_those_already_there(home: Path) -> None:
    write_xlsx(home / "inbox" / "县医保局" / "未参保2024年3月.xlsx", *uninsured_rows("张三"))
    ingest()
    head, zhang, li, wang = uninsured_rows("张三", "李四", "王五")
    damaged = (wang[0], f"{wang[1][:17]}?", *wang[2:])
    write_xlsx(home / "inbox" / "县医保局" / "未参保补2024年3月.xlsx", head, zhang, li, li, damaged)
    ingest()
    assert counts(1) == (4, 1, 1, 2)
    (book,) = home.glob("returns/*/*_退回行.xlsx")
    told = dict(openpyxl.load_workbook(book)["说明"].iter_rows(min_row=2, values_only=True))
    assert told["处理结果"] == (
        "共4行：接收2行、退回1行、本文件内重复1行。退回的行改好后放回收件夹。接收的行中与以前报送完全相同的，不重复入库。"
    )
