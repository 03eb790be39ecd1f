"""What became of a file, held against the rows that were put into it.

Right is: every row accepted with exactly its values; or it goes back, or waits for a person, with words. Never: a wrong value in
an accepted row that does not wait, a row that is nowhere, a row of nobody.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.mutations.good_files import Good, Known
from include.checking.divisions import Divisions
from include.checking.recognise import read_delivery
from include.checking.rows import Checked, check_rows
from include.contracts import Contract
from include.reading.refusal import ReadingEnded, Refused
from include.site import County

RECEIVED = datetime(2024, 3, 10, 8)


@dataclass
class Verdict:
    """``codes``: why the file or some of its rows went back or wait; ``words``: the first reason; ``faults``: never right."""

    is_whole: bool = False
    codes: list[str] = field(default_factory=list)
    words: str = ""
    faults: list[str] = field(default_factory=list)


def judge(path: Path, good: Good, contracts: Sequence[Contract], divisions: Divisions, county: County) -> Verdict:
    """Reads and checks the file as a delivery of its department."""
    contract = good.contract
    try:
        found = read_delivery(
            path, file_name=path.name, department=contract.department, received_at=RECEIVED, contracts=contracts
        )
        if found.is_zero_report:
            return Verdict(faults=["当成零报告"])
        if found.contract.feed != contract.feed:
            return Verdict(faults=[f"认成了 {found.contract.feed}"])
        checked = check_rows(found, file_name=path.name, received_at=RECEIVED, divisions=divisions, county=county)
    except Refused as refusal:
        faults = [] if path.name in refusal.reason and "请" in refusal.reason else ["退回没有说清"]
        return Verdict(codes=[refusal.reason_code], words=refusal.reason, faults=faults)
    except ReadingEnded as ended:
        return Verdict(faults=[f"读取中止 {ended}"])
    except Exception as error:
        return Verdict(faults=[f"程序出错 {type(error).__name__}: {error}"])
    return _judged(checked, good)


def _judged(checked: Checked, good: Good) -> Verdict:
    verdict = Verdict()
    left = {known.name: known for known in good.rows}
    for row in checked.accepted.to_dict("records"):
        known = next((each for each in left.values() if _is_of(row, each, good)), None)
        if known is None:
            verdict.faults.append(f"第 {row['row_number']} 行不是任何人的，或同一人两次")
            continue
        del left[known.name]
        if isinstance(row["waits_code"], str):
            verdict.codes.append(row["waits_code"])
            verdict.words = verdict.words or row["waits_reason"]
        else:
            verdict.faults += _wrong(row, known, checked)
    for place, cells in checked.rejected_cells.items():
        texts = {re.sub(r"\s", "", str(cell)) for cell in cells}
        known = next((each for each in left.values() if each.name in texts or texts & _own_texts(each)), None)
        said = checked.issues[
            (checked.issues["level"] == "rejected")
            & (checked.issues["sheet"].fillna("") == (place[0] or ""))
            & (checked.issues["row_number"] == place[1])
        ]
        if said.empty:
            verdict.faults.append(f"第 {place[1]} 行退回没有说原因")
        if known is not None:
            del left[known.name]
        verdict.codes += said["reason_code"].tolist()[:1]
        verdict.words = verdict.words or "".join(said["reason"].tolist()[:1])
    verdict.faults += [f"丢了 {len(left)} 行，没有一句话"] if left else []
    verdict.is_whole = not verdict.codes and not verdict.faults
    return verdict


def _is_of(row: dict[str, Any], known: Known, good: Good) -> bool:
    """Whether an accepted row is this one's: the same name, or the same number of person, event or warning."""
    return any(isinstance(value, str) and value in _own_texts(known) for value in row.values())


def _own_texts(known: Known) -> set[str]:
    own = ("id_number", "head_id_number", "child_id_number", "certificate_number", "warning_id")
    return {known.name, *(str(known.values[name]) for name in own if name in known.values)}


def _wrong(row: dict[str, Any], known: Known, checked: Checked) -> list[str]:
    """The columns whose value is not the right one; a value that is missing must have been spoken of."""
    faults = []
    for name, right in known.values.items():
        value = row[name]
        if pd.isna(value):
            said = checked.issues[(checked.issues["row_number"] == row["row_number"]) & (checked.issues["column_name"] == name)]
            if said.empty:
                faults.append(f"{name} 空了，没有一句话")
        elif value != right:
            faults.append(f"{name} 应为 {right}，读成 {value}")
    return faults
