"""Write a rehearsal month: every file where its department drops it, and beside the inbox the answers it must come to."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from include.rehearsal.county import registry
from include.rehearsal.county.departments import (
    civil_affairs,
    disabled_federation,
    education,
    emergency,
    health,
    housing,
    human_resources,
    medical_insurance,
    petition,
    public_security,
    rural_revitalization,
    water,
)
from include.rehearsal.county.divisions import read_divisions
from include.rehearsal.county.oracle import Answers, Oracle
from include.rehearsal.county.people import REGISTRY_HOUSEHOLDS, make_county
from include.rehearsal.county.planting import Rehearsal
from include.rehearsal.county.schedule import Schedule
from include.rehearsal.county.tables import FEEDS, Parcel
from include.rehearsal.county.writers import lay_out, write
from include.site import TIMEZONE, SettingsError, Site

Progress = Callable[[str, int, int], None]
SIZES = tuple(REGISTRY_HOUSEHOLDS)
DEPARTMENTS = (
    medical_insurance,
    health,
    education,
    housing,
    water,
    civil_affairs,
    rural_revitalization,
    human_resources,
    disabled_federation,
    emergency,
    public_security,
    petition,
)
LATE = ("water__drinking_water", "human_resources__unemployed")
"""The monthly feeds that come after their day; the others come in time."""
ARRIVALS, REGISTRY_NAME = "arrivals.json", "脱贫户和监测对象名单"
# Half the departments use their Chinese name for the folder, half the key: both are right.
NAMED_IN_CHINESE = {"medical_insurance", "education", "water", "human_resources", "emergency", "petition"}


@dataclass
class Summary:
    """What was written: where, how much, and how many warnings it must come to, by type."""

    inbox: Path
    answers: Path
    files: int
    rows: int
    registry_persons: int
    warnings: int
    warnings_by_type: dict[str, int] = field(default_factory=dict)
    by_department: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Files and rows of each department, by its key."""


def write_sample(
    site: Site,
    month: str,
    seed: int,
    size: str,
    out: Path | None = None,
    all_feeds: bool = False,
    now: datetime | None = None,
    progress: Progress | None = None,
    answers: Path | None = None,
) -> Summary:
    """Write the files due for the dispatch of `month` (YYYY-MM) below `out` (default the inbox), and beside it the answers.

    answers.json says what they must come to, arrivals.json when each of them comes.
    The same month, seed, size and all_feeds give the same bytes. County and registry come from seed and size alone, so months
    of one seed follow one another. `now` is the rehearsal's clock (default the 10th, 08:00): no file is newer. Other files in
    `out` stay.
    Raises SettingsError for a month or size that does not exist.
    """
    if size not in SIZES:
        raise SettingsError(f"规模“{size}”不存在;可选 {'、'.join(SIZES)}")
    inbox = out or site.inbox
    answers_path = answers or inbox.parent / "answers.json"
    schedule = Schedule.of(month, now, all_feeds)
    rehearsal = Rehearsal(make_county(read_divisions(site), seed, size, progress), schedule, seed, size)
    parcels = [parcel for department in DEPARTMENTS for parcel in department.parcels(rehearsal)]
    parcels.sort(key=lambda parcel: (parcel.modified, parcel.file_name))

    persons = _write_registry(site, rehearsal, inbox, progress)
    for done, parcel in enumerate(parcels, start=1):
        write_parcel(site, rehearsal, parcel, inbox)
        if progress:
            progress("写部门文件", done, len(parcels))
    times = _set_times(site, parcels, inbox, schedule.now)
    _plan_arrivals(site, rehearsal, times, inbox, answers_path.parent / ARRIVALS)
    found = Oracle(rehearsal.county, schedule).judge(parcels)
    found.deliveries.insert(0, _registry_delivery(rehearsal, persons))
    answers_path.parent.mkdir(parents=True, exist_ok=True)
    answers_path.write_text(json.dumps(_as_json(found, month, seed, size), ensure_ascii=False, indent=1), "utf-8")
    by_type = Counter(warning["warning_type"] for warning in found.warnings.values())
    return Summary(
        inbox,
        answers_path,
        len(parcels) + 1,
        sum(d["rows"] for d in found.deliveries),
        persons,
        len(found.warnings),
        dict(sorted(by_type.items())),
        _by_department(found.deliveries),
    )


def _by_department(deliveries: list[dict[str, Any]]) -> dict[str, tuple[int, int]]:
    counted: dict[str, tuple[int, int]] = {}
    for delivery in deliveries:
        files, rows = counted.get(delivery["department"], (0, 0))
        counted[delivery["department"]] = (files + 1, rows + delivery["rows"])
    return counted


def _folder(site: Site, inbox: Path, department: str) -> Path:
    """The department's folder, under its key or its Chinese name."""
    name = site.county.departments[department] if department in NAMED_IN_CHINESE else department
    folder = inbox / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _registry_name(rehearsal: Rehearsal) -> str:
    return f"{REGISTRY_NAME}_{rehearsal.schedule.first_day:%Y%m%d}.xlsx"


