"""What a department's program gets for what it pushes, and that what got a receipt is there exactly once."""

from __future__ import annotations

import csv
import errno
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any
from unittest.mock import patch

import openpyxl
import pytest
from airflow.api_fastapi.common.http_access_log import HttpAccessLogMiddleware
from fastapi import FastAPI
from fastapi.testclient import TestClient

from include.deliveries.examine import check_feed
from include.deliveries.inbox import inbox_files
from include.deliveries.publish import publish_feed
from include.deliveries.push import clean_name
from include.deliveries.receive import receive_inbox
from include.deliveries.tokens import issue_token, tokens_file
from include.portal import push_api
from include.portal.push_api import create_app
from include.reading.refusal import ReadingEnded
from include.site import current_site
from include.storage.warehouse import connect
from include.warnings.export import export
from include.warnings.left_out import find_left_out
from tests.files import person, write_xlsx

FEED = "petition__case"
OURS = "20240310-080000_回执_信访.xlsx_20240310-0001.html"


def case(number: str = "XF001", **changes: Any) -> dict[str, Any]:
    return {
        "信访编号": number, "受理日期": "2024-03-08", "姓名": "张三", "身份证号": person("张三"), "乡镇": "旌阳镇",
        "行政村": "华丰村", "诉求内容": "收入低", "人均纯收入": 3000, "基本生活是否困难": True, **changes,
    }  # fmt: skip


@pytest.fixture
def client(home: Path) -> TestClient:
    return TestClient(create_app(), raise_server_exceptions=False)


@pytest.fixture
def mine(client: TestClient) -> dict[str, str]:
    return {"Authorization": f"Bearer {issue_token(current_site(), 'petition')}"}


def push(client: TestClient, headers: dict[str, str], *rows: Any, feed: str = FEED) -> Any:
    return client.post(f"/feeds/{feed}", headers=headers, json=list(rows))


def ingest() -> list[Any]:
    arrivals = receive_inbox(current_site())
    publish_feed(current_site(), FEED, check_feed(current_site(), FEED))
    return arrivals


def stored(home: Path) -> list[str]:
    """Files that hold content: everything but the audit line, the tokens and the key."""
    kept = ("audit", "tokens.json")
    return [str(path) for path in home.rglob("*") if path.is_file() and not any(name in path.parts for name in kept)]


def published() -> list[str]:
    with connect(current_site()) as connection:
        return [case_id for (case_id,) in connection.execute(f"select case_id from raw.{FEED} order by all").fetchall()]


def test_a_receipt_counts_the_rows_and_names_what_is_wrong(client: TestClient, mine: dict[str, str]) -> None:
    answer = push(client, mine, case(), case("XF002", 受理日期="某日"))
    assert answer.status_code == 201, answer.text
    receipt = answer.json()
    assert (receipt["status"], receipt["rows"], receipt["accepted"], receipt["rejected"]) == ("received", 2, 1, 1)
    (line,) = receipt["rejected_rows"]
    assert (line["row"], line["column"]) == (2, "受理日期") and "第 2 条“受理日期”" in line["reason"]
    assert person("张三") not in answer.text and "张三" not in answer.text


def test_objects_are_counted_as_their_sender_counts_them(client: TestClient, mine: dict[str, str], home: Path) -> None:
    """The first object is 第 1 条: in the receipt, the export, the return workbook and the raw table."""
    receipt = push(client, mine, case("XF001", 受理日期="某日"), case("XF002"), case("XF002")).json()
    ingest()
    (first,) = receipt["rejected_rows"]
    (later,) = client.get(f"/receipts/{receipt['delivery_id']}", headers=mine).json()["rejected_rows"]
    assert first["row"] == later["row"] == 1 and "第 1 条" in first["reason"]
    assert export(current_site(), "rejected")["row"].tolist() == [1]
    assert "header" not in set(export(current_site(), "skipped")["kind"])
    (book,) = home.glob("returns/*/*_退回行.xlsx")
    sheet = openpyxl.load_workbook(book)["退回数据"]
    heads = [cell.value for cell in sheet[3]]
    assert sheet.cell(4, heads.index("原行号") + 1).value == "1"
    with connect(current_site()) as connection:
        assert connection.execute(f"select case_id, row_number from raw.{FEED}").fetchall() == [("XF002", 2)]
        (told,) = connection.execute("select reason from raw.row_issues where level = 'duplicate'").fetchone() or ("",)
    assert "第 3 条" in told and "与第 2 条内容相同" in told


