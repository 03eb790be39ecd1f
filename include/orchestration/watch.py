"""Wakes the pipeline when files lie ready in the inbox. An event is only a wake-up: the inbox is the queue."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

LOOK_SECONDS = 0.25
FIRST_REPEAT_SECONDS = 10.0
LONGEST_REPEAT_SECONDS = 120.0


class InboxTrigger(BaseEventTrigger):
    """Fires when complete files wait that it has not announced yet, and again, ever less often, while any still waits.

    It keeps no state that matters: whoever restarts it finds the same files, and a wake-up that Airflow merged with another or
    lost comes again as long as a file is there.
    """

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return (f"{type(self).__module__}.{type(self).__qualname__}", {})

    async def run(self) -> AsyncIterator[TriggerEvent]:
        watch = InboxWatch()
        while True:
            if count := await asyncio.to_thread(watch.look, time.monotonic()):
                yield TriggerEvent({"files": count})
            await asyncio.sleep(LOOK_SECONDS)


class InboxWatch:
    """What the inbox looked like last time, and when it was last announced."""

    def __init__(self) -> None:
        self._seen: dict[str, str] = {}
        self._announced: dict[str, str] = {}
        self._pause = FIRST_REPEAT_SECONDS
        self._repeat_at = 0.0

    def look(self, now: float) -> int:
        """How many complete files wait, if that is to be announced now (``now`` in seconds of any steady clock); else 0."""
        from include.deliveries.inbox import is_complete, survey
        from include.site import current_site

        site = current_site()
        glance = survey(site)
        entries = {str(entry.path): entry for entry in glance.files}
        odd = {str(entry.path): entry.mark for entry, _ in glance.irregular}
        seen = {path: entry.mark for path, entry in entries.items()} | odd
        unchanged = {path: mark for path, mark in seen.items() if self._seen.get(path) == mark}
        self._seen = seen
        fresh = [path for path, mark in unchanged.items() if self._announced.get(path) != mark]
        news = {path for path in fresh if path in odd or is_complete(site, entries[path])}
        old = {path for path, mark in unchanged.items() if self._announced.get(path) == mark}
        if news:
            self._pause = FIRST_REPEAT_SECONDS
        elif not old or now < self._repeat_at:
            self._announced = {path: self._announced[path] for path in old}
            return 0
        else:
            self._pause = min(2 * self._pause, LONGEST_REPEAT_SECONDS)
        self._announced = {path: seen[path] for path in news | old}
        self._repeat_at = now + self._pause
        return len(self._announced)
