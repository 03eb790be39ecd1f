"""What kind of home this is, and that nobody else can read it.

A home is a rehearsal's or a county's own from its creation, and for ever: ``home.json`` says so. Only in a rehearsal may the
command line approve in the bureau's name, and what a rehearsal prints says 演练. A rehearsal also keeps its clock: the last
moment that a command set it to.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from include.site import SettingsError, Site

MARKER = "home.json"
ANSWERS = "answers.json"
"""What the release before homes had a kind wrote into every rehearsal's home, and into no other."""
REHEARSAL, REAL = "rehearsal", "real"
PRIVATE_UMASK = 0o077
REHEARSAL_MARK = "演练"
CLOCK = "FANGPIN_NOW"


class HomeError(SettingsError):
    """The home is not of the kind that was asked for; the message says which folder and what to do."""


def make_private() -> None:
    """From now on nobody but its owner can read what this process writes, whatever umask it was started with."""
    os.umask(PRIVATE_UMASK)


def is_rehearsal(site: Site) -> bool:
    """Whether the home is a rehearsal's; one without a marker is the county's own."""
    return _kind(site) == REHEARSAL


def _kind(site: Site) -> str | None:
    marker = _read(site)
    if marker:
        return str(marker.get("kind"))
    return REHEARSAL if (site.home / ANSWERS).exists() else None


def rehearsal_mark(site: Site) -> str:
    """What every paper of a rehearsal says, and a county's own home never does: 演练, or nothing."""
    return REHEARSAL_MARK if is_rehearsal(site) else ""


def open_home(site: Site) -> bool:
    """Make sure that the home exists, is private and has a kind; returns whether it is a rehearsal's.

    A home that nobody has declared becomes the county's own, one with an ``answers.json`` of the release before a rehearsal.
    """
    kind = _kind(site)
    if not _read(site):
        _write(site, {"kind": kind or REAL})
    return is_rehearsal(site)


def make_rehearsal(site: Site) -> None:
    """Make a rehearsal's home of a new or empty folder; a rehearsal's home stays as it is. Raises HomeError for any other."""
    if is_rehearsal(site):
        open_home(site)
        return
    if _kind(site) == REAL or any(_content(site)):
        raise HomeError(
            f"{site.home} 不是演练用的目录：里面已有内容，不能再变成演练", remedy="请用 FANGPIN_HOME 另指一个新的或空的目录"
        )
    _write(site, {"kind": REHEARSAL})


def make_real(site: Site) -> None:
    """Make a county's own home. Raises HomeError when it is a rehearsal's, which it stays for ever."""
    if is_rehearsal(site):
        raise HomeError(
            f"{site.home} 是演练用的目录，不能改作正式使用", remedy="请用 FANGPIN_HOME 另指一个目录，再运行 fangpin init"
        )
    open_home(site)


def rehearsal_clock(site: Site) -> datetime | None:
    """The last moment a rehearsal's clock was set to; None in a county's own home, or where it never was."""
    text = _read(site).get("clock") if is_rehearsal(site) else None
    return datetime.fromisoformat(text) if text else None


def keep_clock(site: Site, now: datetime) -> None:
    """Remember where a rehearsal's clock stands; a county's own home has the time of day.

    It is never turned back: an old month run again is no new present.
    """
    kept = rehearsal_clock(site)
    if is_rehearsal(site) and (kept is None or now > kept):
        _write(site, {**_read(site), "kind": REHEARSAL, "clock": now.isoformat()})


def follow_clock(site: Site) -> bool:
    """Have this process go by the rehearsal's clock, unless it was told a time; False when it goes by the time of day."""
    kept = rehearsal_clock(site)
    if kept and not os.environ.get(CLOCK):
        os.environ[CLOCK] = kept.isoformat()
    return bool(os.environ.get(CLOCK))


def readable_by_others(site: Site) -> list[Path]:
    """What below the home others on this machine could read if they got in, the home itself first; links are not followed."""
    if not site.home.exists():
        return []
    paths = [site.home, *(Path(folder) / name for folder, folders, files in os.walk(site.home) for name in (*folders, *files))]
    return [path for path in paths if not path.is_symlink() and path.exists() and path.stat().st_mode & PRIVATE_UMASK]


def _content(site: Site) -> Iterator[Path]:
    """What lies in the home that somebody put there: empty folders are nothing."""
    return (path for path in site.home.rglob("*") if not path.is_dir())


def _read(site: Site) -> dict[str, Any]:
    path = site.home / MARKER
    if not path.exists():
        return {}
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except ValueError as error:
        raise HomeError(f"{path} 已损坏，不知道这是演练还是正式使用的目录", remedy="请从备份恢复该文件") from error


def _write(site: Site, marker: dict[str, Any]) -> None:
    site.home.mkdir(parents=True, exist_ok=True)
    _make_private_folder(site.home)
    fresh = site.home / f".{MARKER}.{os.getpid()}"
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8") as lines:
        json.dump(marker, lines)
        lines.flush()
        os.fsync(lines.fileno())
    fresh.replace(site.home / MARKER)


def _make_private_folder(folder: Path) -> None:
    """Nobody else gets in, so what lies below is out of their reach; who is let in later (an ACL) is the operator's choice."""
    mode = folder.stat().st_mode
    if mode & PRIVATE_UMASK:
        folder.chmod(mode & 0o700)