def test_who_was_pushed_in_a_rejected_row_is_found_above_one_that_was_taken(client: TestClient, mine: dict[str, str]) -> None:
    other = {"姓名": "李四", "身份证号": person("李四")}
    push(client, mine, case("XF001", 受理日期="某日"), case("XF002", **other))
    ingest()
    found, _ = find_left_out(current_site(), person("张三"), [])
    assert [(line.row_number, line.likeness) for line in found] == [(1, None)] and "第 1 条" in found[0].why
    assert find_left_out(current_site(), person("李四"), [])[0] == []


def test_what_was_pushed_is_published_and_the_receipt_says_so(client: TestClient, mine: dict[str, str]) -> None:
    receipt = push(client, mine, case()).json()
    ingest()
    assert published() == ["XF001"]
    later = client.get(f"/receipts/{receipt['delivery_id']}", headers=mine).json()
    assert (later["status"], later["accepted"], later["sha256"]) == ("published", 1, receipt["sha256"])


def test_column_names_serve_as_heads_and_state_their_unit(client: TestClient, mine: dict[str, str]) -> None:
    names = {"信访编号": "case_id", "受理日期": "accepted_date", "姓名": "person_name", "身份证号": "id_number",
             "乡镇": "town_name", "行政村": "village_name", "诉求内容": "appeal_content", "人均纯收入": "income_yuan",
             "基本生活是否困难": "is_in_difficulty"}  # fmt: skip
    answer = push(client, mine, {names[head]: value for head, value in case().items()})
    assert answer.status_code == 201 and answer.json()["accepted"] == 1, answer.text
    ingest()
    with connect(current_site()) as connection:
        assert connection.execute(f"select income_yuan::int from raw.{FEED}").fetchall() == [(3000,)]


def test_the_same_content_gets_the_same_receipt_at_any_time(client: TestClient, mine: dict[str, str]) -> None:
    first = push(client, mine, case())
    again = push(client, mine, case())
    assert (again.status_code, again.json()) == (200, first.json())
    ingest()
    later = push(client, mine, case())
    assert later.status_code == 200 and later.json()["delivery_id"] == first.json()["delivery_id"]
    assert ingest() == [] and published() == ["XF001"]


