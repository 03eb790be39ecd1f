"""A real-time warning reaches its town at once or after approval, never twice, and the month lists it as 已即时交办."""

from __future__ import annotations

import shutil
from pathlib import Path

import openpyxl
import pytest

from include.dispatch.instant import dispatch_at_once
from include.dispatch.issue import issue_dispatch, write_reports
from include.dispatch.propose import propose_dispatch
from include.screening.screen import complete_tables
from include.site import SHIPPED_COUNTY, current_site
from include.storage.warehouse import connect
from include.warnings.export import export
from tests.deliveries.test_receive import ingest
from tests.dispatch.approvals import approval
from tests.files import person, registry_rows, write_xlsx
from tests.screening.build import build_risk_tables

LOSS = ("户主姓名", "户主身份证号", "乡镇", "行政村", "产业类型", "损失原因", "经济损失(元)", "发生日期")
AREA = ("灾害编号", "灾害名称", "灾害种类", "响应级别", "启动时间", "乡镇", "行政村")


def loss(name: str, day: str = "2024-03-01") -> tuple[str, ...]:
    return (name, person(name), "旌阳镇", "华丰村", "水稻", "洪涝", "20000", day)


@pytest.fixture
def inbox(home: Path) -> Path:
    write_xlsx(home / "inbox" / "县乡村振兴局" / "名单.xlsx", *registry_rows("张三", "李四"))
    write_xlsx(home / "inbox" / "县农水局" / "产业受损.xlsx", LOSS, loss("张三"))
    return home / "inbox"


RETURNED = (
    "预警编号", "是否属实", "是否符合监测条件", "核查情况", "未纳入理由", "核查人", "核查人2", "核查日期", "审核人",
)  # fmt: skip


def screen() -> list[str]:
    ingest()
    build_risk_tables(current_site())
    return dispatch_at_once(current_site())


def listed(dispatch_id: str) -> list[tuple[str, str, str]]:
    with connect(current_site()) as connection:
        return connection.execute(
            "select person_name, listing_kind, issued_in from ledger.dispatched_warnings where dispatch_id = ? order by all",
            [dispatch_id],
        ).fetchall()


