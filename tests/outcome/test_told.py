"""A month, answers, a registration, measures: each department is told of its own rows, once, and that closes the warning."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from include.clocks.duties import OUTCOME, Duty, duties
from include.dispatch.issue import issue_dispatch, write_reports
from include.dispatch.propose import propose_dispatch
from include.outcome import tell
from include.outcome.tell import tell_of_dispatch, tell_of_registrations
from include.site import current_site
from include.site.calendar import Calendar
from include.storage import ledger
from include.storage.warehouse import connect
from tests.deliveries.test_receive import ingest
from tests.dispatch.approvals import approval
from tests.files import person, registry_rows, uninsured_rows, write_xlsx
from tests.screening.build import build_risk_tables

WATER = ("户主姓名", "户主身份证号", "乡镇", "行政村", "饮水问题类型", "发现日期")
MEASURES = "由县民政局纳入低保，医保局资助参保"
Told = dict[str, dict[str, list[tuple[Any, ...]]]]


def clock(patch: pytest.MonkeyPatch, at: str) -> None:
    patch.setenv("FANGPIN_NOW", at)


def fetch(query: str, *given: Any) -> list[tuple[Any, ...]]:
    with connect(current_site()) as connection:
        return connection.execute(query, list(given)).fetchall()


def answer(warning_id: str, event: str, at: str, **said: Any) -> None:
    """A row that a town returned, as published, and the event that it becomes."""
    feed = "town__measure" if event in ("registered", "measures_set") else "town__verification"
    row_id = f"{at}/{warning_id}/{event}"
    row = {
        "row_id": row_id,
        "county_code": "341825",
        "delivery_id": at,
        "warning_id": warning_id,
        "received_at": datetime.fromisoformat(at),
        **said,
    }
    with connect(current_site()) as connection:
        ledger.append(connection, f"raw.{feed}", [row])
        line = {"warning_id": warning_id, "event": event, "happened_at": row["received_at"], "source": row_id}
        ledger.append(connection, "ledger.events", [line])


def number_of(name: str, cause: str) -> str:
    ((warning_id,),) = fetch("select warning_id from risk.risk_warnings where person_name = ? and cause = ?", name, cause)
    return str(warning_id)


def cycle(month: str) -> None:
    ingest()
    build_risk_tables(current_site())
    propose_dispatch(current_site(), month)
    issue_dispatch(current_site(), month, approval(month))
    write_reports(current_site(), month)


def cells(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(path)
    return {
        sheet.title: [row[1:] if sheet.title != "汇总" else row for row in sheet.iter_rows(min_row=4, values_only=True) if row[1]]
        for sheet in book
    }


def opened(paths: Sequence[Path]) -> Told:
    return {path.parent.name: cells(path) for path in paths}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Told]]:
    """What was told when: with March, in the sweeps of the 17th, 20th, 24th and 25th, and with April."""
    base = tmp_path_factory.mktemp("told")
    told: dict[str, Told] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FANGPIN_HOME", str(base / "home"))
        patch.setenv("FANGPIN_KEY", "key")
        clock(patch, "2024-03-10T08:00:00")
        inbox = base / "home" / "inbox"
        write_xlsx(inbox / "县乡村振兴局" / "名单.xlsx", *registry_rows("张三", "李四", "王五"))
        people = uninsured_rows("张三", "李四", "赵六")
        bad = ("孙八", "12345", *people[1][2:])
        write_xlsx(inbox / "县医保局" / "未参保2024年3月.xlsx", *people, bad, people[1])
        water = [(name, person(name), "旌阳镇", "华丰村", "水质", "2024-03-01") for name in ("张三", "王五")]
        write_xlsx(inbox / "县农水局" / "饮水2024年3月.xlsx", WATER, *water)
        cycle("2024-03")
        told["2024-03"] = opened(tell_of_dispatch(current_site(), "2024-03"))
        insured, other, thirsty, false_alarm = (
            number_of(*of)
            for of in (
                ("张三", "illness.uninsured"), ("李四", "illness.uninsured"), ("张三", "water.unsafe"), ("王五", "water.unsafe"),
            )
        )  # fmt: skip
        for warning_id in (insured, thirsty):
            answer(warning_id, "found_qualifying", "2024-03-14T10:00:00", is_true=True)
        answer(other, "found_not_qualifying", "2024-03-14T10:00:00", is_true=True, policy_explained_date="2024-03-13")
        answer(false_alarm, "found_not_true", "2024-03-14T10:00:00", is_true=False)
        registered = {"enrolled_date": "2024-03-15", "monitored_type": "突发严重困难户"}
        for warning_id in (insured, thirsty):
            answer(warning_id, "registered", "2024-03-16T10:00:00", **registered)
        clock(patch, "2024-03-17T08:30:00")
        told["17"] = opened(tell_of_registrations(current_site()))
        planned = {"measures": MEASURES, "responsible_person": "钱七", "planned_date": "2024-03-18"}
        answer(insured, "measures_set", "2024-03-19T10:00:00", **registered, **planned)
        clock(patch, "2024-03-20T08:30:00")
        told["20"] = opened(tell_of_registrations(current_site()))
        assert tell_of_registrations(current_site()) == []
        clock(patch, "2024-03-24T18:30:00")
        told["24"] = opened(tell_of_registrations(current_site()))
        clock(patch, "2024-03-25T08:30:00")
        told["25"] = opened(tell_of_registrations(current_site()))
        clock(patch, "2024-04-10T08:00:00")
        write_xlsx(inbox / "县医保局" / "未参保2024年4月.xlsx", *uninsured_rows("王五", "张三"))
        cycle("2024-04")
        told["2024-04"] = opened(tell_of_dispatch(current_site(), "2024-04"))
        assert tell_of_dispatch(current_site(), "2024-04") == [], "told once"
        yield told


def test_with_the_month_each_department_is_told_of_its_own_rows_only(story: dict[str, Told]) -> None:
    march = story["2024-03"]
    assert set(march) == {"medical_insurance", "water"}
    ours, theirs = march["medical_insurance"], march["water"]
    assert [row[4] for row in theirs["逐行结果"]] == [f"{name}\n{'*' * 14}{person(name)[-4:]}" for name in ("张三", "王五")], (
        "names as sent, numbers by their last four"
    )
    results = [(row[3], (row[4] or "").partition("\n")[0], row[5]) for row in ours["逐行结果"]]
    assert [row[:2] for row in results] == [(2, "张三"), (3, "李四"), (4, "赵六"), (5, ""), (6, "")]
    assert [row[2].partition("：")[0] for row in results] == [
        "形成预警，2024-03-10交办", "形成预警，2024-03-10交办", "未达预警标准", "退回", "重复",
    ]  # fmt: skip
    assert "赵六" not in results[2][2] and len(results[2][2]) > len("未达预警标准：")
    assert {row[8] for row in ours["逐行结果"][:2]} == {"待核查"}
    assert ours["汇总"][0][1:] == (5, 3, 1, 1, 2, None, None, None, None, None)


def test_a_registration_is_told_when_its_measures_are_known_or_on_the_last_day(story: dict[str, Told]) -> None:
    assert story["17"] == {} and story["24"] == {}
    assert set(story["20"]) == {"medical_insurance", "civil_affairs"}
    (row,) = story["20"]["medical_insurance"]["逐行结果"]
    assert row[8:] == (
        "已办结\n2024-03-20",
        "属实，符合监测条件\n2024-03-14反馈",
        "2024-03-15\n突发严重困难户",
        f"{MEASURES}\n责任人钱七，2024-03-18制定",
    )
    assert set(story["25"]) == {"water"}
    (row,) = story["25"]["water"]["逐行结果"]
    assert row[8:] == ("已纳入监测", "属实，符合监测条件\n2024-03-14反馈", "2024-03-15\n突发严重困难户", None)


def test_a_department_that_the_measures_name_gets_the_measure_and_no_row_of_others(story: dict[str, Told]) -> None:
    sheets = story["20"]["civil_affairs"]
    assert sheets["逐行结果"] == []
    ((number, town, village, head, kind, enrolled, measures, who, planned),) = sheets["帮扶措施"]
    assert (town, village, head, kind, measures, who) == ("旌阳镇", "华丰村委会", "张三", "突发严重困难户", MEASURES, "钱七")
    assert (enrolled, planned) == (datetime(2024, 3, 15), datetime(2024, 3, 18)) and number.startswith("W")
    assert len(story["20"]["medical_insurance"]["帮扶措施"]) == 1, "named as well"


def test_telling_closes_what_has_its_measures_once(story: dict[str, Told]) -> None:
    ((warning_id, at, source),) = fetch("select warning_id, happened_at, source from ledger.events where event = 'outcome_told'")
    assert (warning_id, at) == (number_of("张三", "illness.uninsured"), datetime(2024, 3, 20, 8, 30))
    reports = fetch("select report_number, department, dispatch_id, row_count, sha256, file_name from ledger.outcome_reports")
    assert [(row[0], row[1], row[2]) for row in reports] == [
        ("旌防贫告〔2024〕1号", "medical_insurance", "2024-03"),
        ("旌防贫告〔2024〕2号", "water", "2024-03"),
        ("旌防贫告〔2024〕3号", "medical_insurance", None),
        ("旌防贫告〔2024〕4号", "civil_affairs", None),
        ("旌防贫告〔2024〕5号", "water", None),
        ("旌防贫告〔2024〕6号", "medical_insurance", "2024-04"),
        ("旌防贫告〔2024〕7号", "water", "2024-04"),
    ]
    assert source == reports[2][0]
    for *_, digest, name in reports:
        assert hashlib.sha256((current_site().home / name).read_bytes()).hexdigest() == digest


def test_the_next_month_tells_what_is_new_and_what_has_changed(story: dict[str, Told]) -> None:
    april = story["2024-04"]
    ours = {((row[4] or "").partition("\n")[0], row[1], row[8]) for row in april["medical_insurance"]["逐行结果"]}
    assert ours == {
        ("张三", "未参保2024年3月.xlsx", "已办结\n2024-03-20"),
        ("李四", "未参保2024年3月.xlsx", "属实未纳入"),
        ("王五", "未参保2024年4月.xlsx", "待核查"),
        ("张三", "未参保2024年4月.xlsx", "已办结\n2024-03-20"),
    }
    told = {(row[4] or "").partition("\n")[0]: row for row in april["medical_insurance"]["逐行结果"]}
    assert told["张三"][5] == "并入2024-03-10已交办的预警", "nobody is sent again for it"
    assert told["李四"][9] == "属实，不符合监测条件\n2024-03-14反馈\n政策宣传2024-03-13"
    assert april["medical_insurance"]["汇总"][0][1:] == (2, 2, None, None, 3, 2, 2, 1, 1, 1)
    assert {((row[4] or "").partition("\n")[0], row[8]) for row in april["water"]["逐行结果"]} == {
        ("张三", "已纳入监测"), ("王五", "不属实"),
    }  # fmt: skip


def owed_at(now: str) -> list[Duty]:
    with connect(current_site()) as connection:
        found = duties(connection, Calendar.of(current_site()), datetime.fromisoformat(now))
    return [duty for duty in found if duty.clock == OUTCOME]


@pytest.mark.parametrize(
    ("now", "state", "still_open", "late"),
    [
        ("2024-03-16T12:00", "not_due", 2, 0),
        ("2024-03-20T09:00", "not_due", 1, 0),
        ("2024-03-25T08:00", "not_due", 1, 0),
        ("2024-03-25T09:00", "on_time", 0, 0),
        ("2024-06-01T09:00", "on_time", 0, 0),
    ],
)
def test_its_clock_runs_ten_days_from_the_registration(
    story: dict[str, Told], now: str, state: str, still_open: int, late: int
) -> None:
    (duty,) = owed_at(now)
    assert (duty.period, str(duty.due_on), duty.owner) == ("2024-03-15", "2024-03-25", "rural_revitalization")
    assert (duty.state, duty.total, duty.open, duty.late) == (state, 2, still_open, late)


def test_nobody_s_whole_number_is_in_what_was_told(story: dict[str, Told]) -> None:
    said = str(list(story.values()))
    assert not [name for name in ("张三", "李四", "王五", "赵六") if person(name) in said]


def test_what_a_crash_left_is_made_good(story: dict[str, Told], monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it is recorded nothing counts; afterwards the file that was recorded comes into its place."""
    thirsty = number_of("张三", "water.unsafe")
    done = {"enrolled_date": "2024-03-15", "monitored_type": "突发严重困难户", "measures": "修水窖"}
    answer(thirsty, "measures_set", "2024-04-11T10:00:00", **done)
    clock(monkeypatch, "2024-04-12T08:30:00")
    told = "select count(*) from ledger.events where event = 'outcome_told'"
    reports = "select count(*) from ledger.outcome_reports"
    with monkeypatch.context() as patched:
        patched.setattr(tell.ledger, "count_outcomes", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            tell_of_registrations(current_site())
    assert fetch(told) == [(1,)] and fetch(reports) == [(7,)]
    placing = iter([lambda *_: [], lambda *_: 1 / 0])
    with monkeypatch.context() as patched:
        patched.setattr(tell, "_put_in_place", lambda *given: next(placing)(*given))
        with pytest.raises(ZeroDivisionError):
            tell_of_registrations(current_site())
    folder = current_site().returns / "water"
    assert not list(folder.glob("2024-04-12*"))
    assert tell_of_registrations(current_site()) == [], "nothing is told twice"
    ((name,),) = fetch("select file_name from ledger.outcome_reports order by entry_no desc limit 1")
    assert (current_site().home / name).exists() and not list(folder.glob(".*"))
    assert fetch(told) == [(2,)] and fetch(reports) == [(8,)]
