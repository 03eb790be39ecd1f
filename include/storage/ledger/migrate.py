"""Brings a warehouse to the tables of this release: a new one gets them, an earlier release's is migrated, step by step.

A migration has a number and runs once, under the warehouse's lock and in one transaction; the ledger says which ran. Tables of
``raw`` gain the columns that the contracts have gained.
"""

from __future__ import annotations

from datetime import datetime

import duckdb

from include.contracts import load_contracts
from include.contracts.tables import raw_columns
from include.site import TIMEZONE
from include.storage.ledger import migrations
from include.storage.ledger.append import MY_COUNTY, append
from include.storage.ledger.tables import KEYS, LEDGER_TABLES, RAW_TABLES
from include.storage.warehouse import LEDGER

COMPUTED_IS_MISSING = (
    "台账在，算出来的数据仓库文件不在；请先停止服务（fangpin down），再运行 fangpin rebuild --swap 重建，见 docs/recovery.md"
)
Known = dict[str, set[str]]
"""Each table that is there and its columns."""


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create what is not there yet and migrate what is earlier; what the tables hold stays.

    Raises MigrationError when a later release wrote the warehouse.
    """
    known = _known(connection)
    _migrate(connection, known)
    if "raw.row_issues" not in known and connection.execute("select 1 from ledger.outcomes limit 1").fetchone():
        raise migrations.MigrationError(COMPUTED_IS_MISSING)
    raw = {f"raw.{contract.feed}": raw_columns(contract) for contract in load_contracts()}
    for table, columns in {**RAW_TABLES, **raw}.items():
        if table not in known:
            create(connection, table, columns)
            continue
        for name in columns.keys() - known[table]:
            connection.execute(f'alter table {table} add column "{name}" {columns[name]}')
            if name == "county_code":
                connection.execute(f"update {table} set county_code = {MY_COUNTY}")
    _turn_flags_to_answers(connection, raw)


def _turn_flags_to_answers(connection: duckdb.DuckDBPyConnection, raw: dict[str, dict[str, str]]) -> None:
    """A column of yes and no that its contract now gives a third answer."""
    flags = connection.execute(
        """select 'raw.' || table_name, column_name from duckdb_columns()
        where database_name = current_catalog() and schema_name = 'raw' and data_type = 'BOOLEAN'"""
    ).fetchall()
    for table, name in flags:
        if raw.get(table, {}).get(name) == "VARCHAR":
            connection.execute(f"""alter table {table} alter column "{name}" type varchar using if("{name}", 'yes', 'no')""")


def create(connection: duckdb.DuckDBPyConnection, table: str, columns: dict[str, str]) -> None:
    """Create one table, with its schema and its key."""
    schema = table.partition(".")[0]
    if schema != LEDGER:
        connection.execute(f"create schema if not exists {schema}")
    body = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    key = f", primary key ({', '.join(KEYS[table])})" if table in KEYS else ""
    connection.execute(f"create table if not exists {table} ({body}{key})")


def _known(connection: duckdb.DuckDBPyConnection) -> Known:
    found = connection.execute(
        f"""select if(database_name = '{LEDGER}', '{LEDGER}', schema_name) || '.' || table_name, column_name
        from duckdb_columns() where database_name in ('{LEDGER}', current_catalog()) and not internal"""
    ).fetchall()
    known: Known = {}
    for table, column in found:
        known.setdefault(table, set()).add(column)
    return known


def _migrate(connection: duckdb.DuckDBPyConnection, known: Known) -> None:
    if "ledger.migrations" in known:
        (version,) = connection.execute("select coalesce(max(version), 0) from ledger.migrations").fetchone() or (0,)
    else:
        version = 0 if "ledger.deliveries" in known else None
    newest = max(migrations.ALL)
    if version == newest:
        return
    if version is not None and version > newest:
        raise migrations.MigrationError(
            f"数据仓库由更新的版本写成（台账第 {version} 版，本程序认得到第 {newest} 版）",
            remedy="请换回升级后的程序，或从升级前的备份恢复",
        )
    connection.execute("begin")
    try:
        if version is None:
            for table, columns in LEDGER_TABLES.items():
                create(connection, table, columns)
            applied = list(migrations.ALL)
        else:
            applied = [number for number in sorted(migrations.ALL) if number > version]
            for number in applied:
                migrations.ALL[number].apply(connection, known)
        now = datetime.now(TIMEZONE).replace(tzinfo=None, microsecond=0)
        rows = [{"version": number, "name": migrations.ALL[number].NAME, "applied_at": now} for number in applied]
        append(connection, "ledger.migrations", rows)
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
