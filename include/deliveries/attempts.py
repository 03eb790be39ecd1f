"""How often something was tried in vain: it is tried again, and after the third time the delivery is set aside."""

from __future__ import annotations

import errno
from pathlib import Path

from include.site import Site
from include.storage.warehouse import WarehouseError

ATTEMPTS = 3
OF_THE_MACHINE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EROFS})


def is_of_the_machine(error: BaseException) -> bool:
    """Whether this would have happened with any file: a full disk, no descriptors left, a warehouse that cannot be opened."""
    return isinstance(error, WarehouseError) or (isinstance(error, OSError) and error.errno in OF_THE_MACHINE)


def count_attempt(site: Site, key: str) -> int:
    """Note one more attempt that failed; returns how many did."""
    path = _path(site, key)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("a", encoding="ascii") as marks:
        marks.write(".")
    return path.stat().st_size


def forget_attempts(site: Site, key: str) -> None:
    """It came to a verdict."""
    _path(site, key).unlink(missing_ok=True)


def _path(site: Site, key: str) -> Path:
    return site.home / "work" / "attempts" / key
