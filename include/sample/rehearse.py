"""Write a rehearsal month: every file where its department drops it, and beside the inbox the answers it must come to."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from include.sample import registry
from include.sample.departments import (
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
from include.sample.oracle import Answers, Oracle
from include.sample.people import REGISTRY_HOUSEHOLDS, make_county
from include.sample.planting import Rehearsal
from include.sample.schedule import Schedule
from include.sample.tables import FEEDS, Parcel
from include.sample.writers import lay_out, write
from include.settings import TIMEZONE, SettingsError, settings

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


def write_sample(
    month: str,
    seed: int,
    size: str,
    out: Path | None = None,
    all_feeds: bool = False,
    now: datetime | None = None,
    progress: Progress | None = None,
    answers: Path | None = None,
) -> Summary:
    """Write the files due for the dispatch of `month` (YYYY-MM) below `out` (default the inbox) and answers.json beside it.

    The same month, seed, size and all_feeds give the same bytes. County and registry come from seed and size alone, so months
    of one seed follow one another. `now` is the rehearsal's clock (default the 10th, 08:00): no file is newer. Other files in
    `out` stay.
    Raises SettingsError for a month or size that does not exist.
    """
    if size not in SIZES:
        raise SettingsError(f"规模“{size}”不存在;可选 {'、'.join(SIZES)}")
    inbox = out or settings().inbox
    answers_path = answers or inbox.parent / "answers.json"
    schedule = Schedule.of(month, now, all_feeds)
    rehearsal = Rehearsal(make_county(seed, size, progress), schedule, seed, size)
    parcels = [parcel for department in DEPARTMENTS for parcel in department.parcels(rehearsal)]
    parcels.sort(key=lambda parcel: (parcel.modified, parcel.file_name))

    persons = _write_registry(rehearsal, inbox, progress)
    for done, parcel in enumerate(parcels, start=1):
        write_parcel(rehearsal, parcel, inbox)
        if progress:
            progress("写部门文件", done, len(parcels))
    _set_times(parcels, inbox, schedule.now)
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
    )


def _folder(inbox: Path, department: str) -> Path:
    """The department's folder, under its key or its Chinese name."""
    name = settings().county.departments[department] if department in NAMED_IN_CHINESE else department
    folder = inbox / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _registry_name(rehearsal: Rehearsal) -> str:
    return f"脱贫户和监测对象名单_{rehearsal.schedule.first_day:%Y%m%d}.xlsx"


def _write_registry(rehearsal: Rehearsal, inbox: Path, progress: Progress | None) -> int:
    if progress:
        progress("写监测名单", 0, 1)
    day = rehearsal.schedule.first_day
    path = _folder(inbox, "rural_revitalization") / _registry_name(rehearsal)
    persons = registry.write_registry(rehearsal.county, day, path)
    when = min(rehearsal.at(day, 9), rehearsal.schedule.now - timedelta(days=1))
    _touch(path, when)
    if progress:
        progress("写监测名单", 1, 1)
    return persons


def write_parcel(rehearsal: Rehearsal, parcel: Parcel, inbox: Path) -> Path:
    """Lay the sheets out, write the file; a copy takes the bytes of the one it repeats, which was written before it."""
    path = _folder(inbox, parcel.department) / parcel.file_name
    if parcel.copy_of:
        shutil.copyfile(_folder(inbox, parcel.copy_of.department) / parcel.copy_of.file_name, path)
        return path
    feed = FEEDS[parcel.feed] if parcel.feed else None
    rng = rehearsal.rng(parcel.file_name)
    write(parcel, [lay_out(sheet, feed, rng) for sheet in parcel.sheets], path)
    return path


def _set_times(parcels: list[Parcel], inbox: Path, now: datetime) -> None:
    """Files keep their order of saving, and none is newer than the rehearsal's clock."""
    for later, parcel in enumerate(reversed(parcels), start=1):
        _touch(_folder(inbox, parcel.department) / parcel.file_name, min(parcel.modified, now - timedelta(minutes=later)))


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
