"""A town's workbook as it comes back: what is answered is read, what is not yet filled is listed and asked for again."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from include.checking.divisions import Divisions
from include.checking.recognise import Recognised, read_delivery
from include.checking.returns import Issued
from include.checking.rows import check_rows
from include.contracts import load_contracts
from include.reading.refusal import Refused
from include.reports.town_workbook import write_town_workbook
from include.reports.town_workbook.verification import VERIFICATION_SHEET
from include.site import County, Site

RECEIVED = datetime(2024, 3, 16, 9)
ANSWERS = {
    "是否属实": "是", "是否符合监测条件": "否", "核查情况": "已入户", "未纳入理由": "收入稳定", "核查人": "赵一",
    "核查人2": "钱二", "核查日期": date(2024, 3, 15), "审核人": "孙三",
}  # fmt: skip


@pytest.fixture
def sent(
    tmp_path: Path,
    county: County,
    dispatch: dict[str, Any],
    warnings: pd.DataFrame,
    signals: pd.DataFrame,
    self_pay: pd.DataFrame,
) -> Path:
    path = tmp_path / "旌阳镇.xlsx"
    write_town_workbook(
        path, mark="", county=county, town_name="旌阳镇", dispatch=dispatch, warnings=warnings, signals=signals, self_pay=self_pay
    )
    return path


def fill(path: Path, rows: int) -> None:
    """Answers the first rows of the verification sheet."""
    book = openpyxl.load_workbook(path)
    sheet = book[VERIFICATION_SHEET]
    at = {cell.value: cell.column for cell in sheet[3]}
    for row in range(4, 4 + rows):
        for label, answer in ANSWERS.items():
            sheet.cell(row, at[label], answer)
    book.save(path)


def read(path: Path) -> Recognised:
    return read_delivery(path, file_name=path.name, department="town", received_at=RECEIVED, contracts=load_contracts())


def test_rows_not_yet_filled_are_listed_and_not_rejected(sent: Path, county: County, warnings: pd.DataFrame) -> None:
    fill(sent, 2)
    found = read(sent)
    unfilled = [line for line in found.skipped if line.kind == "unfilled"]
    assert unfilled and all(line.row_number > 3 for line in unfilled)
    checked = check_rows(
        found,
        file_name=sent.name,
        received_at=RECEIVED,
        divisions=Divisions.load(Site(sent.parent)),
        county=county,
        issued_to=dict.fromkeys(warnings["warning_id"], Issued("旌阳镇")),
    )
    assert (len(checked.accepted), checked.rejected_count) == (2, 0), checked.issues["reason"].tolist()
    assert checked.accepted["is_true"].tolist() == [True, True]


def test_a_sheet_with_no_answer_at_all_goes_back(sent: Path) -> None:
    with pytest.raises(Refused) as caught:
        read(sent)
    assert caught.value.reason_code == "nothing_filled"
