"""The page for the programmer says what the interface says, and its three lines and its example work as they stand."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from include.cli.app import app
from include.contracts import load_contracts
from include.deliveries.tokens import department_of, issue_token
from include.portal.curl import ADDRESS, RECEIPT, TOKEN
from include.portal.push_api import create_app
from include.portal.push_page import PAGE, page
from include.site import current_site
from tests.files import person, write_xlsx

TEXT = page()


def test_the_page_is_rendered_anew_without_a_difference() -> None:
    assert PAGE.read_text("utf-8") == TEXT, "请运行 python -m include.portal.push_page"


def test_every_feed_column_status_and_receipt_field_is_on_it() -> None:
    described = create_app().openapi()
    for contract in load_contracts():
        part = TEXT.split(f"（`{contract.feed}`）")[1].split("\n### ")[0]
        assert re.findall(r"\| `(\w+)` \|", part) == [column.name for column in contract.columns], contract.feed
    for operations in described["paths"].values():
        for operation in operations.values():
            assert all(f"\n| {status} | " in TEXT for status in operation["responses"])
    for name, schema in described["components"]["schemas"].items():
        if name in ("Receipt", "RejectedRow"):
            for field in schema["properties"]:
                (said,) = re.findall(rf"\| `{field}` \| [^|]+ \| ([^|]*) \|", TEXT)[:1]
                assert said.strip(), f"{field} 没有说明"


def lines() -> list[list[str]]:
    found = [shlex.split(line) for line in TEXT.splitlines() if line.startswith("curl ")]
    assert len(found) == 3
    return found


def test_the_three_lines_send_ask_and_correct(home: Path, tmp_path: Path) -> None:
    client = TestClient(create_app(), raise_server_exceptions=False)
    token = issue_token(current_site(), "petition")
    row = json.loads(TEXT.split("```json\n")[1].split("```")[0])[0]
    assert client.post("/feeds/petition__case", json=[row], headers={"Authorization": f"Bearer {token}"}).json()["accepted"] == 0
    assert client.post("/feeds/petition__case", json=[], headers={"Authorization": f"Bearer {token}"}).json()["rows"] == 0
    real = row | {"信访编号": "XF001", "姓名": "张三", "身份证号": person("张三")}
    send, ask, correct = lines()
    headers = dict(part.split(": ", 1) for part in (send[2], send[4]))
    headers = {key: value.replace(TOKEN, token) for key, value in headers.items()}
    first = client.post(send[-1].replace(ADDRESS, ""), content=json.dumps([real]), headers=headers)
    assert first.status_code == 201 and first.json()["accepted"] == 1
    bearer = {"Authorization": headers["Authorization"]}
    asked = client.get(ask[-1].replace(ADDRESS, "").replace(RECEIPT, first.json()["delivery_id"]), headers=bearer)
    assert asked.status_code == 200 and asked.json()["delivery_id"] == first.json()["delivery_id"]
    path = write_xlsx(tmp_path / "更正.xlsx", list(real), [str(value) for value in real.values()])
    assert correct[-2] == f"file=@{path.name}"
    with path.open("rb") as content:
        second = client.post(correct[-1].replace(ADDRESS, ""), files={"file": (path.name, content)}, headers=bearer)
    assert second.status_code == 201 and second.json()["accepted"] == 1


def test_the_token_comes_with_the_address_and_a_first_line_that_holds_both(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://fangpin.example/")
    said = CliRunner().invoke(app, ["token", "县信访局"]).output
    (line,) = [line for line in said.splitlines() if line.startswith("curl ")]
    sent = shlex.split(line)
    assert sent[-1] == "https://fangpin.example/fangpin/feeds/petition__case"
    assert department_of(current_site(), sent[2].removeprefix("Authorization: Bearer ")) == "petition"
    assert "地址：https://fangpin.example/fangpin（" in said
