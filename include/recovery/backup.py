"""A consistent copy of the facts and of the papers given out, and putting it back into an empty home.

A backup folder holds the archive once, as the home has it, and a folder for each time: ledger, computed tables, settings,
receipts and papers of that moment with a manifest. The key is not in it: whoever has the copy shall not be able to open it.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from include.errors import FangpinError
from include.recovery.scratch import copy_database
from include.site import TIMEZONE, Site
from include.storage.archive import ArchiveError, archived_names, open_archived
from include.storage.warehouse import WarehouseError, key_file, reading, warehouse_lock

MANIFEST = "manifest.json"
ARCHIVE = "archive"
FACTS = (
    "home.json", "answers.json", "returns_answers.json", "arrivals.json", "county", "inbox", "set_aside", "push", "returns",
    "reports", "audit",
)  # fmt: skip
"""What is copied as it lies: settings, what is not received yet, receipts and tokens, papers given out, the record of pushes."""
COMPUTED = ("docs", "quality")
TIME = re.compile(r"\d{8}-\d{6}")


class BackupError(FangpinError, RuntimeError):
    """Nothing was backed up or put back; the message says why and what to do."""


@dataclass(frozen=True)
class Backup:
    """A backup: where it lies, its manifest, and how many files of the archive it had to copy."""

    folder: Path
    manifest: dict[str, Any]
    copied: int = 0

    @property
    def archived(self) -> int:
        return len(self.manifest["archive"])


def back_up(site: Site, target: Path, *, facts_only: bool = False) -> Backup:
    """Copy what is fact, and unless ``facts_only`` what is computed, below ``target``; a copy that was interrupted is no backup.

    The databases are copied under their lock; the archive after them, so that it has whatever the ledger speaks of.
    Raises BackupError when there is nothing to back up.
    """
    if not site.ledger.exists():
        raise BackupError(f"{site.home} 里还没有台账，没有可备份的", remedy="请先收件，或核对 FANGPIN_HOME")
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    now = datetime.now(TIMEZONE).replace(tzinfo=None, microsecond=0)
    fresh, place = target / ".part", target / f"{now:%Y%m%d-%H%M%S}"
    if place.exists():
        raise BackupError(f"{place} 已存在", remedy="请稍后再备份")
    shutil.rmtree(fresh, ignore_errors=True)
    (fresh / "warehouse").mkdir(parents=True, mode=0o700)
    with warehouse_lock(site):
        databases = [site.ledger] if facts_only else [site.ledger, site.warehouse]
        for database in databases:
            if database.exists():
                copy_database(database, fresh / "warehouse" / database.name)
    for name in FACTS if facts_only else (*FACTS, *COMPUTED):
        _copy(site.home / name, fresh / name, without=target)
    copied = _copy_archive(site, target / ARCHIVE)
    manifest = {
        "release": importlib.metadata.version("fangpin"),
        "made_at": now.isoformat(),
        "county": site.county.code,
        "is_facts_only": facts_only,
        "entries": _entries(site, fresh / "warehouse" / site.ledger.name),
        "files": {name: _sha256(fresh / name) for name in sorted(_names(fresh))},
        "archive": sorted(_names(target / ARCHIVE)),
    }
    _write_manifest(fresh / MANIFEST, manifest)
    fresh.rename(place)
    return Backup(place, manifest, copied)


def _copy(source: Path, target: Path, *, without: Path) -> None:
    """Copy a file or folder with its times, for the owner alone; what vanishes meanwhile was received just then."""
    if source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            shutil.copyfile(source, target, follow_symlinks=False)
        except FileNotFoundError:
            return
        if not target.is_symlink():
            shutil.copystat(source, target)
            target.chmod(0o600)
    elif source.is_dir() and source.resolve() != without.resolve():
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path in sorted(source.iterdir()):
            if path.is_file() or (path.is_dir() and not path.is_symlink()):
                _copy(path, target / path.name, without=without)


def _copy_archive(site: Site, target: Path) -> int:
    """Copy the archived files that are not there yet; their names are their contents' hashes, so they never change."""
    count = 0
    for name in sorted(_names(site.archive)):
        place = target / name
        if place.exists() or name.endswith(".part"):
            continue
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = place.with_name(f".{place.name}")
        try:
            shutil.copyfile(site.archive / name, fresh)
        except FileNotFoundError:  # encrypted just now by another name
            continue
        shutil.copystat(site.archive / name, fresh)
        fresh.replace(place)
        count += 1
    return count


