"""What is said of a person: also of one whose rows were sent back, never read, or are of another time than the screening."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from include.cli.explain import print_person
from include.rehearsal.county import write_sample
from include.site import current_site
from include.storage.warehouse import connect
from include.warnings.explain import PersonTrace, explain_person, screened_at
from include.warnings.left_out import LeftOut
from tests.deliveries.test_receive import ingest
from tests.files import person, uninsured_rows, with_password, write_xlsx
from tests.screening.build import build_risk_tables

DAMAGED = {"id_float", "id_lost_tail", "id_wrong_check"}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A small county's March with every feed, received and screened."""
    base = tmp_path_factory.mktemp("explained")
    mine = {
        "FANGPIN_HOME": str(base / "home"),
        "FANGPIN_KEY_FILE": str(base / "warehouse.key"),
        "FANGPIN_NOW": "2024-03-10T08:00:00",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in mine.items():
            patch.setenv(name, value)
        write_sample(current_site(), "2024-03", 7, "small", current_site().inbox, all_feeds=True)
        ingest()
        build_risk_tables(current_site())
        yield json.loads((base / "home" / "answers.json").read_text("utf-8"))


def said(found: PersonTrace) -> str:
    console = Console(file=io.StringIO(), width=3000)
    print_person(console, found)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def at(found: PersonTrace, planted: dict[str, Any]) -> LeftOut | None:
    return next((line for line in found.left_out if (line.file_name, line.row_number) == (planted["file"], planted["row"])), None)


def test_everybody_whose_row_was_sent_back_or_not_read_is_found(answers: dict[str, Any]) -> None:
    """Seen: 各部门报送的数据中没有此人, of nine people out of nine whose rows were sent back or never read."""
    left_out = [item for item in answers["planted"] if item["fate"] in ("rejected", "not_read") and item.get("id_number")]
    assert {item["fate"] for item in left_out} == {"rejected", "not_read"} and len(left_out) > 20
    missed, perhaps = [], set()
    for item in left_out:
        found = explain_person(current_site(), item["id_number"])
        line = at(found, item)
        if line is None or (line.likeness and item["kind"] not in DAMAGED):
            missed.append((item["kind"], item["file"], item["sheet"], item["row"], line))
            continue
        words = said(found)
        assert ("退回：" in line.why) == (item["fate"] == "rejected")
        assert line.why.rpartition("：")[2] in words and item["id_number"] not in words
        assert "最近一次筛查：2024-03-10 08:00，截至 2024-03-10 08:00 收到的数据" in words
        if line.likeness:  # another column of the row may have the number whole
            perhaps.add(item["kind"])
            assert f"可能是此人（{line.likeness}）" in words
    assert missed == [] and perhaps == DAMAGED


def drop(department: str, name: str) -> Path:
    return current_site().inbox / department / name


def test_a_refused_file_is_searched_and_one_that_cannot_be_opened_is_said(answers: dict[str, Any]) -> None:
    before = explain_person(current_site(), person("赵六")).not_searched.unreadable
    (head, row) = uninsured_rows("赵六")
    write_xlsx(drop("县医保局", "缺列2024年3月.xlsx"), head[:3] + head[4:], row[:3] + row[4:])
    with_password(write_xlsx(drop("县医保局", "加密2024年3月.xlsx"), *uninsured_rows("赵六")), "123456")
    write_xlsx(drop("县医保局", "备注2024年3月.xlsx"), *uninsured_rows("王五"), ("备注：赵六" + person("赵六") + "已参保",))
    ingest()
    found = explain_person(current_site(), person("赵六"))
    words = said(found)
    assert {(line.file_name, line.row_number, line.likeness) for line in found.left_out} == {
        ("缺列2024年3月.xlsx", 2, None),
        ("备注2024年3月.xlsx", 3, None),
    }
    assert "整份退回：" in words and "缺少“行政村”列" in words
    assert found.not_searched.unreadable == before + 1 and f"另有 {before + 1} 份文件打不开" in words
    assert "各部门报送并收下的数据中没有此人，所以没有预警" in words and "不在脱贫人口和监测对象名单中" in words
    assert person("赵六") not in words


def test_rows_of_another_time_than_the_screening_are_said_to_be(answers: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """What came after the cut-off, before and after a correction; and what is received but not ingested."""
    write_xlsx(drop("县医保局", "补报未参保2024年3月.xlsx"), *uninsured_rows("李四"))
    ingest()
    monkeypatch.setenv("FANGPIN_NOW", "2024-03-12T09:00:00")
    (head, row) = uninsured_rows("李四", reason="外地参保")
    write_xlsx(drop("县医保局", "更正未参保2024年3月.xlsx"), head, row)
    ingest()
    found = explain_person(current_site(), person("李四"))
    assert [(row.file_name, row.outcome) for row in found.rows] == [
        ("补报未参保2024年3月.xlsx", "replaced"),
        ("更正未参保2024年3月.xlsx", "not_screened"),
    ]
    words = said(found)
    assert "尚未筛查，下次筛查计入" in words and "后来另有报送" in words and "退回的行、整份退回的文件" in words
    screened = screened_at(current_site())
    assert screened and f"{screened.cutoff_at:%Y-%m-%d %H:%M}" == "2024-03-10 08:00"


def test_one_who_is_only_in_the_registry(answers: dict[str, Any]) -> None:
    with connect(current_site()) as connection:
        (number,) = connection.execute(
            """select id_number from intermediate.int_registry_persons anti join report.report_screened_rows using (id_number)
            where id_number not in (select coalesce(id_number, '') from risk.risk_warnings) order by all limit 1"""
        ).fetchone() or ("",)
    words = said(explain_person(current_site(), number))
    assert "脱贫户" in words or "监测对象" in words
    assert "各部门报送并收下的数据中没有此人，所以没有预警" in words


def test_a_number_is_nowhere_outside_the_encrypted_warehouse(answers: dict[str, Any]) -> None:
    """What was left out is remembered inside the warehouse alone."""
    item = next(item for item in answers["planted"] if item["fate"] == "not_read")
    explain_person(current_site(), item["id_number"])
    number = item["id_number"].encode()
    home = current_site().home
    kept = [path for path in home.rglob("*") if path.is_file() and not path.is_symlink() and path.parent.name != "inbox"]
    kept = [path for path in kept if "archive" not in path.parts and path.name != "answers.json"]
    assert [path for path in kept if number in path.read_bytes()] == []
