"""What is said of a person: also of one whose rows were sent back, never read, or are of another time than the screening."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from rich.console import Console

from include.console.explain import print_person
from include.dispatch.screen import build_risk_tables
from include.explain import PersonTrace, explain_person
from include.left_out import LeftOut
from include.sample import write_sample
from include.settings import settings
from tests.ingest.test_receive import ingest

DAMAGED = {"id_float", "id_lost_tail", "id_lost_tail_passing", "id_wrong_check"}


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
        write_sample("2024-03", 7, "small", settings().inbox, all_feeds=True)
        ingest()
        build_risk_tables()
        yield json.loads((base / "home" / "answers.json").read_text("utf-8"))


def said(found: PersonTrace) -> str:
    console = Console(file=io.StringIO(), width=300)
    print_person(console, found)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def at(found: PersonTrace, planted: dict[str, Any]) -> LeftOut | None:
    return next((line for line in found.left_out if (line.file_name, line.row_number) == (planted["file"], planted["row"])), None)


def test_everybody_whose_row_was_sent_back_or_not_read_is_found(answers: dict[str, Any]) -> None:
    """Seen: 各部门报送的数据中没有此人, of nine people out of nine whose rows were sent back or never read."""
    left_out = [item for item in answers["planted"] if item["fate"] in ("rejected", "not_read") and item.get("id_number")]
    assert {item["fate"] for item in left_out} == {"rejected", "not_read"} and len(left_out) > 20
    missed = []
    for item in left_out:
        found = explain_person(item["id_number"])
        line = at(found, item)
        if line is None or (line.likeness is not None) != (item["kind"] in DAMAGED):
            missed.append((item["kind"], item["file"], item["sheet"], item["row"], line))
            continue
        words = said(found)
        assert ("退回:" in line.why) == (item["fate"] == "rejected")
        assert line.why in words and item["id_number"] not in words and "最近一次筛查:2024-03-10 08:00" in words
        assert ("可能是此人(" in words) or item["kind"] not in DAMAGED
    assert missed == []
