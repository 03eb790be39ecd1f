"""What the kept warehouse holds and the rebuilt one does not, and the other way round: rows are counted, none is shown."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from include.storage.warehouse import CATALOG

KEPT = "kept"
"""The kept warehouse as it is attached."""
PASSED_OVER = {
    "raw.left_out_people": "查人时现读存档得出，用到再读",
    "raw.left_out_files": "查人时现读存档得出，用到再读",
}
"""Tables that are not compared, and why."""
MOMENTS: dict[str, dict[str, str]] = {
    "raw.builds": {"built_at": "建表的时刻", "basis": "随程序文件的时间而变"},
}
"""Columns that are not compared, and why: they say when something was computed, not what."""


@dataclass(frozen=True)
class Difference:
    """One thing that was compared: how much the home has of it, how much was rebuilt, and what only one of them has."""

    what: str
    kept: int
    rebuilt: int
    only_kept: int
    only_rebuilt: int
    note: str = ""

    @property
    def is_none(self) -> bool:
        return not self.only_kept and not self.only_rebuilt and not self.note


def compare_tables(connection: duckdb.DuckDBPyConnection) -> list[Difference]:
    """Every table of either warehouse, by name; the kept one is attached as ``KEPT``."""
    kept, rebuilt = _tables(connection, KEPT), _tables(connection, CATALOG)
    return [
        _compare(connection, table, kept.get(table), rebuilt.get(table))
        for table in sorted(kept.keys() | rebuilt.keys())
        if table not in PASSED_OVER
    ]


def _tables(connection: duckdb.DuckDBPyConnection, catalog: str) -> dict[str, tuple[str, ...]]:
    """Each table and its columns; views compute nothing of their own and hang on the ledger as it is."""
    found = connection.execute(
        """select tables.schema_name || '.' || tables.table_name, list(columns.column_name order by columns.column_index)
        from duckdb_tables() as tables
        inner join duckdb_columns() as columns using (database_name, schema_name, table_name)
        where tables.database_name = ? and not tables.internal and not tables.temporary group by all""",
        [catalog],
    ).fetchall()
    return {table: tuple(columns) for table, columns in found}


def _compare(
    connection: duckdb.DuckDBPyConnection, table: str, kept: tuple[str, ...] | None, rebuilt: tuple[str, ...] | None
) -> Difference:
    if not kept or not rebuilt:
        count = _count(connection, f"from {KEPT if kept else CATALOG}.{table}")
        return Difference(
            table, count if kept else 0, 0 if kept else count, count if kept else 0, 0 if kept else count, "只有一边有此表"
        )
    unlike = sorted(set(kept) ^ set(rebuilt))
    compared = [name for name in rebuilt if name in kept and name not in MOMENTS.get(table, ())]
    cells = ", ".join(f'"{name}"' for name in compared)
    mine, theirs = f"select {cells} from {CATALOG}.{table}", f"select {cells} from {KEPT}.{table}"
    return Difference(
        table,
        _count(connection, theirs),
        _count(connection, mine),
        _count(connection, f"{theirs} except all {mine}"),
        _count(connection, f"{mine} except all {theirs}"),
        f"列不同：{'、'.join(unlike)}" if unlike else "",
    )


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    (count,) = connection.execute(f"select count(*) from ({query})").fetchone() or (0,)
    return int(count)


def not_compared() -> list[str]:
    """What is left out of the comparison and why, in words for people."""
    return [
        *(f"{table}：{why}" for table, why in PASSED_OVER.items()),
        *(f"{table}.{column}：{why}" for table, columns in MOMENTS.items() for column, why in columns.items()),
    ]
