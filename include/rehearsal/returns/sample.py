"""Write the towns' returns on an issued dispatch into the inbox, and beside it what they must come to."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from include.rehearsal.returns.issued import Issued, read_issued, read_issued_until
from include.rehearsal.returns.key import Key, Tally, as_json, key_of, tally
from include.rehearsal.returns.plan import Return, plan_returns
from include.rehearsal.returns.truth import Truth
from include.rehearsal.returns.writing import write_return
from include.site import TIMEZONE, SettingsError, Site

ANSWERS, ARRIVALS = "returns_answers.json", "arrivals.json"
ISSUED_AT = time(9)


@dataclass
class Written:
    """What was written: the files, the key they were planned with, and when the last of them comes."""

    issued: Issued
    files: list[Return]
    key: Key
    answers: Path

    @property
    def last_at(self) -> datetime:
        return max((item.at for item in self.files), default=datetime.combine(self.issued.issued_on, ISSUED_AT))

    @property
    def towns(self) -> list[Tally]:
        return tally(self.key, self.issued.dispatch_id, datetime.combine(self.last_at, time.max))


def write_returns(site: Site, dispatch_id: str, seed: int, days: int | None = None) -> Written:
    """Write what the towns send on a dispatch and on those issued before it (``days``: only so many days from each issue).

    What an earlier call has written of an earlier dispatch stays as it is. Files lie below ``inbox/各镇``; arrivals.json says
    when each of them comes, returns_answers.json what comes of it. The same workbooks and seed give the same bytes. Raises
    SettingsError when the dispatch has no workbooks, or when the county counts working days, for which the key has no calendar.
    """
    if site.county.counts_working_days("verify") or site.county.counts_working_days("measure"):
        raise SettingsError(
            "演练的反馈按自然日编排，本县的核查或措施时限按工作日计算", remedy="请在演练目录中用自然日（day_count: calendar）"
        )
    truth, known = Truth(seed), _written_before(site, seed)
    last = read_issued(site.reports / dispatch_id)
    last = read_issued(site.reports / dispatch_id)
    issues, files = read_issued_until(site.reports, last), list[Return]()
    for issued in issues:
        planned = plan_returns(issued, truth)
        if issued is not last and issued.dispatch_id in known:
            files += [item for item in planned if item.name in known[issued.dispatch_id]]
        else:
            until = issued.issued_on + timedelta(days=days) if days is not None else date.max
            files += [item for item in planned if item.at.date() <= until]
    for item in files:
        _touch(write_return(item, truth, site.inbox), item.at)
    plan_arrivals(site, files)
    key = key_of([(datetime.combine(issued.issued_on, ISSUED_AT), issued) for issued in issues], files)
    written = Written(last, files, key, site.home / ANSWERS)
    write_key(site, key, seed, written.last_at.date())
    return written


def _written_before(site: Site, seed: int) -> dict[str, set[str]]:
    """The names of the files that earlier calls with this seed have written, by dispatch."""
    path = site.home / ANSWERS
    known = json.loads(path.read_text("utf-8")) if path.exists() else {}
    if known.get("seed") != seed:
        return {}
    names: dict[str, set[str]] = {dispatch_id: set() for dispatch_id in known["dispatches"]}
    for file in known["files"]:
        names[file["dispatch"]].add(Path(file["path"]).stem)
    return names


def write_key(site: Site, key: Key, seed: int, until: date) -> None:
    """The key as it stands on the evening of a day, beside the sample's answers."""
    content = json.dumps(as_json(key, seed, until), ensure_ascii=False, indent=1)
    (site.home / ANSWERS).write_text(content, "utf-8")


def plan_arrivals(site: Site, files: Iterable[Return]) -> None:
    """Add to the inbox's plan when each file comes: nobody need wait for the days to go by."""
    plan = site.home / ARRIVALS
    known = json.loads(plan.read_text("utf-8")) if plan.exists() else []
    mine = [
        {
            "path": item.path,
            "sha256": hashlib.sha256((site.inbox / item.path).read_bytes()).hexdigest(),
            "arrives_at": item.at.isoformat(),
        }
        for item in files
    ]
    again = {(line["path"], line["sha256"]) for line in mine}
    others = [line for line in known if (line["path"], line["sha256"]) not in again]
    plan.write_text(json.dumps([*others, *mine], ensure_ascii=False, indent=1), "utf-8")


def _touch(path: Path, when: datetime) -> None:
    stamp = when.replace(tzinfo=TIMEZONE).timestamp()
    os.utime(path, (stamp, stamp))
