"""What of the registry was handed to a department, with the number of the paper: nobody had written it down."""

from __future__ import annotations

from pathlib import Path

import duckdb

NAME = "registry_lists"
SCHEMA = Path(__file__).with_suffix(".sql")
"""The table as this version has it."""


def apply(connection: duckdb.DuckDBPyConnection, known: dict[str, set[str]]) -> None:
    """Add the table; nothing earlier can be said in it."""
    connection.execute(SCHEMA.read_text("utf-8"))
