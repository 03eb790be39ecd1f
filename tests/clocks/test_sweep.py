"""The sweep on a hand-made ledger: each state, each step once, channels that fail, and nobody's number in a letter."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from typer.testing import CliRunner

from include.cli.app import app
from include.clocks import reminders
from include.clocks.channels import contacts
from include.clocks.duties import Duty, duties
from include.clocks.reminders import Sweep, sweep
from include.deliveries.returned_events import record_returns
from include.site import SettingsError, current_site
from include.site.calendar import Calendar
from include.site.home import keep_clock, make_rehearsal
from include.storage import ledger
from include.storage.warehouse import connect
from include.warnings.export import export

UNINSURED, HIGH, WATER = "medical_insurance__uninsured", "medical_insurance__self_pay_high", "water__drinking_water"
NUMBER = "34052419800101001X"


def deliver(feed: str, period: str, status: str, at: str, department: str | None = None) -> None:
    """One delivery and its outcome; status waiting leaves it undecided."""
    moment = datetime.fromisoformat(at)
    with connect(current_site()) as connection:
        ledger.create_tables(connection)
        (count,) = connection.execute("select count(*) from ledger.deliveries").fetchone() or (0,)
        delivery = ledger.Delivery(
            f"{moment:%Y%m%d}-{count:04d}", "x.xlsx", department or feed.split("__")[0], "0", 1, moment, moment, feed, period
        )
        ledger.append(connection, "ledger.deliveries", [delivery])
        if status != "waiting":
            outcome = ledger.Outcome(delivery.delivery_id, feed, period, status, None, None, 0, 0, 0, 0, moment)
            ledger.append(connection, "ledger.outcomes", [outcome])


def put(table: str, *rows: dict[str, Any]) -> None:
    with connect(current_site()) as connection:
        ledger.create_tables(connection)
        ledger.append(connection, table, rows)


def issue(month: str, at: str, count: int = 3) -> None:
    moment = datetime.fromisoformat(at)
    put("ledger.dispatches", {"dispatch_id": month, "kind": "monthly", "issued_at": moment, "approved_by": "bureau"})
    put(
        "ledger.dispatched_warnings",
        *(
            {
                "dispatch_id": month, "listing_kind": "issued", "issued_in": month, "issued_at": moment,
                "warning_id": f"W{index}",
                "town_code": "341825100", "town_name": "旌阳镇", "person_name": "王某某", "id_number": NUMBER,
            }
            for index in range(count)
        ),
    )  # fmt: skip


def only_uninsured_is_missing() -> None:
    for feed in (HIGH, WATER, "medical_insurance__self_pay_monitored", "human_resources__unemployed"):
        deliver(feed, "2024-03", "published", "2024-03-05")
    issue("2024-03", "2024-03-10T09:00", count=0)


def found(now: str) -> list[Duty]:
    site = current_site()
    with connect(site) as connection:
        return duties(connection, Calendar.of(site), datetime.fromisoformat(now))


def one(now: str, feed: str, period: str | None = None) -> Duty:
    (duty,) = [item for item in found(now) if item.feed == feed and period in (None, item.period)]
    return duty


def swept(monkeypatch: pytest.MonkeyPatch, now: str) -> Sweep:
    monkeypatch.setenv("FANGPIN_NOW", now)
    return sweep(current_site())


def said(result: Sweep) -> set[tuple[str, str, str, int]]:
    return {
        (item.duty.feed, item.duty.period, item.recipient, item.step.day) for letter in result.sent for item in letter.reminders
    }


@pytest.mark.parametrize(
    ("deliveries", "now", "state", "days"),
    [
        ([], "2024-03-09T23:00", "not_due", 0),
        ([], "2024-03-10T08:00", "silent", 1),
        ([("2024-03", "published", "2024-03-01")], "2024-03-10T08:00", "on_time", 0),
        ([("2024-03", "published", "2024-03-09T23:59")], "2024-03-10T08:00", "on_time", 0),
        ([("2024-03", "published", "2024-03-12")], "2024-03-20T08:00", "late", 3),
        ([("2024-03", "zero_report", "2024-03-08")], "2024-03-10T08:00", "zero_report", 0),
        ([("2024-03", "zero_report", "2024-03-08"), ("2024-03", "published", "2024-03-12")], "2024-03-20T08:00", "on_time", 0),
        ([("2024-03", "refused", "2024-03-08")], "2024-03-10T08:00", "refused", 1),
        ([("2024-03", "refused", "2024-03-08"), ("2024-03", "published", "2024-03-09")], "2024-03-10T08:00", "on_time", 0),
        ([("2024-03", "waiting", "2024-03-09")], "2024-03-10T08:00", "waiting", 0),
        ([("2024-02", "published", "2024-02-08")], "2024-03-10T08:00", "missing", 1),
        ([("2024-02", "published", "2024-02-20")], "2024-03-10T08:00", "missing", 1),
        ([("2024-02", "published", "2024-02-08"), ("2024-02", "duplicate", "2024-03-08")], "2024-03-10T08:00", "stale", 1),
        ([("2024-02", "published", "2024-02-08"), ("2024-02", "published", "2024-03-08")], "2024-03-10T08:00", "stale", 1),
    ],
)
def test_states_of_a_period(home: Path, deliveries: list[tuple[str, str, str]], now: str, state: str, days: int) -> None:
    put("ledger.deliveries")
    for period, status, at in deliveries:
        deliver(UNINSURED, period, status, at)
    duty = one(now, UNINSURED, "2024-03")
    assert (duty.state, duty.days_late(datetime.fromisoformat(now).date())) == (state, days)


def test_quarter_term_and_year_fall_due_in_their_time(home: Path) -> None:
    deliver("housing__hazard", "2024-Q1", "published", "2024-03-20")
    deliver("education__dropout", "2024-spring", "published", "2024-04-02")
    assert one("2024-04-10T08:00", "housing__hazard", "2024-Q1").state == "on_time"
    assert one("2024-04-10T08:00", "education__dropout", "2024-spring").state == "late"
    assert one("2024-04-10T08:00", "civil_affairs__new_low_income", "2024-Q1").state == "silent"
    assert one("2024-04-10T08:00", "rural_revitalization__income_risk", "2024").state == "not_due"
    assert not [duty for duty in found("2024-04-10T08:00") if duty.period in ("2023-Q4", "2023", "2023-autumn")]


def test_events_by_their_day(home: Path) -> None:
    deliver("health__epidemic_event", "YQ-1", "published", "2024-03-04")
    for number, at in (("YQ-1", "2024-03-04T10:00"), ("YQ-2", "2024-03-05T10:00")):
        put(
            "raw.health__epidemic_event",
            {"row_id": number, "event_id": number, "town_name": "旌阳镇", "occurred_date": date(2024, 3, 1), "received_at": at},
        )
    duty = one("2024-03-10T08:00", "health__epidemic_event")
    assert (duty.due_on, duty.state, duty.total, duty.late) == (date(2024, 3, 4), "late", 2, 1)
    assert one("2024-03-10T08:00", "petition__case").state == "silent"


def test_the_same_registry_again(home: Path) -> None:
    feed = "rural_revitalization__registry"
    deliver(feed, "2024-03-01", "published", "2024-03-01")
    assert one("2024-03-10T08:00", feed).state == "on_time"
    deliver(feed, "2024-03-01", "published", "2024-03-09")
    assert one("2024-03-10T08:00", feed).state == "stale"


def test_visits_and_measures(home: Path) -> None:
    issue("2024-03", "2024-03-11T09:00")
    visit = one("2024-03-16T08:00", "town__verification")
    assert (visit.state, visit.due_on, visit.total, visit.open) == ("not_due", date(2024, 3, 16), 3, 3)
    for index, at in ((0, "2024-03-14"), (1, "2024-03-18")):
        answer = {"warning_id": f"W{index}", "is_true": True, "meets_criteria": ("yes", "no")[index]}
        returned("town__verification", at, answer)
    visit = one("2024-03-17T08:00", "town__verification")
    assert (visit.state, visit.open, visit.owner_name) == ("missing", 2, "旌阳镇")
    measure = one("2024-03-25T08:00", "town__measure")
    assert (measure.state, measure.total, measure.due_on) == ("missing", 1, date(2024, 3, 24))
    returned("town__measure", "2024-03-20", {"warning_id": "W0", "enrolled_date": date(2024, 3, 18)})
    measure = one("2024-03-29T08:00", "town__measure")
    assert (measure.state, measure.due_on, measure.period) == ("missing", date(2024, 3, 28), "2024-03-18"), "从纳入日期起算"
    planned = {"measures": "产业帮扶", "responsible_person": "张三", "planned_date": date(2024, 3, 28)}
    returned("town__measure", "2024-03-28", {"warning_id": "W0", "enrolled_date": date(2024, 3, 18), **planned})
    assert one("2024-03-29T08:00", "town__measure").state == "on_time"
    waits = {"warning_id": "W2", "waits_code": "conflict", "is_true": True, "meets_criteria": "no"}
    at = returned("town__verification", "2024-03-12", waits)
    assert one("2024-03-17T08:00", "town__verification").open == 2, "两行不一致的还没有采用"
    answer = {"delivery_id": at, "sheet": "s", "row_number": 1, "reason_code": "conflict", "decision": "采纳"}
    put("ledger.decisions", {**answer, "decided_at": "2024-03-16T20:00"})
    taken()
    assert one("2024-03-17T08:00", "town__verification").open == 1
    put("ledger.events", {"warning_id": "W2", "event": "withdrawn", "happened_at": "2024-04-10"})
    assert (one("2024-04-20T08:00", "town__verification").state, visit.late) == ("late", 0)


def test_whom_the_county_monitors_already_the_answer_starts_the_clock(home: Path) -> None:
    """The day they were registered is long past; and the round of the month before is over when they are issued again."""
    issue("2024-03", "2024-03-11T09:00")
    returned("town__verification", "2024-03-14", {"warning_id": "W0", "is_true": True, "meets_criteria": "already_monitored"})
    returned("town__measure", "2024-03-20", {"warning_id": "W0", "enrolled_date": date(2024, 2, 1)})
    measure = one("2024-03-29T08:00", "town__measure")
    assert (measure.state, measure.period, measure.due_on) == ("missing", "2024-03-14", date(2024, 3, 24))
    issue("2024-04", "2024-04-10T09:00")
    returned("town__verification", "2024-04-12", {"warning_id": "W0", "is_true": True, "meets_criteria": "no"})
    owed = [duty.period for duty in found("2024-04-20T08:00") if duty.feed == "town__measure"]
    assert owed == ["2024-03-14"], "in April nothing is owed"


def returned(feed: str, at: str, row: dict[str, Any]) -> str:
    """A town's return of one row, taken; gives the delivery."""
    deliver(feed, "2024-03", "published", at)
    with connect(current_site()) as connection:
        (delivery,) = connection.execute("select arg_max(delivery_id, entry_no) from ledger.deliveries").fetchone() or ()
    place = {
        "county_code": "341825",
        "row_id": f"{delivery}/s/1",
        "delivery_id": delivery,
        "sheet": "s",
        "row_number": 1,
        "received_at": at,
    }
    put(f"raw.{feed}", {**place, **row})
    taken()
    return str(delivery)


