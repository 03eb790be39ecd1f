"""The seeds follow the catalogue of reasons: a changed or missing one is found, and rendering sets it right."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from include.checking.reason_seeds import SEEDS, differences, render, rendered
from include.checking.reasons import reasons
from include.site import PROJECT


def test_what_is_rendered_is_checked_in() -> None:
    assert differences(PROJECT) == [], "与原因代码表不符；请运行 fangpin contracts render，并把结果一并提交"


@pytest.mark.parametrize("name", ["finding_kinds.csv", "screening_reasons.csv"])
def test_what_was_changed_by_hand_or_deleted_is_found_and_set_right(tmp_path: Path, name: str) -> None:
    assert len(render(tmp_path)) == 2 and render(tmp_path) == []
    seed = tmp_path / SEEDS / name
    whole = seed.read_text("utf-8")
    for spoil in (lambda: seed.write_text(f"{whole}\n", "utf-8"), seed.unlink):
        spoil()
        assert differences(tmp_path) == [SEEDS / name] == render(tmp_path)
        assert seed.read_text("utf-8") == whole


def test_a_seed_has_a_line_for_each_reason_that_has_its_part() -> None:
    lines = {path.stem: list(csv.DictReader(text.splitlines())) for path, text in rendered().items()}
    assert [line["finding_code"] for line in lines["finding_kinds"]] == [code for code, each in reasons().items() if each.finding]
    home = next(line for line in lines["screening_reasons"] if line["reason_code"] == "home_elsewhere")
    assert home == {"reason_code": "home_elsewhere", "outcome": "no_signal", "reason": "户籍不在本县"}
