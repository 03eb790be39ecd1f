"""An error for the user is one sentence of where, what and remedy, and every class of such errors is on the one base."""

from __future__ import annotations

import ast
import pickle
import re

import pytest

from include.errors import FangpinError
from include.reading.refusal import Refused
from include.site import PROJECT

INTERNAL = {
    "Unusual": "a sheet is read the slow way instead",
    "Nonsense": "becomes ReadingEnded",
    "TooManyCells": "becomes Refused",
    "ImpossiblePeriod": "becomes Refused",
    "Unreadable": "becomes a file set aside",
}
"""Error classes whose words no user reads."""


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (("内容为空",), "内容为空"),
        (("内容为空", "petition__case.yaml"), "petition__case.yaml：内容为空"),
        (("内容为空", "", "请检查原文件"), "内容为空；请检查原文件"),
        (("内容为空", "第 3 行", "请检查原文件"), "第 3 行：内容为空；请检查原文件"),
    ],
)
def test_the_parts_make_one_sentence(given: tuple[str, ...], sentence: str) -> None:
    assert str(FangpinError(*given)) == sentence
    back = pickle.loads(pickle.dumps(FangpinError(*given)))
    assert (str(back), back.what) == (sentence, given[0]), "a worker's error arrives whole"


def test_a_refusal_has_its_code_and_says_the_same() -> None:
    refused = Refused("empty_file", "文件没有内容", remedy="请检查原文件")
    assert refused.reason_code == "empty_file" and refused.reason == str(refused) == "文件没有内容；请检查原文件"


def classes() -> dict[str, set[str]]:
    """Every class of ``include`` whose name or base is an error's, with its bases."""
    found: dict[str, set[str]] = {}
    for path in (PROJECT / "include").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                found[node.name] = {base.id if isinstance(base, ast.Name) else ast.unparse(base) for base in node.bases}
    errors = {name for name, bases in found.items() if any(re.search(r"(Error|Exception)$", base) for base in bases)}
    return {name: found[name] for name in errors | {"Refused", "ReadingEnded"}}


def test_every_error_a_user_reads_is_on_the_base() -> None:
    found = classes()
    on_the_base = {"FangpinError"}
    while more := {name for name, bases in found.items() if bases & on_the_base} - on_the_base:
        on_the_base |= more
    assert set(found) - on_the_base == set(INTERNAL)
    assert {"Refused", "ReadingEnded", "ContractError", "SettingsError"} <= on_the_base


def test_no_remedy_is_hidden_in_the_middle_of_a_sentence() -> None:
    """What could be told apart is told apart: a message with a semicolon before 请 is given in its two parts."""
    mixed = []
    for path in (PROJECT / "include").rglob("*.py"):
        if path.relative_to(PROJECT / "include").parts[0] in NOT_YET:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and re.search(r"(Error|Refused|NothingToExplain)$", ast.unparse(node.func)):
                texts = [ast.unparse(given) for given in node.args]
                mixed += [f"{path.name}:{node.lineno}" for text in texts if re.search("[;；]请", text)]
    assert mixed == []


NOT_YET = {"checking", "cli", "service", "orchestration", "review", "clocks"}
"""Rooms whose messages still stand in one piece."""
