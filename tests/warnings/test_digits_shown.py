"""All papers of a month laid side by side show of one identity number what the rule of the masks allows, and no more."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from rich.console import Console

from include.cli.explain import print_explanation, print_person
from include.contracts import load_contracts
from include.dispatch.issue import issue_dispatch, write_reports
from include.dispatch.propose import propose_dispatch
from include.identity.masks import DIGITS_SHOWN
from include.quality.gate import build_docs
from include.rehearsal.county import write_sample
from include.review.questions import export_queue
from include.screening.screen import gate_risk_tables
from include.site import current_site
from include.storage.warehouse import connect
from include.warnings.explain import explain_person, explain_warning
from include.warnings.export import TABLES, as_csv, export
from tests.deliveries.test_receive import ingest
from tests.dispatch.approvals import approval
from tests.identity.test_proposals import WANG
from tests.screening.build import build_risk_tables

MONTH = "2024-03"
MASKED = re.compile(r"(?<![0-9*])[0-9*]*\*{5,}[0-9*]*[0-9X*](?![0-9X*])")
LONGEST_RUN = 8
"""Digits of a number that may stand together by chance: a division's code and the century, a day of birth."""


def cells_of(path: Path) -> str:
    book = openpyxl.load_workbook(path)
    return "\n".join(str(cell) for sheet in book.worksheets for row in sheet.values for cell in row if cell is not None)


def printed(number: str, warning_ids: list[str]) -> str:
    console = Console(file=io.StringIO(), width=3000)
    print_person(console, explain_person(current_site(), number))
    for warning_id in warning_ids:
        print_explanation(console, explain_warning(current_site(), warning_id))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What everybody but the towns is shown of a small county's March, by what it is."""
    base = tmp_path_factory.mktemp("papers")
    mine = {"FANGPIN_HOME": base / "home", "FANGPIN_KEY_FILE": base / "warehouse.key", "FANGPIN_NOW": "2024-03-10T08:00:00"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in mine.items():
            patch.setenv(name, str(value))
        site = current_site()
        write_sample(site, MONTH, 7, "small", site.inbox, all_feeds=True)
        ingest()
        build_risk_tables(current_site())
        gate_risk_tables(current_site())
        assert propose_dispatch(current_site(), MONTH)
        issue_dispatch(current_site(), MONTH, approval(MONTH))
        assert write_reports(current_site(), MONTH)
        warnings = export(current_site(), "warnings", dispatch=MONTH, is_masked=False)
        ids = [str(found) for found in warnings.groupby("cause")["warning_id"].first()]
        found = {f"export {what}": as_csv(export(current_site(), what, dispatch=MONTH)) for what in TABLES}
        found["explain"] = printed(str(warnings["id_number"].dropna().iloc[0]), ids)
        found["review workbook"] = cells_of(export_queue(current_site(), base / "待核定.xlsx")[0])
        for path in sorted((site.reports / MONTH / "县乡村振兴局").glob("*.xlsx")):
            found[path.stem.rpartition("_")[2]] = cells_of(path)
        found["Data Docs"] = "\n".join(path.read_text("utf-8") for path in build_docs(current_site()).parent.rglob("*.html"))
        yield found


@pytest.fixture(scope="module")
def known(papers: dict[str, str]) -> set[str]:
    """Every whole number of the county."""
    with connect(current_site()) as connection:
        return {
            number
            for contract in load_contracts()
            for column in contract.columns
            if column.kind == "id_number"
            for (number,) in connection.execute(f"select distinct {column.name} from raw.{contract.feed}").fetchall()
            if number
        }


def test_every_paper_is_there_and_masks(papers: dict[str, str]) -> None:
    masking = {name for name, text in papers.items() if MASKED.search(text)}
    assert {"export warnings", "export queue", "explain", "review workbook", "预警汇总"} <= masking
    assert {"数据报送情况", "Data Docs"} <= papers.keys() and all(papers.values())


def test_the_digits_shown_of_a_number_are_its_last_four_in_every_paper(papers: dict[str, str]) -> None:
    for name, text in papers.items():
        for shown in set(MASKED.findall(text)):
            assert re.fullmatch(rf"\*+[0-9X]{{{DIGITS_SHOWN}}}|\*+", shown), (name, shown)


def test_no_longer_part_of_a_number_stands_anywhere(papers: dict[str, str], known: set[str]) -> None:
    assert len(known) > 300
    parts = {number[at : at + LONGEST_RUN + 1] for number in known for at in range(len(number) - LONGEST_RUN)}
    for name, text in papers.items():
        runs = {
            run[at : at + LONGEST_RUN + 1] for run in re.findall(r"[0-9]{9,}X?", text) for at in range(len(run) - LONGEST_RUN)
        }
        assert runs & parts == set(), name


def test_a_department_is_shown_no_digit_but_those_it_sent(papers: dict[str, str]) -> None:
    """Seen: fifteen digits in the sender's own cell, and beside it the last four of the person it may be."""
    returned = {path.name: cells_of(path) for path in current_site().returns.rglob("*退回行.xlsx")}
    suggested = [line for text in returned.values() for line in text.split("\n") if line.startswith("可能是户编号")]
    assert suggested and all(re.search(r"证号\*{18}（", line) for line in suggested)


def test_the_last_four_of_a_proposal_would_be_found(papers: dict[str, str]) -> None:
    """The patterns above see what they must not let pass."""
    assert MASKED.findall(f"证号{WANG[:6]}{'*' * 12}、{'*' * 14}{WANG[-4:]}。") == [
        f"{WANG[:6]}{'*' * 12}",
        f"{'*' * 14}{WANG[-4:]}",
    ]
