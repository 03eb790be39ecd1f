"""What lies in the inbox: which files are complete and may be read, which entries are none, and what is never looked at again.

Nothing here opens a file but to ask whether somebody writes to it, and nothing follows a link.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from include.deliveries.leases import is_being_written
from include.reading.formats import UNFINISHED_SUFFIXES
from include.site import Site
from include.storage.names import readable

NO_FOLDER = "未注明部门"
SETTLE_SECONDS = 0.3
MARKS_KEPT_SECONDS = 86_400.0
SYSTEM_FOLDERS = frozenset({
    "#recycle", "@recycle", "@eadir", "#snapshot", "@recently-snapshot", "$recycle.bin", "recycler", "recycled",
    "system volume information", "lost+found", "__macosx", "network trash folder", "temporary items",
})  # fmt: skip
"""Besides every folder whose name begins with a dot (.stversions, .sync, .Trash-0)."""
SYSTEM_FILES = frozenset({"thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "icon\r", "autorun.inf", "sync.ffs_db"})
SYSTEM_SUFFIXES = (".lnk", ".url", ".webloc", ".desktop", ".bak", ".xlk", ".wbk", ".backup", ".old", "~")
RECEIPT = re.compile(r"\d{8}-\d{6}_回执_.*_\d{8}-[0-9A-Za-z]+\.html?")
"""What our own receipts are called (``receipts.receipt_name``): one that comes back would get a receipt, and that one another."""

LINK, NO_FILE, TWO_NAMES, CLOSED = "link", "no_file", "two_names", "closed"
IRREGULAR = {
    LINK: "是一个链接，系统不跟着链接去读；请把文件本身放进来",
    NO_FILE: "不是文件（是管道、套接字或设备），系统不打开；请把表格文件放进来",
    TWO_NAMES: "在别处还有一个名字（硬链接），系统不读取；请复制一份放进来",
    CLOSED: "是一个打不开的文件夹，里面的文件都没有收到；请检查它的权限和路径长度，或把文件移到部门文件夹里",
}
"""What is no file of its own, and what to do: it is told once and stays where it is."""


@dataclass(frozen=True)
class Entry:
    """One entry of the inbox as it was looked at; ``folder`` is the readable name of the sender's folder."""

    path: Path
    folder: str
    status: os.stat_result

    @property
    def mark(self) -> str:
        """What is the same as long as nobody replaces, changes or moves it; even another file of its name differs."""
        found = self.status
        facts = (found.st_dev, found.st_ino, found.st_ctime_ns, found.st_mtime_ns, found.st_size)
        return hashlib.sha256(os.fsencode(self.path) + repr(facts).encode()).hexdigest()[:32]

    @property
    def place(self) -> str:
        """What is the same as long as something of its name lies there."""
        return hashlib.sha256(os.fsencode(self.path)).hexdigest()[:32]


@dataclass
class Survey:
    """The inbox at one glance: files whose names are final (oldest first), irregular entries by kind, and what is passed over.

    Passed over: files still being copied, files and folders of the operating system or of a sync program.
    """

    files: list[Entry] = field(default_factory=list)
    irregular: list[tuple[Entry, str]] = field(default_factory=list)
    passed_over: list[Entry] = field(default_factory=list)


def survey(site: Site, *, known: bool = False) -> Survey:
    """Look through the inbox; what is marked as dealt with is left out unless ``known`` is asked for too."""
    found = Survey()
    marked = set() if known else _marks(_left(site))
    for entry in _walk(site.inbox):
        if marked and entry.mark in marked:
            continue
        name = readable(entry.path.name)
        if _is_passed_over(name, entry.status):
            found.passed_over.append(entry)
        elif not _is_final(name):
            _note_unfinished(site, entry)
            found.passed_over.append(entry)
        elif kind := _irregular(site, entry.status):
            found.irregular.append((entry, kind))
        elif stat.S_ISREG(entry.status.st_mode):
            found.files.append(entry)
    found.files.sort(key=lambda entry: (entry.status.st_mtime, entry.folder, str(entry.path)))
    return found


def inbox_files(site: Site) -> list[tuple[Path, str]]:
    """Files waiting in the inbox with the name of the folder they lie in, oldest first."""
    return [(entry.path, entry.folder) for entry in survey(site).files]


def look_again(path: Path, folder: str) -> Entry | None:
    """The entry as it is now; None when it has gone."""
    with suppress(OSError):
        return Entry(path, folder, path.lstat())
    return None


def _walk(inbox: Path) -> Iterator[Entry]:
    """Every entry that is no folder, and folders that are not entered: a system's own, hidden ones, those nobody can list."""
    waiting = [(inbox, "")]
    while waiting:
        place, folder = waiting.pop()
        try:
            entries = list(os.scandir(place))
        except OSError as error:
            if place != inbox and not isinstance(error, FileNotFoundError) and (closed := look_again(place, folder)):
                yield closed
            continue
        for entry in entries:
            path = Path(entry.path)
            with suppress(FileNotFoundError):
                if not entry.is_dir(follow_symlinks=False) or _is_system_folder(entry.name):
                    yield Entry(path, folder or NO_FOLDER, entry.stat(follow_symlinks=False))
                else:
                    waiting.append((path, folder or readable(entry.name)))


