"""When a rehearsal's files came: the sample spreads them over the month, and its plan lies beside its answers.

``arrivals.json``: a list of ``path`` below the inbox, ``sha256`` and ``arrives_at`` (naive county time). Whatever else lies in
the inbox of a rehearsal is received when its clock says; in a county's own home there is no plan.
"""

from __future__ import annotations

import json
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from include.site import Site, stamp
from include.site.home import is_rehearsal

PLAN = "arrivals.json"


def arrival_time(site: Site, path: Path, sha256: str, screened: datetime | None) -> datetime | None:
    """When the sample means this file of the inbox to have come; None for any other file, and when that time is of no use.

    That is when it is still to come, or when a screening (the last one up to ``screened``) has looked back on it: what it did
    not see came later.
    """
    plan = site.home / PLAN
    if not plan.exists() or not is_rehearsal(site):
        return None
    arrives_at = _planned(plan, stamp(plan)).get((str(path.relative_to(site.inbox)), sha256))
    if arrives_at is None or arrives_at > site.now():
        return None
    return None if screened and arrives_at <= screened else arrives_at


@lru_cache(maxsize=2)
def _planned(plan: Path, _: tuple[int, int]) -> dict[tuple[str, str], datetime]:
    lines = json.loads(plan.read_text("utf-8"))
    return {(line["path"], line["sha256"]): datetime.fromisoformat(line["arrives_at"]) for line in lines}
