"""A damaged number is rejected, and the registry says whose it may have been: without a digit, with the evidence."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from include.identity.proposals import RegistryIndex, RegistryPerson, agreement, surviving_digits
from include.site import current_site
from include.storage.warehouse import connect
from include.warnings.export import export
from tests.deliveries.test_receive import ingest
from tests.files import person, registry_rows, uninsured_rows, write_xlsx

ZHANG, LI, WANG = person("张三"), person("李四"), person("王五")
INDEX = RegistryIndex(
    [
        RegistryPerson("张三", "V1", ZHANG, "H1"),
        RegistryPerson("李四", "V1", LI, "H2"),
        RegistryPerson("王五", "V2", WANG, "H3"),
        RegistryPerson("买买提·艾力", "V2", "650102199001010015", "H4"),
    ]
)


@pytest.mark.parametrize(
    ("cell", "survivors"),
    [
        (float(WANG), WANG[:15] + "***"),
        (int(WANG), WANG[:15] + "***"),
        (WANG[:15] + "000", WANG[:15] + "***"),
        ("3.41825199001010E+17", "341825199001010***"),
        ("3.41825E+17", "341825************"),
        (f" {WANG[:6]}********{WANG[14:]} ", f"{WANG[:6]}********{WANG[14:]}"),
        (WANG[:-1] + "9", WANG[:-1] + "9"),
        (float("nan"), ""),
        (None, ""),
        ("不详", ""),
    ],
)
def test_what_survives_of_a_number(cell: object, survivors: str) -> None:
    assert surviving_digits(cell) == survivors


@pytest.mark.parametrize(
    ("survivors", "expected"),
    [
        (ZHANG, (18, 18)),
        (ZHANG[:15] + "***", (15, 15)),
        (ZHANG[:9] + ZHANG[10:], (17, 18)),
        (ZHANG[:9] + "7" + ZHANG[9:], (18, 19)),
        ("", (0, 18)),
    ],
)
def test_digits_agree_in_place_and_around_a_gap(survivors: str, expected: tuple[int, int]) -> None:
    same, known = agreement(survivors, ZHANG)
    assert (same, known if len(survivors) != 19 else 19) == expected


@pytest.mark.parametrize(
    ("cell", "name", "village", "household"),
    [
        (float(WANG), "王五", "V2", "H3"),
        (WANG[:15] + "000", "王 五", "V2", "H3"),
        (LI[:-1] + "0", "李四", "V1", "H2"),
        (LI[:10] + LI[11:], "李四", "V1", "H2"),
        (LI[:10] + "55" + LI[11:], "李四", "V1", "H2"),
        (ZHANG[:14] + "****", "张三", "V1", "H1"),
        (ZHANG[:15] + "000", "张三", None, "H1"),
        (6.50102199001010e17, "买买提艾力", "V2", "H4"),
        (6.50102199001010e17, "买买提·艾□", "V2", "H4"),
    ],
)
def test_the_person_is_found(cell: object, name: str, village: str | None, household: str) -> None:
    (proposal,) = INDEX.propose(cell, name, village)
    assert proposal.household_id == household
    assert 0.5 < proposal.confidence < 1


@pytest.mark.parametrize(
    ("cell", "name", "village"),
    [
        (float(WANG), "张三", "V1"),  # somebody else's digits
        ("3.4E+17", "王五", "V2"),  # two digits say nothing
        (float(WANG), "赵六", "V1"),  # neither name nor village
        ("13900001111", "王五", "V2"),
        (None, "王五", "V2"),
    ],
)
def test_nobody_is_proposed_on_too_little(cell: object, name: str, village: str) -> None:
    assert INDEX.propose(cell, name, village) == []


def test_more_that_agrees_is_more_confidence() -> None:
    damaged = WANG[:15] + "000"
    whole, other_village, other_name = (
        INDEX.propose(damaged, name, village)[0].confidence for name, village in (("王五", "V2"), ("王五", "V1"), ("王武", "V2"))
    )
    assert whole > 0.95 > other_village > other_name


def test_a_proposal_shows_no_number_and_no_name() -> None:
    (proposal,) = INDEX.propose(float(WANG), "王五", "V2")
    assert str(proposal).startswith(f"可能是户编号H3、证号{'*' * 18}（把握0.99）")
    assert "王五" not in str(proposal)


@pytest.mark.parametrize("registry_first", [True, False])
def test_the_department_gets_the_proposal_with_its_row(home: Path, registry_first: bool) -> None:
    write_xlsx(home / "inbox" / "县乡村振兴局" / "名单.xlsx", *registry_rows("张三", "王五"))
    if registry_first:
        ingest()
    head, zhang, wang = uninsured_rows("张三", "王五")
    write_xlsx(home / "inbox" / "县医保局" / "未参保2024年3月.xlsx", head, zhang, ("王五", float(WANG), *wang[2:]))
    ingest()
    with connect(current_site()) as connection:
        issues = connection.execute("select level, proposals from raw.row_issues where proposals is not null").fetchall()
    ((level, proposals),) = issues
    assert level == "rejected" and "户编号H0002" in proposals and f"证号{'*' * 18}（" in proposals
    (book,) = (home / "returns").rglob("*退回行.xlsx")
    texts = [str(cell.value or "") for row in openpyxl.load_workbook(book).worksheets[0].iter_rows() for cell in row]
    assert "系统建议" in texts and proposals in texts
    deliveries = export(current_site(), "deliveries")
    assert deliveries[deliveries["feed"] == "medical_insurance__uninsured"]["rejected"].tolist() == [1]


def test_without_a_registry_there_is_no_proposal(home: Path) -> None:
    head, zhang, wang = uninsured_rows("张三", "王五")
    write_xlsx(home / "inbox" / "县医保局" / "未参保2024年3月.xlsx", head, zhang, ("王五", float(WANG), *wang[2:]))
    ingest()
    assert export(current_site(), "rejected")["row"].tolist() == [3]
