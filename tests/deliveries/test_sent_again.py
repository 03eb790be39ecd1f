"""The same bytes a period later, and file names in any bytes: every delivery counts for what it is, whatever lies beside it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from include.site import current_site
from include.warnings.export import export
from tests.cases.makers import LOSS, UNINSURED, WATER, csv, ods, xls, xlsx
from tests.cases.sheets import HAZARD, UNEMPLOYED, Grid, grid, person
from tests.deliveries.test_receive import ingest

CLOCK = "FANGPIN_NOW"


def rows(base: dict[str, str]) -> Grid:
    return grid(person(base, "张明", 103), person(base, "李明", 105))


def send(home: Path, folder: str, content: bytes, name: str) -> None:
    """Drop the file under that name."""
    place = home / "inbox" / folder
    place.mkdir(parents=True, exist_ok=True)
    (place / name).write_bytes(content)


MARCH_AND_APRIL = ("2024-03-08", "2024-04-08"), ("2024-03", "2024-04")
TITLED = [["2023年12月缴费截止仍未参保人员名单"], *rows(UNINSURED)]
SAME_AGAIN = {
    "a month in each name": ("县农水局", xlsx(rows(WATER)), ("饮水2024年3月.xlsx", "饮水2024年4月.xlsx"), *MARCH_AND_APRIL),
    "no period anywhere": ("县人社局", xls(rows(UNEMPLOYED)), ("未就业.xls", "未就业.xls"), *MARCH_AND_APRIL),
    "a quarter later": (
        "县住建局", csv(rows(HAZARD)), ("隐患.csv", "隐患(新).csv"), ("2024-01-05", "2024-04-05"), ("2023-Q4", "2024-Q1"),
    ),
    "payment ended in December": ("县医保局", ods(TITLED), ("未参保.ods", "未参保.ods"), *MARCH_AND_APRIL),
}  # fmt: skip


@pytest.mark.parametrize("situation", SAME_AGAIN)
def test_an_unchanged_list_is_the_next_period_s_delivery(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, situation: str
) -> None:
    folder, make, files, days, periods = SAME_AGAIN[situation]
    content = make(tmp_path).read_bytes()
    for name, day in zip(files, days, strict=True):
        monkeypatch.setenv(CLOCK, f"{day}T08:00:00")
        send(home, folder, content, name)
        ingest()
    found = export(current_site(), "deliveries")
    assert list(zip(found["status"], found["period"], strict=True)) == [("published", period) for period in periods]
    assert found["accepted"].tolist() == [2, 2]


SAME_AND_DONE = {
    "the old month in the title": ("县农水局", xlsx([["2024年3月饮水安全问题农户名单"], *rows(WATER)]), "饮水.xlsx"),
    "the old month in the name": ("县医保局", csv(rows(UNINSURED)), "未参保2024年3月.csv"),
    "an event": ("县农水局", xls(rows(LOSS)), "产业受损.xls"),
}


@pytest.mark.parametrize("situation", SAME_AND_DONE)
def test_the_same_list_of_a_stated_period_is_a_duplicate(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, situation: str
) -> None:
    folder, make, name = SAME_AND_DONE[situation]
    content = make(tmp_path).read_bytes()
    for day in ("2024-03-08", "2024-04-08"):
        monkeypatch.setenv(CLOCK, f"{day}T08:00:00")
        send(home, folder, content, name)
        ingest()
    found = export(current_site(), "deliveries")
    assert found["status"].tolist() == ["published", "duplicate"]
    assert found["duplicates"].tolist() == [0, 2]


NAMES = {
    "张明": "产业受损2024年3月.xlsx".encode("gbk"),
    "李明": "产业受损㐱村.xlsx".encode("gb18030"),
    "周明": "產業受損.xlsx".encode("big5"),
    "吴明": "产业受损.xlsx".encode()[1:],
}


def test_names_in_any_bytes_hold_nobody_up(home: Path, tmp_path: Path) -> None:
    for at, (person_name, name) in enumerate(NAMES.items()):
        content = xlsx(grid(person(LOSS, person_name, 103 + 2 * at)))(tmp_path).read_bytes()
        send(home, "县农水局", content, "产业.xlsx")
        path = home / "inbox" / "县农水局" / "产业.xlsx"
        os.rename(os.fsencode(path), os.path.join(os.fsencode(path.parent), name))  # noqa: PTH104, PTH118
    send(home, "县人社局", csv(rows(UNEMPLOYED))(tmp_path).read_bytes(), "未就业2024年3月.csv")
    ingest()
    found = export(current_site(), "deliveries")
    assert found["status"].tolist() == ["published"] * 5 and sorted(found["accepted"]) == [1, 1, 1, 1, 2]
    assert all(shown.isprintable() and shown.endswith((".xlsx", ".csv")) for shown in found["file"])
    assert [entry for entry in (home / "inbox").rglob("*") if entry.is_file()] == []
