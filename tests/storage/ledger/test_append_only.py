"""Nothing changes or removes what the ledger holds, and one module writes to it: every statement the code can run is read."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from include.site import PROJECT
from include.storage.ledger import LEDGER_TABLES, RAW_TABLES

CHANGES = re.compile(
    r"\b(update|delete\s+from|truncate|drop\s+(?:table|schema|view)|alter\s+table|merge\s+into|create\s+or\s+replace"
    r"|insert(?:\s+or\s+\w+)?\s+into|copy)\s+(?:temp\s+)?(?:table\s+)?(?:if\s+(?:not\s+)?exists\s+)?([\w.{}\"$]+)",
    re.IGNORECASE,
)
APPENDS, MIGRATES = "include/storage/ledger/append.py", "include/storage/ledger/migrations/"
COMPUTED = {
    "include/storage/ledger/computed.py": {"{table}"},
    "include/storage/ledger/migrate.py": {"{table}"},
    "include/warnings/left_out.py": {"{table}"},
    "include/deliveries/publish.py": {"{table}", "{name}"},
    "include/screening/again.py": {"{model.kind}"},  # in memory: the home's files are attached for reading only
    "include/storage/warehouse.py": {
        "{LEDGER}.{table}",
        "{CATALOG}.{LEDGER}",
    },  # the ledger is copied out of the file it had in 0.1
}
"""Where a name stands for tables of ``raw`` only, or for temporary ones: each is looked at by a test below or by its own."""


def statements() -> Iterator[tuple[str, str, str]]:
    """File, verb and table of every statement in a string of the code that changes something."""
    for path in sorted(file for top in ("include", "dags", "benchmarks") for file in (PROJECT / top).rglob("*.py")):
        name = path.relative_to(PROJECT).as_posix()
        for text in _strings(ast.parse(path.read_text("utf-8"))):
            for verb, table in CHANGES.findall(text):
                yield name, " ".join(verb.lower().split()), table.strip('"')


def _strings(tree: ast.AST) -> Iterator[str]:
    """Every string; what an f-string puts in stands as ``{name}``."""
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)} - {
        id(node) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "{" + ast.unparse(part.value) + "}"  # type: ignore[attr-defined]
                for part in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield node.value


FOUND = sorted(set(statements()))


def test_the_statements_are_found() -> None:
    assert ("include/storage/ledger/append.py", "insert into", "{table}") in FOUND
    assert ("include/screening/screen.py", "delete from", "raw.builds") in FOUND


@pytest.mark.parametrize(("file", "verb", "table"), FOUND)
def test_no_statement_changes_the_ledger(file: str, verb: str, table: str) -> None:
    if file == APPENDS or file.startswith(MIGRATES):
        assert file != APPENDS or verb == "insert into"
        return
    assert not table.startswith("ledger."), f"{file} 用 {verb} 改动 {table};请用 ledger.append"
    if "{" in table:
        assert table in COMPUTED.get(file, ()) or table.startswith(("raw.", "temp.")), f"{file}:{verb} {table} 看不出改哪张表"


def test_the_tables_of_the_project_s_models_are_not_the_ledger_s() -> None:
    models = [path.read_text("utf-8") for path in (PROJECT / "dbt_project").rglob("*.sql") if "target" not in path.parts]
    assert not [text for text in models if CHANGES.search(text)]
    assert not LEDGER_TABLES.keys() & RAW_TABLES.keys()


def test_every_entry_begins_with_its_county_and_its_place() -> None:
    for table, columns in LEDGER_TABLES.items():
        assert list(columns)[:2] == ["county_code", "entry_no"], table
    for table, columns in RAW_TABLES.items():
        assert "county_code" in columns, table


def test_the_migrations_are_numbered_without_a_gap() -> None:
    from include.storage.ledger.migrations import ALL

    assert sorted(ALL) == list(range(1, len(ALL) + 1))
    files = {path.stem for path in (Path(PROJECT) / MIGRATES).glob("m*.py")}
    assert files == {f"m{number:04d}_{step.NAME}" for number, step in ALL.items()}