def test_a_crash_before_the_receipt_or_the_unlink_doubles_nothing(
    client: TestClient, mine: dict[str, str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as crash:
        crash.setattr("include.portal.push_api.write_once", lambda *_: os.kill)  # type: ignore[arg-type]
        assert push(client, mine, case()).status_code == 500
    with monkeypatch.context() as crash:
        crash.setattr("include.deliveries.receive._take_away", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            receive_inbox(current_site())
    assert push(client, mine, case()).status_code == 201
    ingest()
    assert published() == ["XF001"]
    with connect(current_site()) as connection:
        assert connection.execute("select count(*) from ledger.deliveries").fetchone() == (1,)
    assert not [path for path in (home / "inbox").rglob("*") if path.is_file()]


def test_a_file_may_be_pushed_as_body_or_form(client: TestClient, mine: dict[str, str], tmp_path: Path) -> None:
    rows = [case(f"XF{number:03d}") for number in (1, 2)]
    for number, row in enumerate(rows):
        path = write_xlsx(tmp_path / f"信访{number}.xlsx", tuple(row), tuple("是" if v is True else v for v in row.values()))
        content = path.read_bytes()
        if number:
            answer = client.post(f"/feeds/{FEED}", headers=mine, files={"file": (path.name, content)})
        else:
            kind = {"Content-Type": "application/octet-stream"}
            answer = client.post(f"/feeds/{FEED}?filename={path.name}", headers={**mine, **kind}, content=content)
        assert answer.status_code == 201 and answer.json()["accepted"] == 1, answer.text
    ingest()
    assert published() == ["XF001", "XF002"]


def test_zero_report(client: TestClient, mine: dict[str, str]) -> None:
    answer = push(client, mine)
    assert answer.status_code == 201 and answer.json()["rows"] == 0, answer.text
    ingest()
    later = client.get(f"/receipts/{answer.json()['delivery_id']}", headers=mine).json()
    assert later["status"] == "zero_report"


@pytest.mark.parametrize(
    ("token", "feed", "body", "status"),
    [
        (None, FEED, [case()], 401),
        ("wrong", FEED, [case()], 401),
        ("Bearer", FEED, [case()], 401),
        ("health", FEED, [case()], 403),
        ("petition", "petition__nothing", [case()], 404),
        ("petition", FEED, b"x" * (21 << 20), 413),
        ("petition", FEED, b"{", 422),
        ("petition", FEED, b"\xff\xfe\x00", 422),
        ("petition", FEED, b"", 422),
        ("petition", FEED, b'[{"\\ud800": 1}]', 422),
        ("petition", FEED, b"[" * 100_000, 422),
        ("petition", FEED, b'[{"a": NaN}]', 422),
        ("petition", FEED, [1], 422),
        ("petition", FEED, [{"商品": "大米"}], 422),
        ("petition", FEED, [{**case(), "姓名": ["张三"]}], 422),
    ],
)
def test_what_is_not_taken_leaves_one_audit_line_and_nothing_else(
    client: TestClient, home: Path, token: str | None, feed: str, body: Any, status: int
) -> None:
    given = f"Bearer {issue_token(current_site(), token)}" if token in ("petition", "health") else token
    headers = {"Content-Type": "application/json"} | ({"Authorization": given} if given else {})
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = client.post(f"/feeds/{feed}", headers=headers, content=content)
    assert answer.status_code == status, answer.text
    assert "请" in answer.json()["detail"] or status in (403, 404)
    assert stored(home) == []
    (line,) = (home / "audit" / "push.jsonl").read_text("utf-8").splitlines()
    told = json.loads(line)
    assert told["status"] == status and told["department"] == (token if token in ("petition", "health") else "-")
    assert person("张三") not in line and "张三" not in line


def test_too_large_is_noticed_without_a_stated_length(client: TestClient, mine: dict[str, str], home: Path) -> None:
    blocks = (b" " * (1 << 20) for _ in range(30))
    assert client.post(f"/feeds/{FEED}", headers=mine, content=blocks).status_code == 413
    assert stored(home) == []


def test_another_departments_receipt_is_not_shown(client: TestClient, mine: dict[str, str]) -> None:
    receipt = push(client, mine, case()).json()
    other = {"Authorization": f"Bearer {issue_token(current_site(), 'health')}"}
    assert client.get(f"/receipts/{receipt['delivery_id']}", headers=other).status_code == 404
    assert client.get(f"/receipts/{receipt['delivery_id']}").status_code == 401


def test_a_new_token_voids_the_old_and_only_a_hash_is_kept(client: TestClient, mine: dict[str, str]) -> None:
    fresh = issue_token(current_site(), "petition")
    assert push(client, mine, case()).status_code == 401
    assert push(client, {"Authorization": f"Bearer {fresh}"}, case()).status_code == 201
    path = tokens_file(current_site())
    assert fresh not in path.read_text("utf-8") and path.stat().st_mode & 0o777 == 0o600


def test_equal_pushes_at_the_same_moment_get_one_receipt_and_one_delivery(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All have been checked, and none has a receipt yet, when they go on together; two of them under another name."""
    together = Barrier(6, timeout=60)
    real = push_api.put_into_inbox

    def at_once(*arguments: Any, **named: Any) -> None:
        together.wait()
        real(*arguments, **named)

    monkeypatch.setattr(push_api, "put_into_inbox", at_once)
    content = json.dumps([case()]).encode()
    names = ["信访.json"] * 4 + ["另一名.json"] * 2
    with ThreadPoolExecutor(6) as threads:
        sent = [
            threads.submit(push_api.accept, current_site(), content, department="petition", feed=FEED, file_name=name)
            for name in names
        ]
        receipts = [each.result()[0] for each in sent]
    assert all(receipt == receipts[0] for receipt in receipts)
    ingest()
    assert published() == ["XF001"] and inbox_files(current_site()) == []
    with connect(current_site()) as connection:
        found = connection.execute("select delivery_id, status from ledger.outcomes").fetchall()
    assert found == [(receipts[0]["delivery_id"], "published")]


@pytest.mark.parametrize(
    ("folder", "feed"),
    [
        ("县信访局", FEED),
        ("县医保局", FEED),
        ("县信访局", "medical_insurance__uninsured"),
    ],
)
def test_a_folder_made_like_a_push_is_an_ordinary_file(
    client: TestClient, mine: dict[str, str], home: Path, folder: str, feed: str
) -> None:
    """Somebody has seen the id of a true push and makes its folders by hand, with content of his own, before it is received."""
    receipt = push(client, mine, case()).json()
    forged = home / "inbox" / folder / receipt["delivery_id"] / feed / "信访.xlsx"
    write_xlsx(forged, tuple(case("XF666")), tuple(case("XF666").values()))
    os.utime(forged, (1, 1))  # the oldest: it is received first
    ingest()
    with connect(current_site()) as connection:
        (ordinary,) = connection.execute(
            "select delivery_id, department from ledger.deliveries where delivery_id <> ?", [receipt["delivery_id"]]
        ).fetchall()
    assert ordinary == ("20240310-0001", "petition" if folder == "县信访局" else "medical_insurance")
    assert "XF001" in published() and ("XF666" in published()) == (folder == "县信访局")
    later = client.get(f"/receipts/{receipt['delivery_id']}", headers=mine).json()
    assert (later["status"], later["accepted"]) == ("published", 1)


def test_what_a_killed_server_left_is_cleared_after_an_hour(home: Path) -> None:
    incoming = current_site().push / "incoming"
    incoming.mkdir(parents=True)
    for name, age in (("old", 3700), ("new", 3500)):
        (incoming / name).write_bytes(b"12345")
        os.utime(incoming / name, (time.time() - age,) * 2)
    assert [push_api.clear_incoming(current_site()) for _ in range(2)] == [1, 0]
    assert [path.name for path in incoming.iterdir()] == ["new"]
    (line,) = (home / "audit" / "push.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line) == {"at": "2024-03-10T08:00:00", "event": "leftovers_removed", "files": 1, "bytes": 5}


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (ReadingEnded("signal"), 503),
        (csv.Error("field larger than field limit (131072)"), 422),
        (RuntimeError("any"), 422),
        (OSError(errno.ENOSPC, "No space left on device"), 503),
    ],
)
def test_whatever_reading_comes_to_the_answer_is_no_fault_of_the_server(
    client: TestClient, mine: dict[str, str], home: Path, monkeypatch: pytest.MonkeyPatch, failure: Exception, status: int
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("include.deliveries.checked_push.check_push", lambda *_, **__: (_ for _ in ()).throw(failure))
        answer = push(client, mine, case())
    assert answer.status_code == status and "请" in answer.json()["detail"], answer.text
    assert ("Retry-After" in answer.headers) == (status == 503)
    assert stored(home) == []
    assert push(client, mine, case()).status_code == 201


def test_a_field_longer_than_csv_takes_is_answered(client: TestClient, mine: dict[str, str]) -> None:
    row = case() | {"诉求内容": "长" * 140_000}
    content = "\n".join(",".join(map(str, line)) for line in (row, row.values())).encode()
    headers = {**mine, "Content-Type": "application/octet-stream"}
    assert client.post(f"/feeds/{FEED}?filename=a.csv", headers=headers, content=content).status_code in (201, 422)


@pytest.mark.parametrize("name", ["信访.bak", "Thumbs.db", "信访.lnk", "信访.txt", "信访.xlsx.downloading", "~$信访.xlsx", OURS])
def test_a_pushed_name_that_receiving_would_pass_over_is_replaced(home: Path, name: str) -> None:
    found = clean_name(name, "信访件.xlsx")
    assert found in ("信访件.xlsx", "信访.xlsx") and found.encode()


def test_the_address_that_airflow_logs_holds_no_file_name(home: Path, mine: dict[str, str]) -> None:
    """Airflow's own access log in front of ours, as in its API server."""
    logged: list[dict[str, Any]] = []
    number = person("张三")
    with patch("airflow.api_fastapi.common.http_access_log.logger") as logger:
        logger.info.side_effect = lambda _, **facts: logged.append(facts)
        outer = FastAPI()
        outer.mount("/fangpin", create_app())
        outer.add_middleware(HttpAccessLogMiddleware)
        client = TestClient(outer, raise_server_exceptions=False)
        for path in (f"feeds/{FEED}?filename={number}.csv", f"feeds/{number}", f"receipts/{number}", f"{number}?{number}"):
            client.post(f"/fangpin/{path}", headers=mine, content=b"x")
            client.get(f"/fangpin/{path}", headers=mine)
    assert len(logged) == 8 and number not in str(logged)
    assert logged[0]["path"] == f"/fangpin/feeds/{FEED}"
