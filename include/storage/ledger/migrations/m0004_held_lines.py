"""Which dispatch the bureau held a line back from and why, and which proposal was frozen instead of which."""

from __future__ import annotations

from pathlib import Path

import duckdb

NAME = "held_lines"
SCHEMA = Path(__file__).with_suffix(".sql")
"""The columns as this version adds them."""


def apply(connection: duckdb.DuckDBPyConnection, known: dict[str, set[str]]) -> None:
    """Add the columns; before this no line could be held back."""
    for statement in SCHEMA.read_text("utf-8").split(";"):
        connection.execute(statement)
