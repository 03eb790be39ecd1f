"""One at a time serves a home: a month's run or the service that stays. Whoever comes second is told so and touches nothing.

The kernel frees the lock of a process that is killed, and the lock of the service that stays goes on with its supervisor.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from include.orchestration.airflow_api import ServiceError
from include.site import Site

MONTH, STAYS = "month", "up"


def _path(site: Site) -> Path:
    return site.airflow / "service.lock"


def take_service(site: Site, who: str) -> int:
    """Take the home's service for ``who`` (MONTH or STAYS); returns the open file that holds it.

    Raises ServiceError when somebody else has it; nothing of theirs is touched.
    """
    _path(site).parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(_path(site), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise _taken(_holder(site)) from None
    os.truncate(lock, 0)
    os.pwrite(lock, json.dumps({"who": who, "pid": os.getpid()}).encode(), 0)
    return lock


def leave_service(lock: int) -> None:
    """Give it back."""
    fcntl.flock(lock, fcntl.LOCK_UN)
    os.close(lock)


def refuse_during_month(site: Site) -> None:
    """Raises ServiceError while a month runs: it stops by itself, and whoever ends its parts ends its work."""
    with suppress(FileNotFoundError):
        lock = os.open(_path(site), os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            if _holder(site).get("who") == MONTH:
                raise _taken(_holder(site)) from None
        finally:
            os.close(lock)


def _holder(site: Site) -> dict[str, Any]:
    with suppress(FileNotFoundError, ValueError):
        return dict(json.loads(_path(site).read_text("utf-8")))
    return {}


def _taken(holder: dict[str, Any]) -> ServiceError:
    if holder.get("who") == MONTH:
        return ServiceError(
            f"这个目录里已有一个 fangpin month 正在运行（进程 {holder.get('pid')}），没有动它；"
            "请等它结束后再运行，或先在它的窗口按 Ctrl+C 停止"
        )
    return ServiceError("服务正在运行；请先用 fangpin down 停止，再运行本命令")
