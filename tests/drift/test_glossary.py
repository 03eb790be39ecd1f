"""The glossary and the code say the same: every place it names exists, and every word of the seeds and labels is in it."""

from __future__ import annotations

import ast
import re
from collections import Counter

import pytest

from include.contracts import load_contracts
from include.reports import labels
from include.site import PROJECT
from include.storage.ledger.tables import FIXED_TABLES
from tests.drift.pages import places_in, rows_of

PAGE = (PROJECT / "docs" / "glossary.md").read_text("utf-8")
SECTIONS = {
    title: rows_of(body) for title, body in (part.split("\n", 1) for part in re.split(r"(?m)^## ", PAGE)[1:]) if "|---" in body
}
WORDS = SECTIONS["词"]


def in_section(title: str) -> dict[str, str]:
    """English → Chinese."""
    return {english.strip("`"): chinese for chinese, english, *_ in SECTIONS[title]}


def test_there_are_words_and_each_says_what_and_where() -> None:
    assert len(WORDS) >= 40
    assert [row for row in WORDS if len(row) != 4 or not all(row) or not re.search("[/.]|int_", row[3])] == []


def test_one_english_word_for_one_chinese_one() -> None:
    for title, rows in SECTIONS.items():
        english = Counter(row[1] for row in rows)
        assert [word for word, count in english.items() if count > 1] == [], title
    chinese = Counter(row[0] for rows in SECTIONS.values() for row in rows)
    assert [word for word, count in chinese.items() if count > 1] == []
    different = {row[1] for title in ("词", "预警类型", "数据") for row in SECTIONS[title]}
    assert len(different) == sum(len(SECTIONS[title]) for title in ("词", "预警类型", "数据"))


@pytest.mark.parametrize(
    ("title", "known"),
    [
        ("预警类型", labels.WARNING_TYPES),
        ("数据", {contract.feed: contract.title for contract in load_contracts()}),
        ("状态", labels.STATES),
        ("事件", labels.EVENTS),
        ("处理结果", labels.DELIVERY_STATUSES),
    ],
)
def test_what_has_a_label_is_here_under_that_label(title: str, known: dict[str, str]) -> None:
    assert in_section(title) == known


def test_every_event_that_changes_a_state_has_a_label() -> None:
    assert labels.EVENTS.keys() == {row["event"] for row in labels.seed_rows("states/warning_transitions.csv")}


def test_every_table_of_labels_is_here_or_named_as_left_out() -> None:
    tables = {name for name, value in vars(labels).items() if re.fullmatch("[A-Z][A-Z_]+", name) and isinstance(value, dict)}
    here = {"WARNING_TYPES", "STATES", "EVENTS", "DELIVERY_STATUSES"}
    left_out = set(re.findall(r"`([A-Z_]+)`", PAGE.split("## 不在这里的")[1]))
    assert tables - here == left_out


def test_every_place_exists() -> None:
    models = {path.stem for path in (PROJECT / "dbt_project" / "models").rglob("*.sql")}
    missing = []
    for row in WORDS:
        for place in re.findall(r"`([^`]+)`", row[3]):
            if "/" in place:
                known = (PROJECT / place).exists()
            elif re.fullmatch(r"[A-Z]\w+", place):
                (path,) = places_in(row[3])
                known = place in classes_of(path)
            else:
                known = place in FIXED_TABLES or place.rpartition(".")[2] in models
            if not known:
                missing.append((row[0], place))
    assert missing == []


def classes_of(path: str) -> set[str]:
    return {node.name for node in ast.walk(ast.parse((PROJECT / path).read_text("utf-8"))) if isinstance(node, ast.ClassDef)}