def _write_registry(site: Site, rehearsal: Rehearsal, inbox: Path, progress: Progress | None) -> int:
    if progress:
        progress("写监测名单", 0, 1)
    day = rehearsal.schedule.first_day
    path = _folder(site, inbox, "rural_revitalization") / _registry_name(rehearsal)
    persons = registry.write_registry(rehearsal.county, day, path)
    _touch(path, _registry_time(rehearsal))
    if progress:
        progress("写监测名单", 1, 1)
    return persons


def write_parcel(site: Site, rehearsal: Rehearsal, parcel: Parcel, inbox: Path) -> Path:
    """Lay the sheets out, write the file; a copy takes the bytes of the one it repeats, which was written before it."""
    path = _folder(site, inbox, parcel.department) / parcel.file_name
    if parcel.copy_of:
        shutil.copyfile(_folder(site, inbox, parcel.copy_of.department) / parcel.copy_of.file_name, path)
        return path
    feed = FEEDS[parcel.feed] if parcel.feed else None
    rng = rehearsal.rng(parcel.file_name)
    write(parcel, [lay_out(sheet, feed, rng) for sheet in parcel.sheets], path)
    return path


def _set_times(site: Site, parcels: list[Parcel], inbox: Path, now: datetime) -> dict[Path, tuple[Parcel, datetime]]:
    """Files keep their order of saving, and none is newer than the rehearsal's clock; returns when each was saved."""
    saved = {}
    for later, parcel in enumerate(reversed(parcels), start=1):
        path = _folder(site, inbox, parcel.department) / parcel.file_name
        saved[path] = parcel, min(parcel.modified, now - timedelta(minutes=later))
        _touch(path, saved[path][1])
    return saved


def _plan_arrivals(site: Site, rehearsal: Rehearsal, saved: dict[Path, tuple[Parcel, datetime]], inbox: Path, plan: Path) -> None:
    """Write when each file comes: as it is saved, but the feeds of LATE on the morning after their day.

    Nothing comes before the first month's registry, without which no row can be looked up. Months of one inbox share a plan.
    """
    known = {(line["path"], line["sha256"]): line for line in (json.loads(plan.read_text("utf-8")) if plan.exists() else [])}
    list_path = _folder(site, inbox, "rural_revitalization") / _registry_name(rehearsal)
    lists = [line["arrives_at"] for line in known.values() if Path(line["path"]).name.startswith(REGISTRY_NAME)]
    listed_at = min([*map(datetime.fromisoformat, lists), _registry_time(rehearsal)])
    arrivals = {list_path: _registry_time(rehearsal)}
    for order, (path, (parcel, saved_at)) in enumerate(sorted(saved.items(), key=lambda item: item[1][1])):
        arrives_at = max(saved_at, listed_at + timedelta(minutes=1 + order))
        late = _late_on(rehearsal) + timedelta(minutes=order)
        arrivals[path] = late if parcel.feed in LATE and saved_at < late < rehearsal.schedule.now else arrives_at
    for path, arrives_at in arrivals.items():
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        line = {"path": str(path.relative_to(inbox)), "sha256": digest, "arrives_at": arrives_at.isoformat()}
        known[line["path"], digest] = line
    plan.write_text(json.dumps(list(known.values()), ensure_ascii=False, indent=1), "utf-8")


def _late_on(rehearsal: Rehearsal) -> datetime:
    """The morning after the day on which the monthly feeds are due, before the screening."""
    return rehearsal.at(rehearsal.schedule.first_day.replace(day=10), 6, 30)


def _registry_time(rehearsal: Rehearsal) -> datetime:
    return min(rehearsal.at(rehearsal.schedule.first_day, 9), rehearsal.schedule.now - timedelta(days=1))


def _touch(path: Path, when: datetime) -> None:
    stamp = when.replace(tzinfo=TIMEZONE).timestamp()
    os.utime(path, (stamp, stamp))


def _registry_delivery(rehearsal: Rehearsal, persons: int) -> dict[str, object]:
    return {
        "department": "rural_revitalization",
        "file": _registry_name(rehearsal),
        "feed": registry.FEED,
        "period": rehearsal.schedule.first_day.isoformat(),
        "status": "published",
        "reason": None,
        "rows": persons,
        "accepted": persons,
        "rejected": 0,
        "duplicates": 0,
    }


def _as_json(found: Answers, month: str, seed: int, size: str) -> dict[str, object]:
    return {
        "month": month,
        "seed": seed,
        "size": size,
        "dispatch": month,
        "warnings": list(found.warnings.values()),
        "not_warnings": found.not_warnings,
        "information": found.information,
        "waiting": found.waiting,
        "routing": found.routing,
        "rejected": found.rejected,
        "planted": found.planted,
        "deliveries": found.deliveries,
    }