def test_at_once_to_the_one_town_and_then_in_the_month(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert screen() == []
    folder = current_site().reports / "instant-2024-001"
    assert [path.name for path in folder.iterdir()] == ["旌阳镇"]
    assert sorted(path.name.removeprefix("旌阳镇_旌防贫即办〔2024〕1号_") for path in (folder / "旌阳镇").rglob("*.*")) == [
        *("交办函.pdf", "入户核查表.pdf", "华丰村委会_入户核查表.xlsx", "预警核查工作簿.xlsx")
    ]
    assert listed("instant-2024-001") == [("张三", "issued", "instant-2024-001")]

    monkeypatch.setenv("FANGPIN_NOW", "2024-03-10T09:00:00")
    write_xlsx(inbox / "县农水局" / "又一户.xlsx", LOSS, loss("李四"))
    screen()
    assert listed("instant-2024-002") == [("李四", "issued", "instant-2024-002")]
    dispatch_at_once(current_site())
    assert not (current_site().reports / "instant-2024-003").exists()

    assert propose_dispatch(current_site(), "2024-03")
    issue_dispatch(current_site(), "2024-03", approval("2024-03"))
    assert [row[1:] for row in listed("2024-03")] == [("issued_at_once", f"instant-2024-00{n}") for n in (1, 2)]
    exported = export(current_site(), "warnings", dispatch="2024-03")
    assert list(exported["status"]) == ["issued", "issued"]
    assert sorted(exported["dispatch"]) == ["instant-2024-001", "instant-2024-002"]

    assert propose_dispatch(current_site(), "2024-04")
    issue_dispatch(current_site(), "2024-04", approval("2024-04"))
    assert listed("2024-04") == []


def test_a_notice_that_was_interrupted_is_written_by_the_next_run(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("include.dispatch.town_papers.write_letter", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            screen()
    assert listed("instant-2024-001") and not (current_site().reports / "instant-2024-001").exists()
    assert dispatch_at_once(current_site()) == []
    folder = current_site().reports / "instant-2024-001" / "旌阳镇"
    assert len([path for path in folder.rglob("*.*") if path.is_file()]) == 4
    shutil.rmtree(folder.parent)
    dispatch_at_once(current_site())
    assert not folder.exists(), "已写过的不因目录不在而重写"


def test_what_needs_approval_waits_for_it_and_is_issued_once(home: Path, inbox: Path) -> None:
    own = home / "county" / "county.yml"
    own.parent.mkdir(parents=True, exist_ok=True)
    text = (SHIPPED_COUNTY / "county.yml").read_text("utf-8")
    own.write_text(text.replace("water__industry_loss: at_once", "water__industry_loss: after_approval"), "utf-8")
    current_site().__dict__.pop("county", None)
    assert screen() == ["instant-2024-001"]
    assert listed("instant-2024-001") == [] and write_reports(current_site(), "instant-2024-001") == []

    assert propose_dispatch(current_site(), "2024-03")
    issue_dispatch(current_site(), "instant-2024-001", approval("instant-2024-001"))
    assert [path.split("/")[1] for path in write_reports(current_site(), "instant-2024-001")] == ["旌阳镇"] * 4
    issue_dispatch(current_site(), "2024-03", approval("2024-03"))
    assert listed("2024-03") == [("张三", "continuing", "instant-2024-001")]


def test_an_area_notice_names_the_registry_households_there(home: Path) -> None:
    write_xlsx(home / "inbox" / "县乡村振兴局" / "名单.xlsx", *registry_rows("张三", "李四"))
    event = ("Z1", "洪涝", "洪涝", "Ⅳ级", "2024-03-09", "旌阳镇", "华丰村")
    write_xlsx(home / "inbox" / "县应急管理局" / "灾情.xlsx", AREA, event)
    screen()
    (book,) = (current_site().reports / "instant-2024-001" / "旌阳镇").glob("*_受影响农户.xlsx")
    sheet = openpyxl.load_workbook(book)["受影响农户核查表"]
    shown = [str(cell) for row in sheet.values for cell in row if cell]
    assert "张三" in shown and "李四" in shown


def test_a_town_s_return_takes_only_its_own_warnings(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = ("王五", person("王五"), "三溪镇", "路西村", "水稻", "洪涝", "20000", "2024-03-01")
    write_xlsx(inbox / "县农水局" / "又两户.xlsx", LOSS, loss("李四"), elsewhere)
    screen()
    with connect(current_site()) as connection:
        numbers = connection.execute("select warning_id, town_name from ledger.dispatched_warnings order by town_code").fetchall()
    assert [town for _, town in numbers] == ["旌阳镇", "旌阳镇", "三溪镇"]
    answers = [(number, "是", "否", "情况属实", "收入稳定", "甲", "丙", "2024-03-10", "乙") for number, _ in numbers]
    monkeypatch.setenv("FANGPIN_NOW", "2024-03-10T12:00:00")
    write_xlsx(inbox / "各镇" / "核查反馈.xlsx", RETURNED, *answers)
    ingest()
    (rejected,) = export(current_site(), "rejected").to_dict("records")
    assert (rejected["reason_code"], rejected["row"]) == ("other_town", 4) and "由三溪镇核查上报" in rejected["reason"]


def reported() -> int:
    with connect(current_site()) as connection:
        (count,) = connection.execute("select count(*) from report.report_deliveries").fetchone() or (0,)
    return int(count)


def test_a_prompt_screening_sees_what_came_since_and_the_rest_follows(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    screen()
    assert reported() == 2
    monkeypatch.setenv("FANGPIN_NOW", "2024-03-10T09:00:00")
    write_xlsx(inbox / "县农水局" / "又一户.xlsx", LOSS, loss("李四"))
    ingest()
    monkeypatch.setenv("FANGPIN_NOW", "2024-03-10T09:00:05")
    assert build_risk_tables(current_site(), is_prompt=True)["industry"] == 2
    dispatch_at_once(current_site())
    assert [name for name, _, _ in listed("instant-2024-002")] == ["李四"]
    assert reported() == 2, "报表不在通知之前"
    complete_tables(current_site())
    assert reported() == 3


def test_a_new_registry_has_everything_built_though_the_screening_is_prompt(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    screen()
    monkeypatch.setenv("FANGPIN_NOW", "2024-03-10T09:00:00")
    write_xlsx(inbox / "县乡村振兴局" / "新名单.xlsx", *registry_rows("张三", "李四", "王五"))
    write_xlsx(inbox / "县农水局" / "又一户.xlsx", LOSS, loss("王五"))
    ingest()
    build_risk_tables(current_site(), is_prompt=True)
    dispatch_at_once(current_site())
    with connect(current_site()) as connection:
        found = connection.execute("select person_name, identity from risk.risk_industry order by all").fetchall()
    assert found == [("张三", "matched"), ("王五", "matched")] and reported() == 4