def taken() -> None:
    with connect(current_site()) as connection:
        record_returns(connection)


def test_steps_are_taken_once_and_in_order(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only_uninsured_is_missing()
    assert said(swept(monkeypatch, "2024-03-09T08:30")) == set()
    first = {(UNINSURED, "2024-03", "medical_insurance", 1)}
    assert said(swept(monkeypatch, "2024-03-10T08:30")) == first
    assert said(swept(monkeypatch, "2024-03-10T18:30")) == said(swept(monkeypatch, "2024-03-11T08:30")) == set()
    third = {(UNINSURED, "2024-03", who, 3) for who in ("medical_insurance.head", "rural_revitalization")}
    assert said(swept(monkeypatch, "2024-03-12T08:30")) == third
    assert said(swept(monkeypatch, "2024-03-16T08:30")) == {(UNINSURED, "2024-03", "leading_group", 7)}
    assert said(swept(monkeypatch, "2024-03-30T08:30")) == set()
    row = export(current_site(), "clocks").set_index(["feed", "period"]).loc[(UNINSURED, "2024-03")]
    assert row["chased"] == "+1日（2024-03-10）、+3日（2024-03-12）、+7日（2024-03-16）" and row["state"] == "silent"


def test_after_an_outage_nobody_is_reported_before_being_asked(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only_uninsured_is_missing()
    steps = [{step for *_, step in said(swept(monkeypatch, f"2024-03-{day}T08:30"))} for day in (20, 20, 21, 22, 23)]
    assert steps == [{1}, set(), {3}, {7}, set()]


def test_a_crash_before_the_record_repeats_and_loses_none(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine stops after the second letter went out: at the next sweep that one comes again, the first does not."""
    put("ledger.deliveries")
    real, calls = ledger.append, []

    def append(connection: Any, table: str, rows: Any) -> None:
        calls.append(table)
        if len(calls) == 2:
            raise KeyboardInterrupt
        real(connection, table, rows)

    monkeypatch.setattr(reminders.ledger, "append", append)
    with pytest.raises(KeyboardInterrupt):
        swept(monkeypatch, "2024-03-10T08:30")
    folder = home / "reports" / "reminders" / "2024-03-10"
    assert len(list(folder.glob("*.pdf"))) == 2
    again = swept(monkeypatch, "2024-03-10T08:31")
    assert [letter.number for letter in again.sent] == ["旌防贫催〔2024〕2号", "旌防贫催〔2024〕3号"]
    assert len(list(folder.glob("*.pdf"))) == 3 and said(swept(monkeypatch, "2024-03-10T08:32")) == set()


def test_the_dispatch_of_the_month(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put("ledger.proposals", {"dispatch_id": "2024-03", "proposed_at": datetime(2024, 3, 10, 9)})

    def about(now: str) -> list[tuple[str, int, str]]:
        sent = swept(monkeypatch, now).sent
        mine = [letter for letter in sent if letter.reminders[0].duty.feed == "dispatch"]
        return [
            (item.recipient, item.step.day, letter.pdf.with_suffix(".txt").read_text("utf-8"))
            for letter in mine
            for item in letter.reminders
        ]

    assert about("2024-03-10T08:30") == []
    ((who, step, text),) = about("2024-03-10T18:30")
    assert (who, step) == ("rural_revitalization", -1) and "还有1日，已整合比对，正等候批准" in text
    assert [(who, step) for who, step, _ in about("2024-03-11T08:30")] == [("rural_revitalization", 0)]
    alert = about("2024-03-12T08:30")
    assert {(who, step) for who, step, _ in alert} == {("rural_revitalization.head", 1), ("leading_group", 1)}
    assert all("已逾期1日，尚未交办" in text for _, _, text in alert)


def test_a_dispatch_issued_in_time_is_not_chased(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    issue("2024-03", "2024-03-10T17:00", count=0)
    result = swept(monkeypatch, "2024-03-12T08:30")
    assert not [item for item in said(result) if item[0] == "dispatch"] and one("2024-03-12T08:30", "dispatch").state == "on_time"


def test_letters_name_nobody(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    issue("2024-03", "2024-03-11T09:00")
    result = swept(monkeypatch, "2024-03-17T08:30")
    (letter,) = [letter for letter in result.sent if letter.kind == "催办函"]
    text = letter.pdf.with_suffix(".txt").read_text("utf-8")
    assert "旌阳镇人民政府：" in text and "预警3件，应于2024年3月16日前完成入户核查并反馈，已逾期1日，还有3件没有反馈" in text
    for sent in result.sent:
        words = sent.pdf.with_suffix(".txt").read_text("utf-8")
        assert sent.pdf.read_bytes().startswith(b"%PDF") and not re.search(r"\d{15}", words) and "王" not in words
        assert "附件" not in words


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[dict[str, Any]], list[int]]]:
    """A receiver on loopback: its address, what it got, and the answer it gives."""
    got: list[dict[str, Any]] = []
    answer = [500]

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if answer[0] == 200:
                got.append(json.loads(body))
            self.send_response(answer[0])
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"json://geheim@127.0.0.1:{server.server_port}/hook", got, answer
    server.shutdown()
    server.server_close()


def test_a_channel_that_failed_is_tried_again_once(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    webhook: tuple[str, list[dict[str, Any]], list[int]],
    capfd: pytest.CaptureFixture[str],
) -> None:
    url, got, answer = webhook
    (home / "county").mkdir(parents=True)
    (home / "county" / "contacts.csv").write_text(f"department,name,channel\n县医保局,值班,{url}\n", "utf-8")
    first = swept(monkeypatch, "2024-03-10T08:30")
    assert first.failed == ["县医保局（json）"] and got == []
    answer[0] = 200
    second = swept(monkeypatch, "2024-03-10T18:30")
    assert second.failed == [] and len(got) == 1 and "催报" in got[0]["title"] and "3月" in got[0]["message"]
    assert len(got[0]["attachments"]) == 1
    swept(monkeypatch, "2024-03-11T08:30")
    assert len(got) == 1
    with connect(current_site()) as connection:
        recorded = connection.execute("from ledger.reminders").fetchall()
    assert "geheim" not in str(recorded) + "".join(capfd.readouterr())


def test_nobody_waits_for_the_warehouse_while_a_letter_is_on_its_way(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the first try and when it is sent again, somebody else opens the warehouse in the middle of the sending."""
    counted: list[int] = []

    def look() -> None:
        with connect(current_site(), wait_seconds=0) as connection:
            counted.extend(connection.execute("select count(*) from ledger.reminders").fetchone() or ())

    def send(*_: object) -> bool:
        visitor = Thread(target=look)
        visitor.start()
        visitor.join()
        return False

    (home / "county").mkdir(parents=True)
    (home / "county" / "contacts.csv").write_text("department,name,channel\n县医保局,值班,json://localhost/hook\n", "utf-8")
    monkeypatch.setattr(reminders.Channel, "send", send)
    swept(monkeypatch, "2024-03-10T08:30")
    swept(monkeypatch, "2024-03-10T18:30")
    assert len(counted) == 2 and counted[0] < counted[1]


@pytest.mark.parametrize(
    ("line", "said_so"),
    [
        ("县气象局,,json://localhost", "第 2 行 department 列“县气象局”"),
        ("县医保局,,微信群", "第 2 行 channel 列不是可用的渠道地址"),
    ],
)
def test_a_contact_that_cannot_be_used(home: Path, line: str, said_so: str) -> None:
    (home / "county").mkdir(parents=True)
    (home / "county" / "contacts.csv").write_text(f"department,name,channel\n{line}\n", "utf-8")
    with pytest.raises(SettingsError, match=said_so):
        contacts(current_site())


def test_head_town_and_group_have_channels_of_their_own(home: Path) -> None:
    (home / "county").mkdir(parents=True)
    lines = [
        f"{who},,json://localhost/{index}" for index, who in enumerate(("县医保局负责人", "water.head", "旌阳镇", "领导小组"))
    ]
    (home / "county" / "contacts.csv").write_text("\n".join(["department,name,channel", *lines]), "utf-8")
    assert set(contacts(current_site())) == {"medical_insurance.head", "water.head", "341825100", "leading_group"}


@pytest.mark.parametrize("text", ["steps: 1", "leading_group: x\nsteps: {verify: [{day: 1, to: [mayor]}]}", "]"])
def test_rules_that_cannot_be_used(home: Path, text: str) -> None:
    (home / "county").mkdir(parents=True)
    (home / "county" / "reminders.yml").write_text(text, "utf-8")
    with pytest.raises(SettingsError, match=r"reminders\.yml"):
        sweep(current_site())


def test_commands_at_a_given_time(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FANGPIN_NOW", "2024-03-10T08:00:00")
    runner = CliRunner()
    done = runner.invoke(app, ["--now", "2024-03-12T08:30", "sweep"])
    assert done.exit_code == 0 and "催报函 旌防贫催〔2024〕1号" in done.output
    shown = runner.invoke(app, ["--now", "2027-03-12T08:30", "status"]).output
    assert "2027-03-12 08:30" in shown and "没有 2027 年" in shown
    assert "2024-03" in runner.invoke(app, ["--now", "2024-03-12T08:30", "export", "clocks"]).output


def test_a_dry_sweep_says_what_it_would_and_does_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch, webhook: tuple[str, list[dict[str, Any]], list[int]]
) -> None:
    """The letters it names are those that the next sweep writes."""
    url, got, answer = webhook
    answer[0] = 200
    (home / "county").mkdir(parents=True)
    (home / "county" / "contacts.csv").write_text(f"department,name,channel\n县医保局,值班,{url}\n", "utf-8")
    runner = CliRunner()
    done = runner.invoke(app, ["--now", "2024-03-10T08:30", "sweep", "--dry-run"])
    assert done.exit_code == 0 and "将发 催报函 旌防贫催〔2024〕1号 致县" in done.output
    assert got == [] and not (home / "reports").exists() and not (home / "work").exists()
    with connect(current_site()) as connection:
        assert connection.execute("select count(*) from ledger.reminders").fetchone() == (0,)
    really = runner.invoke(app, ["--now", "2024-03-10T08:30", "sweep"])
    named = [line.removeprefix("将发 ") for line in done.output.splitlines() if line.startswith("将发 ")]
    assert named and all(line in really.output for line in named) and len(got) == 1


def test_a_rehearsal_goes_by_its_own_clock(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen: status printed 281 lines of 逾期 961 天, and sweep wrote 18 letters, because the demo is in 2024."""
    runner = CliRunner()
    make_rehearsal(current_site())
    keep_clock(current_site(), datetime(2024, 3, 10, 8, 30))
    keep_clock(current_site(), datetime(2024, 2, 10, 8, 30))
    with monkeypatch.context() as patch:
        patch.setenv("FANGPIN_NOW", "")
        shown = runner.invoke(app, ["status"]).output
        assert "2024-03-10 08:30（演练时钟）" in shown
        patch.setenv("FANGPIN_NOW", "")
        assert {letter.pdf.parent.name for letter in sweep(current_site()).sent} == {"2024-03-10"}
        assert "2024-03-12 08:30（演练时钟）" in runner.invoke(app, ["--now", "2024-03-12T08:30", "status"]).output