def _names(folder: Path) -> Iterator[str]:
    for top, _, names in os.walk(folder):
        yield from (Path(top, name).relative_to(folder).as_posix() for name in names if not name.startswith("."))


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _entries(site: Site, copied: Path) -> dict[str, int]:
    """How many entries each table of a copied ledger has, by which backups are told from one another."""
    with reading(site, copied, "copied") as connection:
        tables = connection.execute(
            "select table_name from duckdb_tables() where database_name = 'copied' order by all"
        ).fetchall()
        return {name: connection.execute(f"select count(*) from copied.{name}").fetchall()[0][0] for (name,) in tables}


def _write_manifest(path: Path, manifest: dict[str, Any]) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as lines:
        json.dump(manifest, lines, ensure_ascii=False, indent=1)
        lines.flush()
        os.fsync(lines.fileno())


def put_back(site: Site, source: Path) -> Backup:
    """Put a backup (a folder of backups: the newest) into an empty home, once all of it was found undamaged.

    Raises BackupError when the home is not empty, the key is missing or another, or anything of the backup is damaged.
    """
    found = _read(source)
    _expect_key()
    if site.home.exists() and any(not path.is_dir() for path in site.home.rglob("*")):
        raise BackupError(f"{site.home} 里已有内容，没有动它", remedy="请用 FANGPIN_HOME 另指一个新的或空的目录")
    fresh = Site(site.home.with_name(f".{site.home.name}.restore"))
    shutil.rmtree(fresh.home, ignore_errors=True)
    fresh.home.mkdir(parents=True, mode=0o700)
    try:
        for name, sha256 in found.manifest["files"].items():
            _put(found.folder / name, fresh.home / name, sha256)
        for name in found.manifest["archive"]:
            _put(found.folder.parent / ARCHIVE / name, fresh.archive / name, None)
        _check(fresh)
        shutil.rmtree(site.home, ignore_errors=True)  # empty folders at most
        fresh.home.rename(site.home)
    except OSError as error:
        raise BackupError(f"没有恢复：{error.strerror or type(error).__name__}", remedy="请检查磁盘和权限后重试") from None
    finally:
        shutil.rmtree(fresh.home, ignore_errors=True)
    return found


def _read(source: Path) -> Backup:
    """The backup that a folder is, or the newest that is in it."""
    folder = source
    if not (folder / MANIFEST).exists() and source.is_dir():
        folder = max((path for path in source.iterdir() if TIME.fullmatch(path.name)), default=source)
    try:
        return Backup(folder, json.loads((folder / MANIFEST).read_text("utf-8")))
    except (OSError, ValueError):
        raise BackupError(
            f"{source} 不是备份目录，或其中的 {MANIFEST} 已损坏", remedy="请指明 fangpin backup 写出的目录"
        ) from None


def _expect_key() -> None:
    """Without the key nothing of a backup can be read, and a new one must not be made in its place."""
    if not os.environ.get("FANGPIN_KEY") and not key_file().exists():
        raise BackupError("没有密钥，备份打不开", remedy=f"请先把另存的密钥放到 {key_file()}，或用 FANGPIN_KEY 给出")


def _put(source: Path, target: Path, sha256: str | None) -> None:
    """Copy one file of a backup. Raises BackupError when it is missing or not what the manifest says."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        shutil.copyfile(source, target)
        shutil.copystat(source, target)
    except FileNotFoundError:
        raise BackupError(f"没有恢复：备份不完整，缺 {_shown(source)}", remedy="请换一份备份") from None
    target.chmod(0o600)
    if sha256 and _sha256(target) != sha256:
        raise BackupError(f"没有恢复：备份中的 {_shown(source)} 已损坏，与清单的 SHA-256 不符", remedy="请换一份备份")


def _shown(path: Path) -> str:
    """A file of a backup without the name somebody gave it."""
    return path.name if path.suffix in (".duckdb", ".age", ".json") else f"{path.parent.name} 中的一份文件"


def _check(fresh: Site) -> None:
    """Whether the key opens the ledger and every archived content is what its name says."""
    try:
        _entries(fresh, fresh.ledger)
        for sha256 in sorted(archived_names(fresh)[0]):
            open_archived(fresh, sha256).close()
    except (ArchiveError, WarehouseError) as error:
        raise BackupError(f"没有恢复：{str(error).replace(str(fresh.home), '备份')}") from None
