"""Three months in a row, the second without any delivery: each is issued and reported, and who was silent is named."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from rich.cells import cell_len
from rich.console import Console

from include.cli.month import print_accounts
from include.cli.status import print_status
from include.clocks.cycle import duties_at
from include.clocks.duties import Duty
from include.dispatch.issue import issue_dispatch, write_reports
from include.dispatch.propose import propose_dispatch
from include.reports.labels import period_text
from include.site import current_site
from include.storage.warehouse import connect
from include.warnings.explain import explain_person
from include.warnings.export import export
from tests.deliveries.test_receive import ingest
from tests.dispatch.approvals import approval
from tests.files import person, registry_rows, uninsured_rows, write_xlsx
from tests.screening.build import build_risk_tables

INCIDENT = ("案事件编号", "类别", "发生日期", "姓名", "身份证号", "乡镇", "行政村", "后果")
UNINSURED = "未参加基本医疗保险人员名单"


def cycle(month: str) -> None:
    """What the DAGs do for a month, at the clock that is set."""
    ingest()
    build_risk_tables(current_site())
    assert propose_dispatch(current_site(), month)
    issue_dispatch(current_site(), month, approval(month))
    assert write_reports(current_site(), month)


def shown(width: int = 200, **what: Any) -> str:
    console = Console(file=io.StringIO(), width=width)
    if "month" in what:
        print_accounts(console, current_site(), what["month"])
    else:
        print_status(console, current_site(), **what)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """March with a list and a late incident, April with nothing, May with a list again; the inbox of each at its 10th, 08:00."""
    base = tmp_path_factory.mktemp("months")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FANGPIN_HOME", str(base / "home"))
        patch.setenv("FANGPIN_KEY_FILE", str(base / "warehouse.key"))
        inbox = base / "home" / "inbox"
        write_xlsx(inbox / "县乡村振兴局" / "名单.xlsx", *registry_rows("张三", "李四"))
        write_xlsx(inbox / "县医保局" / "未参保2024年3月.xlsx", *uninsured_rows("张三"))
        late = [
            (f"A{number}", "交通事故", day, name, person(name), "旌阳镇", "华丰村", "重伤")
            for number, (name, day) in enumerate((("张三", "2024-03-01"), ("李四", "2024-03-04")))
        ]
        write_xlsx(inbox / "县公安局" / "案事件.xlsx", INCIDENT, *late)
        for month in ("2024-03", "2024-04", "2024-05"):
            patch.setenv("FANGPIN_NOW", f"{month}-10T08:00:00")
            if month == "2024-05":
                write_xlsx(inbox / "县医保局" / "未参保2024年5月.xlsx", *uninsured_rows("李四"))
            cycle(month)
        yield base / "home"


def overview(month: str) -> openpyxl.Workbook:
    path = current_site().reports / month / "县乡村振兴局" / f"旌德县_{month}_数据报送情况.xlsx"
    return openpyxl.load_workbook(path)


def lines(book: openpyxl.Workbook, sheet: str) -> list[tuple[Any, ...]]:
    return [row for row in book[sheet].iter_rows(min_row=4, values_only=True) if row[1] is not None]


@pytest.mark.parametrize("month", ["2024-03", "2024-04", "2024-05"])
def test_each_month_has_its_reports(months: Path, month: str) -> None:
    folders = sorted(path.name for path in (current_site().reports / month).iterdir())
    assert len(folders) == 11 and all(list((current_site().reports / month / name).iterdir()) for name in folders)


def test_the_silent_departments_are_named_in_the_month_without_any_delivery(months: Path) -> None:
    """Seen: KeyError 'status' after the month was issued, and no 数据报送情况."""
    silent = lines(overview("2024-04"), "未报送")
    owing = {duty.owner_name for duty in _owed("2024-04-10T08:00:00") if duty.period == "2024-04" and duty.is_overdue}
    assert {"县医保局", "县农水局", "县人社局"} <= owing <= {row[0] for row in silent}
    assert ("县医保局", UNINSURED, "2024年4月") in {row[:3] for row in silent}
    assert all(row[4] > 0 and row[5] == "未报送" for row in silent)
    words = shown(month="2024-04")
    assert "2024-04 期没有收到任何数据" in words and "迟报：无" in words
    for owner in owing:
        assert f"  {owner}:" in words
    assert f"《{UNINSURED}》2024年4月（逾期未报，1 天）" in words


def test_month_prints_that_months_rows_only(months: Path) -> None:
    march, may = shown(month="2024-03"), shown(month="2024-05")
    assert "刑事案件和交通事故信息" in march and "脱贫" in march and "最初至 03-10 08:00" in march
    assert "刑事案件和交通事故信息" not in may and "脱贫" not in may and "04-10 08:00 以后至 05-10 08:00" in may
    (row,) = [line for line in may.splitlines() if UNINSURED in line and "│" in line]
    assert [part.strip() for part in row.split("│")][2:5] == ["1", "1", "1"]


def _owed(at: str) -> list[Duty]:
    with connect(current_site()) as connection:
        return duties_at(connection, current_site(), datetime.fromisoformat(at))


def test_overview_status_and_clocks_say_the_same_of_late_real_time_data(months: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen: the overview had no lateness for real-time feeds, status said 4 to 7 days for the same files."""
    monkeypatch.setenv("FANGPIN_NOW", "2024-03-10T09:00:00")
    book = lines(overview("2024-03"), "迟报")
    clocks = export(current_site(), "clocks")
    clocks = clocks[clocks["clock"].isin(["feed", "event"]) & (clocks["late"] > 0)]
    told = {(row[1], row[2], str(row[3])[:10], row[6], row[7]) for row in book}
    columns = ["title", "period", "due_on", "late", "days_late"]
    assert told == {
        (title, period_text(period), str(due_on), late, days)
        for title, period, due_on, late, days in clocks[columns].itertuples(index=False)
    }
    events = {row[7] for row in book if row[1] == "刑事案件和交通事故信息"}
    assert len(events) == 2
    status = [line for line in shown(is_whole=True).splitlines() if "刑事案件和交通事故信息" in line]
    assert {f"迟报，{days} 天" for days in events} == {
        part.strip() for line in status for part in line.split("│") if "迟报" in part
    }
    (verdict,) = [row[-1] for row in lines(overview("2024-03"), "各表情况") if row[1] == "刑事案件和交通事故信息"]
    assert verdict == f"已报送（迟报2件，最多{max(events)}天）"


def test_status_is_one_screen_and_says_who_is_behind(months: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FANGPIN_NOW", "2024-07-01T08:00:00")
    text = shown(100, is_whole=False)
    assert len(text.splitlines()) <= 24 and all(cell_len(line) <= 100 for line in text.splitlines()), text
    assert "最近交办：2024-05 期" in text and "等候批准：无" in text and "逐项见 fangpin status --all" in text
    assert "最近一次筛查：2024-05-10 08:00" in text and "另有" in text
    assert len(shown(100, is_whole=True).splitlines()) > 24


def test_a_month_run_again_does_not_take_its_warnings_from_the_present(months: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a person was warned of in May is told also after March was screened once more."""
    monkeypatch.setenv("FANGPIN_NOW", "2024-03-10T08:00:00")
    build_risk_tables(current_site())
    found = explain_person(current_site(), person("李四"))
    assert {"2024-03", "2024-05"} == {dispatch_id for _, dispatch_id, _ in found.issued}
    assert {row.file_name for row in found.rows} == {"案事件.xlsx", "未参保2024年5月.xlsx"}