def _is_passed_over(name: str, status: os.stat_result) -> bool:
    """Whether it was left by the operating system or a sync program, or is a receipt of ours; not sent."""
    if stat.S_ISDIR(status.st_mode):
        return _is_system_folder(name)
    lower = name.lower()
    is_empty_note = lower.endswith(".txt") and status.st_size == 0 and stat.S_ISREG(status.st_mode)
    return lower in SYSTEM_FILES or lower.endswith(SYSTEM_SUFFIXES) or is_empty_note or RECEIPT.fullmatch(name) is not None


def _is_system_folder(name: str) -> bool:
    return name.startswith(".") or name.lower() in SYSTEM_FOLDERS


def is_received_name(name: str) -> bool:
    """Whether a file of that name is received, whatever is in it: it is neither unfinished nor a system's own."""
    lower = name.lower()
    is_left = lower in SYSTEM_FILES or lower.endswith((*SYSTEM_SUFFIXES, ".txt")) or RECEIPT.fullmatch(name)
    return _is_final(name) and not is_left


def _is_final(name: str) -> bool:
    return not name.startswith((".", "~$")) and Path(name).suffix.lower() not in UNFINISHED_SUFFIXES


def _irregular(site: Site, status: os.stat_result) -> str | None:
    mode = status.st_mode
    if stat.S_ISDIR(mode):
        return CLOSED
    if stat.S_ISLNK(mode):
        return LINK
    if not stat.S_ISREG(mode):
        return NO_FILE
    if status.st_nlink == 1:
        return None
    is_brief = time.time() - status.st_ctime < site.county.quiet_seconds  # for a moment it is how some programs rename
    return None if is_brief else TWO_NAMES


# Whether it is complete


def settled(site: Site, files: list[tuple[Path, str]]) -> list[tuple[Path, str]]:
    """Those of the files that nobody is writing to; a file written to a moment ago is looked at twice."""
    before = {path: entry for path, folder in files if (entry := look_again(path, folder))}
    if any(time.time() - entry.status.st_mtime < SETTLE_SECONDS for entry in before.values()):
        time.sleep(SETTLE_SECONDS)
    return [
        (path, folder)
        for path, folder in files
        if path in before
        and (now := look_again(path, folder))
        and now.mark == before[path].mark
        and now.status.st_nlink == 1
        and is_complete(site, now)
    ]


def is_complete(site: Site, entry: Entry) -> bool:
    """Whether the file is whole: nobody writes to it, or, where that cannot be known, it was renamed or has long been quiet."""
    writing = is_being_written(entry.path)
    if writing is None:
        return _was_renamed(site, entry.status) or _is_quiet(site, entry)
    return not writing


def _is_quiet(site: Site, entry: Entry) -> bool:
    """Whether nothing has happened to it for the county's quiet time, by its own stamps or, if those lie ahead, since we look."""
    quiet, status = site.county.quiet_seconds, entry.status
    since = max(status.st_mtime, status.st_ctime)
    if time.time() - since >= 0:
        return time.time() - since >= quiet
    seen = _watched(site) / entry.mark  # a share whose clock is ahead of ours
    if not seen.exists():
        _set_mark(seen)
    return time.time() - seen.stat().st_mtime >= quiet


def _was_renamed(site: Site, status: os.stat_result) -> bool:
    """Whether it was seen under an unfinished name and has not been written to since it was given its final one."""
    seen = _watched(site) / f"{status.st_dev}-{status.st_ino}"
    return seen.exists() and status.st_mtime_ns < status.st_ctime_ns


def _note_unfinished(site: Site, entry: Entry) -> None:
    seen = _watched(site) / f"{entry.status.st_dev}-{entry.status.st_ino}"
    if not seen.exists():
        _set_mark(seen)


# What is never looked at again


def leave(site: Site, entry: Entry, delivery_id: str = "") -> None:
    """Mark an entry as dealt with although it still lies there; whoever changes, replaces or moves it has it looked at anew."""
    _set_mark(_left(site) / entry.mark, delivery_id)


def note_passed_over(site: Site, entries: Iterable[Entry]) -> int:
    """How many of these were not noted before, by where they lie: a folder or a copy under way changes all the time."""
    noted = _marks(_passed_over(site))
    fresh = {entry.place for entry in entries} - noted
    for place in fresh:
        _set_mark(_passed_over(site) / place)
    return len(fresh)


def left_for(site: Site) -> set[str]:
    """The deliveries that were set aside where they lay."""
    return {(_left(site) / mark).read_text("utf-8") for mark in _marks(_left(site))}


def forget_gone(site: Site) -> None:
    """Drop the marks of what no longer lies in the inbox, and old notes of unfinished files."""
    marked, noted = _marks(_left(site)), _marks(_passed_over(site))
    if marked or noted:
        there = list(_walk(site.inbox))
        for mark in marked - {entry.mark for entry in there}:
            (_left(site) / mark).unlink(missing_ok=True)
        for place in noted - {entry.place for entry in there}:
            (_passed_over(site) / place).unlink(missing_ok=True)
    for name in _marks(_watched(site)):
        seen = _watched(site) / name
        with suppress(FileNotFoundError):
            if time.time() - seen.stat().st_mtime > MARKS_KEPT_SECONDS:
                seen.unlink()


def _left(site: Site) -> Path:
    return site.home / "work" / "left"


def _passed_over(site: Site) -> Path:
    return site.home / "work" / "passed_over"


def _watched(site: Site) -> Path:
    return site.home / "work" / "watched"


def _marks(folder: Path) -> set[str]:
    try:
        return set(os.listdir(folder))  # noqa: PTH208  (names are all that is needed, four times a second)
    except FileNotFoundError:
        return set()


def _set_mark(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_text(text, "utf-8")
