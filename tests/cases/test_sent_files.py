"""Files as departments really send them, through the real reader and the real row checks: nobody is lost, nobody gets another's
figures, and the words name the fault."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from include.checking.divisions import Divisions
from include.checking.recognise import Recognised, read_delivery
from include.checking.rows import Checked, check_rows
from include.contracts import load_contracts
from include.reading.refusal import Refused
from include.site import Site
from tests.cases.sent import Back, Fate, Sent, Taken, Waits
from tests.cases.sent_formats import FORMATS
from tests.cases.sent_tables import TABLES
from tests.cases.sent_units import UNITS
from tests.cases.sent_values import ISSUED, VALUES

RECEIVED = datetime(2024, 3, 10, 8)
ALL = (*TABLES, *UNITS, *FORMATS, *VALUES)
AT_THE_INBOX = {15, 19}
"""Situations about several files: tests/deliveries/test_sent_again.py."""
KEYS = ("warning_id", "head_name", "child_name", "person_name", "disaster_id", "event_id")


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("home"))


def test_every_situation_stands_with_three_neighbours() -> None:
    count = Counter(sent.situation for sent in ALL)
    assert set(count) | AT_THE_INBOX == set(range(1, 20))
    assert [situation for situation, files in count.items() if files < 4] == []
    assert [name for name, files in Counter(sent.name for sent in ALL).items() if files > 1] == []


@pytest.mark.parametrize("sent", ALL, ids=lambda sent: f"{sent.situation:02d}-{sent.name}")
def test_what_becomes_of_the_file(sent: Sent, tmp_path: Path, county: Site) -> None:
    path = sent.make(tmp_path)
    archived = path.rename(path.with_name("archived"))
    try:
        found = read_delivery(
            archived, file_name=path.name, department=sent.department, received_at=RECEIVED, contracts=load_contracts()
        )
        checked = None if found.is_zero_report else _checked(found, path.name, county)
    except Refused as refusal:
        assert sent.back and says(refusal.reason, sent.back), f"整份退回：{refusal.reason}"
        assert path.name in refusal.reason and "请" in refusal.reason
        assert not re.search(r"\d{12,}", refusal.reason), "no person's number"
        return
    assert checked is not None, "taken for a zero report"
    assert sent.people, f"taken: {checked.accepted[['sheet', 'row_number']].to_dict('records')}"
    became = fates(checked)
    assert {key: len(found) for key, found in became.items()} == dict.fromkeys(sent.people, 1), "somebody lost, or twice"
    for key, right in sent.people.items():
        assert any(agrees(became[key][0], fate) for fate in right), shown(key, became[key][0], right)
    if sent.period:
        assert found.period == sent.period
    if sent.said:
        told = checked.issues.loc[checked.issues["level"].isin(["finding", "waiting", "guess"]), "reason"]
        assert says("\n".join([*told, *(guess.text for guess in getattr(found, "guesses", ()))]), sent.said)
    assert not checked.issues["reason"].str.contains(r"\d{12,}", regex=True).any(), "no person's number"


def _checked(found: Recognised, file_name: str, county: Site) -> Checked:
    return check_rows(
        found,
        file_name=file_name,
        received_at=RECEIVED,
        divisions=Divisions.load(county),
        county=county.county,
        issued_to=ISSUED,
    )


def says(text: str, words: str) -> bool:
    return re.search(words, unicodedata.normalize("NFKC", text)) is not None


def fates(checked: Checked) -> dict[str, list[Fate]]:
    """What became of each person, event or warning; in a returned row everything that was said of it."""
    reasons: dict[tuple[str, int], str] = {}
    for sheet, row, reason in checked.issues[["sheet", "row_number", "reason"]].itertuples(index=False):
        reasons[sheet, row] = f"{reasons.get((sheet, row), '')}\n{reason.split('：', 1)[-1]}"
    found: dict[str, list[Fate]] = {}
    for row in checked.accepted.to_dict("records"):
        key = next(str(row[name]) for name in KEYS if row.get(name) and not pd.isna(row[name]))
        said = reasons.get((row["sheet"], row["row_number"]), "")
        fate = Taken(row, said) if pd.isna(row["waits_code"]) else Waits(said)
        found.setdefault(key, []).append(fate)
    for place, cells in checked.rejected_cells.items():
        key = next((str(cell) for cell in cells if re.fullmatch(r"[张李周吴韩冯].|W\d{12}|Z1|E1|同上", str(cell))), str(cells))
        found.setdefault(key, []).append(Back(reasons[place]))
    return found


def shown(key: str, found: Fate, right: tuple[Fate, ...]) -> str:
    """What became of a row, with the values that count."""
    names = sorted({name for fate in right if isinstance(fate, Taken) for name in fate.values})
    values = {name: str(found.values[name]) for name in names} if isinstance(found, Taken) else {}
    return f"{key}: {type(found).__name__} {values} {found.words.strip()!r}"


def agrees(found: Fate, right: Fate) -> bool:
    """Whether what became of a row is a right outcome of it."""
    if type(found) is not type(right) or not says(found.words, right.words):
        return False
    return not isinstance(right, Taken) or all(found.values[name] == value for name, value in right.values.items())  # type: ignore[union-attr]
