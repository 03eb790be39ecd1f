"""Every case of the table, through the real reader and the real row checks."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from include.checking.divisions import Divisions
from include.checking.recognise import Recognised, read_delivery
from include.checking.returns import Issued
from include.checking.rows import Checked, check_rows
from include.contracts import load_contracts
from include.deliveries.receive import kept_cells, receive_inbox
from include.reading.formats import Workbook, kept_workbook
from include.reading.refusal import Refused
from include.reports.labels import SKIPPED_KINDS
from include.site import PROJECT, Site, current_site
from include.storage import ledger
from include.storage.archive import open_archived
from include.storage.warehouse import connect
from tests.cases.makers import NUMBER, UNINSURED, table, xlsx
from tests.cases.outcomes import ACCEPTED, CASES, FILE, ROW, SECTIONS, SKIPPED, WAITS, Case

RECEIVED = datetime(2024, 3, 10, 8)
ALIASES = "division_code,alias,valid_from,valid_to\n341825100202,旧丰村,,\n"
ISSUED_TO = {
    **{f"W00000000{number:04X}": Issued("旌阳镇") for number in range(100, 110)},
    "W0123456789AB": Issued("旌阳镇"), "W0123456789AC": Issued("三溪镇"), "W0123456789AD": Issued("旌阳镇"),
}  # fmt: skip
MADE = [case for case in CASES if case.make]
Read = Callable[[Path, str], tuple[Recognised, Checked | None]]


def plain(text: str) -> str:
    """Words compared without regard to half or full width punctuation."""
    return unicodedata.normalize("NFKC", text)


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The shipped county with one former village name of its own."""
    home = tmp_path_factory.mktemp("home")
    (home / "county").mkdir()
    (home / "county" / "division_aliases.csv").write_text(ALIASES, "utf-8")
    return Site(home)


@pytest.fixture(scope="module")
def read(county: Site) -> Read:
    """What becomes of a file that a department sent. Raises Refused."""
    divisions = Divisions.load(county)

    def read_file(path: Path, department: str) -> tuple[Recognised, Checked | None]:
        archived = path.rename(path.with_name("archived"))  # the archive keeps no names
        found = read_delivery(
            archived, file_name=path.name, department=department, received_at=RECEIVED, contracts=load_contracts()
        )
        if found.is_zero_report:
            return found, None
        checked = check_rows(
            found,
            file_name=path.name,
            received_at=RECEIVED,
            divisions=divisions,
            county=county.county,
            issued_to=ISSUED_TO,
        )
        return found, checked

    return read_file


def test_every_case_of_the_domain_is_in_the_table() -> None:
    assert {case.section for case in CASES} == set(SECTIONS) == set(range(1, 15))
    assert [name for name, count in Counter(case.name for case in CASES).items() if count > 1] == []
    assert {case.outcome for case in CASES} == {ACCEPTED, ROW, FILE, WAITS, SKIPPED}


@pytest.mark.parametrize("case", [case for case in CASES if case.proof], ids=lambda case: case.name)
def test_what_is_decided_later_has_its_own_test(case: Case) -> None:
    assert case.proof is not None
    file, words = case.proof
    assert words in (PROJECT / file).read_text("utf-8")


@pytest.mark.parametrize("case", [case for case in MADE if case.outcome == FILE], ids=lambda case: case.name)
def test_a_file_that_goes_back_says_what_to_do(case: Case, tmp_path: Path, read: Read) -> None:
    assert case.make is not None
    path = case.make(tmp_path)
    with pytest.raises(Refused) as caught:
        read(path, case.department)
    assert caught.value.reason_code == case.code, caught.value.reason
    for words in (case.sees, path.name, "请"):
        assert plain(words) in plain(caught.value.reason)
    assert not re.search(r"\d{12,}", caught.value.reason), "no person's number"


@pytest.mark.parametrize("case", [case for case in MADE if case.outcome != FILE], ids=lambda case: case.name)
def test_the_rows_of_a_file(case: Case, tmp_path: Path, read: Read) -> None:
    assert case.make is not None
    found, checked = read(case.make(tmp_path), case.department)
    kinds = {line.kind for line in found.skipped}
    assert set(case.skipped) <= kinds <= set(SKIPPED_KINDS)
    if case.outcome == SKIPPED:
        assert any(plain(case.sees) in plain(line.note) for line in found.skipped if line.kind == case.code)
    if checked is None:
        assert case.code == "zero_report" and case.accepted == 0
        return
    assert checked.row_count == len(checked.accepted) + checked.rejected_count + checked.duplicate_count
    counts = (len(checked.accepted), checked.rejected_count, checked.duplicate_count)
    assert counts == (case.accepted, int(case.outcome == ROW), case.duplicates), checked.issues["reason"].tolist()
    if case.outcome in (ROW, WAITS) or case.code:
        _check_issue(case, checked)
    if case.outcome != WAITS:
        assert checked.accepted["waits_code"].isna().all()
    _check_values(case, checked.accepted)
    assert set(case.repaired) == set(" ".join(checked.accepted["repairs"].dropna()).replace("、", " ").split())


