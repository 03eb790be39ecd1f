"""A pushed delivery on its way: checked, put into the inbox so that it outlives any crash, receipted, and at last decided.

The API server never opens the warehouse. The content in the inbox is what counts; a receipt is written after it and before the
answer. Content and feed make the delivery's key, by which a repeated push and a file received twice are known again.
"""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from include.contracts import Contract, contract, load_contracts
from include.reading.refusal import ReadingEnded
from include.site import Site
from include.storage.files import sync_folder
from include.storage.names import LONGEST_NAME_BYTES

DELIVERY_ID = re.compile(r"\d{8}-(P[0-9a-f]{20})")


def delivery_key(department: str, feed: str, sha256: str, period: str | None = None) -> str:
    """What makes a push the same push: sender, feed and content; of a zero report also its period."""
    return "P" + hashlib.sha256("|".join((department, feed, sha256, period or "")).encode()).hexdigest()[:20]


def key_of(delivery_id: str) -> str | None:
    """The key in a pushed delivery's id; None when it came as a file."""
    found = DELIVERY_ID.fullmatch(delivery_id)
    return found[1] if found else None


def contracts_of(delivery_id: str, feed: str | None) -> tuple[Contract, ...]:
    """The contracts a delivery may be recognised as: a push said which feed it is, a file did not."""
    return (contract(feed),) if feed and key_of(delivery_id) else load_contracts()


def receipt_path(site: Site, key: str) -> Path:
    return site.push / "receipts" / f"{key}.json"


def outcome_path(site: Site, key: str) -> Path:
    return site.push / "outcomes" / f"{key}.json"


def pushed_file(site: Site, path: Path) -> tuple[str, str] | None:
    """Delivery id and feed of a file that lies where a push would put it (``<department>/<id>/<feed>/<file>``), else None.

    Whoever can write into the folder can make such a path: ``is_genuine`` says whether to believe it.
    """
    parts = path.relative_to(site.inbox).parts
    if len(parts) == 4 and key_of(parts[1]) and any(known.feed == parts[2] for known in load_contracts()):
        return parts[1], parts[2]
    return None


def is_genuine(
    content: BinaryIO, site: Site, *, department: str | None, delivery_id: str, feed: str, sha256: str, file_name: str
) -> bool:
    """Whether the id is the one that a push of exactly this content by this department gets. Raises ReadingEnded.

    It can be made by hand only of content that the department's own folder holds, and then says nothing untrue.
    """
    key = key_of(delivery_id)
    if department is None or contract(feed).department != department:
        return False
    if key == delivery_key(department, feed, sha256):
        return True
    from include.deliveries.checked_push import check_push  # with what checks rows: every part of Airflow loads this file

    try:  # a zero report's key has its period too, as it was read on the day it came
        came = datetime.strptime(delivery_id[:8], "%Y%m%d")
        found = check_push(site, content, file_name=file_name, feed=feed, received_at=came)
    except ReadingEnded:
        raise
    except Exception:  # what cannot be checked was never receipted
        return False
    return found.is_zero_report and key == delivery_key(department, feed, sha256, found.period)


def put_into_inbox(site: Site, content: Path, *, department: str, delivery_id: str, feed: str, file_name: str) -> None:
    """Move a complete, synced file into the inbox so that it is there whole or not at all, whatever happens next."""
    folder = site.inbox / site.county.departments[department] / delivery_id / feed
    for attempt in range(3):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            content.replace(folder / file_name)
            break
        except FileNotFoundError:  # receiving took the same delivery and its emptied folder away just now
            if attempt == 2:
                raise
    for level in (folder, folder.parent, folder.parent.parent, site.inbox, site.home):
        sync_folder(level)


def stored_receipt(site: Site, key: str) -> dict[str, Any] | None:
    """The receipt as it was given, and over it what the ledger has decided since."""
    with suppress(FileNotFoundError):
        receipt = dict(json.loads(receipt_path(site, key).read_text("utf-8")))
        with suppress(FileNotFoundError):
            receipt |= json.loads(outcome_path(site, key).read_text("utf-8"))
        return receipt
    return None


def clean_name(given: str, default: str) -> str:
    """A file name that is only a name, and that receiving will not take for a file still being written."""
    from include.deliveries.inbox import is_received_name

    name = re.split(r"[/\\]", given)[-1].encode("utf-8", "ignore").decode()
    name = "".join(letter for letter in name if letter.isprintable()).strip().lstrip(".~$ ")
    suffix = Path(name).suffix
    if not name or not is_received_name(name) or len(suffix) > 6:
        return default
    return name.removesuffix(suffix).encode()[:LONGEST_NAME_BYTES].decode(errors="ignore") + suffix
