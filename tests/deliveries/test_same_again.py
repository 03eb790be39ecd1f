"""The same bytes again: a duplicate of their own period, an unchanged list of the next; and a month long past in a title."""

from __future__ import annotations

from pathlib import Path

import pytest

from include.site import current_site
from include.storage.warehouse import connect
from include.warnings.export import export
from tests.deliveries.test_receive import ingest
from tests.files import uninsured_rows, write_xlsx

FOLDER = Path("inbox") / "县医保局"


def deliver(home: Path, monkeypatch: pytest.MonkeyPatch, name: str, when: str, content: bytes | None = None) -> bytes:
    path = home / FOLDER / name
    if content is None:
        write_xlsx(path, *uninsured_rows("张三", "李四"))
    else:
        path.write_bytes(content)
    sent = path.read_bytes()
    monkeypatch.setenv("FANGPIN_NOW", when)
    ingest()
    return sent


def outcomes() -> list[tuple[str, str]]:
    found = export(current_site(), "deliveries")
    return list(zip(found["period"], found["status"], strict=True))


def findings() -> set[str]:
    with connect(current_site()) as connection:
        found = connection.execute("select distinct reason_code from raw.row_issues where level = 'finding'").fetchall()
    return {code for (code,) in found}


@pytest.mark.parametrize("names", [("名单.xlsx", "名单.xlsx"), ("2024年3月名单.xlsx", "2024年4月名单.xlsx")])
def test_an_unchanged_list_is_the_next_months(home: Path, monkeypatch: pytest.MonkeyPatch, names: tuple[str, str]) -> None:
    sent = deliver(home, monkeypatch, names[0], "2024-03-08T08:00:00")
    deliver(home, monkeypatch, names[1], "2024-04-08T08:00:00", sent)
    assert outcomes() == [("2024-03", "published"), ("2024-04", "published")]
    assert "same_as_before" in findings()


@pytest.mark.parametrize("when", ["2024-03-09T08:00:00", "2024-04-08T08:00:00", "2024-08-08T08:00:00"])
def test_a_list_that_states_its_old_month_is_a_duplicate(home: Path, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    sent = deliver(home, monkeypatch, "2024年3月名单.xlsx", "2024-03-08T08:00:00")
    deliver(home, monkeypatch, "再报2024年3月名单.xlsx", when, sent)
    assert outcomes() == [("2024-03", "published"), ("2024-03", "duplicate")]


def test_a_month_long_past_counts_where_it_is_still_owed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(home, monkeypatch, "2024年3月名单.xlsx", "2024-03-08T08:00:00")
    write_xlsx(home / FOLDER / "补报2024年4月.xlsx", *uninsured_rows("王五"))
    monkeypatch.setenv("FANGPIN_NOW", "2024-09-08T08:00:00")
    ingest()
    assert outcomes() == [("2024-03", "published"), ("2024-04", "published")]
    assert "period_not_taken" not in findings()


def test_a_month_long_past_that_nobody_owes_is_told_and_not_taken(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(home, monkeypatch, "2023年10月名单.xlsx", "2024-03-08T08:00:00")
    assert outcomes() == [("2024-03", "published")]
    assert "period_not_taken" in findings()
