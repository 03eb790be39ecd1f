"""The one place that opens the warehouse: two encrypted DuckDB files, one process at a time, short connections.

``fangpin.duckdb`` holds what is computed, as the catalog in use; ``ledger.duckdb`` what happened, as the catalog ``ledger``.
DuckDB writes to one of them in a transaction (ADR 0013).

DuckDB lets one process in and turns the next away. So whoever wants in takes the lock beside the file first and waits for it:
every ``connect``, and dbt, which does not wait by itself. The kernel frees the lock of a process that is killed.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib import resources
from pathlib import Path

import duckdb

from include.errors import FangpinError
from include.site import Site

CATALOG, LEDGER = "wh", "ledger"
LOCK_WAIT_SECONDS = 300.0


class _Locks(threading.local):
    """The locks this thread has, by path."""

    def __init__(self) -> None:
        self.held: set[Path] = set()


_mine = _Locks()


class WarehouseError(FangpinError, RuntimeError):
    """The warehouse cannot be opened; the message says why and what to do."""


def key_file() -> Path:
    """Where the key is kept when FANGPIN_KEY does not give it: outside the repository, mode 600."""
    given = os.environ.get("FANGPIN_KEY_FILE")
    if given:
        return Path(given).expanduser()
    config = Path(os.environ.get("XDG_CONFIG_HOME", "~/.config")).expanduser()
    return config / "fangpin" / "warehouse.key"


def encryption_key(site: Site) -> str:
    """The warehouse key; made on first use. Raises WarehouseError when a warehouse exists but its key is gone."""
    given = os.environ.get("FANGPIN_KEY")
    if given:
        return given
    path = key_file()
    if path.exists():
        return path.read_text("utf-8").strip()
    if kept := next((file for file in (site.ledger, site.warehouse) if file.exists()), None):
        raise WarehouseError(
            f"找不到数据仓库的密钥 {path}，而 {kept} 已加密", remedy="请恢复该密钥文件，或用 FANGPIN_KEY 给出密钥"
        )
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = secrets.token_hex(32)
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as lines:
        lines.write(key + "\n")
    return key


def extension_directory(site: Site) -> Path:
    """A DuckDB extension folder of links to the installed packages, so that nothing is fetched from a network."""
    folder = site.home / "warehouse" / "extensions"
    for source, platform in _extensions():
        link = folder / source.parent.name / platform / source.name
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.is_symlink() or link.resolve() != source.resolve():
            fresh = link.with_name(f"{link.name}.{os.getpid()}")
            fresh.symlink_to(source)
            fresh.replace(link)
    return folder


@cache
def _extensions() -> tuple[tuple[Path, str], ...]:
    """The installed extension files, each with DuckDB's name for this machine; asked once, opening takes as long as asking."""
    with duckdb.connect() as probe:
        platform = probe.execute("pragma platform").fetchall()[0][0]
    root = resources.files("duckdb_extension_httpfs") / "extensions"
    return tuple((source, platform) for source in Path(str(root)).glob("v*/*.duckdb_extension"))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _is_locked(error: Exception) -> bool:
    return "set lock on file" in str(error)


@contextmanager
def warehouse_lock(site: Site, wait_seconds: float = LOCK_WAIT_SECONDS) -> Iterator[None]:
    """The warehouse's lock, waited for up to ``wait_seconds``; a thread that has it already goes on with it.

    Raises WarehouseError when the wait is over.
    """
    path = site.warehouse.with_suffix(".lock")
    if path in _mine.held:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + wait_seconds
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise _busy(site) from None
                time.sleep(0.05)
        _mine.held.add(path)
        try:
            yield
        finally:
            _mine.held.remove(path)
            fcntl.flock(lock, fcntl.LOCK_UN)  # closing does not free it while a child forked meanwhile has the descriptor too
    finally:
        os.close(lock)


def _busy(site: Site) -> WarehouseError:
    return WarehouseError(f"数据仓库 {site.warehouse} 一直被别的程序占用", remedy="请稍后再试")


RESTORE = (
    "请先停止服务，把现有文件另存（不要删除）；fangpin.duckdb 用 fangpin rebuild --swap 重建，ledger.duckdb 须从备份恢复，"
    "见 docs/recovery.md"
)
FAULTS = {
    "Wrong encryption key": "密钥不对；请核对密钥文件或 FANGPIN_KEY，文件没有改动",
    "is not encrypted": f"不是本系统加密的仓库；{RESTORE}",
    "not a valid DuckDB database file": f"不是数据仓库文件，或开头已损坏；{RESTORE}",
    "read a database file with version number": "由更新版本的 DuckDB 写成，本版本读不了；请换回升级后的版本，或从更早的备份恢复",
    "Serialization Error": f"文件已损坏；{RESTORE}",
    "Corrupt database file": f"文件已损坏；{RESTORE}",
    "AES tag": f"文件已损坏；{RESTORE}",
    "Could not read enough bytes": f"文件已损坏（不完整）；{RESTORE}",
    "No space left": "磁盘已满；请清理磁盘后重试，已写入的内容没有丢失",
    "Could not write": "写不进磁盘；请检查磁盘是否已满或损坏，再重试",
    "Permission denied": "没有读写的权限；请用安装本系统的用户运行",
}
"""What DuckDB says of a file it cannot use → what that means and what to do. It tells a wrong key from damage by itself."""


def fault_of(site: Site, error: Exception | str) -> WarehouseError | None:
    """What is wrong with the file or the disk, if that is what an error of DuckDB's means; None when it is about a statement.

    DuckDB's own words are left out: they may quote a cell.
    """
    said = str(error)
    if 'file "' in said and str(site.warehouse.parent) not in said:
        return None  # some other file
    meant = next((meant for words, meant in FAULTS.items() if words in said), None)
    file = site.ledger if site.ledger.name in said else site.warehouse
    return WarehouseError(f"数据仓库 {file}：{meant}") if meant else None


