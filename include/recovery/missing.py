"""What the ledger does not know although it happened: most often an older ledger was put back beside a newer archive."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from include.deliveries.answer import REASON_SUFFIX
from include.deliveries.push import key_of, receipt_path
from include.site import Site
from include.site.calendar import is_month
from include.storage.archive import ArchiveError, archived_names, open_archived, open_envelope
from include.storage.names import short_name
from include.storage.warehouse import reading, warehouse_lock

UNCLAIMED = "不知何处"
"""The folder of what nobody knows the sender of, under ``set_aside``."""


@dataclass(frozen=True)
class Missing:
    """What the ledger does not speak of. ``sent``: envelopes of received files with their content's hash; ``unclaimed``: content
    without one, of a release before envelopes."""

    sent: dict[Path, str] = field(default_factory=dict)
    unclaimed: frozenset[str] = frozenset()
    receipts: int = 0
    dispatches: tuple[str, ...] = ()

    @property
    def files(self) -> int:
        return len(self.sent) + len(self.unclaimed)

    def lines(self) -> list[str]:
        """In words for people, with what to do; nothing where the ledger knows all."""
        found = []
        if self.files or self.receipts:
            what = [f"存档中有 {self.files} 份文件"] if self.files else []
            what += [f"接口发出的回执有 {self.receipts} 张"] if self.receipts else []
            how = "运行 fangpin rebuild --take-back 把它们放回收件箱，照常重新收件" if self.files else "请相应部门重新推送"
            found.append(f"{'、'.join(what)}，台账没有记（多半是放回了较早的备份）；{how}")
        if self.dispatches:
            found.append(
                f"reports 中有台账没有记的交办：{'、'.join(self.dispatches)}；各镇已经收到，找到更新的台账备份之前请不要再交办"
            )
        return found


def find_missing(site: Site) -> Missing:
    """Compare archive, receipts and dispatches written with the ledger. A file that is being received just now may be among them.

    Raises WarehouseError when the ledger cannot be read.
    """
    if not site.ledger.exists():
        if site.warehouse.exists():  # an earlier release's: whatever opens it takes the ledger out first
            return Missing()
        return Missing(*_unknown_files(site, set(), set()))
    with warehouse_lock(site), reading(site, site.ledger, "known") as connection:
        connection.execute("use known")
        columns = {row[0] for row in connection.execute("describe deliveries").fetchall()}
        mark = "origin" if "origin" in columns else "null"
        known = connection.execute(f"select sha256, {mark}, split_part(delivery_id, '-', 2) from deliveries").fetchall()
        dispatches = {row[0] for row in connection.execute("select dispatch_id from dispatches").fetchall()}
    hashes, marks, keys = ({row[at] for row in known} for at in range(3))
    written = {path.name for path in site.reports.glob("*") if path.is_dir() and is_dispatch(path.name)}
    return Missing(*_unknown_files(site, hashes, marks), _unknown_receipts(site, keys), tuple(sorted(written - dispatches)))


def _unknown_files(site: Site, hashes: set[str], marks: set[str]) -> tuple[dict[Path, str], frozenset[str]]:
    contents, envelopes = archived_names(site)
    sent = {path: sha256 for path, (sha256, mark) in envelopes.items() if mark not in marks and sha256 in contents}
    return sent, frozenset(contents - hashes - {sha256 for sha256, _ in envelopes.values()})


def _unknown_receipts(site: Site, keys: set[str]) -> int:
    """Receipts of pushes that neither the ledger knows nor the inbox still has."""
    waiting = {key_of(path.name) for path in site.inbox.glob("*/*") if path.is_dir()}
    given = {path.stem for path in receipt_path(site, "x").parent.glob("P*.json")}
    return len(given - keys - waiting)


def is_dispatch(name: str) -> bool:
    """Whether a folder of the reports is called as a dispatch is."""
    return name.startswith("instant-") or is_month(name)


def take_back(site: Site) -> tuple[int, int]:
    """Put archived files that the ledger does not know back into the inbox, where they lay; they are received as any other.

    Returns how many, and how many whose sender is not known, which are set aside. Those that the archive cannot give out raise
    ArchiveError; what was taken back before stays taken back.
    """
    missing = find_missing(site)
    for envelope, sha256 in missing.sent.items():
        said = open_envelope(site, envelope)
        _write(site, sha256, _free(_below(site.inbox, said["path"])), int(said["modified_ns"]))
        envelope.unlink()  # it gets another when it is received
    for sha256 in missing.unclaimed:
        place = site.home / "set_aside" / UNCLAIMED / short_name(f"{sha256[:12]}_存档原件")
        if not place.exists():
            _write(site, sha256, place, None)
            place.with_name(place.name + REASON_SUFFIX).write_text(
                f"存档 {sha256[:12]}\n台账没有记它，存档也没有记是谁报送的；请看是哪个部门的，加上后缀放入其收件夹\n文件在旁边\n",
                "utf-8",
            )
    return len(missing.sent), len(missing.unclaimed)


def _below(inbox: Path, path: str) -> Path:
    parts = PurePosixPath(path).parts
    if not parts or ".." in parts or PurePosixPath(path).is_absolute():
        raise ArchiveError("存档中的信封写着收件箱以外的位置，没有取回", remedy="请交给数据组查看")
    return inbox.joinpath(*parts)


def _free(place: Path) -> Path:
    """A place that nothing lies in: another file of the same name may have come."""
    number, free = 1, place
    while free.exists():
        number, free = number + 1, place.with_stem(f"{place.stem}({number + 1})")
    return free


def _write(site: Site, sha256: str, place: Path, modified_ns: int | None) -> None:
    """Write archived content so that it is there whole or not at all."""
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = site.home / "work" / f"{sha256}.back"
    fresh.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # a home just put back has none
    with (
        open_archived(site, sha256) as content,
        os.fdopen(os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as out,
    ):
        shutil.copyfileobj(content, out)
    if modified_ns is not None:
        os.utime(fresh, ns=(modified_ns, modified_ns))
    fresh.replace(place)
