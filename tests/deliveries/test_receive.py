"""What a department sees when a file cannot be used: one clear Chinese reason, and everybody else's file goes on."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import pytest

from include.contracts import load_contracts
from include.deliveries.examine import check_feed
from include.deliveries.publish import publish_feed
from include.deliveries.receive import receive_inbox
from include.site import current_site
from include.warnings.export import export
from tests.files import UNINSURED, person, uninsured_rows, with_password, write_xlsx

PLAN = ("改造年度", "户主姓名", "户主身份证号", "乡镇", "行政村", "房屋鉴定等级", "隐患类型")


def ingest() -> None:
    """Receive the inbox and ingest whatever waits, as the DAGs do."""
    arrivals = receive_inbox(current_site())
    for contract in load_contracts():
        if any(item.feed == contract.feed and item.status == "waiting" for item in arrivals):
            publish_feed(current_site(), contract.feed, check_feed(current_site(), contract.feed))


def unknown_table(inbox: Path) -> None:
    write_xlsx(inbox / "县医保局" / "坏.xlsx", ("商品", "数量", "单价"), ("大米", 3, 2.5))


def missing_column(inbox: Path) -> None:
    rows = [row[:3] + row[4:] for row in uninsured_rows("张三")]
    write_xlsx(inbox / "县医保局" / "坏.xlsx", *rows)


def two_feeds_fit(inbox: Path) -> None:
    write_xlsx(inbox / "县住建局" / "坏.xlsx", PLAN, (2024, "张三", person("张三"), "旌阳镇", "华丰村", "D级", "墙体开裂"))


def wrong_folder(inbox: Path) -> None:
    write_xlsx(inbox / "县残联" / "坏.xlsx", *uninsured_rows("张三"))


def password(inbox: Path) -> None:
    with_password(write_xlsx(inbox / "县医保局" / "坏.xlsx", *uninsured_rows("张三")), "123456")


def html_as_xls(inbox: Path) -> None:
    (inbox / "县医保局").mkdir(parents=True)
    (inbox / "县医保局" / "坏.xls").write_text("<html><body><table><tr><td>姓名</td></tr></table></body></html>", "utf-8")


def empty_file(inbox: Path) -> None:
    (inbox / "县医保局").mkdir(parents=True)
    (inbox / "县医保局" / "坏.xlsx").touch()


def pdf(inbox: Path) -> None:
    (inbox / "县医保局").mkdir(parents=True)
    (inbox / "县医保局" / "坏.pdf").write_bytes(b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n")


def other_county(inbox: Path) -> None:
    head, *rows = uninsured_rows("张三", "李四", "王五")
    write_xlsx(inbox / "县医保局" / "坏.xlsx", head, *((*row[:2], "绩溪县华阳镇", "高村村", *row[4:]) for row in rows))


def unreadable_period(inbox: Path) -> None:
    write_xlsx(inbox / "县医保局" / "坏.xlsx", ("2024年13月未参保人员名单",), *uninsured_rows("张三"))


def unknown_folder(inbox: Path) -> None:
    write_xlsx(inbox / "县旅游局" / "坏.xlsx", *uninsured_rows("张三"))


CASES = {
    unknown_table: ("unknown_table", ["坏.xlsx", "请"]),
    missing_column: ("missing_column", ["坏.xlsx", "行政村", "请"]),
    two_feeds_fit: ("ambiguous", ["坏.xlsx", "请"]),
    wrong_folder: ("wrong_department", ["坏.xlsx", "县医保局", "请"]),
    password: ("password", ["坏.xlsx", "密码", "请"]),
    html_as_xls: ("unknown_table", ["坏.xls", "表头", "请"]),
    empty_file: ("empty_file", ["坏.xlsx", "请"]),
    pdf: ("not_a_table", ["坏.pdf", "请"]),
    other_county: ("other_county", ["坏.xlsx", "旌德县", "请"]),
    unreadable_period: ("period_unreadable", ["坏.xlsx", "13月", "请"]),
    unknown_folder: ("unknown_department", ["县旅游局", "请"]),
}


@pytest.mark.parametrize("plant", CASES, ids=lambda plant: plant.__name__)
def test_a_bad_file_is_refused_with_a_remedy_and_stops_nobody(home: Path, plant) -> None:  # type: ignore[no-untyped-def]
    code, words = CASES[plant]
    plant(home / "inbox")
    write_xlsx(home / "inbox" / "县人社局" / "未就业2024年3月.xlsx", UNEMPLOYED, UNEMPLOYED_ROW)
    ingest()
    deliveries = export(current_site(), "deliveries").set_index("status")
    assert set(deliveries.index) == {"refused", "published"}
    reason = deliveries.loc["refused", "reason"]
    if plant is other_county:
        assert list(deliveries.loc["refused", ["rows", "accepted", "rejected", "duplicates"]]) == [3, 0, 3, 0]
    for word in words:
        assert word in reason, reason
    assert person("张三") not in reason and "张三" not in reason
    assert deliveries.loc["published", "feed"] == "human_resources__unemployed"
    assert list((home / "inbox").rglob("*.*")) == []
    (letter,) = (home / "returns").rglob("*.xlsx")
    shown = [
        str(cell.value) for sheet in openpyxl.load_workbook(letter) for row in sheet.iter_rows() for cell in row if cell.value
    ]
    fault = re.split(r"[;\uff1b。]", reason)[0]
    assert any(fault in text for text in shown), shown
    assert code in refused_codes()


def refused_codes() -> list[str]:
    from include.site import current_site
    from include.storage.warehouse import connect

    with connect(current_site()) as connection:
        found = connection.execute("select reason_code from ledger.outcomes where status = 'refused'").fetchall()
    return [code for (code,) in found]


UNEMPLOYED = ("姓名", "身份证号", "乡镇", "行政村", "人员类别", "劳动能力", "就业意愿", "当年就业状态")
UNEMPLOYED_ROW = ("李四", person("李四"), "旌阳镇", "华丰村", "脱贫人口", "有", "有", "未就业")


def test_a_file_still_being_copied_is_left_alone(home: Path) -> None:
    write_xlsx(home / "inbox" / "县医保局" / "名单.xlsx.part", *uninsured_rows("张三"))
    write_xlsx(home / "inbox" / "县医保局" / "~$名单.xlsx", *uninsured_rows("张三"))
    assert receive_inbox(current_site()) == []


def test_an_empty_list_and_a_nothing_row_are_zero_reports(home: Path) -> None:
    write_xlsx(home / "inbox" / "县医保局" / "2024年3月未参保.xlsx", ("2024年3月未参保人员名单",), UNINSURED)
    write_xlsx(home / "inbox" / "县人社局" / "未就业2024年3月.xlsx", UNEMPLOYED, ("本月无", *[""] * 7))
    ingest()
    deliveries = export(current_site(), "deliveries")
    assert set(deliveries["status"]) == {"zero_report"}
    assert set(deliveries["period"]) == {"2024-03"}
    assert deliveries[["rows", "accepted", "rejected", "duplicates"]].to_numpy().sum() == 0