@contextmanager
def connect(site: Site, wait_seconds: float = LOCK_WAIT_SECONDS) -> Iterator[duckdb.DuckDBPyConnection]:
    """An open warehouse with its catalog in use; waits up to ``wait_seconds`` while another process holds it.

    Its variable ``county_code`` says whose it is; the ledger's entries take it from there.

    Raises WarehouseError when the key is wrong, the file is damaged (also when that shows only while it is read), the disk is
    full, the wait is over, or this process has it open already.
    """
    key = encryption_key(site)
    deadline = time.monotonic() + wait_seconds
    with warehouse_lock(site, wait_seconds):
        connection = _nothing_open(site)
        try:
            _attach(connection, site, site.warehouse, CATALOG, key, deadline)
            _part_earlier(connection, site, key, deadline)
            _attach(connection, site, site.ledger, LEDGER, key, deadline)
            connection.execute(f"use {CATALOG}")
            connection.execute(f"set variable county_code = {_quoted(site.county.code)}")
            connection.execute(f"set variable reports_folder = {_quoted(str(site.reports))}")
            yield connection
        except duckdb.Error as error:
            raise fault_of(site, error) or error from None
        finally:
            connection.close()


def _nothing_open(site: Site) -> duckdb.DuckDBPyConnection:
    """A connection that can open encrypted files, and spills encrypted."""
    connection = duckdb.connect(
        config={
            "extension_directory": str(extension_directory(site)),
            "autoinstall_known_extensions": False,
            "temp_file_encryption": True,
            "temp_directory": str(site.warehouse.parent / "tmp"),
        }
    )
    connection.execute("load httpfs")
    return connection


@contextmanager
def reading(site: Site, file: Path, name: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """One file that nobody writes to, such as a copy, open to be read under a name. Raises WarehouseError."""
    with _nothing_open(site) as connection:
        attach_beside(connection, site, file, name)
        yield connection


def attach_beside(connection: duckdb.DuckDBPyConnection, site: Site, file: Path, name: str) -> None:
    """Attach another file of the same key to an open warehouse, to be read only.

    Raises WarehouseError when the file cannot be used; nothing in it is changed.
    """
    given = f"{_quoted(str(file))} as {name} (encryption_key {_quoted(encryption_key(site))}, read_only)"
    try:
        connection.execute(f"attach {given}")
    except duckdb.Error as error:
        meant = next((meant for words, meant in FAULTS.items() if words in str(error)), f"打不开（{type(error).__name__}）")
        raise WarehouseError(f"数据仓库 {file}：{meant}") from None


def rollback(connection: duckdb.DuckDBPyConnection) -> None:
    """Undo the transaction under way, if there is one: of two that belong together the first may be done already."""
    with suppress(duckdb.TransactionException):
        connection.execute("rollback")


def _part_earlier(connection: duckdb.DuckDBPyConnection, site: Site, key: str, deadline: float) -> None:
    """Take the ledger out of the one file that earlier releases had; what a crash leaves of that is done again or finished."""
    old = "select 1 from duckdb_schemas() where database_name = ? and schema_name = ?"
    if connection.execute(old, [CATALOG, LEDGER]).fetchone() is None:
        return
    if not site.ledger.exists():
        fresh = site.ledger.with_suffix(".new")
        for left in (fresh, fresh.with_name(f"{fresh.name}.wal")):
            left.unlink(missing_ok=True)
        _attach(connection, site, fresh, LEDGER, key, deadline)
        tables = "select table_name, sql from duckdb_tables() where database_name = ? and schema_name = ?"
        for table, creation in connection.execute(tables, [CATALOG, LEDGER]).fetchall():
            connection.execute(creation)  # it says ledger.<table>, which is in the new file
            connection.execute(f"insert into {LEDGER}.{table} select * from {CATALOG}.{LEDGER}.{table} order by rowid")
        connection.execute(f"detach {LEDGER}")
        fresh.replace(site.ledger)
    connection.execute(f"drop schema {CATALOG}.{LEDGER} cascade")


def _attach(connection: duckdb.DuckDBPyConnection, site: Site, file: Path, name: str, key: str, deadline: float) -> None:
    """Open a file; somebody who knows nothing of our lock (a DuckDB shell) is waited for all the same."""
    while True:
        try:
            connection.execute(f"attach {_quoted(str(file))} as {name} (encryption_key {_quoted(key)})")
            return
        except duckdb.Error as error:
            if "already attached" in str(error):
                raise WarehouseError(f"本程序已经打开了数据仓库 {file}，不能再打开一次", remedy="请用已有的连接") from None
            if not _is_locked(error):
                unknown = WarehouseError(f"打不开数据仓库 {file}（{type(error).__name__}）", remedy="请运行 fangpin doctor")
                raise fault_of(site, error) or unknown from None
            if time.monotonic() > deadline:
                raise _busy(site) from None
            time.sleep(0.1)


def dbt_environment(site: Site) -> dict[str, str]:
    """What dbt's profile reads to open the same warehouse in the same way."""
    return {
        "FANGPIN_WAREHOUSE": str(site.warehouse),
        "FANGPIN_LEDGER": str(site.ledger),
        "FANGPIN_EXTENSIONS": str(extension_directory(site)),
        "FANGPIN_DBT_TEMP": str(site.warehouse.parent / "tmp"),
        "DBT_ENV_SECRET_FANGPIN_KEY": encryption_key(site),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_TARGET_PATH": str(site.dbt / "target"),
        "DBT_LOG_PATH": str(site.dbt / "logs"),
    }
