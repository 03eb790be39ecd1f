"""What somebody else wrote in a cell is text in every workbook we write: no link, no formula, no number."""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

import include
from include.contracts import contract
from include.rehearsal.county.writers import Grid, write_xlsx
from include.reports.county_workbook import write_county_workbook
from include.reports.return_workbook import ReturnRow, write_refusal, write_return_workbook
from include.reports.town_workbook import write_town_workbook
from include.review.workbook import FIELDS, write_review
from include.site import County
from include.warnings.export import write
from tests.reports.conftest import TOWN
from tests.reports.test_county_workbook import ASKED
from tests.reports.test_return_workbook import DELIVERY, FEED, HEADS

PLANTED = ("http://evil.example/x", "https://evil.example", "ftp://evil.example", "mailto:a@b.cn", "internal:Sheet1!A1",
           "external:c:\\x.xlsx", "=1+1", "{=1+1}", "+1+1", "@SUM(A1)", "=HYPERLINK(\"http://x\")")  # fmt: skip
LOOK = datetime(2024, 3, 11)
HOME = {"town_code": "341825100", "town_name": "旌阳镇", "village_code": None, "village_name": PLANTED[2], "household_id": "h1"}
MISSED = HOME | {
    "person_name": PLANTED[0], "id_number": "", "monitored_type": PLANTED[1], "registry_status": PLANTED[2],
    "poverty_cause": PLANTED[3], "registered_on": date(2024, 3, 5), "first_warned_on": None, "registry_date": date(2024, 3, 9),
}  # fmt: skip
ADVISED = HOME | {
    "advisory_code": "x", "advisory": PLANTED[4], "person_name": PLANTED[0], "id_number": "", "registry_status": "", "row_id": "",
    "fact": PLANTED[5], "feed": FEED, "period": PLANTED[6], "compared_feed": FEED, "delivery_id": "D", "sheet": PLANTED[0],
    "row_number": 3,
}  # fmt: skip


@pytest.mark.parametrize("source", sorted(Path(include.__file__).parent.rglob("*.py")), ids=lambda path: path.name)
def test_every_workbook_is_opened_so(source: Path) -> None:
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("xlsxwriter.Workbook", "pd.ExcelWriter"):
            given = ast.unparse(node)
            options = next((ast.unparse(kept) for kept in _assigned(source, "options")), "") if "options)" in given else given
            assert "TEXT_STAYS_TEXT" in options, f"{source.name}:{node.lineno}"


def _assigned(source: Path, name: str) -> list[ast.Assign]:
    found = (node for node in ast.walk(ast.parse(source.read_text("utf-8"))) if isinstance(node, ast.Assign))
    return [node for node in found if ast.unparse(node.targets[0]) == name]


def export_xlsx(path: Path) -> None:
    write(pd.DataFrame({"text": PLANTED}), path, "xlsx")


def return_workbook(path: Path) -> None:
    rows = [ReturnRow(text, 4, [text] * len(HEADS), [text], text) for text in PLANTED]
    write_return_workbook(path, mark="", delivery=DELIVERY, contract=contract(FEED), head_labels=HEADS, rows=rows)


def refusal(path: Path) -> None:
    write_refusal(path, mark="", delivery=DELIVERY | {"file_name": PLANTED[0]}, reason=PLANTED[3], remedy=PLANTED[6])


def review(path: Path) -> None:
    write_review(path, [dict.fromkeys((entry.label for entry in FIELDS), text) for text in PLANTED], mark="", created=LOOK)


def sample(path: Path) -> None:
    grid = Grid("Sheet1", [list(PLANTED)])
    write_xlsx([grid], path)


@pytest.mark.parametrize("make", [export_xlsx, return_workbook, refusal, review, sample], ids=lambda make: make.__name__)
def test_planted_cells_are_text(make: Callable[[Path], None], tmp_path: Path) -> None:
    make(tmp_path / "x.xlsx")
    assert planted(tmp_path / "x.xlsx")


def test_planted_facts_are_text_in_the_town_and_county_workbooks(
    tmp_path: Path,
    county: County,
    dispatch: dict[str, Any],
    warnings: pd.DataFrame,
    signals: pd.DataFrame,
    self_pay: pd.DataFrame,
) -> None:
    facts = [PLANTED[at % len(PLANTED)] for at in range(len(warnings))]
    warnings = warnings.assign(evidence=facts, person_name=facts)
    write_town_workbook(
        tmp_path / "town.xlsx", mark="", county=county, town_name=TOWN, dispatch=dispatch, warnings=warnings, signals=signals,
        self_pay=self_pay,
    )  # fmt: skip
    found = {"delivery_id": "20240305-0001", "feed": FEED, "column_name": "id_number", "row_number": 3, "sheet": PLANTED[0]}
    found |= {"severity": "提示", "finding": PLANTED[3], "finding_id": "F1", "finding_code": "x", "town_code": "341825100"}
    asked = {"reason_code": "unroutable", "reason": PLANTED[6], "proposals": PLANTED[1]}
    findings, queue = pd.DataFrame([found]), pd.DataFrame([found | asked])
    write_county_workbook(
        tmp_path / "county.xlsx", mark="", county=county, dispatch=dispatch, warnings=warnings, findings=findings, queue=queue,
        misses=pd.DataFrame([MISSED]), advisory=pd.DataFrame([ADVISED]), **ASKED,
    )  # fmt: skip
    assert planted(tmp_path / "town.xlsx") and planted(tmp_path / "county.xlsx")


def planted(path: Path) -> int:
    """How many planted texts the workbook holds, all of them as they were written."""
    cells = [
        cell for sheet in openpyxl.load_workbook(path) for row in sheet.iter_rows() for cell in row if cell.value is not None
    ]
    mine = [cell for cell in cells if any(text in str(cell.value) for text in PLANTED)]
    assert {cell.data_type for cell in mine} <= {"s"} and not any(cell.hyperlink for cell in cells)
    assert not [cell for cell in cells if cell.data_type == "f"]
    return len(mine)