def test_the_cells_kept_by_receiving_read_as_the_file_does(home: Path) -> None:
    for at, case in enumerate(MADE):
        assert case.make is not None
        folder = home / "inbox" / case.department / str(at)
        folder.mkdir(parents=True)
        case.make(folder)
    receive_inbox(current_site())
    with connect(current_site()) as connection:
        waiting = list(ledger.pending(connection))
    assert len(waiting) > 50
    for delivery in waiting:
        kept = kept_workbook(kept_cells(current_site(), delivery.delivery_id))
        assert kept is not None, delivery.file_name

        def again(workbook: Workbook | None, delivery: ledger.Delivery = delivery) -> Recognised:
            return read_delivery(
                open_archived(current_site(), delivery.sha256),
                file_name=delivery.file_name,
                department=delivery.department,
                received_at=delivery.received_at,
                contracts=load_contracts(),
                kept=workbook,
            )

        found, fresh = again(kept), again(None)
        assert found == fresh, delivery.file_name
        for mine, other in zip(found.tables, fresh.tables, strict=True):  # a number stays a number, a text a text
            assert list(map(repr, mine.table.rows)) == list(map(repr, other.table.rows)), delivery.file_name


def _check_issue(case: Case, checked: Checked) -> None:
    level = {ROW: "rejected", WAITS: "waiting", ACCEPTED: "finding"}.get(case.outcome)
    if level is None:
        return
    issues = checked.issues[checked.issues["level"] == level]
    mine = issues[issues["reason_code"] == case.code]
    assert len(mine), checked.issues[["level", "reason_code", "reason"]].to_dict("records")
    assert plain(case.sees) in plain(mine["reason"].iloc[-1])
    if case.column:
        assert mine["column_name"].iloc[0] == case.column
    assert not checked.issues["reason"].str.contains(r"\d{12,}", regex=True).any(), "no person's number"


def _check_values(case: Case, accepted: pd.DataFrame) -> None:
    for name, value in case.values.items():
        actual: Any = accepted[name].iloc[-1]
        assert pd.isna(actual) if value is None else actual == value, (name, actual, value)


# Mergers and former names with their days


DIVISIONS = """village_code,village_name,town_code,town_name,county_code,county_name,valid_from,valid_to
341825100202,华丰村委会,341825100,旌阳镇,341825,旌德县,,
341825100299,老屋村委会,341825100,旌阳镇,341825,旌德县,,2023-12-31
341825100203,凫山村委会,341825100,旌阳镇,341825,旌德县,,
341825102200,路西村委会,341825102,三溪镇,341825,旌德县,,
"""


@pytest.mark.parametrize(
    ("received", "village", "code"),
    [
        (datetime(2023, 12, 10), "老屋村", "341825100299"),
        (datetime(2024, 3, 10), "老屋村", "341825100202"),
        (datetime(2023, 12, 10), "老屋", "341825100299"),
        (datetime(2024, 3, 10), "河湾村", "341825100203"),
        (datetime(2023, 12, 10), "河湾村", "341825102200"),
    ],
    ids=["before-merger", "after-merger", "short-name", "name-passed-on", "name-before"],
)
def test_a_merged_village_is_found_by_its_day(tmp_path: Path, received: datetime, village: str, code: str) -> None:
    """老屋村 was merged into 华丰村 on 1 January 2024; 河湾村 was a name of 路西村 until then and is one of 凫山村 since."""
    county = tmp_path / "home" / "county"
    county.mkdir(parents=True)
    (county / "divisions.csv").write_text(DIVISIONS, "utf-8")
    (county / "division_aliases.csv").write_text(
        "division_code,alias,valid_from,valid_to\n341825100202,老屋村,2024-01-01,\n"
        "341825100203,河湾村,2024-01-01,\n341825102200,河湾村,,2023-12-31\n",
        "utf-8-sig",
    )
    site = Site(tmp_path / "home")
    path = xlsx(table(UNINSURED, {"行政村": village, "身份证号": NUMBER}, good=0))(tmp_path)
    found = read_delivery(
        path, file_name=path.name, department="medical_insurance", received_at=received, contracts=load_contracts()
    )
    checked = check_rows(found, file_name=path.name, received_at=received, divisions=Divisions.load(site), county=site.county)
    assert checked.accepted["village_code"].tolist() == [code]
