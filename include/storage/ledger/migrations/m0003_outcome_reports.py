"""Which department was told what came of its rows, by which paper: before this nobody was told."""

from __future__ import annotations

from pathlib import Path

import duckdb

NAME = "outcome_reports"
SCHEMA = Path(__file__).with_suffix(".sql")
"""The tables as this version has them."""


def apply(connection: duckdb.DuckDBPyConnection, known: dict[str, set[str]]) -> None:
    """Add the tables; nothing earlier can be said in them."""
    for statement in SCHEMA.read_text("utf-8").split(";"):
        connection.execute(statement)
