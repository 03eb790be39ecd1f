"""What becomes of a delivery, as its sender is told: outcomes, the letter of a refusal, and what is set aside.

What is set aside lies under ``set_aside/<sender>/`` with the reason beside it. Nothing is wrong with putting it back into the
inbox: it is then received like any other file.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from include.contracts import Contract, contract
from include.deliveries.attempts import is_of_the_machine
from include.deliveries.inbox import Entry, leave, left_for
from include.deliveries.wordless import place_of
from include.reading.refusal import Refused
from include.reports.return_workbook import write_refusal
from include.site import Site
from include.site.home import rehearsal_mark
from include.storage.archive import ArchiveError, open_archived
from include.storage.ledger import Delivery, Outcome
from include.storage.names import folder_name, readable, short_name, short_stem

REASON_SUFFIX = ".原因.txt"
SET_ASIDE_VERDICT = "没有处理完，已搁置，其中数据都没有采用"
log = logging.getLogger(__name__)
TRY_AGAIN = "请检查后另存为新的 Excel 工作簿（*.xlsx）重新放入收件夹；要原样再试一次的，请数据组把 set_aside 中的文件放回收件箱"


def decide(
    site: Site,
    delivery: Delivery,
    status: str,
    reason_code: str | None,
    reason: str | None,
    *,
    rows: int = 0,
    accepted: int = 0,
    rejected: int = 0,
    duplicates: int = 0,
) -> Outcome:
    """An outcome at the county's clock; raises AssertionError when the row accounts do not add up."""
    return Outcome(
        delivery.delivery_id, delivery.feed, delivery.period, status, reason_code, reason,
        rows, accepted, rejected, duplicates, site.now(),
    )  # fmt: skip


def returns_folder(site: Site, delivery: Delivery) -> Path:
    """Where what goes back to the delivery's sender lies."""
    return returns_of(site, delivery.department)


def returns_of(site: Site, department: str) -> Path:
    return site.returns / folder_name(department)


def return_stem(delivery: Delivery) -> str:
    """How what goes back is called: the delivery and its file's name, cut where a file system would refuse it."""
    return f"{delivery.delivery_id}_{short_stem(delivery.file_name)}"


def refusal(site: Site, delivery: Delivery, refused: Refused, expected: Contract | None, rows: int = 0) -> Outcome:
    """The outcome of a refused delivery, and its return letter to the department."""
    if expected is None and delivery.feed:
        expected = contract(delivery.feed)
    folder = returns_folder(site, delivery)
    folder.mkdir(parents=True, exist_ok=True)
    write_refusal(
        folder / f"{return_stem(delivery)}_退回.xlsx",
        mark=rehearsal_mark(site),
        delivery=vars(delivery),
        reason=refused.reason,
        rows=rows,
        contract=expected,
    )
    return decide(site, delivery, "refused", refused.reason_code, refused.reason, rows=rows, rejected=rows)


# Set aside


def setting_aside(site: Site, delivery: Delivery, reason_code: str, reason: str) -> Outcome:
    """The outcome of a delivery that could not be dealt with, and the notice to its department. ``reason`` ends with a remedy."""
    folder = returns_folder(site, delivery)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_refusal(
            folder / f"{return_stem(delivery)}_搁置.xlsx",
            mark=rehearsal_mark(site),
            delivery=vars(delivery),
            reason=reason,
            contract=contract(delivery.feed) if delivery.feed else None,
            verdict=SET_ASIDE_VERDICT,
        )
    except Exception as error:  # it is set aside all the same: this is the last resort
        if is_of_the_machine(error):
            raise
        log.error("批次 %s 的搁置通知没有写成（%s）：\n%s", delivery.delivery_id, type(error).__name__, place_of(error))
    return decide(site, delivery, "set_aside", reason_code, reason)


def move_aside(site: Site, delivery_id: str, sender: str, reason: str, entry: Entry, *, moves: bool = True) -> None:
    """Move an entry of the inbox beside its reason; what cannot or must not be moved stays and is not looked at again."""
    place = _place(site, delivery_id, sender, readable(entry.path.name))
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    is_moved = moves and _moved(entry.path, place)
    _write_reason(place, delivery_id, reason, "就在旁边" if is_moved else f"仍在收件箱原处：{_shown(site, entry.path)}")
    if not is_moved:
        leave(site, entry, delivery_id)


def copy_aside(site: Site, delivery: Delivery, reason: str) -> None:
    """Put what was received and archived beside its reason."""
    place = _place(site, delivery.delivery_id, delivery.department, delivery.file_name)
    try:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open_archived(site, delivery.sha256) as content, place.open("wb") as copy:
            shutil.copyfileobj(content, copy)
        _write_reason(place, delivery.delivery_id, reason, "就在旁边")
    except ArchiveError as error:
        _write_reason(place, delivery.delivery_id, reason, str(error))
    except OSError as error:  # what came stays in the archive; fangpin archive show writes it out
        if is_of_the_machine(error):
            raise
        log.error("批次 %s 没有放进 set_aside(%s)", delivery.delivery_id, type(error).__name__)


def _moved(source: Path, place: Path) -> bool:
    with suppress(OSError):
        source.rename(place)
        with suppress(OSError):  # it keeps its sender's mode, and what lies here is ours
            place.chmod(0o600)
        return True
    with suppress(OSError):  # the inbox is another file system
        shutil.copyfile(source, place, follow_symlinks=False)
        source.unlink()
        return True
    place.unlink(missing_ok=True)
    return False


def _place(site: Site, delivery_id: str, sender: str, file_name: str) -> Path:
    return site.home / "set_aside" / folder_name(sender) / f"{delivery_id}_{short_name(file_name)}"


def _shown(site: Site, path: Path) -> str:
    return "/".join(readable(part) for part in path.relative_to(site.home).parts)


def _write_reason(place: Path, delivery_id: str, reason: str, lies: str) -> None:
    text = f"批次 {delivery_id} 已搁置\n{reason}\n文件：{lies}\n"
    place.with_name(place.name + REASON_SUFFIX).write_text(text, "utf-8")


@dataclass(frozen=True)
class SetAside:
    """What lies set aside: the delivery, its sender's folder and why."""

    delivery_id: str
    sender: str
    reason: str


def set_aside_files(site: Site) -> list[SetAside]:
    """What is set aside and still there, oldest delivery first; what was put back or removed is no longer listed."""
    found = [
        SetAside(delivery_id, note.parent.name, note.read_text("utf-8").splitlines()[1])
        for note, delivery_id in _reasons(site)
        if _is_there(site, note, delivery_id)
    ]
    return sorted(found, key=lambda item: item.delivery_id)


def clear_reasons(site: Site) -> None:
    """Remove reasons whose file was put back or removed."""
    for note, delivery_id in _reasons(site):
        if not _is_there(site, note, delivery_id):
            note.unlink(missing_ok=True)


def _reasons(site: Site) -> Iterator[tuple[Path, str]]:
    for note in (site.home / "set_aside").glob(f"*/*{REASON_SUFFIX}"):
        yield note, note.name.partition("_")[0]


def _is_there(site: Site, note: Path, delivery_id: str) -> bool:
    return os.path.lexists(note.with_name(note.name.removesuffix(REASON_SUFFIX))) or delivery_id in left_for(site)
